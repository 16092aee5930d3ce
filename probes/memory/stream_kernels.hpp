#pragma once
/// @file
/// The five streaming kernels over f64 arrays, with normal, prefetched and non-temporal stores.
///
///   read  load a[i]           write a[i] = q           copy a[i] = b[i]
///   triad a[i] = b[i] + q c[i] update a[i] = a[i] + q
///
/// Source: McCalpin's STREAM (copy, triad) and likwid-bench (load, store, update). The loop over
/// the passes is inside the kernel: a call per pass of a set of 12 KiB costs some 4 %. Counted:
/// STREAM bytes (what the program asks for) and traffic (what crosses the memory bus when
///               each missed store first reads its line: write-allocate).
/// Not measured: integer, gather or strided access. On Arm NEON, Highway's non-temporal store is a
///               plain store with a prefetch (`has_non_temporal_stores`).

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "probes/core/units.hpp"

namespace assay::memory {

enum class StreamOperation { read, write, copy, triad, update };
/// normal: one loop over the arrays, as programs are written. prefetched: the same stores in 16
/// streams at once, their lines asked for with the right to write (PREFETCHW) 1 KiB ahead. A store
/// that misses reads its line first; prefetchers follow each page by itself, so that many streams
/// have more such reads on their way than one. On a Xeon whose core writes 9.6 GB/s to DRAM, 16
/// streams write 12.5 and ask ahead for 14.2; 8 or 32 are slower, 512 B to 8 KiB ahead the same.
enum class Stores { normal, prefetched, non_temporal };

struct StreamKernel {
  StreamOperation operation = StreamOperation::read;
  Stores stores = Stores::normal;
  friend bool operator==(const StreamKernel&, const StreamKernel&) = default;
};

inline constexpr std::array all_stream_operations{StreamOperation::read, StreamOperation::write,
                                                  StreamOperation::copy, StreamOperation::triad,
                                                  StreamOperation::update};

/// "read", "triad", "triad_prefetched", "triad_nt": the operation column of a result row.
[[nodiscard]] std::string name_of(StreamKernel kernel);
/// 1 for read, write and update; 2 for copy; 3 for triad.
[[nodiscard]] int array_count(StreamOperation operation);
/// Bytes the program loads and stores for one element of each array.
[[nodiscard]] Bytes stream_bytes(StreamKernel kernel);
/// The same and the line read that each normal store causes when it misses. Equal to stream_bytes
/// for read, update and non-temporal kernels.
[[nodiscard]] Bytes traffic_bytes(StreamKernel kernel);

/// Equal parts of one thread's set; b and c are null where the operation does not use them.
struct StreamArrays {
  double* a = nullptr;
  const double* b = nullptr;
  const double* c = nullptr;
  std::size_t elements = 0;  ///< Of each array; a multiple of `stream_granule`.
};

/// Elements a kernel treats per turn of its loop at the widest vector Highway knows.
inline constexpr std::size_t stream_granule = 256;

/// Runs `passes` passes with scalar q on the calling thread, with the widest vectors of this CPU. A
/// non-temporal kernel ends with a store fence, so its time includes the draining of the
/// write-combining buffers. read loads every element and does nothing with it; where the compiler
/// cannot be told so, what is returned keeps the loads alive, and means nothing else.
/// @pre elements > 0, a multiple of stream_granule; arrays 64-byte aligned
std::uint64_t run_stream_kernel(StreamKernel kernel, const StreamArrays& arrays, double q,
                                std::size_t passes);

/// The loop of the read kernel with the exclusive or of each vector lane's bit patterns, summed
/// over the lanes modulo 2^64: shows, outside the timed region, which elements that loop visits.
[[nodiscard]] std::uint64_t read_checksum(const double* a, std::size_t elements);
/// What it must give, element by element.
[[nodiscard]] std::uint64_t expected_checksum(const double* a, std::size_t elements);

/// Highway target the kernels run with, e.g. "AVX3".
[[nodiscard]] std::string_view stream_isa();
/// False where a non-temporal store is an ordinary store on this ISA.
[[nodiscard]] bool has_non_temporal_stores();

}  // namespace assay::memory
