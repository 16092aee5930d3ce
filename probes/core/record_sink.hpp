#pragma once
/// @file
/// Where result rows go. Probes and workloads know nothing else about files.

#include "probes/core/record.hpp"

namespace assay {

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual void put(const Record& record) = 0;
};

/// Keeps the rows in memory: for tests, and for rows that travel from a rank to the writer.
class RecordList final : public RecordSink {
 public:
  void put(const Record& record) override { records.push_back(record); }
  std::vector<Record> records;
};

}  // namespace assay
