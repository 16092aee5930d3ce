/// @file
/// One line for each test that was skipped, with its reason, and for each that took long:
/// scripts/test lists them at its end. In every program of tests, whatever its output is set to.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace assay::test {
namespace {

std::string name_of(const testing::TestInfo& test) {
  return std::string(test.test_suite_name()) + "." + test.name();
}

std::string in_one_line(std::string text) {
  // gtest puts "Skipped" and a line's end before what was streamed.
  if (text.starts_with("Skipped\n")) text.erase(0, 8);
  std::ranges::replace(text, '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text.empty() ? "no reason given" : text;
}

class Notes : public testing::EmptyTestEventListener {
  void OnTestEnd(const testing::TestInfo& test) override {
    const testing::TestResult& result = *test.result();
    for (int i = 0; result.Skipped() && i < result.total_part_count(); ++i) {
      const testing::TestPartResult& part = result.GetTestPartResult(i);
      if (!part.skipped()) continue;
      std::printf("note: skipped %s: %s\n", name_of(test).c_str(),
                  in_one_line(part.message()).c_str());
      break;
    }
    if (result.elapsed_time() >= 500)
      std::printf("note: took %.1f s %s\n", static_cast<double>(result.elapsed_time()) / 1000,
                  name_of(test).c_str());
    std::fflush(stdout);
  }
};

[[maybe_unused]] const bool appended = [] {
  // The list of listeners owns it.
  testing::UnitTest::GetInstance()->listeners().Append(new Notes);
  return true;
}();

}  // namespace
}  // namespace assay::test
