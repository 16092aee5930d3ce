#include "probes/host/kernel_setting.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/temporary_folder.hpp"

namespace assay {
namespace {

class KernelSetting : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file(const std::string& text) const {
    std::ofstream(path_) << text;
    return path_;
  }
  test::TemporaryFolder temporary_;
  std::filesystem::path path_ = temporary_.path() / "setting";
};

TEST_F(KernelSetting, IsTheFirstLine) {
  EXPECT_EQ(kernel_setting(file("performance\nsecond\n")), "performance");
  EXPECT_EQ(kernel_setting(file("no line end")), "no line end");
}

TEST_F(KernelSetting, NothingWhereTheKernelHasNone) {
  EXPECT_FALSE(kernel_setting(path_).has_value());
  EXPECT_FALSE(kernel_setting(file("")).has_value());
  EXPECT_FALSE(chosen_setting(file("")).has_value());
}

TEST_F(KernelSetting, TheChosenWordIsTheOneInBrackets) {
  EXPECT_EQ(chosen_setting(file("always [madvise] never\n")), "madvise");
  EXPECT_EQ(chosen_setting(file("madvise\n")), "madvise");
  EXPECT_EQ(chosen_setting(file("] [madvise\n")), "] [madvise");
}

}  // namespace
}  // namespace assay
