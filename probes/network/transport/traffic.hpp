#pragma once
/// @file
/// What a call sends, as rows: counts that every correct run repeats exactly, so that a gate
/// shows one message or one byte more without any statistics.

#include <string>

#include "probes/core/record.hpp"
#include "probes/core/record_sink.hpp"
#include "probes/core/registry.hpp"
#include "probes/network/transport/communicator.hpp"

namespace assay::network {

/// For the registry: "messages" and "bytes_sent", exact. `of`: whom they left and when, as "all
/// ranks in one call".
[[nodiscard]] MetricInfo messages_metric(const std::string& of);
[[nodiscard]] MetricInfo bytes_sent_metric(const std::string& of);

/// Both rows of what was sent. `key` says of what point; its metric and unit are replaced.
void put_traffic(RecordSink& sink, Record key, const Traffic& sent);

}  // namespace assay::network
