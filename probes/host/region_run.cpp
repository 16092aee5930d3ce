#include "probes/host/region_run.hpp"
#include "probes/core/host_name.hpp"

#include "probes/host/provenance.hpp"
#include "probes/host/topology.hpp"
#include "probes/run/run_directory.hpp"

namespace assay {

struct RegionRun::Files {
  explicit Files(const std::filesystem::path& directory)
      : writer(directory, std::filesystem::exists(directory / "run.json")) {}
  RunWriter writer;
};

RegionRun::RegionRun(Options options)
    : options_(std::move(options)), files_(std::make_unique<Files>(options_.output)) {
  files_->writer.set("regions", {{"host", host_fingerprint(discover_machine())}});
  static_cast<void>(take_spans());
  static_cast<void>(take_dropped_spans());
  set_recording(Recording::regions);
}

RegionRun::~RegionRun() {
  set_recording(Recording::off);
}

void RegionRun::write() {
  Record key;
  key.host = host_name();
  key.nodes = 1;
  key.ranks = options_.ranks;
  key.launch = std::to_string(options_.launch);
  const std::vector<Span> spans = take_spans();
  put_regions(spans, take_dropped_spans(), key, files_->writer);
  files_->writer.finish("complete");
}

}  // namespace assay
