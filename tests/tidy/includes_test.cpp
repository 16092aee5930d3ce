/// A header includes, itself or through the project's own headers that it includes, what it names
/// of the standard library: the check that compiles each header alone reads those only once for
/// all.

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "tests/tidy/sources.hpp"

namespace assay::test {
namespace {

/// A name of std:: and the headers that a program may take it from.
const std::map<std::string, std::set<std::string>> homes = {
    {"vector", {"vector"}},
    {"string", {"string", "filesystem"}},
    {"to_string", {"string"}},
    {"string_view", {"string_view", "string"}},
    {"optional", {"optional"}},
    {"nullopt", {"optional"}},
    {"map", {"map"}},
    {"multimap", {"map"}},
    {"set", {"set"}},
    {"multiset", {"set"}},
    {"function", {"functional"}},
    {"filesystem", {"filesystem"}},
    {"span", {"span"}},
    {"unique_ptr", {"memory"}},
    {"shared_ptr", {"memory"}},
    {"make_unique", {"memory"}},
    {"make_shared", {"memory"}},
    {"array", {"array"}},
    {"atomic", {"atomic"}},
    {"mutex", {"mutex"}},
    {"lock_guard", {"mutex"}},
    {"unique_lock", {"mutex"}},
    {"scoped_lock", {"mutex"}},
    {"condition_variable", {"condition_variable"}},
    {"thread", {"thread"}},
    {"chrono", {"chrono"}},
    {"variant", {"variant"}},
    {"tuple", {"tuple"}},
    {"pair", {"utility", "map", "vector", "string"}},
    {"move", {"utility", "map", "vector", "string", "memory"}},
    {"exchange", {"utility"}},
    {"deque", {"deque"}},
    {"exception_ptr", {"exception"}},
    {"exception", {"exception", "stdexcept"}},
    {"runtime_error", {"stdexcept"}},
    {"logic_error", {"stdexcept"}},
    {"mt19937_64", {"random"}},
    {"regex", {"regex"}},
    {"numeric_limits", {"limits"}},
    {"sqrt", {"cmath"}},
    {"isfinite", {"cmath"}},
    {"abs", {"cmath", "cstdlib"}},
    {"int32_t", {"cstdint"}},
    {"int64_t", {"cstdint"}},
    {"uint8_t", {"cstdint"}},
    {"uint32_t", {"cstdint"}},
    {"uint64_t", {"cstdint"}},
    {"uintptr_t", {"cstdint"}},
    {"max", {"algorithm"}},
    {"min", {"algorithm"}},
    {"sort", {"algorithm"}},
    {"find_if", {"algorithm"}},
    {"ostream", {"iosfwd", "ostream", "iostream", "sstream"}},
};

using Files = std::map<std::string, const SourceFile*>;

std::set<std::string> standard_headers_of(const SourceFile& file, const Files& files,
                                          std::set<std::string>& seen) {
  std::set<std::string> found;
  if (!seen.insert(file.path).second) return found;
  static const std::regex include("#include [<\"]([^>\"]+)[>\"]");
  for (std::sregex_iterator i(file.text.begin(), file.text.end(), include), end; i != end; ++i) {
    const std::string name = (*i)[1];
    const auto own = files.find(name);
    if (own == files.end())
      found.insert(name);
    else
      found.merge(standard_headers_of(*own->second, files, seen));
  }
  return found;
}

std::string names_without_a_home(const SourceFile& file, const Files& files) {
  std::set<std::string> seen;
  const std::set<std::string> included = standard_headers_of(file, files, seen);
  static const std::regex name("\\bstd::(\\w+)");
  std::set<std::string> missing;
  for (std::sregex_iterator i(file.code.begin(), file.code.end(), name), end; i != end; ++i) {
    const auto home = homes.find((*i)[1]);
    if (home == homes.end()) continue;
    bool is_there = false;
    for (const std::string& header : home->second) is_there = is_there || included.contains(header);
    if (!is_there) missing.insert("std::" + home->first);
  }
  std::string text;
  for (const std::string& each : missing) text += each + " ";
  return text;
}

TEST(Includes, AHeaderIncludesWhatItNamesOfTheStandardLibrary) {
  Files files;
  for (const SourceFile& file : product_sources()) files[file.path] = &file;
  for (const auto& [path, file] : files)
    if (path.ends_with(".hpp")) EXPECT_EQ(names_without_a_home(*file, files), "") << path;
}

TEST(Includes, AMissingOneIsFound) {
  SourceFile own{.path = "a.hpp", .text = "#include <map>\n", .code = ""};
  SourceFile user{.path = "b.hpp",
                  .text = "#include \"a.hpp\"\n",
                  .code = "std::map<int, std::vector<int>> m;"};
  const Files files = {{"a.hpp", &own}, {"b.hpp", &user}};
  EXPECT_EQ(names_without_a_home(user, files), "std::vector ");
  user.text += "#include <vector>\n";
  EXPECT_EQ(names_without_a_home(user, files), "");
}

}  // namespace
}  // namespace assay::test
