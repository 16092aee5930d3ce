#include "probes/compute/amx.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace assay::compute {
namespace {

TEST(AmxPermission, AChildThatIsKilledOrRefusedIsAReason) {
  EXPECT_FALSE(fails_in_child([] { return 0; }));
  const auto refused = fails_in_child([] { return EPERM; });
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->find("refused"), std::string::npos) << *refused;
  const auto killed = fails_in_child([] { return std::raise(SIGSYS); });
  ASSERT_TRUE(killed);
  EXPECT_NE(killed->find("killed"), std::string::npos) << *killed;
}

TEST(AmxPermission, KernelsExistExactlyWhereTilesCanBeUsed) {
  const auto kernels = flop_kernels();
  const auto count = std::count_if(kernels.begin(), kernels.end(), [](const FlopKernel& kernel) {
    return kernel.isa.starts_with("AMX");
  });
  const Outcome<AmxSupport>& support = amx_support();
  if (support) {
    EXPECT_EQ(count > 0, support->bf16 || support->i8);
  } else {
    EXPECT_EQ(count, 0);
    EXPECT_EQ(support.status(), Status::unsupported);
    EXPECT_FALSE(support.reason().empty());
  }
}

}  // namespace
}  // namespace assay::compute
