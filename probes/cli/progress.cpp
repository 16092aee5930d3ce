#include "probes/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "probes/core/clock.hpp"

namespace assay {
namespace {
constexpr Seconds redraw_interval = 100_ms;
constexpr const char* wipe_line = "\r\x1b[K";

std::string clock_text(Seconds duration) {
  const auto seconds = std::lround(std::max(0.0, duration.value()));
  return seconds < 3600
             ? fmt::format("{}:{:02}", seconds / 60, seconds % 60)
             : fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}
}  // namespace

bool stderr_is_terminal() {
  return isatty(STDERR_FILENO) == 1;
}

Progress::Progress(std::string title, Seconds expected, bool enabled)
    : title_(std::move(title)),
      expected_(expected),
      start_(now()),
      drawn_(start_ - 1_s),
      enabled_(enabled) {}

Progress::~Progress() {
  if (enabled_) std::fputs(wipe_line, stderr);
}

void Progress::update(double fraction, const std::string& step) {
  if (!enabled_ || now() - drawn_ < redraw_interval) return;
  drawn_ = now();
  draw(std::clamp(fraction, 0.0, 1.0), step);
}

void Progress::draw(double fraction, const std::string& step) {
  const Seconds spent = now() - start_;
  // The plan speaks at first, the pace so far more and more.
  const Seconds by_pace = fraction > 0 ? spent / fraction * (1 - fraction) : expected_;
  const Seconds left =
      (1 - fraction) * (expected_ - spent > Seconds(0) ? expected_ - spent : Seconds(0)) +
      fraction * by_pace;
  constexpr int width = 24;
  const int filled = static_cast<int>(std::lround(fraction * width));
  const std::string bar = std::string(static_cast<std::size_t>(filled), '#') +
                          std::string(static_cast<std::size_t>(width - filled), '.');
  const std::string line = fmt::format("{} [{}] {:3.0f} %  {} left  {}", title_, bar,
                                       100 * fraction, clock_text(left), step);
  std::fputs((wipe_line + line.substr(0, 118)).c_str(), stderr);
}

void Progress::note(const std::string& line) {
  std::fputs(((enabled_ ? wipe_line : "") + line + "\n").c_str(), stderr);
}

}  // namespace assay
