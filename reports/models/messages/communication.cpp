#include "reports/models/messages/communication.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "probes/cost/collective_cost.hpp"

namespace assay::models {

namespace {

/// Both parts of one call's time.
struct Parts {
  double startup = 0, transfer = 0;
};

/// Each step's messages at their own size (a segmented step sends `startups` of them): alpha apart
/// from beta times the bytes.
Parts parts_of(const CollectiveCost& cost, const AlphaBetaFit& wire) {
  Parts parts;
  for (const CostStep& step : cost.steps) {
    if (step.startups <= 0) continue;  // reduces only
    const AlphaBetaSegment& segment = wire.segment_of(step.message / step.startups);
    parts.startup += step.repeats * step.startups * segment.alpha.value.value();
    parts.transfer +=
        step.repeats * step.flows * step.sharers * (segment.beta.value * step.message).value();
  }
  return parts;
}

/// From a 95 % interval; 0 when there is none.
template <class Unit>
double relative_error(const Estimate<Unit>& e) {
  const double width = e.high.value() - e.low.value();
  return e.value.value() > 0 && std::isfinite(width) ? width / (2 * 1.96 * e.value.value()) : 0;
}

}  // namespace

std::optional<CommunicationTerm> communication_term(const ScalingSeries& series,
                                                    const std::vector<AlphaBetaFit>& wires) {
  const AlphaBetaFit* wire = fit_for_collectives(wires, series.provider);
  if (wire == nullptr || series.bytes <= 0 || find_all_reduce_cost(series.algorithm) == nullptr)
    return std::nullopt;
  const auto fit = std::make_shared<const AlphaBetaFit>(*wire);
  const auto parts = [fit, algorithm = series.algorithm, bytes = series.bytes](double ranks) {
    if (ranks <= 1) return Parts{};
    const CollectiveShape shape{.ranks = static_cast<int>(ranks),
                                .bytes = Bytes(static_cast<double>(bytes))};
    return parts_of(all_reduce_cost(algorithm, shape), *fit);
  };
  const AlphaBetaSegment& last = wire->segments.back();
  return CommunicationTerm{
      .description = fmt::format("{} all-reduce of {} B over {} ({})", series.algorithm,
                                 series.bytes, wire->provider, wire->operation),
      .startup = [parts](double ranks) { return parts(ranks).startup; },
      .transfer = [parts](double ranks) { return parts(ranks).transfer; },
      .startup_error = relative_error(wire->segments.front().alpha),
      .transfer_error = relative_error(last.beta)};
}

}  // namespace assay::models
