/// @file
/// include/assay/assay.h over Region and RegionRun.

#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "include/assay/assay.h"
#include "probes/host/region_run.hpp"

namespace assay {
namespace {

thread_local std::string last_error;
thread_local std::deque<Region> open_regions;

std::mutex mutex;
std::unique_ptr<RegionRun> recording_run;  // guarded by mutex

/// Spans keep pointers to their names, which a caller from C or Fortran may free.
const char* kept(const char* text) {
  static std::mutex names_mutex;
  static std::set<std::string> names;
  const std::scoped_lock lock(names_mutex);
  return names.insert(text == nullptr ? "" : text).first->c_str();
}

template <typename Function>
int guarded(Function function) {
  try {
    const std::scoped_lock lock(mutex);
    function();
    last_error.clear();
    return 0;
  } catch (const std::exception& error) {
    last_error = error.what();
    return -1;
  }
}

}  // namespace
}  // namespace assay

using namespace assay;

int assay_regions_open(const char* output, int launch, int ranks) {
  return guarded([&] {
    if (output == nullptr || *output == '\0')
      throw std::runtime_error("assay_regions_open: the output directory has no name");
    if (recording_run) throw std::runtime_error("assay_regions_open: regions are open already");
    recording_run = std::make_unique<RegionRun>(
        RegionRun::Options{.output = output, .launch = launch, .ranks = ranks});
  });
}

int assay_regions_write() {
  return guarded([] {
    if (!recording_run)
      throw std::runtime_error("assay_regions_write: call assay_regions_open first");
    recording_run->write();
  });
}

void assay_regions_close() {
  (void)guarded([] { recording_run.reset(); });
}

void assay_region_begin(const char* name, double flops, double bytes, const char* dtype,
                        const char* level, int threads) {
  // Without a recording a region costs nothing, and neither should its name.
  const bool records = recording() != Recording::off;
  open_regions.emplace_back(records ? kept(name) : "", records ? Work{.flops = Flops(flops),
                                                                      .bytes = Bytes(bytes),
                                                                      .dtype = kept(dtype),
                                                                      .level = kept(level),
                                                                      .threads = threads}
                                                               : Work{});
}

void assay_region_end() {
  if (!open_regions.empty()) open_regions.pop_back();
}

const char* assay_last_error() {
  return last_error.c_str();
}
