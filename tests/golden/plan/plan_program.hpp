#pragma once
/// @file
/// `assay plan` as a program: its arguments in, what it printed and its exit code out.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/paths.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::test {

struct Result {
  int exit_code = -1;
  std::string out, error;
};

inline std::string read(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class PlanProgram : public testing::Test {
 protected:
  /// Runs `assay plan` with these arguments (shell syntax).
  [[nodiscard]] Result plan(const std::string& arguments) const {
    const std::string command = std::string(ASSAY_PROGRAM) + " plan " + arguments + " >" +
                                path("out") + " 2>" + path("err");
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(path("out")), read(path("err"))};
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (directory_ / name).string();
  }
  [[nodiscard]] std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(path(name)) << content;
    return path(name);
  }

 private:
  TemporaryFolder directory_;
};

}  // namespace assay::test
