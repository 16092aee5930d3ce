#include "probes/network/marked_run.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include "probes/network/transport/common_clock.hpp"
#include "probes/run/region.hpp"
#include "probes/run/trace_file.hpp"

namespace assay::network {
namespace {

constexpr std::size_t most_spans_of_a_name = 2000;
constexpr Tag trace_tag = 0x0780;

/// Rank 0 takes them one after the other.
void collect(Communicator& communicator, const std::string& mine,
             const std::filesystem::path& file) {
  const std::vector<double> sizes = communicator.gather_all(static_cast<double>(mine.size()));
  if (communicator.rank() != 0) {
    communicator.send_now(0, trace_tag, std::as_bytes(std::span(mine)));
    return;
  }
  append_trace(file, mine);
  for (int rank = 1; rank < communicator.size(); ++rank) {
    std::string theirs(static_cast<std::size_t>(sizes[static_cast<std::size_t>(rank)]), ' ');
    communicator.receive_now(rank, trace_tag, std::as_writable_bytes(std::span(theirs)));
    append_trace(file, theirs);
  }
}

/// Lives as long as the program, as a marker's name has to.
const char* launch_name(const RankProbe& probe, const RankContext& context) {
  const int ranks = context.communicator.size();
  return InternedString(fmt::format("{}, {} rank{}, launch {}", probe.about.name, ranks,
                                    ranks == 1 ? "" : "s", context.launch))
      .str()
      .c_str();
}

}  // namespace

void run_marked(const RankProbe& probe, RankContext& context, const std::filesystem::path& trace) {
  static_cast<void>(take_spans());
  static_cast<void>(take_dropped_spans());
  {
    const RecordingScope recording(trace.empty() ? Recording::regions : Recording::everything);
    const Phase launch(launch_name(probe, context));
    probe.run(context);
  }
  const std::vector<Span> spans = take_spans();
  put_regions(spans, take_dropped_spans(), context.row("region", "time", unit::seconds),
              context.sink);
  if (trace.empty()) return;
  Communicator& communicator = context.communicator;
  const CommonClock clock = CommonClock::synchronise(communicator);
  const TraceRank rank{communicator.rank(), communicator.place(communicator.rank()).host,
                       std::llround(clock.offset().value() * 1e9)};
  collect(communicator, trace_events(rank, spans, most_spans_of_a_name), trace);
}

}  // namespace assay::network
