#include "probes/network/transport/traffic.hpp"

#include "probes/core/units.hpp"

namespace assay::network {
namespace {

constexpr std::string_view messages = "messages", bytes_sent = "bytes_sent";

MetricInfo exact(std::string_view name, std::string_view unit, std::string description) {
  return {.name = std::string(name),
          .unit = std::string(unit),
          .description = std::move(description),
          .exact = true};
}

}  // namespace

MetricInfo messages_metric(const std::string& of) {
  return exact(messages, unit::one, "Messages that left " + of + "; exact.");
}
MetricInfo bytes_sent_metric(const std::string& of) {
  return exact(bytes_sent, unit::bytes, "Payload bytes that left " + of + "; exact.");
}

void put_traffic(RecordSink& sink, Record key, const Traffic& sent) {
  key.metric = messages;
  key.unit = unit::one;
  sink.put(with_samples(key, {static_cast<double>(sent.messages)}));
  key.metric = bytes_sent;
  key.unit = unit::bytes;
  sink.put(with_samples(key, {static_cast<double>(sent.bytes)}));
}

}  // namespace assay::network
