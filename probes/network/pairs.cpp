/// @file
/// network.pairs: every pair of nodes under three loads, the bisection, and which node or link is
/// slow.
///
/// Loads: isolated (one pair at a time), round_parallel (every node in one pair at a time, n - 1
/// rounds of the circle method), shift (everybody sends to r + d and receives from r - d). One rank
/// per node takes part; on a single host every rank stands for a node. A small message's time is
/// half a round trip; a large one's goes one way and is acknowledged, so that a node slow to send
/// is told from one slow to receive. What looks slow is measured again with other partners, fewer
/// each round, before it is blamed. Not measured: two rails of one node, traffic between more than
/// one rank of a node.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "probes/core/interrupt.hpp"
#include "probes/core/statistics.hpp"
#include "probes/network/message_patterns.hpp"
#include "probes/network/pair_attribution.hpp"
#include "probes/network/pair_plan.hpp"
#include "probes/network/pair_samples.hpp"
#include "probes/network/rank_probe.hpp"
#include "probes/network/transport/sleep.hpp"

namespace assay::network {

namespace {

constexpr std::string_view pairs_name = "network.pairs";
constexpr std::size_t small_size = 8;

/// What a pair is judged by. A busy host delays single messages by milliseconds, which says nothing
/// of its wire: so the best small message. The best large one may have ridden on a shaper's burst:
/// so the lower quartile.
constexpr double judged_quantile(std::size_t size) {
  return size == small_size ? 0 : 0.25;
}

struct PairsOptions {
  std::size_t large_size;
  int small_samples;
  int large_samples_max;
  int halvings;
  Seconds budget;  ///< Of the large messages of one load, about.
  static PairsOptions of(Profile profile) {
    switch (profile) {
      case Profile::quick:
        return {std::size_t{1} << 20, 10, 5, 20, 1_s};
      case Profile::standard:
        return {std::size_t{4} << 20, 30, 10, 100, 20_s};
      case Profile::thorough:
        return {std::size_t{16} << 20, 100, 20, 200, 120_s};
    }
    return {};
  }
};

struct Load {
  PairSamples small, large;
};

class Pairs {
 public:
  Pairs(RankContext& context, Communicator& nodes, std::vector<std::string> names)
      : context_(context),
        nodes_(nodes),
        names_(std::move(names)),
        options_(PairsOptions::of(context.profile)),
        buffers_(options_.large_size, false) {
    options_.budget = context.round.share(options_.budget);
  }

  void run() {
    choose_large_samples();
    const Load isolated = measure("isolated", 0, [&](Load& load) { measure_isolated(load); });
    const Load parallel = measure("round_parallel", 0.4, [&](Load& load) { measure_rounds(load); });
    (void)measure("shift", 0.6, [&](Load& load) { measure_shift(load); });
    put_contention(isolated, parallel);
    measure_bisection(isolated);
    judge(isolated);
  }

 private:
  [[nodiscard]] int me() const { return nodes_.rank(); }
  [[nodiscard]] int count() const { return nodes_.size(); }
  [[nodiscard]] bool writes() const { return me() == 0; }

  /// Both ends must come to the same one, so it cannot count what this rank took part in.
  [[nodiscard]] std::uint64_t payload_seed(int from, int to) const {
    return static_cast<std::uint64_t>(from * count() + to) * 2;
  }

  std::vector<double> transfer(int from, int to, std::size_t size, int samples) {
    throw_if_interrupted();
    const bool is_small = size == small_size;
    const Visit visit{.pattern = is_small ? Pattern::ping_pong : Pattern::stream,
                      .size = size,
                      .iterations = samples,
                      .warmup = is_small ? 3 : 1,
                      .seed = payload_seed(from, to),
                      .window = 1};
    VisitResult result = run_visit(nodes_, me() == from ? to : from, me() == from, visit, buffers_);
    is_correct_ &= result.is_correct;
    return std::move(result.times);
  }

  void transfer_both_ways(const NodePair& pair, Load& load) {
    for (const auto& [from, to] : {pair, NodePair{pair.second, pair.first}}) {
      const auto small = transfer(from, to, small_size, options_.small_samples);
      const auto large = transfer(from, to, options_.large_size, large_samples_);
      if (me() != from) continue;
      load.small.set(from, to, small);
      load.large.set(from, to, large);
    }
  }
  [[nodiscard]] bool takes_part(const NodePair& pair) const {
    return me() == pair.first || me() == pair.second;
  }

  /// As many large messages per pair as the budget allows, judged by the first pair.
  void choose_large_samples() {
    double samples = 2;
    if (me() < 2) {
      const auto times = transfer(0, 1, options_.large_size, 1);
      const double transfers = static_cast<double>(isolated_pairs(count()).size()) * 2;
      if (me() == 0) samples = options_.budget.value() / (transfers * times[0]) - 1;
    }
    large_samples_ =
        std::clamp(static_cast<int>(nodes_.gather_all(samples)[0]), 4, options_.large_samples_max);
  }

  template <class Body>
  Load measure(const std::string& operation, double fraction, const Body& body) {
    if (context_.progress) context_.progress(fraction, operation);
    Load load{{count(), options_.small_samples}, {count(), large_samples_}};
    body(load);
    load.small.gather(nodes_);
    load.large.gather(nodes_);
    for (const double correct : nodes_.gather_all(is_correct_ ? 1.0 : 0.0))
      is_correct_ &= correct > 0;
    put(operation, load);
    return load;
  }

  void measure_isolated(Load& load) {
    for (const NodePair& pair : isolated_pairs(count())) {
      if (takes_part(pair)) transfer_both_ways(pair, load);
      sleep_until_all_are_here(nodes_);
    }
  }

  void measure_rounds(Load& load) {
    for (const Round& round : circle_rounds(count())) {
      nodes_.barrier();
      for (const NodePair& pair : round)
        if (takes_part(pair)) transfer_both_ways(pair, load);
    }
    nodes_.barrier();
  }

  void measure_shift(Load& load) {
    for (int distance = 1; distance < count(); ++distance) {
      const int to = (me() + distance) % count(), from = (me() - distance + count()) % count();
      load.small.set(me(), to, shift(to, from, small_size, options_.small_samples));
      load.large.set(me(), to, shift(to, from, options_.large_size, large_samples_));
    }
  }

  std::vector<double> shift(int to, int from, std::size_t size, int samples) {
    throw_if_interrupted();
    constexpr Tag tag = 60;
    const std::uint64_t seed = 7000;
    buffers_.fill_out(size, 1, seed + static_cast<std::uint64_t>(me()));
    buffers_.poison_in(size, 1);
    nodes_.barrier();
    std::vector<double> times;
    for (int i = -1; i < samples; ++i) {
      const double start = now().value();
      nodes_.exchange(to, buffers_.out(size, 0), from, buffers_.in(size, 0), tag);
      if (i >= 0) times.push_back(now().value() - start);
    }
    is_correct_ &= buffers_.in_is(size, 1, seed + static_cast<std::uint64_t>(from));
    return times;
  }

  // --- rows ---

  [[nodiscard]] Record row(std::string_view metric, std::string_view unit,
                           std::string_view operation, const std::string& host,
                           std::size_t bytes) const {
    Record row = context_.row(pairs_name, metric, unit);
    row.operation = operation;
    row.host = host;
    row.ranks = count();
    row.bytes = static_cast<std::int64_t>(bytes);
    return row;
  }
  [[nodiscard]] std::string pair_name(int from, int to) const {
    return names_[static_cast<std::size_t>(from)] + ">" + names_[static_cast<std::size_t>(to)];
  }

  void put(const std::string& operation, const Load& load) {
    if (!writes()) return;
    if (!is_correct_) {
      context_.sink.put(
          without_value(row("time", unit::seconds, operation, names_[0], options_.large_size),
                        incorrect("a payload that arrived is not the one that was sent")));
      return;
    }
    for (int from = 0; from < count(); ++from)
      for (int to = 0; to < count(); ++to) {
        put_pair(operation, from, to, small_size, load.small);
        put_pair(operation, from, to, options_.large_size, load.large);
      }
  }

  void put_pair(const std::string& operation, int from, int to, std::size_t size,
                const PairSamples& samples) {
    const std::vector<double> times = samples.of(from, to);
    if (times.empty()) return;
    context_.sink.put(
        with_samples(row("time", unit::seconds, operation, pair_name(from, to), size), times));
    if (size == small_size) return;
    std::vector<double> rates;
    for (const double time : times) rates.push_back(static_cast<double>(size) / time);
    context_.sink.put(with_samples(
        row("rate", unit::bytes_per_second, operation, pair_name(from, to), size), rates));
  }

  void put_contention(const Load& isolated, const Load& parallel) {
    if (!writes() || !is_correct_) return;
    context_.sink.put(with_samples(
        row("contention_factor", unit::one, "round_parallel", names_[0], options_.large_size),
        {parallel.large.typical() / isolated.large.typical()}));
  }

  /// Random halvings, every pair across the cut both ways at once: mean rate of a pair, per
  /// halving.
  void measure_bisection(const Load& isolated) {
    if (context_.progress) context_.progress(0.8, "bisection");
    const double each = isolated.large.typical();
    const int wanted = static_cast<int>(std::clamp(options_.budget.value() / (4 * each), 5.0,
                                                   static_cast<double>(options_.halvings)));
    std::vector<double> rates;
    for (int halving = 0; halving < wanted; ++halving) {
      throw_if_interrupted();
      double mine = not_measured;
      nodes_.barrier();
      for (const NodePair& pair :
           random_halving(count(), static_cast<std::uint64_t>(halving) + 1)) {
        if (!takes_part(pair)) continue;
        const bool leads = me() == pair.first;
        const Visit visit{.pattern = Pattern::exchange,
                          .size = options_.large_size,
                          .iterations = 2,
                          .warmup = 1,
                          .seed = payload_seed(pair.first, pair.second),
                          .window = 1};
        const VisitResult result =
            run_visit(nodes_, leads ? pair.second : pair.first, leads, visit, buffers_);
        if (leads) mine = static_cast<double>(options_.large_size) / median(result.times);
      }
      double sum = 0;
      int pairs = 0;
      for (const double rate : nodes_.gather_all(mine))
        if (!std::isnan(rate)) sum += rate, ++pairs;
      rates.push_back(sum / pairs);
    }
    if (!writes()) return;
    context_.sink.put(with_samples(
        row("bisection_rate", unit::bytes_per_second, "bisection", names_[0], options_.large_size),
        rates));
    const double alone = static_cast<double>(options_.large_size) / each;
    context_.sink.put(with_samples(
        row("bisection_fraction", unit::one, "bisection", names_[0], options_.large_size),
        {median(rates) / alone}));
  }

  // --- the verdict ---

  struct Accused {
    Suspect suspect;
    std::size_t size;
    double least_factor;
  };

  void judge(const Load& isolated) {
    if (context_.progress) context_.progress(0.95, "attribution");
    std::vector<Suspect> confirmed;
    for (const auto& [samples, size, least] :
         {std::tuple(&isolated.large, options_.large_size, least_bandwidth_factor),
          std::tuple(&isolated.small, small_size, least_latency_factor)}) {
      const PairMatrix times = samples->quantiles(judged_quantile(size));
      // Equal input and pure code: every node comes to the same list.
      std::vector<Suspect> list = suspects(times, least);
      for (int partners = 4; partners >= 1 && !list.empty(); partners /= 2)
        list = measured_again(list, times, size, least, partners);
      for (const Suspect& suspect : list)
        if (!std::any_of(confirmed.begin(), confirmed.end(), [&](const Suspect& known) {
              return known.kind == suspect.kind && known.node == suspect.node &&
                     known.other == suspect.other;
            }))
          confirmed.push_back(suspect);
    }
    if (writes()) put_verdicts(isolated, confirmed);
  }

  [[nodiscard]] static bool is_named(const std::vector<Suspect>& list, int node) {
    return std::any_of(list.begin(), list.end(), [&](const Suspect& s) {
      return s.kind != Suspect::Kind::link && s.node == node;
    });
  }

  /// Those of the list that are as slow with `partners` other nodes. All nodes take part and agree.
  std::vector<Suspect> measured_again(const std::vector<Suspect>& list, const PairMatrix& times,
                                      std::size_t size, double least, int partners) {
    const Polished fit = median_polish(times);
    std::vector<Suspect> still;
    for (const Suspect& suspect : list) {
      std::vector<NodePair> again;
      if (suspect.kind == Suspect::Kind::link) again = {{suspect.node, suspect.other}};
      // Partners counted from the suspect on, others in each round.
      for (int step = 1; step < count() && static_cast<int>(again.size()) < partners; ++step) {
        const int other = (suspect.node + step * (partners % 2 ? 1 : count() - 1)) % count();
        if (suspect.kind == Suspect::Kind::link || other == suspect.node || is_named(list, other))
          continue;
        again.push_back(suspect.kind == Suspect::Kind::sender ? NodePair{suspect.node, other}
                                                              : NodePair{other, suspect.node});
      }
      std::vector<double> ratios;
      for (const auto& [from, to] : again) {
        double mine = not_measured;
        if (takes_part({from, to})) {
          const auto result = transfer(
              from, to, size, size == small_size ? options_.small_samples : large_samples_);
          if (me() == from) mine = quantile(result, judged_quantile(size));
        }
        const double time = nodes_.gather_all(mine)[static_cast<std::size_t>(from)];
        ratios.push_back(time / time_if_healthy(fit, suspect, from, to));
      }
      if (is_confirmed(ratios, least)) still.push_back(suspect);
    }
    return still;
  }

  void put_verdicts(const Load& isolated, const std::vector<Suspect>& confirmed) {
    const Polished fit =
        median_polish(isolated.large.quantiles(judged_quantile(options_.large_size)));
    for (int node = 0; node < count(); ++node) {
      const auto index = static_cast<std::size_t>(node);
      context_.sink.put(with_samples(
          row("send_factor", unit::one, "isolated", names_[index], options_.large_size),
          {std::exp(fit.send[index])}));
      context_.sink.put(with_samples(
          row("receive_factor", unit::one, "isolated", names_[index], options_.large_size),
          {std::exp(fit.receive[index])}));
    }
    const std::vector<std::string> sentences = verdicts(confirmed, names_);
    for (const std::string& sentence : sentences)
      context_.sink.put(
          with_samples(row("finding", unit::one, sentence, names_[0], options_.large_size), {1.0}));
    context_.sink.put(
        with_samples(row("finding_count", unit::one, "isolated", names_[0], options_.large_size),
                     {static_cast<double>(sentences.size())}));
  }

  RankContext& context_;
  Communicator& nodes_;
  std::vector<std::string> names_;
  PairsOptions options_;
  MessageBuffers buffers_;
  int large_samples_ = 2;
  bool is_correct_ = true;
};

void run(RankContext& context) {
  Communicator& all = context.communicator;
  std::vector<int> leaders, everybody;
  for (int rank = 0; rank < all.size(); ++rank) {
    everybody.push_back(rank);
    if (all.place(rank).local_rank == 0) leaders.push_back(rank);
  }
  const bool is_one_host = leaders.size() < 2;
  const std::vector<int>& members = is_one_host ? everybody : leaders;
  std::vector<std::string> names;
  for (const int rank : members)
    names.push_back(is_one_host ? fmt::format("{}:{}", all.place(rank).host, rank)
                                : all.place(rank).host);
  if (std::find(members.begin(), members.end(), all.rank()) != members.end()) {
    const auto nodes = all.subset(members);
    Pairs(context, *nodes, names).run();
  }
  sleep_until_all_are_here(all);
}

Seconds pairs_time(int ranks, Profile profile) {
  const PairsOptions options = PairsOptions::of(profile);
  return options.budget * 4 + Seconds(0.002) * ranks * ranks + 0.5_s;
}

const bool pairs_registered = Registry<RankProbe>::add(
    {.about = {.kind = "probe",
               .name = std::string(pairs_name),
               .summary =
                   "Every pair of nodes at three loads; which node or link is slow, in words.",
               .metrics =
                   {{"time", "s", "One way; host is sender>receiver, operation the load.",
                     Better::lower},
                    {"rate", "B/s", "Of the large messages.", Better::higher},
                    {"contention_factor", "1",
                     "Median time with all pairs busy over the isolated one.", Better::lower},
                    {"bisection_rate", "B/s",
                     "Of a pair, all pairs of a random halving busy both ways.", Better::higher},
                    {"bisection_fraction", "1", "The same over what a pair gets alone, one way.",
                     Better::higher},
                    {"send_factor", "1", "Time of what the node sends over what the others send.",
                     Better::lower},
                    {"receive_factor", "1",
                     "Time of what the node receives over what the others receive.", Better::lower},
                    {"finding", "1",
                     "A verdict, in words in the operation column; confirmed with other partners.",
                     Better::lower},
                    {"finding_count", "1", "How many verdicts there are.", Better::lower}},
               .verification = "every payload is compared byte by byte"},
     .ranks_min = 2,
     .expected_time = pairs_time,
     .run = run,
     .waiting = Waiting::poll});

}  // namespace

}  // namespace assay::network
