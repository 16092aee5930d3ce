#pragma once
/// @file
/// Which node or link is slow, from a matrix of times between nodes.
///
/// Model:   log T_ij = mu + send_i + receive_j + link_ij, by median polish (Tukey, "Exploratory
/// Data Analysis",
///          1977), which a few bad entries cannot pull. A node or link is suspect when its effect
///          is both large (a factor that matters) and far outside the spread of the others (robust
///          z above 5, by the median absolute deviation; the spread counts as at least 2 %).
/// Pure: suspicion is confirmed by measuring again (pairs.cpp). Not told apart: a node's port and
/// the one link behind it. With fewer than 4 nodes nothing is attributed.

#include <string>
#include <vector>

namespace assay::network {

/// times[sender][receiver]; NaN: not measured.
using PairMatrix = std::vector<std::vector<double>>;

struct Polished {
  double overall = 0;        ///< mu: log of the typical time.
  std::vector<double> send;  ///< By node, in log units.
  std::vector<double> receive;
  PairMatrix link;  ///< Residuals.
};
/// @pre square
[[nodiscard]] Polished median_polish(const PairMatrix& times);

struct Suspect {
  enum class Kind { sender, receiver, link } kind;
  int node;           ///< The sender, or the receiver when `kind` says so.
  int other = -1;     ///< Of a link: the receiver.
  double factor = 1;  ///< Its time over what it would be if it were like the others.
  double z = 0;
};

/// Times this much longer matter: latency above 2.1 times, bandwidth below 93 %.
inline constexpr double least_latency_factor = 2.1;
inline constexpr double least_bandwidth_factor = 1 / 0.93;

/// Worst first. Links of a suspect node are not suspects of their own.
[[nodiscard]] std::vector<Suspect> suspects(const PairMatrix& times, double least_factor);

/// What a message of such a node or link would take if it were like the others, in the unit of the
/// times.
[[nodiscard]] double time_if_healthy(const Polished& fit, const Suspect& suspect, int from, int to);

/// Whether new times of a suspect (with partners of good repute) over the times expected of a
/// healthy one still say so: their median is at least `least_factor`.
[[nodiscard]] bool is_confirmed(const std::vector<double>& ratios, double least_factor);

/// "node n3 is slow to send: 2.4 times the time of the others"; a node that is both says "send and
/// receive".
[[nodiscard]] std::vector<std::string> verdicts(const std::vector<Suspect>& confirmed,
                                                const std::vector<std::string>& names);

}  // namespace assay::network
