#include "probes/compute/advertised_clock.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace assay::compute {
namespace {

namespace fs = std::filesystem;

class AdvertisedClock : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_ =
      fs::path(testing::TempDir()) / ("advertised_clock_" + std::to_string(getpid()));
};

TEST_F(AdvertisedClock, StandsInTheBrandString) {
  EXPECT_EQ(advertised_clock("Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz", folder_), Hertz(2.9e9));
  EXPECT_EQ(advertised_clock("Some CPU @ 800MHz", folder_), Hertz(800e6));
}

TEST_F(AdvertisedClock, OrInTheBaseFrequency) {
  std::ofstream(folder_ / "base_frequency") << "2600000\n";
  std::ofstream(folder_ / "cpuinfo_max_freq") << "3900000\n";
  EXPECT_EQ(advertised_clock("Intel(R) Xeon(R) Processor", folder_), Hertz(2.6e9));
}

TEST_F(AdvertisedClock, IsUnknownOtherwise) {
  EXPECT_FALSE(advertised_clock("AMD EPYC 9755 128-Core Processor", folder_));
  std::ofstream(folder_ / "base_frequency") << "0\n";
  EXPECT_FALSE(advertised_clock("", folder_));
}

}  // namespace
}  // namespace assay::compute
