/// @file
/// workload.gradient: data-parallel training steps of a gradient model, strong and weak scaling.
/// training_measurement.hpp says what is timed.

#include "benchmarks/workloads/gradient/training/training_measurement.hpp"
#include "benchmarks/workloads/gradient/training/training_settings.hpp"
#include "probes/network/transport/traffic.hpp"

namespace assay::workloads {
namespace {

using network::RankContext;

/// bf16 with the progress thread: what the techniques have to beat.
StepForecast baseline_of(network::Communicator& communicator, TrainingOptions options) {
  options.compressor = &find_compressor("bf16");
  options.schedule = &find_schedule("progress_thread");
  options.outer = &find_outer_method("every_step");
  Trainer trainer(communicator, options);
  static_cast<void>(trainer.round());
  return forecast(communicator, trainer, options);
}

void run(RankContext& context) {
  const TrainingStudy study = read_training_study(context);
  make_blas_single_threaded();
  std::string wire_of;  // The algorithm that the costs below belong to.
  WireCosts wire;
  double done = 0;
  for (const TrainingOptions& options : study.variants) {
    context.progress(done++ / static_cast<double>(study.variants.size()),
                     "gradient: " + operation_name(options));
    const bool is_detailed = study.is_detailed || options.model->about.name == "perceptron";
    std::optional<StepForecast> baseline;
    if (is_detailed && context.communicator.size() > 1) {
      if (wire_of != options.algorithm)
        wire = measure_wire(context.communicator, options.algorithm,
                            by_profile(context.profile, 300_ms, 1_s, 2_s));
      wire_of = options.algorithm;
      baseline = baseline_of(context.communicator, options);
    }
    measure_training(context, options, {.is_weak = study.is_weak, .is_detailed = is_detailed}, wire,
                     baseline);
  }
}

Seconds gradient_time(int ranks, Profile profile) {
  // Beyond quick: the perceptron's trainings, in one of the launches.
  return by_profile(profile, 0.8_s, ranks > 1 ? Seconds(9) : Seconds(4), Seconds(20));
}

const bool gradient_registered = Registry<network::RankProbe>::add(
    {.about =
         {.kind = "workload",
          .name = std::string(gradient_probe),
          .summary = "Data-parallel training steps of a gradient model, by default a linear "
                     "regression (100,000 rows, 50 features), over the ranks.",
          .metrics =
              {{"step_time", "s", "One step, agreed start to the last rank's end.", Better::lower},
               {"throughput", "Hz", "Steps per second: 1 / step_time.", Better::higher},
               {"compute_time", "s", "The slowest rank's compute in the step.", Better::lower},
               {"exposed_time", "s",
                "step_time beyond the median compute_time: communication and waiting.",
                Better::lower},
               {"encode_time", "s", "Compressing and decompressing, slowest rank.", Better::lower},
               {"send_time", "s",
                "Communicating without waiting: posting, copying, reducing; slowest rank.",
                Better::lower},
               {"wait_time", "s", "Waiting with nothing left to compute, slowest rank.",
                Better::lower},
               {"rank_compute_time", "s", "Compute of the rank that the host column names.",
                Better::lower},
               {"rank_encode_time", "s", "Encoding of that rank.", Better::lower},
               {"rank_send_time", "s", "Communicating of that rank, without waiting.",
                Better::lower},
               {"rank_wait_time", "s", "Waiting of that rank.", Better::neither},
               {"pure_compute_time", "s",
                "The compute of a step alone, on the cores that its schedule leaves it.",
                Better::lower},
               {"pure_communication_time", "s",
                "The communication of a step alone, encoding included.", Better::lower},
               {"overlap_fraction", "1",
                "(communication + compute - step) / min of the two: 1 is all hidden.",
                Better::higher},
               {"hideable_time", "s",
                "min(compute, communication less what it takes of the core itself).",
                Better::neither},
               {"hidden_share", "1", "(communication + compute - step) / hideable_time.",
                Better::higher},
               {"compute_slowdown", "1",
                "compute_time over the compute alone on all of the ranks' cores.", Better::lower},
               {"error_norm", "1", "|reduced - exact sum| / |exact sum| of one gradient.",
                Better::lower},
               {"naive_average_error", "1",
                "Of unequal shards: what the mean of the ranks' mean gradients is off by, where "
                "error_norm is what the weighted sum is off by.",
                Better::neither},
               {"round_time", "s", "A step, or the steps between two agreements of a local method.",
                Better::lower},
               {"loss", "1", "Mean loss of all rows; the samples are the rounds, in order.",
                Better::neither},
               {"predicted_step_time", "s", "By the step model, before the step is measured.",
                Better::neither},
               {"predicted_gain", "1", "Predicted step of bf16 with overlap over this one's.",
                Better::neither},
               {"break_even_bandwidth", "B/s",
                "Below it the step is at least 5 % shorter than bf16 with overlap, by the step "
                "model.",
                Better::neither},
               {"wire_bandwidth", "B/s", "1 / beta of the step model, as measured under load.",
                Better::higher},
               {"straggler_excess", "1",
                "Median compute of the slowest rank, named in the host column, over the others' "
                "median, less 1.",
                Better::lower},
               {"noise_penalty", "s", "Slowest rank's compute beyond the mean rank's, mean.",
                Better::neither},
               {"noise_step_penalty", "s",
                "Mean step beyond the undisturbed one, less the mean delay.", Better::neither},
               {"noise_penalty_expected", "s", "Standard deviation times E[max of N normals].",
                Better::neither},
               {"noise_penalty_law", "s", "Standard deviation times sqrt(2 ln N).",
                Better::neither},
               {"flops", "FLOP",
                "Of the matrix and vector products of all ranks in one round; exact.",
                Better::neither, true},
               network::messages_metric("all ranks in one round"),
               network::bytes_sent_metric("all ranks in one round")},
          .verification = "exact trainings equal one rank's to 1e-12 (f64) or 2e-5 (f32) relative, "
                          "compressed ones keep their bound, losses fall, the same bits on all "
                          "ranks",
          .settings = training_settings()},
     .ranks_min = 1,
     .expected_time = gradient_time,
     .run = run});

}  // namespace
}  // namespace assay::workloads
