#include "probes/host/cgroup.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "probes/host/topology.hpp"
#include "tests/temporary_folder.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

class CgroupTest : public testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  [[nodiscard]] CgroupLimits read() const { return read_cgroup_limits(root_, root_ / "self"); }
  test::TemporaryFolder temporary_;
  fs::path root_ = temporary_.path();
};

TEST(CpuMax, ParsesQuotaAndPeriod) {
  EXPECT_DOUBLE_EQ(parse_cpu_max("150000 100000").value(), 1.5);
  EXPECT_FALSE(parse_cpu_max("max 100000").has_value());
  EXPECT_FALSE(parse_cpu_max("").has_value());
  EXPECT_FALSE(parse_cpu_max("-1 100000").has_value());
  EXPECT_FALSE(parse_cpu_max("100 0").has_value());
}

TEST_F(CgroupTest, VersionTwoTakesTheTightestOfTheHierarchy) {
  write("self", "0::/a/b\n");
  write("a/cpu.max", "150000 100000\n");
  write("a/b/cpu.max", "max 100000\n");
  write("a/memory.max", "536870912\n");
  write("a/memory.current", "36870912\n");
  write("a/b/memory.max", "max\n");
  write("a/b/cpu.stat", "usage_usec 5\nnr_periods 10\nnr_throttled 7\n");
  const CgroupLimits limits = read();
  EXPECT_DOUBLE_EQ(limits.cpus.value(), 1.5);
  EXPECT_DOUBLE_EQ(limits.memory_limit->value(), 536870912);
  EXPECT_DOUBLE_EQ(limits.memory_left->value(), 500000000);
  EXPECT_EQ(limits.throttled_periods, 7u);
}

TEST_F(CgroupTest, VersionOneQuotaAndItsNoLimitNumber) {
  write("self", "4:cpu,cpuacct:/c\n3:memory:/c\n");
  write("cpu/c/cpu.cfs_quota_us", "200000\n");
  write("cpu/c/cpu.cfs_period_us", "100000\n");
  write("memory/c/memory.limit_in_bytes", "9223372036854771712\n");
  const CgroupLimits limits = read();
  EXPECT_DOUBLE_EQ(limits.cpus.value(), 2);
  EXPECT_FALSE(limits.memory_limit.has_value());
}

TEST_F(CgroupTest, NoFilesMeanNoLimits) {
  write("self", "0::/gone\n");
  const CgroupLimits limits = read();
  EXPECT_FALSE(limits.cpus.has_value());
  EXPECT_FALSE(limits.memory_left.has_value());
}

}  // namespace
}  // namespace assay
