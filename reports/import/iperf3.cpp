/// @file
/// iperf3's JSON (-J): the sum over the streams of the whole test, as received.

#include <fmt/format.h>

#include "reports/import/format.hpp"
#include "reports/import/json.hpp"

namespace assay::import::iperf3 {

namespace {

using nlohmann::json;

const char* const expected = "the output of iperf3 --json of a whole test";

Imported read(const Document& document) {
  const json& root = *document.json;
  if (const std::string error = text_at(root, "error"); !error.empty())
    document.refuse(0, "/error", fmt::format("iperf3 says \"{}\"", error), "a test that ended");
  const json& end = member(root, "end");
  const json& settings = member(member(root, "start"), "test_start");
  const std::string protocol = text_at(settings, "protocol", "TCP");
  Imported imported;
  Record rate{.probe = "network.alpha_beta",
              .metric = "rate",
              .unit = unit::bytes_per_second,
              .ranks = 2,
              .provider = lower(protocol) + " (imported)",
              .launch = "1"};
  const json& streams = member(settings, "num_streams");
  const std::int64_t count = streams.is_number_integer() ? streams.get<std::int64_t>() : 1;
  rate.operation = count > 1 ? fmt::format("stream of {} connections", count) : "stream";
  // TCP and later versions of UDP say what arrived; an old UDP test has one sum of what was sent.
  for (const char* sum : {"sum_received", "sum", "sum_sent"}) {
    const json& total = member(end, sum);
    if (!total.is_object()) continue;
    const std::string where = fmt::format("/end/{}", sum);
    const double bits = number_at(document, total, "bits_per_second", where, expected);
    if (bits == 0) continue;
    rate = with_value(rate, checked_rate(document, 0, where + "/bits_per_second", bits / 8));
    if (std::string_view(sum) != "sum_received")
      rate = marked_untrusted(rate, "what was sent; the log does not say what arrived");
    imported.records.push_back(rate);
    break;
  }
  if (imported.records.empty()) document.refuse(0, "/end", "holds no sum of the test", expected);
  if (member(settings, "bidir").is_number() && settings["bidir"] != 0)
    imported.notes.emplace_back("a test in both directions: the rate is that of one of them");
  return imported;
}

bool recognises(const Document& document) {
  if (!document.json || !document.json->is_object()) return false;
  const json& root = *document.json;
  return root.contains("start") && (root.contains("end") || root.contains("error")) &&
         (root.contains("intervals") || root["start"].contains("test_start"));
}

const bool registered = Registry<Format>::add(
    {.about = format_description("iperf3", "iperf3's JSON, TCP and UDP",
                                 "A test with an error or without its sum is refused."),
     .recognises = recognises,
     .read = read});

}  // namespace

}  // namespace assay::import::iperf3
