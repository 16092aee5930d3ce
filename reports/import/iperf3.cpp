/// @file
/// iperf3's JSON (-J): the sum over the streams of the whole test, as received.

#include <fmt/format.h>

#include "probes/core/units.hpp"
#include "reports/import/format.hpp"
#include "reports/import/json.hpp"

namespace assay::import::iperf3 {

namespace {

using nlohmann::json;

const char* const expected = "the output of iperf3 --json of a whole test";

/// The whole test as one object, of --json and of the lines of --json-stream.
json whole_test(const Document& document) {
  if (!document.json_lines) return *document.json;
  json whole = json::object();
  for (const json& line : *document.json) {
    const std::string event = text_at(line, "event");
    if (event == "error")
      whole["error"] = member(line, "data");
    else if ((event == "start" || event == "end") && whole.contains(event))
      document.refuse(0, "/event", fmt::format("a second \"{}\"", event), "one test in a file");
    else if (event == "start" || event == "end")
      whole[event] = member(line, "data");
  }
  return whole;
}

/// What one direction delivered. TCP and later versions of UDP say what arrived; an old UDP test
/// has one sum of what was sent, and the share of it that was lost.
std::optional<Record> direction(const Document& document, const json& end, const Record& key,
                                const std::string& suffix) {
  for (const char* sum : {"sum_received", "sum", "sum_sent"}) {
    const json& total = member(end, (sum + suffix).c_str());
    if (!total.is_object()) continue;
    const std::string where = fmt::format("/end/{}{}", sum, suffix);
    double bits = number_at(document, total, "bits_per_second", where, expected);
    if (bits == 0) continue;
    const auto bytes = number_of(member(total, "bytes"));
    if (const auto seconds = number_of(member(total, "seconds")); bytes && seconds && *seconds > 0)
      require_agreement(document, 0, where + "/bits_per_second", bits, 8 * *bytes / *seconds,
                        "bytes over seconds");
    const bool received = std::string_view(sum) == "sum_received";
    const std::optional<double> lost = number_of(member(total, "lost_percent"));
    const bool knows_loss = !received && lost && *lost > 0;
    if (knows_loss && *lost >= 100)
      document.refuse(0, where + "/lost_percent", fmt::format("is {:g}", *lost), "below 100");
    if (knows_loss) bits *= 1 - *lost / 100;
    Record rate = with_value(key, checked_rate(document, 0, where + "/bits_per_second", bits / 8));
    if (!received && !knows_loss)
      rate = marked_untrusted(rate, "what was sent; the log does not say what arrived");
    return rate;
  }
  return std::nullopt;
}

/// Before 3.11 the sums of both directions had the same names, of which JSON keeps one.
void refuse_both_under_one_name(const Document& document) {
  int sums = 0;
  for (const Line& line : document.lines)
    for (std::size_t at = 0; (at = line.text.find("\"sum_received\"", at)) != std::string::npos;
         ++at)
      ++sums;
  if (sums > 1)
    document.refuse(0, "/end/sum_received", fmt::format("is there {} times", sums),
                    "a test in one direction, or --bidir of iperf3 3.11 or later");
}

Imported read(const Document& document) {
  const json root = whole_test(document);
  if (const std::string error = text_at(root, "error"); !error.empty())
    document.refuse(0, "/error", fmt::format("iperf3 says \"{}\"", error), "a test that ended");
  refuse_both_under_one_name(document);
  const json& end = member(root, "end");
  const json& settings = member(member(root, "start"), "test_start");
  const std::string protocol = text_at(settings, "protocol", "TCP");
  Imported imported;
  Record key{.probe = "network.alpha_beta",
             .metric = "rate",
             .unit = unit::bytes_per_second,
             .ranks = 2,
             .provider = lower(protocol) + " (imported)",
             .launch = "1"};
  const json& streams = member(settings, "num_streams");
  const std::int64_t count = streams.is_number_integer() ? streams.get<std::int64_t>() : 1;
  const std::string connections = count > 1 ? fmt::format(" of {} connections", count) : "";
  key.operation = "stream" + connections;
  Stated stated;
  for (const auto& [name, value] : settings.items())
    if (name != "num_streams" && name != "protocol" && name != "duration" && name != "bytes" &&
        name != "blocks" && name != "omit" && name != "bidir" && value.is_primitive())
      state(stated, name, value.is_string() ? value.get<std::string>() : value.dump());
  const json& start = member(root, "start");
  for (const char* name : {"sock_bufsize", "tcp_mss", "tcp_mss_default"})
    if (const json& value = member(start, name); value.is_number())
      state(stated, name, value.dump());
  state(stated, "server", text_at(member(start, "connecting_to"), "host"));
  state(stated, "congestion control", text_at(end, "sender_tcp_congestion"));
  const auto forward = direction(document, end, key, "");
  if (!forward) document.refuse(0, "/end", "holds no sum of the test", expected);
  const json& both = member(settings, "bidir");
  const bool is_both = (both.is_number() && both != 0) || both == json(true) ||
                       end.contains("sum_received_bidir_reverse");
  if (!is_both) {
    imported.records.push_back(*forward);
    imported.state_of_new(stated);
    return imported;
  }
  const auto reverse = direction(document, end, key, "_bidir_reverse");
  if (!reverse) document.refuse(0, "/end", "holds no sum of the other direction", expected);
  // As for the other tools, the rate of a test in both directions is their sum.
  Record sum = *forward;
  sum.operation = "bidirectional_stream" + connections;
  sum.median += reverse->median;
  if (!reverse->reason.empty()) sum = marked_untrusted(sum, reverse->reason.str());
  imported.records.push_back(sum);
  imported.state_of_new(stated);
  imported.notes.push_back(fmt::format("both directions at once: {} and {}",
                                       format(BytesPerSecond(forward->median)),
                                       format(BytesPerSecond(reverse->median))));
  return imported;
}

bool recognises(const Document& document) {
  if (!document.json) return false;
  if (document.json_lines) {
    const std::string event = text_at((*document.json)[0], "event");
    return event == "start" && member((*document.json)[0], "data").is_object();
  }
  if (!document.json->is_object()) return false;
  const json& root = *document.json;
  return root.contains("start") && (root.contains("end") || root.contains("error")) &&
         (root.contains("intervals") || root["start"].contains("test_start"));
}

const bool registered = Registry<Format>::add(
    {.about = format_description(
         "iperf3", "iperf3's JSON and JSON stream, TCP and UDP, either direction or both",
         "A test with an error or without its sum is refused."),
     .recognises = recognises,
     .read = read});

}  // namespace

}  // namespace assay::import::iperf3
