/// @file
/// MPI_Allreduce of whichever MPI this is built with, timed by the same code as our own algorithms.
/// A program of its own, started by that MPI's mpirun: assay_allreduce_NAME OUTPUT_DIRECTORY
/// PROVIDER SIZES SECONDS. Appends rows of collective.allreduce whose algorithm is the MPI's name.

#include <fmt/format.h>
#include <mpi.h>

#include <cstdio>

#include "benchmarks/collectives/comparators/mpi_communicator.hpp"
#include "benchmarks/collectives/comparators/peer.hpp"

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int code = 0;
  try {
    const assay::comparators::PeerOptions options =
        assay::comparators::parse_peer_options(argc, argv);
    assay::comparators::MpiCommunicator communicator(options.provider);
    assay::comparators::pin_rank(communicator.place(communicator.rank()).local_rank);
    assay::comparators::measure_peer(communicator, ASSAY_PEER_NAME, options,
                                     [](std::span<const float> in, std::span<float> out) {
                                       MPI_Allreduce(in.data(), out.data(),
                                                     static_cast<int>(in.size()), MPI_FLOAT,
                                                     MPI_SUM, MPI_COMM_WORLD);
                                     });
  } catch (const std::exception& error) {
    std::fputs(fmt::format("{}: {}\n", ASSAY_PEER_NAME, error.what()).c_str(), stderr);
    code = 4;
  }
  if (code != 0) MPI_Abort(MPI_COMM_WORLD, code);
  MPI_Finalize();
  return code;
}
