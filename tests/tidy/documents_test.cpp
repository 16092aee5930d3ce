// Documents name files of the project: each of them is there.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/tidy/sources.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> folders = {"probes", "benchmarks", "reports", "include",
                                          "tests",  "scripts",    "docs",    "results"};

std::vector<fs::path> documents() {
  const fs::path root = ASSAY_SOURCE_DIR;
  std::vector<fs::path> found;
  const auto take = [&](const fs::path& path) {
    if (path.extension() == ".md") found.push_back(path);
  };
  for (const fs::directory_entry& entry : fs::directory_iterator(root)) take(entry.path());
  for (const std::string& folder : folders)
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder))
      take(entry.path());
  return found;
}

/// Paths in back quotes that begin with a folder of the project, and targets of links. A word with
/// * or {} in it stands for several.
std::vector<std::string> paths_in(const std::string& text) {
  static const std::regex quoted(R"(`([A-Za-z0-9_.\-]+/[A-Za-z0-9_./\-]*)[^`\n]*`)");
  static const std::regex linked(R"(\]\(([A-Za-z0-9_./\-]+)(?:#[^)]*)?\))");
  std::vector<std::string> paths;
  for (std::sregex_iterator i(text.begin(), text.end(), quoted), end; i != end; ++i) {
    const std::string path = (*i)[1];
    const bool is_ours =
        std::find(folders.begin(), folders.end(), path.substr(0, path.find('/'))) != folders.end();
    if (is_ours && (*i)[0].str().find_first_of("*{<") == std::string::npos) paths.push_back(path);
  }
  for (std::sregex_iterator i(text.begin(), text.end(), linked), end; i != end; ++i)
    paths.push_back((*i)[1]);
  return paths;
}

TEST(Documents, PathsInThemAreFound) {
  EXPECT_EQ(paths_in("see `scripts/run --profile quick`, `reports/*.cpp`, `a/b`, [x](docs/y.md#z)"),
            (std::vector<std::string>{"scripts/run", "docs/y.md"}));
}

TEST(Documents, NameOnlyFilesThatAreThere) {
  const fs::path root = ASSAY_SOURCE_DIR;
  std::size_t named = 0;
  for (const fs::path& document : documents())
    for (const std::string& path : paths_in(read_text(document))) {
      ++named;
      EXPECT_TRUE(fs::exists(root / path) || fs::exists(document.parent_path() / path))
          << document.lexically_relative(root) << " names " << path;
    }
  EXPECT_GT(named, 20u);
}

}  // namespace
}  // namespace assay::test
