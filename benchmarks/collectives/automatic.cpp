/// @file
/// `auto`: the algorithm with the least predicted time for the vector at hand. Where the model
/// cannot tell several apart, a few trial calls on the first vector of a size decide between them.

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <string>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/step_costs.hpp"
#include "benchmarks/collectives/timing.hpp"
#include "probes/core/statistics.hpp"

namespace assay::collectives {
namespace {

/// Predictions this close to the best are worth a trial: the model's own error, and then some.
constexpr double shortlist_ratio = 2.2;
constexpr std::size_t shortlist_length = 5;
/// Beyond this a call is the wire's, which the model knows better, and a trial costs the user time.
constexpr Seconds long_call = 50_ms;
constexpr double long_call_shortlist_ratio = 1.25;
/// Trials this much slower than the fastest so far are not repeated.
constexpr double hopeless_ratio = 1.25;
/// Costs are measured up to such messages; beyond, a byte costs what the last ones did.
constexpr Bytes longest_calibration = 16_MiB;

class Automatic final : public AllReduce {
 public:
  Automatic(network::Communicator& communicator, bool fabric_only)
      : communicator_(communicator), fabric_only_(fabric_only) {}

  void run(const AllReduceCall& call) override {
    // The usual call is like the one before it; a short one should not pay for a look-up.
    if (chosen_ != nullptr && call.in.size() == chosen_size_) return chosen_->run(call);
    if (communicator_.size() == 1 || call.in.empty()) return copy_input(call);
    auto [entry, is_new] = choices_.try_emplace(call.in.size());
    if (is_new) entry->second = choose(call);
    used_ = entry->second;
    chosen_ = &prepared(used_);
    chosen_size_ = call.in.size();
    chosen_->run(call);
  }
  std::string used() const override { return used_; }

 private:
  AllReduce& prepared(const std::string& name) {
    auto& slot = prepared_[name];
    if (!slot) slot = find_all_reduce(name).prepare(communicator_);
    return *slot;
  }

  bool is_candidate(const AllReduceAlgorithm& algorithm) const {
    return !algorithm.chooses && !(fabric_only_ && algorithm.shares_memory);
  }

  struct Candidate {
    std::string name;
    Seconds predicted;
  };
  std::vector<Candidate> shortlist(Bytes bytes) {
    const CollectiveShape shape = shape_of(communicator_, bytes);
    std::vector<Candidate> candidates;
    for (const AllReduceAlgorithm* algorithm : Registry<AllReduceAlgorithm>::all())
      if (is_candidate(*algorithm) && algorithm->unsupported_reason(communicator_).empty())
        candidates.push_back(
            {algorithm->about.name, costs_.predict(algorithm->cost(shape), bytes)});
    std::stable_sort(
        candidates.begin(), candidates.end(),
        [](const Candidate& a, const Candidate& b) { return a.predicted < b.predicted; });
    const double ratio =
        candidates.front().predicted > long_call ? long_call_shortlist_ratio : shortlist_ratio;
    while (candidates.size() > shortlist_length ||
           candidates.back().predicted > ratio * candidates.front().predicted)
      candidates.pop_back();
    return candidates;
  }

  void calibrate(Bytes vector) {
    const Bytes wanted = std::clamp(vector, Bytes(4_MiB), longest_calibration);
    if (wanted <= calibrated_) return;
    costs_ = measure_step_costs(communicator_, {.largest = wanted});
    calibrated_ = wanted;
  }

  /// Collective; every rank comes to the same choice, because predictions and trial times are equal
  /// on all.
  std::string choose(const AllReduceCall& call) {
    calibrate(bytes_of(call.in.size()));
    std::vector<Candidate> candidates = shortlist(bytes_of(call.in.size()));
    if (candidates.size() == 1) return candidates.front().name;
    const std::span<std::byte> memory = trial_.get(2 * call.in.size());
    std::memcpy(memory.data(), call.in.data(), call.in.size());
    AllReduceCall trial = call;
    trial.in = memory.first(call.in.size());
    trial.out = memory.subspan(call.in.size());
    std::map<std::string, double> best;
    const bool is_long = candidates.front().predicted > long_call;
    // Interleaved, so that a slow spell of the machine hits all of them.
    const int rounds = is_long ? 1 : 3;
    const TimingOptions options{
        .budget = 15_ms, .min_calls = is_long ? 1 : 3, .max_calls = 200, .warmup = is_long ? 1 : 2};
    for (int round = 0; round < rounds && candidates.size() > 1; ++round) {
      double fastest = std::numeric_limits<double>::infinity();
      for (const Candidate& candidate : candidates) {
        AllReduce& algorithm = prepared(candidate.name);
        const double time =
            median(time_calls(communicator_, options, [&] { algorithm.run(trial); }).global);
        double& so_far = best.try_emplace(candidate.name, time).first->second;
        so_far = std::min(so_far, time);
        fastest = std::min(fastest, so_far);
      }
      std::erase_if(candidates, [&](const Candidate& candidate) {
        return best.at(candidate.name) > hopeless_ratio * fastest;
      });
    }
    return std::min_element(candidates.begin(), candidates.end(),
                            [&](const Candidate& a, const Candidate& b) {
                              return best.at(a.name) < best.at(b.name);
                            })
        ->name;
  }

  network::Communicator& communicator_;
  bool fabric_only_;
  LaneCosts costs_;
  Bytes calibrated_{0};
  std::map<std::string, std::unique_ptr<AllReduce>> prepared_;
  std::map<std::size_t, std::string> choices_;
  Scratch trial_;
  std::string used_;
  AllReduce* chosen_ = nullptr;
  std::size_t chosen_size_ = 0;
};

/// The least of all costs; what the choice promises. Ties and trials aside.
CollectiveCost least_cost(const CollectiveShape& shape) {
  return all_reduce_lower_bound(shape);
}

AllReduceAlgorithm choosing(std::string name, std::string summary, bool fabric_only) {
  return {
      .about = {.kind = "algorithm",
                .name = std::move(name),
                .summary = std::move(summary),
                .metrics = {},
                .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
      .topology = "",
      .cost = least_cost,
      .unsupported_reason = always_supported,
      .prepare = [fabric_only](network::Communicator& communicator) -> std::unique_ptr<AllReduce> {
        return std::make_unique<Automatic>(communicator, fabric_only);
      },
      .scratch = [](const CollectiveShape& shape) { return 4 * shape.bytes; },
      .chooses = true};
}

const bool automatic_registered =
    Registry<AllReduceAlgorithm>::add(choosing(
        "auto",
        "The all-reduce algorithm that the cost model, and where it is undecided a trial, favours.",
        false)) &&
    Registry<AllReduceAlgorithm>::add(
        choosing("auto_fabric",
                 "As auto, among the algorithms that send everything over the fabric.", true));

}  // namespace
}  // namespace assay::collectives
