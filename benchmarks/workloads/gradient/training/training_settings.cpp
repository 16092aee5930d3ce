#include "benchmarks/workloads/gradient/training/training_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "benchmarks/collectives/sizes.hpp"
#include "probes/core/errors.hpp"

namespace assay::workloads {
namespace {

std::size_t parse_count(const std::string& key, const std::string& text, std::size_t example) {
  const bool is_count = !text.empty() && text.size() <= 12 &&
                        text.find_first_not_of("0123456789") == std::string::npos;
  if (!is_count || std::stoull(text) == 0)
    throw UsageError(
        fmt::format("{} is '{}'; expected a positive whole number, e.g. {}", key, text, example));
  return std::stoull(text);
}

double parse_number(const std::string& key, const std::string& text, const std::string& expected) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0))
    throw UsageError(fmt::format("{} is '{}'; expected {}", key, text, expected));
  return value;
}

/// What all variants of a study share, read setting by setting.
class Reader {
 public:
  explicit Reader(const network::RankContext& context) : context_(context) {}

  std::string text(const std::string& key) const { return context_.setting(key); }
  std::size_t count(const std::string& key, std::size_t fallback) const {
    const std::string given = text(key);
    return given.empty() ? fallback : parse_count(key, given, fallback);
  }
  double number(const std::string& key, double fallback, const std::string& expected) const {
    const std::string given = text(key);
    return given.empty() ? fallback : parse_number(key, given, expected);
  }
  std::vector<std::string> list(const std::string& key, std::vector<std::string> fallback) const {
    auto given = collectives::split_list(text(key));
    return given.empty() ? std::move(fallback) : std::move(given);
  }

  TrainingOptions common() const {
    TrainingOptions options;
    options.model_options.features = count("features", options.model_options.features);
    if (const auto widths = collectives::split_list(text("layers")); !widths.empty()) {
      options.model_options.widths.clear();
      for (const std::string& width : widths)
        options.model_options.widths.push_back(parse_count("layers", width, 256));
      if (options.model_options.widths.size() < 2)
        throw UsageError("layers: expected at least two widths, e.g. 256,1024,16");
    }
    options.model_options.shrink = std::max(
        1.0,
        number("replay-shrink", options.model_options.shrink, "a factor of at least 1, e.g. 64"));
    if (const std::string given = text("replay-compute"); !given.empty())
      options.model_options.compute = parse_seconds(given, "replay-compute");
    if (const std::string given = text("first-bucket"); !given.empty())
      options.buckets.first = parse_bytes(given, "first-bucket");
    options.compression.density =
        number("density", options.compression.density, "a share such as 0.01");
    if (!(options.compression.density > 0 && options.compression.density <= 1))
      throw UsageError("density: expected a share above 0 and up to 1, e.g. 0.01");
    options.compression.rank = static_cast<int>(count("powersgd-rank", 4));
    options.period = static_cast<int>(count("period", 8));
    for (const std::string& weight : collectives::split_list(text("shards")))
      options.shard_weights.push_back(parse_number("shards", weight, "weights such as 1,1,2"));
    read_disturbance(options.disturbance);
    check_shards(options);
    return options;
  }

 private:
  void check_shards(const TrainingOptions& options) const {
    if (options.shard_weights.empty()) return;
    double sum = 0;
    for (const double weight : options.shard_weights) sum += weight;
    if (static_cast<int>(options.shard_weights.size()) != context_.communicator.size() || sum <= 0)
      throw UsageError(fmt::format("shards: {} weights for {} ranks; expected one each, not all 0",
                                   options.shard_weights.size(), context_.communicator.size()));
  }
  /// "2:20%"
  void read_disturbance(Disturbance& disturbance) const {
    if (const std::string given = text("slow-rank"); !given.empty()) {
      const std::string expected = "RANK:PERCENT%, e.g. 2:20%";
      const auto colon = given.find(':');
      if (colon == std::string::npos || given.back() != '%')
        throw UsageError(fmt::format("slow-rank is '{}'; expected {}", given, expected));
      disturbance.slow_rank =
          static_cast<int>(parse_number("slow-rank", given.substr(0, colon), expected));
      disturbance.slow_by =
          parse_number("slow-rank", given.substr(colon + 1, given.size() - colon - 2), expected) /
          100;
    }
    if (const std::string given = text("noise"); !given.empty())
      disturbance.noise = parse_seconds(given, "noise");
  }

  const network::RankContext& context_;
};

std::string default_algorithm(const std::string& model) {
  // A regression's few hundred bytes want few rounds, a network's megabytes few bytes.
  return model.ends_with("_regression") ? "recursive_doubling" : "ring";
}

/// The perceptron's 6 MB would be two buckets of the usual sizes: nothing to overlap.
std::string default_bucket(const std::string& model) {
  return model == "perceptron" ? "1MiB" : "25MiB";
}

void add_variants(const Reader& reader, const TrainingOptions& common, const std::string& model,
                  const std::vector<std::string>& schedules,
                  const std::vector<std::string>& compressors, bool is_weak, int ranks,
                  std::vector<TrainingOptions>& variants) {
  for (const std::string& algorithm : reader.list("algorithm", {default_algorithm(model)}))
    for (const std::string& outer : reader.list("outer", {"every_step"}))
      for (const std::string& bucket : reader.list("bucket", {default_bucket(model)}))
        for (const std::string& compressor : compressors)
          for (const std::string& schedule : schedules) {
            TrainingOptions options = common;
            options.model = &find_gradient_model(model);
            options.schedule = &find_schedule(schedule);
            options.compressor = &find_compressor(compressor);
            options.outer = &find_outer_method(outer);
            options.algorithm = algorithm;
            static_cast<void>(collectives::find_all_reduce(algorithm));
            options.buckets.further = parse_bytes(bucket, "bucket");
            options.model_options.rows = reader.count("rows", options.model->rows) *
                                         static_cast<std::size_t>(is_weak ? ranks : 1);
            variants.push_back(std::move(options));
          }
}

}  // namespace

std::vector<SettingInfo> training_settings() {
  return {
      {"model", "Gradient models, see assay list",
       "linear_regression; beyond the quick profile also perceptron"},
      {"rows", "Rows of the data set; with weak scaling, of each rank",
       "100000 of a regression, 2048 of the perceptron, 256 of a replay"},
      {"features", "Columns of a regression's data set", "50"},
      {"algorithm", "All-reduce algorithm, see assay list algorithms",
       "recursive_doubling for regressions, else ring"},
      {"layers", "Widths of the perceptron, input first", "256, six times 512, 16"},
      {"schedule", "When gradients travel: no_overlap, polled, progress_thread, progress_core",
       "no_overlap"},
      {"compressor", "How gradients travel: none, bf16, int8, top_k, ... see assay list", "none"},
      {"outer", "How often ranks agree: every_step, local_sgd, diloco, gossip", "every_step"},
      {"period", "Steps between two agreements of local_sgd and diloco", "8"},
      {"first-bucket", "Size of the first bucket of gradients", "1MiB"},
      {"bucket", "Sizes of the further buckets", "25MiB; 1MiB of the perceptron"},
      {"density", "Share of the elements that top_k sends", "0.01"},
      {"powersgd-rank", "Rank of powersgd's matrices", "4"},
      {"shards", "Weights of the ranks' shares of the rows, e.g. 1,1,2,4", "equal"},
      {"slow-rank", "Slows one rank's compute, e.g. 2:20%", "none"},
      {"noise", "Random delays on all ranks, their standard deviation, e.g. 1ms", "none"},
      {"replay-shrink", "Replays: parameters are divided by it", "64"},
      {"replay-compute", "Replays: compute of all rows on one rank", "40ms"}};
}

TrainingStudy read_training_study(const network::RankContext& context) {
  const Reader reader(context);
  TrainingStudy study;
  if (const std::string scaling = reader.text("scaling"); !scaling.empty()) {
    if (scaling != "strong" && scaling != "weak")
      throw UsageError("unknown scaling '" + scaling + "'; expected strong or weak");
    study.is_weak = scaling == "weak";
  }
  const char* const details[] = {"model",  "schedule",  "compressor", "outer",        "bucket",
                                 "layers", "slow-rank", "noise",      "first-bucket", "shards"};
  study.is_detailed =
      std::ranges::any_of(details, [&](const char* key) { return !reader.text(key).empty(); });
  const TrainingOptions common = reader.common();
  const int ranks = context.communicator.size();
  for (const std::string& model : reader.list("model", {"linear_regression"}))
    add_variants(reader, common, model, reader.list("schedule", {"no_overlap"}),
                 reader.list("compressor", {"none"}), study.is_weak, ranks, study.variants);
  // Unless the user chose, one launch also shows what overlap and compression are worth here.
  if (!study.is_detailed && context.profile != Profile::quick && context.launch == 1 &&
      !study.is_weak && reader.text("rows").empty()) {
    const auto add = [&](const std::vector<std::string>& schedules,
                         const std::vector<std::string>& compressors) {
      add_variants(reader, common, "perceptron", schedules, compressors, false, ranks,
                   study.variants);
    };
    if (ranks == 1) {
      add({"no_overlap"}, {"none"});
    } else {
      add({"no_overlap", "polled", "progress_thread", "progress_core"}, {"none"});
      add({"polled"}, {"bf16", "top_k"});
    }
  }
  return study;
}

std::string operation_name(const TrainingOptions& options) {
  std::string name = options.model->about.name;
  const auto add = [&](const std::string& part) { name += " " + part; };
  if (options.schedule->overlaps) add(options.schedule->about.name);
  if (!options.compressor->dtype.empty()) add(options.compressor->about.name);
  if (!options.outer->is_exact)
    add(options.outer->is_local ? fmt::format("{} {}", options.outer->about.name, options.period)
                                : options.outer->about.name);
  BucketOptions usual;
  usual.further = parse_bytes(default_bucket(options.model->about.name), "bucket");
  if (options.buckets.first != usual.first || options.buckets.further != usual.further)
    add(fmt::format("buckets {} {}", format_bytes(options.buckets.first),
                    format_bytes(options.buckets.further)));
  if (options.disturbance.slow_rank >= 0)
    add(fmt::format("slow {}:{:.3g}%", options.disturbance.slow_rank,
                    100 * options.disturbance.slow_by));
  if (options.disturbance.noise.value() > 0) add("noise " + format(options.disturbance.noise));
  if (!options.shard_weights.empty())
    add(fmt::format("shards {}", fmt::join(options.shard_weights, ",")));
  return name;
}

}  // namespace assay::workloads
