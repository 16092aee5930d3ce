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

/// Names of libraries' headers that `file` includes, and in `seen` the project's own.
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

/// Types by the one header that defines them; a name that several define is left out.
std::map<std::string, std::string> headers_of_types(const Files& files) {
  static const std::regex definition(
      R"((?:^|\n)(?:class|struct|enum class|enum) (\w+)(?: final)?(?: : [^;{]*)?\s*\{|(?:^|\n)using (\w+) =)");
  std::map<std::string, std::string> found;
  std::set<std::string> ambiguous;
  for (const auto& [path, file] : files) {
    if (!path.ends_with(".hpp")) continue;
    const std::sregex_iterator end;
    for (std::sregex_iterator i(file->code.begin(), file->code.end(), definition); i != end; ++i) {
      const std::string name = (*i)[1].matched ? (*i)[1] : (*i)[2];
      if (!found.try_emplace(name, path).second) ambiguous.insert(name);
    }
  }
  for (const std::string& name : ambiguous) found.erase(name);
  return found;
}

std::string types_without_a_header(const SourceFile& file, const Files& files,
                                   const std::map<std::string, std::string>& types) {
  std::set<std::string> seen;
  (void)standard_headers_of(file, files, seen);
  // Declared here, or declared in advance in what is included.
  static const std::regex declared(
      "(?:class|struct|enum class|enum|using|typename|namespace) (?:\\w+::)*(\\w+)");
  std::set<std::string> own;
  const std::sregex_iterator end;
  seen.insert(file.path);
  for (const std::string& path : seen) {
    const auto found = files.find(path);
    const std::string& code = found == files.end() ? file.code : found->second->code;
    for (std::sregex_iterator i(code.begin(), code.end(), declared); i != end; ++i)
      own.insert((*i)[1]);
  }
  static const std::regex word("(?:^|[^\\w.>:]|[^:]::|[^-]>)([A-Z]\\w+)\\b");
  std::set<std::string> missing;
  for (std::sregex_iterator i(file.code.begin(), file.code.end(), word); i != end; ++i) {
    const auto home = types.find((*i)[1]);
    if (home == types.end() || own.contains(home->first) || seen.contains(home->second)) continue;
    missing.insert(home->first + " of " + home->second);
  }
  std::string text;
  for (const std::string& each : missing) text += each + " ";
  return text;
}

TEST(Includes, AHeaderIncludesTheTypesThatItNames) {
  Files files;
  for (const SourceFile& file : product_sources()) files[file.path] = &file;
  const auto types = headers_of_types(files);
  EXPECT_GT(types.size(), 200u) << "the reader of types missed most of them";
  for (const auto& [path, file] : files)
    if (path.ends_with(".hpp")) EXPECT_EQ(types_without_a_header(*file, files, types), "") << path;
}

TEST(Includes, AMissingTypeIsFound) {
  SourceFile own{.path = "a.hpp", .text = "", .code = "struct Place {\n};\n"};
  SourceFile user{.path = "b.hpp", .text = "", .code = "struct Walk {\n  Place to;\n};\n"};
  const Files files = {{"a.hpp", &own}, {"b.hpp", &user}};
  EXPECT_EQ(types_without_a_header(user, files, headers_of_types(files)), "Place of a.hpp ");
  user.text = "#include \"a.hpp\"\n";
  EXPECT_EQ(types_without_a_header(user, files, headers_of_types(files)), "");
  user = {.path = "b.hpp", .text = "", .code = "struct Place;\nPlace& find();\n"};
  EXPECT_EQ(types_without_a_header(user, files, headers_of_types(files)), "");
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
