/// Reduce-scatter, all-gather, broadcast and all-to-all on ranks that are threads.
#include "benchmarks/collectives/collective.hpp"

#include <gtest/gtest.h>

#include "probes/network/transport/threads.hpp"

namespace assay::collectives {
namespace {

using network::Communicator;
using network::ElementType;

TEST(Collectives, AreExactOnAnyRankAndElementCount) {
  ASSERT_EQ(Registry<Collective>::all().size(), 4u);
  for (const Collective* collective : Registry<Collective>::all())
    for (const int ranks : {1, 2, 3, 4, 5, 7, 8, 9, 16, 17})
      network::run_as_threads(ranks, [&](Communicator& communicator) {
        Scratch scratch;
        const auto p = static_cast<std::size_t>(ranks);
        for (const std::size_t count :
             {std::size_t{0}, std::size_t{1}, p - 1, p, p + 1, 2 * p + 1, std::size_t{20'003}})
          for (const ElementType type : {ElementType::f32, ElementType::bf16})
            ASSERT_EQ(verify(communicator, *collective, count, type, scratch), "")
                << collective->about.name << " p=" << ranks << " count=" << count;
      });
}

TEST(Collectives, AWrongByteIsFound) {
  Collective broken = *Registry<Collective>::find("allgather");
  const auto good = broken.run;
  broken.run = [good](Communicator& communicator, const CollectiveCall& call, Scratch& scratch) {
    good(communicator, call, scratch);
    if (communicator.rank() == 1) call.out[call.out.size() - 1] ^= std::byte{1};
  };
  network::run_as_threads(3, [&](Communicator& communicator) {
    Scratch scratch;
    const std::string verdict = verify(communicator, broken, 10, ElementType::f64, scratch);
    EXPECT_NE(verdict.find("rank 1"), std::string::npos) << verdict;
  });
}

}  // namespace
}  // namespace assay::collectives
