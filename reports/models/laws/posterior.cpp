#include "reports/models/laws/posterior.hpp"

#include <algorithm>
#include <array>
#include <boost/math/distributions/fisher_f.hpp>
#include <cmath>
#include <numeric>
#include <optional>
#include <random>

#include "reports/models/laws/small_nnls.hpp"

namespace assay::models {

namespace {

/// Counts up to which no spare one tells a law from another: growth is then as likely as none.
constexpr std::size_t few_counts = 4;

/// An effect common to a count's launches: standard deviation of ln T, and its prior.
struct Effect {
  double size, share;
};

/// How the prior is shared out.
struct Priors {
  double amdahl, log, linear, square, m1;  ///< The rest lies on the powers, see weight_of().
  double no_effect;                        ///< For what the laws say where nothing was measured.
  /// For what a measured count is: its launches' own mean, unless the laws' residuals show an
  /// effect; with few counts they cannot.
  double no_effect_inside;
  std::array<Effect, 3> effects;
};
constexpr Priors with_few{.amdahl = 0.20,
                          .log = 0.15,
                          .linear = 0.15,
                          .square = 0.20,
                          .m1 = 0,
                          .no_effect = 0.1,
                          .no_effect_inside = 0.95,
                          .effects = {{{0.01, 0.3}, {0.02, 0.4}, {0.04, 0.3}}}};
constexpr Priors with_many{.amdahl = 0.42,
                           .log = 0.10,
                           .linear = 0.06,
                           .square = 0.04,
                           .m1 = 0.02,
                           .no_effect = 0.05,
                           .no_effect_inside = 0.9,
                           .effects = {{{0.01, 0.1}, {0.02, 0.5}, {0.04, 0.4}}}};
const Priors& priors_for(std::size_t counts) {
  return counts <= few_counts ? with_few : with_many;
}

constexpr double probed_share = 0.25;  ///< m2 where communication was probed; m3 half of it.
/// Relative standard error with which the probe says that k is 1.
constexpr double factor_error = 0.3;

/// A law is rejected below `rejection_level` only where it misses by more than an effect between
/// counts may be; without repeats one limit says all.
constexpr double largest_effect = 0.05, largest_untested = 0.2;  // of ln T

constexpr double least_exponent = 0.5, most_exponent = 2, exponent_step = 0.1;
/// Of the powers: overhead that grows with about N is what networks show, with N^2 what all pairs
/// show; between and below is rarer.
double weight_of(double exponent) {
  if (exponent < 0.75) return 0.6;
  if (exponent < 1.05) return 1;
  if (exponent < 1.35) return 0.7;
  return exponent < 1.65 ? 0.35 : 0.2;
}

/// A draw further out than this (in ln T) says only that nothing is known; keeps exp() finite.
constexpr double largest_log_draw = 5;

/// The series as all cells see it.
struct Data {
  Eigen::VectorXd ranks, times, launches, floors;
  double variance = 0;  ///< s^2; 1 without repeats.
  double degrees = 0;
  double within = 0;  ///< Sum of squares between launches.
  double total = 0;   ///< Launches.
};

Data data_of(const ScalingSeries& series, const LaunchNoise& noise) {
  const auto count = static_cast<Eigen::Index>(series.points.size());
  Data data{.ranks = Eigen::VectorXd(count),
            .times = Eigen::VectorXd(count),
            .launches = Eigen::VectorXd(count),
            .floors = Eigen::VectorXd(count)};
  double degrees = 0, least_floor = 0;
  for (Eigen::Index i = 0; i < count; ++i) {
    const CountNoise& one = noise.counts[static_cast<std::size_t>(i)];
    data.ranks(i) = series.points[static_cast<std::size_t>(i)].ranks;
    data.times(i) = std::exp(one.log_mean);
    data.launches(i) = one.launches;
    data.floors(i) = one.floor;
    data.total += one.launches;
    degrees += one.degrees / static_cast<double>(count);
    least_floor += one.floor / static_cast<double>(count);
  }
  data.degrees = noise.degrees > 0 ? degrees : 0;
  data.variance = noise.degrees > 0 ? std::pow(std::max(noise.deviation, least_floor), 2) : 1;
  data.within = data.degrees * data.variance;
  if (noise.degrees > 0)
    for (Eigen::Index i = 0; i < count; ++i)  // a count that is noisier counts as fewer launches
      data.launches(i) *=
          data.variance /
          std::max(data.variance * 1e-6,
                   std::pow(noise.unequal ? noise.counts[static_cast<std::size_t>(i)].deviation
                                          : std::sqrt(data.variance),
                            2));
  return data;
}

/// One member with one rho.
struct Cell {
  std::size_t member = 0;
  double weight = 0;  ///< Log evidence, then a share.
  double inside = 0;  ///< The same, for what a measured count is.
  double squares = 0, degrees = 0;
  Eigen::VectorXd deviations;  ///< Of the counts' means, in units of s.
  Eigen::VectorXd fitted;      ///< Times.
};

Eigen::VectorXd deviations_of(const Data& data, double rho) {
  return (rho * rho + data.launches.array().inverse() +
          data.floors.array().square() / data.variance)
      .sqrt();
}

Eigen::MatrixXd plain_design(const Member& member, const Data& data) {
  const std::size_t columns = member.law.parameters.size();
  Eigen::MatrixXd design(data.ranks.size(), static_cast<Eigen::Index>(columns));
  for (Eigen::Index i = 0; i < design.rows(); ++i) {
    const BasisRow row = member.law.basis(data.ranks(i));
    for (std::size_t j = 0; j < columns; ++j)
      design(i, static_cast<Eigen::Index>(j)) = row.terms[j];
  }
  return design;
}

/// What the probe says of k, as one more row of the least squares; its weight in units of s.
double factor_weight(const Data& data) {
  return std::sqrt(data.degrees > 0 ? data.variance : 1e-4) / factor_error;
}

/// Rows of the relative error, and the probe's where there is one.
Eigen::MatrixXd weighted(const Member& member, const Data& data, const Eigen::MatrixXd& plain,
                         const Eigen::VectorXd& weights) {
  const Eigen::Index rows = plain.rows();
  Eigen::MatrixXd design(rows + (member.probed ? 1 : 0), plain.cols());
  design.topRows(rows) = weights.asDiagonal() * plain;
  if (member.probed) {
    const auto k = std::find(member.law.parameters.begin(), member.law.parameters.end(), "k");
    design.row(rows).setZero();
    design(rows, k - member.law.parameters.begin()) = factor_weight(data);
  }
  return design;
}

/// log |X' X|, the columns scaled to length 1 by `scale`.
double log_determinant(const Eigen::MatrixXd& design, const Eigen::VectorXd& scale) {
  const FewMatrix gram = scale.cwiseInverse().asDiagonal() * (design.transpose() * design) *
                         scale.cwiseInverse().asDiagonal();
  return std::log(std::max(1e-30, gram.determinant()));
}

Eigen::VectorXd target_of(const Member& member, const Data& data, const Eigen::VectorXd& weights,
                          const Eigen::VectorXd& times) {
  Eigen::VectorXd target(times.size() + (member.probed ? 1 : 0));
  target.head(times.size()) = times.cwiseProduct(weights);
  if (member.probed) target(times.size()) = factor_weight(data);
  return target;
}

/// Three terms fit two counts in many ways: what does not grow with N is left out (strong scaling:
/// the constant, weak: the saturating term).
Law of_two_terms(Law law, Scaling scaling) {
  const std::ptrdiff_t out = scaling == Scaling::strong ? 0 : 1;
  law.parameters.erase(law.parameters.begin() + out);
  law.basis = [inner = law.basis, out](double n) {
    BasisRow row = inner(n);
    row.terms.erase(row.terms.begin() + out);
    return row;
  };
  return law;
}

class Averaging {
 public:
  Averaging(const Data& data, std::vector<Member>& members) : data_(data), members_(members) {
    for (std::size_t m = 0; m < members_.size(); ++m) add_member(m);
    share_out();
  }
  [[nodiscard]] const std::vector<Cell>& cells() const { return cells_; }

 private:
  void add_member(std::size_t m) {
    Member& member = members_[m];
    const Eigen::MatrixXd plain = plain_design(member, data_);
    const Priors& priors = priors_for(static_cast<std::size_t>(data_.ranks.size()));
    Eigen::VectorXd fitted = data_.times;
    add_cell(m, plain, 0, fitted, 3);
    cells_.back().inside = cells_.back().weight + std::log(priors.no_effect_inside);
    cells_.back().weight += std::log(priors.no_effect);
    judge(member, cells_.back());
    if (data_.degrees == 0) return;  // effects and launches are one and the same
    for (const Effect& effect : priors.effects) {
      add_cell(m, plain, effect.size / std::sqrt(data_.variance), fitted, 1);
      cells_.back().inside =
          cells_.back().weight + std::log((1 - priors.no_effect_inside) * effect.share);
      cells_.back().weight += std::log((1 - priors.no_effect) * effect.share);
    }
  }

  /// @param fitted where the weights are taken from; refined in `passes`.
  void add_cell(std::size_t m, const Eigen::MatrixXd& plain, double rho, Eigen::VectorXd& fitted,
                int passes) {
    const Member& member = members_[m];
    Cell cell{.member = m, .deviations = deviations_of(data_, rho), .fitted = fitted};
    int active = 0;
    double probe = 0;
    for (int pass = 0; pass < passes; ++pass) {
      const Eigen::VectorXd weights = cell.deviations.cwiseProduct(cell.fitted).cwiseInverse();
      const FewVector solved = SmallNnls(weighted(member, data_, plain, weights))
                                   .solve(target_of(member, data_, weights, data_.times));
      const Eigen::VectorXd now = plain * solved;
      active = static_cast<int>((solved.array() > 0).count());
      if (!(now.minCoeff() > 0)) break;
      cell.fitted = now;
      if (member.probed) probe = factor_square(member, solved);
    }
    if (rho == 0) fitted = cell.fitted;
    const Eigen::ArrayXd misses =
        (data_.times.array() / cell.fitted.array()).log() / cell.deviations.array();
    cell.squares = data_.within + misses.square().sum() + probe;
    const double count = static_cast<double>(data_.ranks.size());
    cell.degrees = data_.degrees + count - active;
    const double tiny = 1e-14 * (data_.degrees + count);
    cell.weight = std::log(member.prior) + restricted(member, plain, cell) -
                  cell.deviations.array().log().sum() -
                  0.5 * (data_.degrees + count - 2) * std::log(cell.squares + tiny);
    if (data_.ranks.size() > static_cast<Eigen::Index>(few_counts))
      cell.weight -= 0.5 * member.growing * std::log(data_.total);
    cells_.push_back(std::move(cell));
  }

  [[nodiscard]] double factor_square(const Member& member, const FewVector& solved) const {
    const auto k = std::find(member.law.parameters.begin(), member.law.parameters.end(), "k");
    return std::pow((solved(k - member.law.parameters.begin()) - 1) * factor_weight(data_), 2);
  }

  /// How much less of the coefficients is known for an effect between counts.
  [[nodiscard]] double restricted(const Member& member, const Eigen::MatrixXd& plain,
                                  const Cell& cell) const {
    const Eigen::VectorXd base = deviations_of(data_, 0).cwiseProduct(cell.fitted).cwiseInverse();
    const Eigen::VectorXd here = cell.deviations.cwiseProduct(cell.fitted).cwiseInverse();
    const Eigen::MatrixXd without = weighted(member, data_, plain, base);
    Eigen::VectorXd scale = without.colwise().norm().transpose();
    for (double& one : scale) one = one > 0 ? one : 1;
    return 0.5 * (log_determinant(without, scale) -
                  log_determinant(weighted(member, data_, plain, here), scale));
  }

  /// Which laws stand: what they miss is the launches' noise, or no more than an effect between
  /// counts may be.
  void judge(Member& member, const Cell& cell) const {
    const double lack = cell.squares - data_.within;
    member.spare = static_cast<int>(std::lround(cell.degrees - data_.degrees));
    if (member.spare <= 0) return;
    const Eigen::ArrayXd logs = (data_.times.array() / cell.fitted.array()).log();
    member.residual_deviation = std::sqrt(logs.square().sum() / member.spare);
    member.stands =
        member.residual_deviation <= (data_.degrees > 0 ? largest_effect : largest_untested);
    if (data_.degrees <= 0) return;
    const boost::math::fisher_f under_launches(member.spare, data_.degrees);
    member.p_value = boost::math::cdf(boost::math::complement(
        under_launches, std::max(0.0, lack) / member.spare / data_.variance));
    member.stands |= member.p_value >= rejection_level;
  }

  void share_out() {
    double largest = -std::numeric_limits<double>::infinity(), sum = 0;
    const auto stands = [this](const Cell& cell) { return members_[cell.member].stands; };
    if (std::any_of(cells_.begin(), cells_.end(), stands))
      std::erase_if(cells_, [&](const Cell& cell) { return !stands(cell); });
    double sum_inside = 0;
    for (const Cell& cell : cells_) largest = std::max({largest, cell.weight, cell.inside});
    for (Cell& cell : cells_) {
      sum += cell.weight = std::exp(cell.weight - largest);
      sum_inside += cell.inside = std::exp(cell.inside - largest);
    }
    for (Cell& cell : cells_) {
      cell.weight /= sum;
      cell.inside /= sum_inside;
      members_[cell.member].probability += cell.weight;
    }
  }

  const Data& data_;
  std::vector<Member>& members_;
  std::vector<Cell> cells_;
};

/// Draws worlds of one cell.
class Drawing {
 public:
  Drawing(const Data& data, const Member& member, const Cell& cell)
      : data_(data),
        member_(member),
        cell_(cell),
        plain_(plain_design(member, data)),
        weights_(cell.deviations.cwiseProduct(cell.fitted).cwiseInverse()),
        solver_(weighted(member, data, plain_, weights_)) {
    for (Eigen::Index i = 0; i < data.ranks.size(); ++i)
      rows_.push_back(member.law.basis(data.ranks(i)));
  }

  template <class Engine>
  World draw(Engine& engine, const Cell& inside) {
    const auto deviation_of = [&](const Cell& cell) {
      return std::sqrt(cell.squares / std::chi_squared_distribution<double>(cell.degrees)(engine));
    };
    const double s = deviation_of(cell_), s_inside = deviation_of(inside);
    const auto limited = [](double error) {
      return std::clamp(error, -largest_log_draw, largest_log_draw);
    };
    World world{.member = cell_.member};
    Eigen::VectorXd times(data_.times.size());
    for (Eigen::Index i = 0; i < times.size(); ++i) {
      const double error = normal_(engine);
      world.log_times.push_back(std::log(data_.times(i)) +
                                limited(error * s_inside * inside.deviations(i)));
      times(i) = data_.times(i) * std::exp(limited(error * s * cell_.deviations(i)));
    }
    world.draw.noise = limited(normal_(engine) * s);
    Eigen::VectorXd target = target_of(member_, data_, weights_, times);
    if (member_.probed) target(times.size()) *= 1 + factor_error * normal_(engine);
    const bool errors = member_.law.startup_error > 0 || member_.law.transfer_error > 0;
    const FewVector solved = member_.probed && errors
                                 ? solve_with_probe_errors(engine, target, world.draw)
                                 : solver_.solve(target);
    world.draw.parameters.assign(solved.data(), solved.data() + solved.size());
    return world;
  }

 private:
  template <class Engine>
  FewVector solve_with_probe_errors(Engine& engine, const Eigen::VectorXd& target, LawDraw& draw) {
    draw.startup = std::exp(member_.law.startup_error * normal_(engine));
    draw.transfer = std::exp(member_.law.transfer_error * normal_(engine));
    Eigen::MatrixXd plain = plain_;
    for (Eigen::Index i = 0; i < plain.rows(); ++i) {
      const BasisRow& row = rows_[static_cast<std::size_t>(i)];
      plain(i, row.communication) = draw.startup * row.startup + draw.transfer * row.transfer;
    }
    return SmallNnls(weighted(member_, data_, plain, weights_)).solve(target);
  }

  const Data& data_;
  const Member& member_;
  const Cell& cell_;
  Eigen::MatrixXd plain_;
  Eigen::VectorXd weights_;
  SmallNnls solver_;
  std::vector<BasisRow> rows_;
  std::normal_distribution<double> normal_;
};

}  // namespace

namespace {

/// Where no law stands: the launches alone.
void draw_launches(const Data& data, int worlds, std::uint64_t seed, Posterior& posterior) {
  if (data.degrees <= 0) return;
  std::mt19937_64 engine(seed);
  std::chi_squared_distribution<double> chi_squared(data.degrees);
  std::normal_distribution<double> normal;
  const Eigen::VectorXd deviations = deviations_of(data, 0);
  for (int j = 0; j < worlds; ++j) {
    const double s = std::sqrt(data.within / chi_squared(engine));
    World world;
    for (Eigen::Index i = 0; i < data.times.size(); ++i)
      world.log_times.push_back(std::log(data.times(i)) + s * deviations(i) * normal(engine));
    world.draw.noise = s * normal(engine);
    posterior.worlds.push_back(std::move(world));
  }
}

}  // namespace

namespace {

/// As many of each cell as its share asks for, in random order.
std::vector<const Cell*> shared_out(const std::vector<Cell>& cells, double Cell::*of, int worlds,
                                    std::mt19937_64& engine) {
  std::vector<const Cell*> drawn;
  double share = 0;
  const Cell* last = nullptr;
  for (const Cell& cell : cells) {
    share += cell.*of;
    if (cell.degrees < 1) continue;
    last = &cell;
    while (drawn.size() + 0.5 < share * worlds) drawn.push_back(&cell);
  }
  while (last != nullptr && drawn.size() < static_cast<std::size_t>(worlds)) drawn.push_back(last);
  std::shuffle(drawn.begin(), drawn.end(), engine);
  return drawn;
}

}  // namespace

std::vector<BasisRow> Posterior::rows_at(double ranks) const {
  std::vector<BasisRow> rows;
  rows.reserve(members.size());
  for (const Member& member : members) rows.push_back(member.law.basis(ranks));
  return rows;
}

std::vector<Member> members_for(const ScalingSeries& series, const CommunicationTerm* term) {
  const std::size_t counts = series.points.size();
  const Priors& priors = priors_for(counts);
  const Scaling scaling = series.scaling;
  const double rest = 1 - priors.amdahl - priors.log - priors.linear - priors.square - priors.m1;
  std::vector<Member> members{
      {.law = scaling == Scaling::strong ? amdahl_law() : saturating_law(), .prior = priors.amdahl},
      {.law = log_law(scaling), .prior = priors.log, .growing = 1}};
  const int steps =
      static_cast<int>(std::lround((most_exponent - least_exponent) / exponent_step)) + 1;
  const auto exponent_of = [](int i) {
    return std::round((least_exponent + i * exponent_step) * 10) / 10;
  };
  double weights = 0;
  for (int i = 0; i < steps; ++i) weights += weight_of(exponent_of(i));
  for (int i = 0; i < steps; ++i) {
    const double exponent = exponent_of(i);
    const double own = exponent == 2 ? priors.square : exponent == 1 ? priors.linear : 0;
    members.push_back({.law = power_law(exponent, scaling),
                       .prior = rest * weight_of(exponent) / weights + own,
                       .growing = 1,
                       .exponent = exponent});
  }
  if (priors.m1 > 0)
    members.push_back({.law = overhead_law(scaling), .prior = priors.m1, .growing = 2});
  if (term != nullptr && counts >= 3) {
    for (Member& member : members) member.prior *= 1 - 1.5 * probed_share;
    members.push_back(
        {.law = communication_law(*term, scaling), .prior = probed_share, .probed = true});
    members.push_back({.law = straggler_law(*term, scaling),
                       .prior = probed_share / 2,
                       .growing = 1,
                       .probed = true});
  }
  bool repeated = false;
  for (const ScalingPoint& point : series.points) repeated |= point.times.size() > 1;
  std::erase_if(members, [&](Member& member) {
    if (counts == 2 && member.growing == 1) member.law = of_two_terms(member.law, scaling);
    const std::size_t needed = member.law.parameters.size() + (repeated ? 0 : 1);
    return needed > counts;
  });
  return members;
}

Posterior posterior_of(const ScalingSeries& series, const LaunchNoise& noise,
                       std::vector<Member> members, int worlds, std::uint64_t seed) {
  Posterior posterior{.members = std::move(members)};
  const Data data = data_of(series, noise);
  const Averaging averaging(data, posterior.members);
  if (std::none_of(posterior.members.begin(), posterior.members.end(),
                   [](const Member& member) { return member.stands; })) {
    draw_launches(data, worlds, seed, posterior);
    return posterior;
  }
  std::mt19937_64 engine(seed);
  const std::vector<const Cell*> inside =
      shared_out(averaging.cells(), &Cell::inside, worlds, engine);
  double share = 0;
  posterior.worlds.reserve(static_cast<std::size_t>(worlds));
  for (const Cell& cell : averaging.cells()) {
    share += cell.weight;
    const auto wanted = static_cast<std::size_t>(std::floor(share * worlds + 0.5));
    if (wanted <= posterior.worlds.size() || cell.degrees < 1) continue;
    Drawing drawing(data, posterior.members[cell.member], cell);
    while (posterior.worlds.size() < wanted)
      posterior.worlds.push_back(drawing.draw(engine, *inside[posterior.worlds.size()]));
  }
  std::shuffle(posterior.worlds.begin(), posterior.worlds.end(), engine);
  return posterior;
}

}  // namespace assay::models
