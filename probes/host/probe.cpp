#include "probes/host/probe.hpp"
#include "probes/core/host_name.hpp"

namespace assay {

Record NodeContext::row(std::string_view probe, std::string_view metric,
                        std::string_view unit) const {
  Record record;
  record.probe = probe;
  record.metric = metric;
  record.unit = unit;
  record.host = host_name();
  record.nodes = 1;
  return record;
}

}  // namespace assay
