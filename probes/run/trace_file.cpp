#include "probes/run/trace_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "probes/core/errors.hpp"
#include "probes/run/file_writing.hpp"

namespace assay {
namespace {

constexpr const char* head = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";
constexpr const char* tail = "\n]}\n";

constexpr int communication_lane = 1;

int lane_of(const Span& span) {
  if (span.track == Track::communication) return communication_lane;
  return span.thread == 0 ? 0 : span.thread + communication_lane;
}

std::string lane_name(int lane) {
  return lane == 0                    ? "compute"
         : lane == communication_lane ? "communication"
                                      : fmt::format("thread {}", lane - communication_lane);
}

nlohmann::json named(const char* what, int rank, int lane, const std::string& name) {
  return {{"ph", "M"}, {"name", what}, {"pid", rank}, {"tid", lane}, {"args", {{"name", name}}}};
}

nlohmann::json event_of(const Span& span, const TraceRank& rank) {
  const auto microseconds = [](std::int64_t ns) { return static_cast<double>(ns) / 1000; };
  nlohmann::json event = {{"ph", "X"},
                          {"name", span.name},
                          {"cat", span.is_phase ? "phase" : "region"},
                          {"pid", rank.rank},
                          {"tid", lane_of(span)},
                          {"ts", microseconds(span.start_ns + rank.clock_offset_ns)},
                          {"dur", microseconds(span.end_ns - span.start_ns)}};
  nlohmann::json work = nlohmann::json::object();
  if (span.work.flops.value() > 0) work["FLOP"] = span.work.flops.value();
  if (span.work.bytes.value() > 0) work["B"] = span.work.bytes.value();
  if (!work.empty()) event["args"] = std::move(work);
  return event;
}

std::string dump(const nlohmann::json& event) {
  return event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Counted by name, since a step may have thousands of short waits, which would else drive out the
// steps themselves.
std::vector<Span> last_of_each_name(const std::vector<Span>& by_end, std::size_t most) {
  std::map<std::string, std::size_t> found;
  std::vector<Span> kept;
  for (auto span = by_end.rbegin(); span != by_end.rend(); ++span)
    if (++found[span->name] <= most) kept.push_back(*span);
  std::reverse(kept.begin(), kept.end());
  return kept;
}

}  // namespace

std::string trace_events(const TraceRank& rank, std::vector<Span> spans,
                         std::size_t most_of_a_name) {
  std::sort(spans.begin(), spans.end(),
            [](const Span& a, const Span& b) { return a.end_ns < b.end_ns; });
  std::vector<std::string> events = {dump(
      named("process_name", rank.rank, 0, fmt::format("rank {} on {}", rank.rank, rank.host)))};
  const std::vector<Span> kept = last_of_each_name(spans, most_of_a_name);
  if (kept.size() < spans.size()) {
    nlohmann::json event = event_of(spans.front(), rank);
    event.erase("dur");
    event["ph"] = "i";
    event["name"] = "left out";
    event["args"] = {{"spans", spans.size() - kept.size()}};
    events.push_back(dump(event));
  }
  std::set<int> lanes;
  for (const Span& span : kept) {
    if (lanes.insert(lane_of(span)).second)
      events.push_back(
          dump(named("thread_name", rank.rank, lane_of(span), lane_name(lane_of(span)))));
    events.push_back(dump(event_of(span, rank)));
  }
  return fmt::format("{}", fmt::join(events, ",\n"));
}

void append_trace(const std::filesystem::path& path, const std::string& events) try {
  AppendedFile file(path, Readers::owner_only);
  const bool is_new = file.size() == 0;
  // In place of the closing brackets, which then follow again; a killed run may not have got there.
  const std::uint64_t length = std::strlen(tail);
  if (!is_new && file.ends_with(tail)) file.cut(file.size() - length);
  try {
    file.write((is_new ? head : ",\n") + events + tail);
  } catch (const FileError&) {
    if (!is_new) file.write(tail);  // a few bytes fit where many do not
    throw;
  }
} catch (const FileError& error) {
  throw RunError(error.what());
}

}  // namespace assay
