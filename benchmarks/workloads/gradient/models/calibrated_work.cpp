#include "benchmarks/workloads/gradient/models/calibrated_work.hpp"

#include <cblas.h>

#include <algorithm>

#include "probes/core/clock.hpp"

namespace assay::workloads {
namespace {

constexpr int edge = 96;

}  // namespace

CalibratedWork::CalibratedWork() : a_(edge * edge, 0.5F), b_(edge * edge, 0.25F), c_(edge * edge) {
  for (int i = 0; i < 20; ++i) {
    const Seconds start = now();
    one();
    each_ = std::min(each_, now() - start);
  }
}

void CalibratedWork::one() {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, edge, edge, edge, 1.0F, a_.data(), edge,
              b_.data(), edge, 0.0F, c_.data(), edge);
}

void CalibratedWork::run(Seconds wanted, const std::function<void()>& pause) {
  constexpr int between_pauses = 8;
  owed_ += wanted / each_;
  for (int done = 1; owed_ >= 1; owed_ -= 1, ++done) {
    one();
    if (done % between_pauses == 0) pause();
  }
}

}  // namespace assay::workloads
