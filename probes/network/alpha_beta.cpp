/// @file
/// network.alpha_beta: what one message costs between two ranks, by size, traffic pattern and
/// fabric path.
///
/// One-way times; every payload is verified outside the timed region. The collectives' pattern is
/// the loaded exchange: on loopback a fit of half round trips mispredicts a large all-reduce by 2x.
/// The fit itself is made from these rows by the report. Not measured: more than one message in
/// flight each way but in the stream, device memory.

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <map>
#include <sstream>

#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/core/statistics.hpp"
#include "probes/network/alpha_beta_options.hpp"
#include "probes/network/message_patterns.hpp"
#include "probes/network/rank_probe.hpp"
#include "probes/network/transport/fabric.hpp"
#include "probes/network/transport/reduction.hpp"
#include "probes/network/transport/sleep.hpp"
#include "probes/network/transport/traffic.hpp"

namespace assay::network {

namespace {

constexpr std::string_view alpha_beta_name = "network.alpha_beta";
constexpr double least_jump = 1.10;     ///< Smaller ones are not worth a bisection.
constexpr std::size_t resolution = 64;  ///< In bytes: a cache line; no protocol cares for less.

struct SizeSamples {
  std::vector<double> times, send_calls;
  Traffic sent;  ///< By this rank in one repetition of the pattern.
  bool is_correct = true;
};
using Series = std::map<std::size_t, SizeSamples>;

/// A comma-separated setting; empty when not given.
std::vector<std::string> words(const RankContext& context, const std::string& name) {
  std::vector<std::string> list;
  std::istringstream text(context.setting ? context.setting(name) : std::string());
  for (std::string word; std::getline(text, word, ',');)
    if (!word.empty()) list.push_back(word);
  return list;
}

/// One pattern over one path. All ranks of the communicator run it; rank 0 leads.
class Sweep {
 public:
  Sweep(RankContext& context, Communicator& path, Pattern pattern, const AlphaBetaOptions& options)
      : context_(context), path_(path), pattern_(pattern), options_(options) {
    const int half = path.size() / 2;
    // Half the ranks apart: with ranks placed host by host the pair lies on two hosts.
    peer_ = path.rank() < half ? path.rank() + half : path.rank() - half;
    const bool is_paired = path.rank() < 2 * half;
    takes_part_ =
        pattern == Pattern::loaded_exchange ? is_paired : path.rank() == 0 || path.rank() == half;
  }

  Series run() {
    const std::vector<std::size_t> asked = sizes_asked();
    if (takes_part_) {
      MessageBuffers buffers(std::max(options_.size_max, asked.empty() ? 0 : asked.back()),
                             pattern_ == Pattern::ping_pong_fresh);
      const std::vector<std::size_t> sizes = !context_.round.is_first() ? sizes_of_round()
                                             : asked.empty()            ? sizes_of_pattern()
                                                                        : asked;
      std::size_t done = 0;
      const auto order = visiting_order(sizes, options_.visits, 7);
      rehearse(buffers);
      for (const std::size_t size : order) {
        visit(size, buffers);
        if (context_.progress && ++done % 16 == 0)
          context_.progress(static_cast<double>(done) / static_cast<double>(order.size()),
                            step_name());
      }
      for (int i = 0; i < options_.bisections && asked.empty() && context_.round.is_first(); ++i)
        if (!bisect(buffers)) break;
    }
    sleep_until_all_are_here(path_);
    return std::move(series_);
  }

 private:
  [[nodiscard]] std::string step_name() const {
    return fmt::format("{} over {}", to_string(pattern_), path_.provider());
  }
  [[nodiscard]] bool leads() const { return path_.rank() < path_.size() / 2; }

  /// --bytes: a list, ascending. Empty: not asked for.
  [[nodiscard]] std::vector<std::size_t> sizes_asked() const {
    std::vector<std::size_t> sizes;
    for (const std::string& text : words(context_, "bytes"))
      sizes.push_back(to_size(parse_bytes(text, "--bytes")));
    std::sort(sizes.begin(), sizes.end());
    sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
    return sizes;
  }

  /// Those that the round asks for: the plan's, and the jumps that the first round found.
  [[nodiscard]] std::vector<std::size_t> sizes_of_round() const {
    std::vector<std::size_t> sizes;
    for (const Record& row : context_.round.wanted)
      if (row.metric == "time" && row.provider.str() == path_.provider() &&
          row.operation.str() == to_string(pattern_) && is_present(row.bytes))
        sizes.push_back(static_cast<std::size_t>(row.bytes));
    std::sort(sizes.begin(), sizes.end());
    return sizes;
  }

  [[nodiscard]] std::vector<std::size_t> sizes_of_pattern() const {
    if (pattern_ != Pattern::ping_pong_fresh) return message_sizes(options_, 5);
    std::vector<std::size_t> sizes;  // Evicting the caches takes long.
    for (std::size_t size = 1024; size <= options_.size_max; size *= 4) sizes.push_back(size);
    return sizes;
  }

  /// Providers keep rings of messages whose pages fault as the first lap touches them: over shm
  /// every sixteenth of the first 1024 messages takes 2 us longer. Nobody wants to see that.
  void rehearse(MessageBuffers& buffers) {
    constexpr int lap = 1100, first = 16;
    Visit visit{.pattern = Pattern::ping_pong, .size = 8, .iterations = first};
    const VisitResult result = run_visit(path_, peer_, leads(), visit, buffers);
    visit.iterations = agreed(
        path_.rank() == 0 ? iterations_for(50_ms, 2 * Seconds(median(result.times)), lap) : 0);
    static_cast<void>(run_visit(path_, peer_, leads(), visit, buffers));
  }

  [[nodiscard]] int iterations_of(std::size_t size) const {
    const auto nearest = series_.lower_bound(size);
    const auto known = nearest != series_.end() ? nearest
                       : series_.empty()        ? nearest
                                                : std::prev(nearest);
    const Seconds each = known == series_.end() ? 1_ms : Seconds(median(known->second.times));
    const int messages = pattern_ == Pattern::stream ? stream_window : 2;
    return iterations_for(options_.time_per_visit, each * messages, options_.samples_per_visit_max);
  }

  /// The leaders of the pairs run equally many iterations: rank 0 decides, everybody hears it.
  int agreed(std::int32_t iterations) {
    const auto view = std::span(&iterations, 1);
    const int last = pattern_ == Pattern::loaded_exchange ? path_.size() / 2 * 2 : 0;
    if (path_.rank() == 0) {
      if (last == 0) path_.send_now(peer_, plan_tag, std::as_bytes(view));
      for (int rank = 1; rank < last; ++rank) path_.send_now(rank, plan_tag, std::as_bytes(view));
    } else {
      path_.receive_now(0, plan_tag, std::as_writable_bytes(view));
    }
    return iterations;
  }

  double visit(std::size_t size, MessageBuffers& buffers) {
    throw_if_interrupted();
    const int iterations = agreed(path_.rank() == 0 ? iterations_of(size) : 0);
    const Visit visit{.pattern = pattern_,
                      .size = size,
                      .iterations = iterations,
                      .warmup = std::max(1, iterations / 10),
                      .seed = ++visits_};
    VisitResult result = run_visit(path_, peer_, leads(), visit, buffers);
    if (path_.rank() != 0) return 0;
    SizeSamples& samples = series_[size];
    samples.times.insert(samples.times.end(), result.times.begin(), result.times.end());
    samples.send_calls.insert(samples.send_calls.end(), result.send_calls.begin(),
                              result.send_calls.end());
    samples.is_correct &= result.is_correct;
    const auto repetitions =
        static_cast<std::uint64_t>(visit.warmup) + static_cast<std::uint64_t>(visit.iterations);
    samples.sent = {result.sent.messages / repetitions, result.sent.bytes / repetitions};
    return quantile(result.times, 0.25);
  }

  /// Halves the gap around every jump once. False when none is open.
  bool bisect(MessageBuffers& buffers) {
    std::vector<std::uint64_t> sizes;
    if (path_.rank() == 0) {
      if (!is_fitted_) find_gaps();
      for (const Gap& gap : gaps_)
        if (!gap.is_closed(resolution)) sizes.push_back(gap.middle());
      sizes.resize(8, 0);
    } else {
      sizes.resize(8);
    }
    const int last = pattern_ == Pattern::loaded_exchange ? path_.size() / 2 * 2 : 0;
    const auto view = std::span(sizes);
    if (path_.rank() == 0) {
      if (last == 0) path_.send_now(peer_, plan_tag, std::as_bytes(view));
      for (int rank = 1; rank < last; ++rank) path_.send_now(rank, plan_tag, std::as_bytes(view));
    } else {
      path_.receive_now(0, plan_tag, std::as_writable_bytes(view));
    }
    bool any = false;
    for (const std::uint64_t size : sizes) {
      if (size == 0) break;
      any = true;
      const double first = visit(size, buffers);
      const double time = std::min(first, visit(size, buffers));
      for (Gap& gap : gaps_)
        if (!gap.is_closed(resolution) && gap.middle() == size) {
          gap.narrow(size, Seconds(time));
          break;
        }
    }
    return any;
  }

  void find_gaps() {
    is_fitted_ = true;
    std::vector<SizedTime> points;
    for (const auto& [size, samples] : series_)
      points.push_back({bytes_of(size), Seconds(quantile(samples.times, 0.25)), 0});
    if (points.size() < 8) return;
    gaps_ = gaps_of(fit_pieces(points), least_jump);
    if (gaps_.size() > 8) gaps_.resize(8);
  }

  static constexpr Tag plan_tag = 40;
  RankContext& context_;
  Communicator& path_;
  Pattern pattern_;
  const AlphaBetaOptions& options_;
  int peer_ = 0;
  bool takes_part_ = false;
  Series series_;
  std::uint64_t visits_ = 0;
  std::vector<Gap> gaps_;
  bool is_fitted_ = false;
};

class AlphaBeta {
 public:
  explicit AlphaBeta(RankContext& context)
      : context_(context), options_(AlphaBetaOptions::of(context.profile)) {
    // The rounds are what the visits were for: a disturbance hits few samples of many sizes.
    const double visits = static_cast<double>(options_.visits) / context.round.planned;
    options_.visits = std::max(1, static_cast<int>(visits));
    if (visits < 1) options_.time_per_visit = std::max(visits * options_.time_per_visit, 2_ms);
  }

  void run() {
    measure_path(context_.communicator);
    if (!context_.provider_is_forced)
      for (const std::string& provider : other_providers()) measure_other(provider);
    if (words(context_, "patterns").empty()) measure_reduction();
  }

 private:
  /// What else these ranks may use: inside a host TCP beside shared memory.
  [[nodiscard]] std::vector<std::string> other_providers() const {
    if (context_.communicator.provider() != "shm") return {};
    std::vector<std::string> providers = {std::string(native_tcp())};
    if (context_.profile != Profile::quick) providers.emplace_back("tcp;ofi_rxm");
    return providers;
  }

  void measure_other(const std::string& provider) {
    std::unique_ptr<Communicator> path;
    try {
      path = open_fabric(context_.communicator,
                         {.provider = provider, .timeout = context_.communicator.timeout()});
    } catch (const UsageError& missing) {  // On all ranks alike.
      Record row = context_.row(alpha_beta_name, "time", unit::seconds);
      row.provider = provider;
      context_.sink.put(without_value(row, unsupported(missing.what())));
      return;
    }
    measure_path(*path);
  }

  void measure_path(Communicator& path) {
    for (const Pattern pattern : patterns_for(path)) {
      if (!is_wanted(path, pattern)) continue;
      const Series series = Sweep(context_, path, pattern, options_).run();
      if (path.rank() != 0) continue;
      for (const auto& [size, samples] : series) put(path, pattern, size, samples);
      put_sent(path, pattern, series);
      if (pattern == Pattern::ping_pong) put_send_overhead(path, series);
      if (pattern == Pattern::stream) put_gaps(path, series);
    }
  }

  [[nodiscard]] bool is_wanted(const Communicator& path, Pattern pattern) const {
    Record key = row(path, "time", unit::seconds, to_string(pattern), 0);
    key.bytes = absent_count;
    return context_.round.wants(key);
  }

  [[nodiscard]] std::vector<Pattern> patterns_for(const Communicator& path) const {
    std::vector<Pattern> patterns = {Pattern::ping_pong, Pattern::exchange, Pattern::stream};
    if (path.size() >= 4) patterns.push_back(Pattern::loaded_exchange);
    if (context_.profile != Profile::quick) patterns.push_back(Pattern::ping_pong_fresh);
    const std::vector<std::string> wanted = words(context_, "patterns");
    if (!wanted.empty())
      std::erase_if(patterns, [&](Pattern pattern) {
        return std::find(wanted.begin(), wanted.end(), to_string(pattern)) == wanted.end();
      });
    return patterns;
  }

  [[nodiscard]] Record row(const Communicator& path, std::string_view metric, std::string_view unit,
                           std::string_view operation, std::size_t size) const {
    Record row = context_.row(alpha_beta_name, metric, unit);
    row.provider = path.provider();
    row.operation = operation;
    row.bytes = static_cast<std::int64_t>(size);
    return row;
  }

  void put(const Communicator& path, Pattern pattern, std::size_t size,
           const SizeSamples& samples) {
    const Record key = row(path, "time", unit::seconds, to_string(pattern), size);
    if (!samples.is_correct) {
      context_.sink.put(
          without_value(key, incorrect("the payload that arrived is not the one that was sent")));
      return;
    }
    context_.sink.put(with_samples(key, samples.times));
    if (context_.profile == Profile::quick) return;
    Record quartile = key, tail = key;
    quartile.metric = "time_q25";
    tail.metric = "time_p99";
    context_.sink.put(with_samples(quartile, {quantile(samples.times, 0.25)}));
    context_.sink.put(with_samples(tail, {quantile(samples.times, 0.99)}));
  }

  /// One size tells what the pattern is; the largest is the plan's, and not one that a jump of the
  /// times drew attention to.
  void put_sent(const Communicator& path, Pattern pattern, const Series& series) {
    if (series.empty() || !series.rbegin()->second.is_correct) return;
    const auto& [size, samples] = *series.rbegin();
    put_traffic(context_.sink, row(path, "", unit::one, to_string(pattern), size), samples.sent);
  }

  /// LogGP's o: the time the sender's core is busy.
  void put_send_overhead(const Communicator& path, const Series& series) {
    for (const auto& [size, samples] : series)
      if (samples.is_correct && (size == 8 || size == 1024 || size == 65536 || size == (1U << 20)))
        context_.sink.put(with_samples(row(path, "send_overhead", unit::seconds, "send", size),
                                       samples.send_calls));
  }

  /// LogGP's g and G: from messages in a window, per message and per byte.
  void put_gaps(const Communicator& path, const Series& series) {
    std::vector<SizedTime> points;
    for (const auto& [size, samples] : series)
      if (samples.is_correct) points.push_back({bytes_of(size), Seconds(median(samples.times)), 0});
    if (points.size() < 2) return;
    if (const auto small = series.find(8); small != series.end())
      context_.sink.put(
          with_samples(row(path, "gap", unit::seconds, "stream", 8), small->second.times));
    const PiecewiseFit fit = fit_pieces(points);
    context_.sink.put(with_samples(
        row(path, "gap_per_byte", unit::seconds_per_byte, "stream", to_size(fit.pieces.back().to)),
        {fit.pieces.back().beta.value()}));
  }

  /// Gamma: all ranks combine at once, since in a collective they share the memory's bandwidth.
  void measure_reduction() {
    Communicator& all = context_.communicator;
    for (std::size_t size = 1024; size <= options_.size_max; size *= 4) {
      const std::size_t count = size / sizeof(float);
      std::vector<float> into(count, 1.0F);
      const std::vector<float> from(count, 2.0F);
      std::vector<double> times;
      const int calls = static_cast<int>(std::max<std::size_t>(1, 65536 / size));
      all.barrier();
      const Deadline deadline(options_.time_per_visit * 2);
      int combined = 0;
      while (times.size() < 5 || (!deadline.passed() && times.size() < 100)) {
        const double start = now().value();
        for (int i = 0; i < calls; ++i)
          combine_into(Operation::sum, ElementType::f32, std::as_writable_bytes(std::span(into)),
                       std::as_bytes(std::span(from)));
        times.push_back((now().value() - start) / calls);
        combined += calls;
      }
      const float expected = 1.0F + 2.0F * static_cast<float>(combined);  // Exact below 2^24.
      const bool is_correct = std::ranges::all_of(into, [&](float v) { return v == expected; });
      Record row = context_.row(alpha_beta_name, "reduction_time", unit::seconds);
      row.provider = "";
      row.operation = "sum";
      row.dtype = "f32";
      row.bytes = static_cast<std::int64_t>(size);
      context_.sink.put(is_correct
                            ? with_samples(row, times)
                            : without_value(row, incorrect("a sum differs from the exact one")));
    }
    all.barrier();
  }

  RankContext& context_;
  AlphaBetaOptions options_;
};

Seconds alpha_beta_time(int ranks, Profile profile) {
  const AlphaBetaOptions options = AlphaBetaOptions::of(profile);
  const double paths = profile == Profile::quick ? 2 : 3, patterns = ranks >= 4 ? 4 : 3;
  const auto sizes = static_cast<double>(message_sizes(options, 5).size());
  // Payloads are filled and verified beside the timing; large messages exceed their share.
  return options.time_per_visit * (2.2 * paths * patterns * sizes * options.visits) + 1_s;
}

const bool alpha_beta_registered = Registry<RankProbe>::add(
    {.about =
         {.kind = "probe",
          .name = std::string(alpha_beta_name),
          .summary =
              "Time of one message by size, traffic pattern and provider; speed of the reduction.",
          .metrics = {{"time", "s", "One way, per message; operation names the traffic pattern.",
                       Better::lower},
                      {"time_q25", "s", "Lower quartile of the same samples.", Better::lower},
                      {"time_p99", "s", "99th percentile of the same samples.", Better::lower},
                      {"send_overhead", "s", "LogGP o: time inside the send call.", Better::lower},
                      {"gap", "s", "LogGP g: per small message of a window of 16.", Better::lower},
                      {"gap_per_byte", "s/B", "LogGP G: slope of the largest messages of a window.",
                       Better::lower},
                      {"reduction_time", "s",
                       "Gamma: adding a vector of that many bytes to another, all ranks at once.",
                       Better::lower},
                      messages_metric("rank 0 in one repetition of the pattern"),
                      bytes_sent_metric("rank 0 in one repetition of the pattern")},
          .verification =
              "every visit's payload is compared byte by byte on both ends; sums are exact",
          .settings = {{"bytes", "Sizes, e.g. 8B,16KiB,4MiB", "the profile's"},
                       {"patterns", "Traffic patterns, e.g. ping_pong,exchange", "all"}}},
     .ranks_min = 2,
     .expected_time = alpha_beta_time,
     .run = [](RankContext& context) { AlphaBeta(context).run(); },
     .waiting = Waiting::poll});

}  // namespace

}  // namespace assay::network
