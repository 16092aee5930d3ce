/// @file
/// False-red rate and power of the gate under simulated launch noise: `gate_simulation [TRIALS
/// [POWER_TRIALS]]`.
///
/// 60 metrics. A launch multiplies each metric by exp(s * x); x is standard normal, or
/// heavy-tailed: one launch in ten has three times the spread on top. "Correlated": half of the
/// variance is common to all metrics of a launch. "Spikes" are of fixed size, so that they do not
/// grow with the noise: the heavy tails of the published power figures fit them. The runs go
/// through run_paired_gate(), the code that `assay gate` runs.

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "reports/gate/decide/paired_gate.hpp"
#include "reports/gate/decide/sign_test.hpp"

namespace {

using namespace assay::gate;

constexpr int metric_count = 60;

enum class Tails {
  normal,
  heavy,    ///< One launch in ten with three times the spread, scaled to the same variance.
  student,  ///< Student's t with 3 degrees of freedom, scaled to the same variance.
  heavier,  ///< The same, unscaled: 1.7 times the standard deviation.
  spikes,   ///< Normal, and 3 launches in 100 slower by an exponential of mean 10 %.
};

struct Noise {
  double spread;  ///< Launch to launch, as a standard deviation of ln time.
  Tails tails;
  bool correlated;
};

class Simulator {
 public:
  Simulator(Noise noise, double slow_down, std::uint64_t seed)
      : noise_(noise), slow_down_(slow_down), engine_(seed) {
    for (int i = 0; i < metric_count; ++i) names_.push_back(fmt::format("metric {:02}", i));
  }

  Launch operator()(Side side) {
    Launch launch;
    const double common = draw();
    for (int i = 0; i < metric_count; ++i) {
      const double own = draw();
      const double x = noise_.correlated ? std::sqrt(0.5) * (common + own) : own;
      const double effect = side == Side::head && i == 0 ? slow_down_ : 0;
      Reading& reading = launch.readings[names_[static_cast<std::size_t>(i)]];
      reading.unit = "s";
      reading.values = {std::exp(effect + noise_.spread * x)};
    }
    return launch;
  }

 private:
  double draw() {
    switch (noise_.tails) {
      case Tails::heavy:  // variance 0.9 + 0.1 * 9 = 1.8
        return normal_(engine_) * (uniform_(engine_) < 0.1 ? 3 : 1) / std::sqrt(1.8);
      case Tails::student:
        return student_(engine_) / std::sqrt(3.0);
      case Tails::heavier:
        return student_(engine_);
      case Tails::spikes:
        return normal_(engine_) +
               (uniform_(engine_) < 0.03 ? 0.1 / noise_.spread * exponential_(engine_) : 0);
      default:
        return normal_(engine_);
    }
  }

  Noise noise_;
  double slow_down_;
  std::mt19937_64 engine_;
  std::normal_distribution<double> normal_;
  std::student_t_distribution<double> student_{3};
  std::uniform_real_distribution<double> uniform_;
  std::exponential_distribution<double> exponential_;
  std::vector<std::string> names_;
};

const char* name_of(Tails tails) {
  switch (tails) {
    case Tails::heavy:
      return "heavy";
    case Tails::student:
      return "student";
    case Tails::heavier:
      return "heavier";
    case Tails::spikes:
      return "spikes";
    default:
      return "normal";
  }
}

struct Rates {
  int runs = 0, false_reds = 0, found = 0, confirmed = 0, inconclusive = 0;
};

Rates simulate(Noise noise, double ratio, int runs, std::uint64_t seed) {
  Rates rates;
  Simulator simulator(noise, std::log(ratio), seed);
  GateOptions options;
  options.warmup = 0;
  options.clock = [] { return assay::Seconds(0); };
  for (int run = 0; run < runs; ++run) {
    const GateReport report = run_paired_gate(std::ref(simulator), options);
    ++rates.runs;
    bool red_elsewhere = false, confirmed = false;
    for (const MetricResult& metric : report.metrics) {
      confirmed |= metric.stage == "confirm";
      if (metric.verdict != Verdict::regressed) continue;
      if (metric.name == "metric 00" && ratio > 1)
        ++rates.found;
      else
        red_elsewhere = true;
    }
    rates.false_reds += red_elsewhere;
    rates.confirmed += confirmed;
    rates.inconclusive += report.exit_code() == assay::ExitCode::inconclusive;
  }
  return rates;
}

double percent(int part, int whole) {
  return 100.0 * part / whole;
}

}  // namespace

int main(int argc, char** argv) {
  const int trials = argc > 1 ? std::atoi(argv[1]) : 2000;
  const int power_trials = argc > 2 ? std::atoi(argv[2]) : 500;
  if (trials < 1 || power_trials < 1) {
    fmt::print(stderr, "usage: gate_simulation [TRIALS [POWER_TRIALS]]\n");
    return 4;
  }
  fmt::print(
      "60 metrics, 6 + 20 pairs, delta 1 %, alpha 1 %. False red: any metric without a change "
      "regressed.\n"
      "{} runs without a change and {} with one metric slower, per line.\n\n",
      trials, power_trials);
  fmt::print("{:>6} {:<8} {:<12} {:>10} {:>10} {:>12} {:>8} | found at +3 %, +5 %, +10 %\n",
             "noise", "tails", "metrics", "false red", "at most", "confirmed in", "exit 2");
  std::uint64_t seed = 1;
  for (const double spread : {0.005, 0.01, 0.02})
    for (const Tails tails :
         {Tails::normal, Tails::heavy, Tails::student, Tails::spikes, Tails::heavier})
      for (const bool correlated : {false, true}) {
        const Noise noise{spread, tails, correlated};
        const Rates none = simulate(noise, 1, trials, ++seed);
        fmt::print("{:>4.1f} % {:<8} {:<12} {:>8.2f} % {:>8.2f} % {:>10.1f} % {:>6.1f} % |",
                   100 * spread, name_of(tails), correlated ? "correlated" : "independent",
                   percent(none.false_reds, none.runs),
                   100 * binomial_upper_bound(none.false_reds, none.runs),
                   percent(none.confirmed, none.runs), percent(none.inconclusive, none.runs));
        for (const double ratio : {1.03, 1.05, 1.10})
          fmt::print(" {:>6.1f} %",
                     percent(simulate(noise, ratio, power_trials, ++seed).found, power_trials));
        fmt::print("\n");
        std::fflush(stdout);
      }
  Rule rule;
  fmt::print("\nDetectable effect at 90 % by calculation (one suspect), for normal noise:");
  for (const double spread : {0.005, 0.01, 0.02})
    fmt::print(" {:.1f} %: {:.2f} %;", 100 * spread,
               100 * std::expm1(detectable_effect(spread * std::sqrt(2.0), rule).value()));
  fmt::print("\n");
}
