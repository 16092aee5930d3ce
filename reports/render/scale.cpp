#include "reports/render/scale.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace assay::render {

namespace {

/// No axis has more; a loop that counts in doubles never ends where adding 1 changes nothing.
constexpr int most_ticks = 200;

std::vector<double> linear_ticks(double low, double high, int most) {
  const double raw = (high - low) / std::max(1, most - 1);
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double nice : {1.0, 2.0, 5.0})
    if (nice * power >= raw * (1 - 1e-9)) {
      step = nice * power;
      break;
    }
  std::vector<double> ticks;
  const double slack = 1e-9 * (high - low);
  const double first = std::ceil((low - slack) / step);
  for (int i = 0; i < most_ticks; ++i) {
    const double tick = (first + i) * step;
    // Also where low and high are so near each other that a step between them cannot be written.
    if (!(tick <= high + slack) || (!ticks.empty() && tick <= ticks.back())) break;
    ticks.push_back(first + i == 0 ? 0 : tick);
  }
  return ticks;
}

std::vector<double> powers(double base, double low, double high, int most) {
  const double first = std::ceil(std::log(low) / std::log(base) - 1e-9);
  const double last = std::floor(std::log(high) / std::log(base) + 1e-9);
  const double stride = std::max(1.0, std::ceil((last - first + 1) / most));
  std::vector<double> ticks;
  // Multiples of the stride, so that 10^-6, 10^-3, 1 rather than 10^-5, 10^-2, 10.
  for (double i = std::ceil(first / stride) * stride;
       i <= last && ticks.size() < static_cast<std::size_t>(most_ticks); i += stride)
    ticks.push_back(std::pow(base, i));
  return ticks;
}

std::vector<double> log10_ticks(double low, double high, int most) {
  std::vector<double> decades = powers(10, low, high, most);
  if (decades.size() >= 3) return decades;
  for (const std::vector<double>& steps :
       {std::vector<double>{1, 2, 5}, std::vector<double>{1, 3}}) {
    std::vector<double> fine;
    for (double e = std::floor(std::log10(low)); e <= std::ceil(std::log10(high)); ++e)
      for (const double step : steps) {
        const double value = step * std::pow(10.0, e);
        if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) fine.push_back(value);
      }
    if (fine.size() >= 2 && static_cast<int>(fine.size()) <= most) return fine;
  }
  if (decades.size() >= 2) return decades;
  return linear_ticks(low, high, std::min(most, 5));
}

bool is_log(ScaleKind kind) {
  return kind != ScaleKind::linear;
}

}  // namespace

Scale::Scale(ScaleKind kind, double low, double high, double from, double to)
    : kind_(kind), low_(low), high_(high), from_(from), to_(to) {
  assert(low < high && (!is_log(kind) || low > 0));
}

double Scale::transformed(double value) const {
  if (!is_log(kind_)) return value;
  return value > 0 ? std::log(value) : -std::numeric_limits<double>::infinity();
}

double Scale::operator()(double value) const {
  const double low = transformed(low_), high = transformed(high_);
  const double fraction = (transformed(value) - low) / (high - low);
  // Far outside stays finite: a path with "inf" in it is no path.
  return from_ + std::clamp(fraction, -10.0, 11.0) * (to_ - from_);
}

bool Scale::contains(double value) const {
  return value >= low_ && value <= high_;
}

std::vector<double> Scale::ticks(int most) const {
  if (!std::isfinite(low_) || !std::isfinite(high_)) return {};
  switch (kind_) {
    case ScaleKind::linear:
      return linear_ticks(low_, high_, most);
    case ScaleKind::log10:
      return log10_ticks(low_, high_, most);
    case ScaleKind::log2: {
      std::vector<double> twos = powers(2, low_, high_, most);
      return twos.size() >= 2 ? twos : linear_ticks(low_, high_, most);
    }
  }
  return {};
}

Domain domain_of(const std::vector<double>& values, ScaleKind kind) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double value : values) {
    if (!std::isfinite(value) || (is_log(kind) && value <= 0)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (low > high) return is_log(kind) ? Domain{1, 10} : Domain{0, 1};
  if (is_log(kind)) {
    const double least = kind == ScaleKind::log2 ? 2.0 : 3.0;
    const double air = high / low < least ? std::sqrt(least) : std::pow(high / low, 0.05);
    return {low / air, high * air};
  }
  if (low == high) {
    const double air = low == 0 ? 1 : std::abs(low) * 0.5;
    return {low - air, high + air};
  }
  const double air = 0.06 * (high - low);
  if (low >= 0 && low < 0.6 * high) return {0, high + air};
  return {low - air, high + air};
}

}  // namespace assay::render
