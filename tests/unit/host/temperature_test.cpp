#include "probes/host/temperature.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/temporary_folder.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

class Temperature : public testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text << "\n";
  }
  test::TemporaryFolder temporary_;
  fs::path root_ = temporary_.path();
};

TEST_F(Temperature, NothingWhereNoSensorIs) {
  EXPECT_FALSE(cpu_temperature(root_).has_value());
}

TEST_F(Temperature, TheWarmestSensorOfTheProcessorDriver) {
  write("sys/class/hwmon/hwmon0/name", "nvme");
  write("sys/class/hwmon/hwmon0/temp1_input", "91000");
  write("sys/class/hwmon/hwmon1/name", "coretemp");
  write("sys/class/hwmon/hwmon1/temp1_input", "48000");
  write("sys/class/hwmon/hwmon1/temp2_input", "61500");
  write("sys/class/hwmon/hwmon1/temp2_max", "100000");
  EXPECT_DOUBLE_EQ(cpu_temperature(root_).value(), 61.5);
}

TEST_F(Temperature, TheProcessorsZoneWhereNoDriverIs) {
  write("sys/class/thermal/thermal_zone0/type", "acpitz");
  write("sys/class/thermal/thermal_zone0/temp", "27800");
  write("sys/class/thermal/thermal_zone1/type", "x86_pkg_temp");
  write("sys/class/thermal/thermal_zone1/temp", "55000");
  EXPECT_DOUBLE_EQ(cpu_temperature(root_).value(), 55);
  write("sys/class/thermal/thermal_zone1/temp", "unreadable");
  EXPECT_FALSE(cpu_temperature(root_).has_value());
}

}  // namespace
}  // namespace assay
