/// @file
/// Double binary tree: two trees, each for one half of the vector, such that a rank is an inner
/// node of at most one; so every port is used both ways. Blocks run up (reduce) and down
/// (broadcast) as a pipeline. Steps: (4L+4k)(alpha + m beta/(2k)), L = ceil(lg p), k blocks per
/// half. Source: Sanders, Speck & Traeff, "Two-tree algorithms for full bandwidth broadcast,
/// reduction and scan", 2009.

#include <algorithm>
#include <bit>
#include <vector>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/double_tree.hpp"

namespace assay::collectives {

namespace {

/// Inner nodes are the odd numbers: of a range the one whose successor has the most factors of two.
void build(std::vector<TreePlace>& tree, int first, int last, int parent) {
  if (first > last) return;
  int root = first;
  for (int i = first; i <= last; ++i)
    if (std::countr_zero(static_cast<unsigned>(i + 1)) >
        std::countr_zero(static_cast<unsigned>(root + 1)))
      root = i;
  TreePlace& place = tree[static_cast<std::size_t>(root)];
  place.parent = parent;
  if (parent >= 0) {
    TreePlace& above = tree[static_cast<std::size_t>(parent)];
    (root < parent ? above.left : above.right) = root;
  }
  build(tree, first, root - 1, root);
  build(tree, root + 1, last, root);
}

}  // namespace

std::vector<TreePlace> first_tree(int ranks) {
  std::vector<TreePlace> tree(static_cast<std::size_t>(ranks));
  build(tree, 0, ranks - 1, -1);
  return tree;
}

std::vector<TreePlace> second_tree(int ranks) {
  // Mirrored where p is even, moved on by one where it is odd: both turn inner nodes into leaves.
  const auto moved = [ranks](int rank) {
    if (rank < 0) return rank;
    return ranks % 2 == 0 ? ranks - 1 - rank : (rank + 1) % ranks;
  };
  const std::vector<TreePlace> first = first_tree(ranks);
  std::vector<TreePlace> tree(first.size());
  for (std::size_t i = 0; i < first.size(); ++i)
    tree[static_cast<std::size_t>(moved(static_cast<int>(i)))] = {
        moved(first[i].parent), moved(first[i].left), moved(first[i].right)};
  return tree;
}

namespace {

/// One half of the vector on its way through one tree.
class TreeHalf {
 public:
  TreeHalf(network::Communicator& communicator, const AllReduceCall& call, const TreePlace& place,
           Part half, std::size_t blocks, network::Tag tag, std::span<std::byte> scratch)
      : communicator_(communicator),
        call_(call),
        place_(place),
        half_(half),
        blocks_(blocks),
        tag_(tag) {
    for (const int child : {place.left, place.right})
      if (child >= 0) {
        children_.push_back(
            {child, scratch.subspan(children_.size() * half.size, half.size), {}, {}});
        children_.back().receives.resize(blocks);
        children_.back().sends.resize(blocks);
      }
    up_.resize(blocks);
    down_.resize(blocks);
  }

  void post_receives() {
    for (Child& child : children_)
      for (std::size_t b = 0; b < blocks_; ++b)
        if (block(b).size > 0)
          child.receives[b] = communicator_.receive(child.rank, tag_, arrived(child, b));
  }

  [[nodiscard]] bool is_leaf() const { return children_.empty(); }

  /// All blocks below `end` that have not gone up yet.
  void up_to(std::size_t end) {
    while (next_up_ < std::min(end, blocks_)) up(next_up_++);
  }

  /// Once the partial sum has left, its place can take the result.
  void post_down(std::size_t b) {
    if (place_.parent < 0 || block(b).size == 0) return;
    communicator_.wait(up_[b]);
    down_[b] = communicator_.receive(place_.parent, tag_ + 1, cut(call_.out, block(b)));
  }
  void down(std::size_t b) {
    if (block(b).size == 0) return;
    communicator_.wait(down_[b]);
    for (Child& child : children_)
      child.sends[b] = communicator_.send(child.rank, tag_ + 1, cut(call_.out, block(b)));
  }
  void finish() {
    for (Child& child : children_) communicator_.wait_all(child.sends);
  }

 private:
  struct Child {
    int rank;
    std::span<std::byte> memory;
    std::vector<network::Request> receives, sends;
  };
  Part block(std::size_t b) const { return part_of(half_, call_.element(), blocks_, b); }
  std::span<std::byte> arrived(const Child& child, std::size_t b) const {
    return child.memory.subspan(block(b).begin - half_.begin, block(b).size);
  }

  /// Reduces the children's blocks with the own one, in the order of the tree, and passes the sum
  /// up.
  void up(std::size_t b) {
    const Part bytes = block(b);
    if (bytes.size == 0) return;
    std::vector<const std::byte*> sources;
    for (Child& child : children_) communicator_.wait(child.receives[b]);
    if (place_.left >= 0) sources.push_back(arrived(children_.front(), b).data());
    sources.push_back(cut(call_.in, bytes).data());
    if (place_.right >= 0) sources.push_back(arrived(children_.back(), b).data());
    if (sources.size() > 1)
      network::combine(call_.operation, call_.type, cut(call_.out, bytes), sources);
    const std::span<const std::byte> sum = sources.size() > 1 ? call_.out : call_.in;
    if (place_.parent >= 0) up_[b] = communicator_.send(place_.parent, tag_, cut(sum, bytes));
  }

  network::Communicator& communicator_;
  const AllReduceCall& call_;
  const TreePlace& place_;
  Part half_;
  std::size_t blocks_;
  std::size_t next_up_ = 0;
  network::Tag tag_;
  std::vector<Child> children_;
  std::vector<network::Request> up_, down_;
};

class DoubleBinaryTree final : public AllReduce {
 public:
  explicit DoubleBinaryTree(network::Communicator& communicator) : communicator_(communicator) {
    const auto rank = static_cast<std::size_t>(communicator.rank());
    places_[0] = first_tree(communicator.size())[rank];
    places_[1] = second_tree(communicator.size())[rank];
    lag_ = static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(communicator.size() - 1)));
  }

  void run(const AllReduceCall& call) override {
    if (communicator_.size() == 1 || call.in.empty()) return copy_input(call);
    const Part halves[2] = {part(call.in.size(), call.element(), 2, 0),
                            part(call.in.size(), call.element(), 2, 1)};
    const CollectiveShape shape{.ranks = communicator_.size(), .bytes = bytes_of(call.in.size())};
    const std::size_t grain = to_size(pipeline_segment("double_binary_tree", shape));
    const std::size_t blocks = std::max<std::size_t>(1, (halves[0].size + grain - 1) / grain);
    const std::span<std::byte> memory = scratch_.get(4 * halves[0].size);
    TreeHalf trees[2] = {{communicator_, call, places_[0], halves[0], blocks, 0x0800, memory},
                         {communicator_, call, places_[1], halves[1], blocks, 0x0810,
                          memory.subspan(2 * halves[0].size)}};
    for (TreeHalf& tree : trees) tree.post_receives();
    // Block b comes down `lag` turns after it went up. Every rank takes the same turns, so waiting
    // in a fixed order cannot dead-lock.
    for (std::size_t turn = 0; turn < blocks + lag_ + 1; ++turn) {
      // A leaf waits for nobody, so its blocks leave before this rank waits as an inner node of the
      // other tree. Sent in turn, the trees waited for each other by way of the ranks they share.
      for (TreeHalf& tree : trees) tree.up_to(tree.is_leaf() ? turn + lag_ + 1 : 0);
      for (TreeHalf& tree : trees) tree.up_to(turn + 1);
      for (TreeHalf& tree : trees)
        if (turn >= 1 && turn - 1 < blocks) tree.post_down(turn - 1);
      for (TreeHalf& tree : trees)
        if (turn >= lag_ + 1) tree.down(turn - lag_ - 1);
    }
    for (TreeHalf& tree : trees) tree.finish();
  }

 private:
  network::Communicator& communicator_;
  TreePlace places_[2];
  std::size_t lag_;
  Scratch scratch_;
};

const bool double_binary_tree_registered = Registry<AllReduceAlgorithm>::add(
    {.about = {.kind = "algorithm",
               .name = "double_binary_tree",
               .summary =
                   "All-reduce through two pipelined binary trees, one per half of the vector.",
               .metrics = {},
               .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
     .topology = "tree",
     .cost =
         [](const CollectiveShape& shape) { return all_reduce_cost("double_binary_tree", shape); },
     .unsupported_reason = always_supported,
     .prepare = [](network::Communicator& communicator) -> std::unique_ptr<AllReduce> {
       return std::make_unique<DoubleBinaryTree>(communicator);
     },
     .scratch = [](const CollectiveShape& shape) { return 2 * shape.bytes; }});

}  // namespace
}  // namespace assay::collectives
