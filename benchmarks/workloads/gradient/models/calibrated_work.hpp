#pragma once
/// @file
/// Compute of a wanted length by whole small GEMMs: work, not waiting, so that whoever takes the
/// core away slows it down. One is some 20 us of a present core and stays in its caches.

#include <functional>
#include <vector>

#include "probes/core/units.hpp"

namespace assay::workloads {

class CalibratedWork {
 public:
  /// Times one of the GEMMs, the best of several.
  CalibratedWork();
  void one();
  /// What one takes undisturbed.
  [[nodiscard]] Seconds each() const { return each_; }
  /// As many as `wanted` has room for, `pause` after every few. What is left over is kept for the
  /// next call.
  void run(Seconds wanted, const std::function<void()>& pause);

 private:
  std::vector<float> a_, b_, c_;
  Seconds each_{1};
  double owed_ = 0;
};

}  // namespace assay::workloads
