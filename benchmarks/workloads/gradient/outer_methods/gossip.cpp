/// @file
/// gossip: nobody hears everybody. Each step every rank descends on its own rows and then takes the
/// mean of its weights and its two ring neighbours'. Lian et al., NIPS 2017 (D-PSGD). Each sends
/// 2 m per step whatever the number of ranks. The ranks' weights differ; their mean is kept.

#include <vector>

#include "benchmarks/workloads/gradient/models/typed_vector.hpp"
#include "benchmarks/workloads/gradient/training/trainer.hpp"

namespace assay::workloads {
namespace {

constexpr network::Tag to_right = 0x0710, to_left = 0x0711;

class Gossip final : public OuterMethod {
 public:
  void round(Trainer& trainer) override {
    trainer.gradient_of_own();
    // Scaled as if every shard were the mean shard: the ranks' steps add up to the step of all.
    trainer.descend(std::max<std::size_t>(
        1, trainer.rows() / static_cast<std::size_t>(trainer.communicator().size())));
    communicate(trainer);
  }

  void communicate(Trainer& trainer) override {
    network::Communicator& c = trainer.communicator();
    if (c.size() == 1) return;
    const std::span<std::byte> weights = trainer.mutable_weights();
    left_.resize(weights.size());
    right_.resize(weights.size());
    const int left = (c.rank() - 1 + c.size()) % c.size(), right = (c.rank() + 1) % c.size();
    network::Request requests[] = {
        c.receive(left, to_right, left_), c.receive(right, to_left, right_),
        c.send(right, to_right, weights), c.send(left, to_left, weights)};
    c.wait_all(requests);
    add_scaled(trainer.type(), weights, 1, left_);
    add_scaled(trainer.type(), weights, 1, right_);
    scale(trainer.type(), weights, 1.0 / 3);
  }

 private:
  std::vector<std::byte> left_, right_;
};

const bool gossip_registered = Registry<OuterMethodKind>::add(
    {.about = {.kind = "outer method",
               .name = "gossip",
               .summary = "Each rank averages its weights with its ring neighbours' in every step.",
               .metrics = {},
               .verification = "the loss falls"},
     .is_agreed = false,
     .make = [](int) -> std::unique_ptr<OuterMethod> { return std::make_unique<Gossip>(); }});

}  // namespace
}  // namespace assay::workloads
