#pragma once
/// @file
/// A training step put together from imported parts: what a rank computes at the rate of an
/// imported matrix product, and the all-reduce that the imported tables say takes so long.
///
/// T(N) = flops / (N rate) + t_allreduce(bytes, N), without overlap; between measured sizes the
/// all-reduce is interpolated on logarithmic scales. Not modelled: overlap, stragglers, input,
/// other kernels. The rows are marked untrusted with this as their reason, so that nobody takes
/// them for measured steps.

#include "probes/core/units.hpp"
#include "probes/run/run_directory.hpp"

namespace assay::import {

/// Adds one step_time row for each rank count and launch of the run's all-reduce tables.
/// @param flops of a whole step over all ranks, @param bytes reduced in each step.
/// Throws InputError where the run holds no matrix product or no all-reduce of two rank counts, or
/// where `bytes` lies outside of the sizes measured.
void add_modelled_steps(RunData& run, Flops flops, Bytes bytes);

}  // namespace assay::import
