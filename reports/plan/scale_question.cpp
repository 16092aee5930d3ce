#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "reports/models/laws/tiers.hpp"
#include "reports/plan/options.hpp"
#include "reports/plan/questions.hpp"

namespace assay::plan {

namespace {

using models::NetworkTier;

/// What a count of ranks is kept in holds it exactly.
constexpr double most_ranks = 1e15;

/// "rack:32:2us:25GB/s:4" = name, members (units of the tier below), alpha, bandwidth,
/// oversubscription.
NetworkTier tier_of(const OptionList& options, const std::string& text) {
  const std::string expected =
      "NAME:MEMBERS:ALPHA:BANDWIDTH[:OVERSUBSCRIPTION], as in rack:32:2us:25GB/s:4";
  std::vector<std::string> parts{""};
  for (char c : text) {
    if (c == ':')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  if (parts.size() < 4 || parts.size() > 5 || parts[0].empty())
    throw options.wrong("tier", expected);
  const auto number = [&](const std::string& digits, double least) {
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || !(value >= least) ||
        !std::isfinite(value))
      throw options.wrong("tier", expected);
    return value;
  };
  const double members = number(parts[1], 1);
  if (members != std::floor(members))
    throw options.wrong("tier", "a whole number of members; " + expected);
  const BytesPerSecond bandwidth = parse_bytes_per_second(parts[3], "--tier");
  if (bandwidth.value() <= 0) throw options.wrong("tier", "a bandwidth above 0; " + expected);
  return {.name = parts[0],
          .members = members,
          .alpha = parse_seconds(parts[2], "--tier"),
          .bandwidth = bandwidth,
          .oversubscription = parts.size() == 5 ? number(parts[4], 1) : 1};
}

ExitCode answer_scale(const std::vector<std::string>& arguments) {
  OptionList options(scale_question());
  options
      .add("tier", "TIER",
           "NAME:MEMBERS:ALPHA:BANDWIDTH[:OVERSUBSCRIPTION], innermost first; may repeat")
      .add_default("serial", "0s", "TIME", "a: time of a step that does not shrink")
      .add("parallel", "TIME", "b: divisible time of a step on one rank")
      .add_default("bytes", "0B", "SIZE", "All-reduced in each step")
      .add_default("overlap", "0", "X",
                   "Share of the communication that hides behind computing, 0 to 1")
      .add_default("straggler", "0s", "TIME", "m of m sqrt(2 ln N): deviation of one rank's step")
      .add_default("scaling", "strong", "FORM", "strong or weak")
      .add_default("ranks", "1,8,64,512,4096,32768,262144,1000000", "LIST", "Rank counts")
      .add_default("largest-measured", "0", "N", "Labels: up to here measured; 0: all is scenario")
      .add_default("ranks-per-node", "1", "N", "For the cost")
      .add("node-price", "P", "Per hour and node; adds the cost of a step")
      .add_common();
  if (!options.parse(arguments)) return ExitCode::done;
  std::vector<NetworkTier> tiers;
  for (const std::string& text : options.texts("tier")) tiers.push_back(tier_of(options, text));
  const std::string scaling = options.text("scaling");
  if (scaling != "strong" && scaling != "weak") throw options.wrong("scaling", "strong or weak");
  const double overlap = options.not_negative("overlap");
  if (overlap > 1) throw options.wrong("overlap", "a share from 0 to 1");
  const models::TieredStep step{.serial = options.seconds("serial"),
                                .parallel = options.seconds("parallel"),
                                .weak = scaling == "weak",
                                .bytes = options.bytes("bytes"),
                                .overlap = overlap,
                                .straggler = options.seconds("straggler")};
  models::Reach reach{.largest = options.not_negative("largest-measured")};
  double inside = 1;
  for (const NetworkTier& tier : tiers) {
    inside *= tier.members;
    if (inside > most_ranks)
      throw options.wrong("tier", fmt::format("at most {:g} ranks inside all of them", most_ranks));
    reach.tiers.push_back({tier.name, static_cast<std::int64_t>(inside)});
  }
  const double per_node = options.positive("ranks-per-node");
  const auto price = options.positive_if_given("node-price");
  Document document{
      .header =
          "times in s; cost of one step in the currency of the price; by calculation, not measured",
      .columns = {"ranks", "step_s", "compute_s", "communication_s", "efficiency", "slowest_tier",
                  "label", "note"}};
  if (price) document.columns.emplace_back("cost_per_step");
  std::optional<double> beyond;
  for (const double ranks : options.counts("ranks")) {
    const auto p = models::predict_step(step, tiers, ranks, &reach);
    document.rows.push_back({p.ranks, p.step.value(), p.compute.value(), p.communication.value(),
                             number(p.efficiency), p.slowest_tier, std::string(to_string(p.label)),
                             ranks > inside ? std::string("beyond the tiers given") : Cell()});
    if (ranks > inside && !beyond) beyond = ranks;
    if (price)
      document.rows.back().emplace_back(std::ceil(ranks / per_node) * *price * p.step.value() /
                                        3600);
  }
  if (beyond)
    document.sentences.push_back(fmt::format(
        "from {:g} ranks on beyond the tiers given, which hold {:g}: the last tier is taken to go "
        "on, and nobody knows that it does",
        *beyond, inside));
  print(document, options.format());
  return ExitCode::done;
}

}  // namespace

const Command& scale_question() {
  static const Command command{
      .about =
          Description{
              .kind = "command",
              .name = "plan scale",
              .summary = "A step over a tiered network, up to a million ranks, by calculation."},
      .usage =
          "assay plan scale --tier TIER [--tier TIER ...] --parallel TIME [--bytes SIZE] [options]",
      .example =
          "assay plan scale --tier socket:32:200ns:100GB/s --tier node:2:500ns:50GB/s --tier "
          "rack:32:2us:25GB/s "
          "--tier pod:64:4us:25GB/s:4 --parallel 10s --bytes 400MB --node-price 2 --ranks-per-node "
          "64",
      .run = answer_scale};
  return command;
}

}  // namespace assay::plan
