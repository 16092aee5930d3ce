/// Functions of at most 70 lines, files of at most 500, READMEs of at most 60.

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/tidy/sources.hpp"

namespace assay::test {
namespace {

constexpr std::size_t longest_function = 70, longest_file = 500, longest_readme = 60;

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Does the text before a brace end a function's head (rather than a class, a condition, a list)?
bool is_function_head(const std::string& head) {
  static const std::regex block(
      R"(^\s*(?:(?:if|for|while|switch|catch|do|else|try|namespace|class|struct|enum|union|extern)\b|=|return\b))");
  static const std::regex function(
      R"(\)\s*(?:const|noexcept|override|final|mutable|&|->\s*[\w:<>,&*\s]+)*\s*$|\)\s*:\s*\w[\s\S]*$)");
  return !std::regex_search(head, block) && std::regex_search(head, function);
}

struct FunctionSpan {
  std::size_t first_line, last_line;
};

/// Outermost functions; a lambda counts as part of the function it stands in.
std::vector<FunctionSpan> functions_of(const std::string& code) {
  std::vector<FunctionSpan> spans;
  std::vector<bool> is_function;  // of each open brace
  std::size_t head = 0, start = 0, inside = 0;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '#' && (i == 0 || code[i - 1] == '\n')) {
      i = std::min(code.find('\n', i), code.size() - 1);
      head = i + 1;
    } else if (c == ';') {
      head = i + 1;
    } else if (c == '{') {
      const bool function = inside == 0 && is_function_head(code.substr(head, i - head));
      is_function.push_back(function);
      if (function) {
        ++inside;
        start = code.find_first_not_of(" \n", head);
      }
      head = i + 1;
    } else if (c == '}' && !is_function.empty()) {
      if (is_function.back()) {
        --inside;
        spans.push_back({line_of(code, start), line_of(code, i)});
      }
      is_function.pop_back();
      head = i + 1;
    }
  }
  return spans;
}

TEST(Lengths, TheReaderOfFunctionsFindsThem) {
  const auto spans = functions_of(
      "namespace a {\nstruct B {\n  int x = 0;\n  int f() const {\n    if (x) {\n    }\n    return "
      "1;\n  }\n};\nint g(int y) {\n  return y;\n}\n}\n");
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].first_line, 4U);
  EXPECT_EQ(spans[0].last_line, 8U);
  EXPECT_EQ(spans[1].first_line, 10U);
}

TEST(Lengths, FunctionsAreShort) {
  std::size_t functions = 0;
  for (const SourceFile& file : product_sources())
    for (const FunctionSpan& span : functions_of(file.code)) {
      ++functions;
      EXPECT_LE(span.last_line - span.first_line + 1, longest_function)
          << file.path << ":" << span.first_line;
    }
  EXPECT_GT(functions, 1000U) << "the reader of functions missed most of them";
}

TEST(Lengths, FilesAreShort) {
  for (const SourceFile& file : product_sources())
    EXPECT_LE(lines_of(file.text), longest_file) << file.path;
}

TEST(Lengths, ReadmesAreShort) {
  namespace fs = std::filesystem;
  static const std::regex generated(R"(<!-- \w+ -->[\s\S]*?<!-- end -->)");
  std::size_t readmes = 0;
  for (const char* top : {"probes", "benchmarks", "reports", "tests", "scripts", "include"})
    for (const fs::directory_entry& entry :
         fs::recursive_directory_iterator(fs::path(ASSAY_SOURCE_DIR) / top)) {
      if (entry.path().filename() != "README.md") continue;
      ++readmes;
      const std::string written = std::regex_replace(read_text(entry.path()), generated, "");
      EXPECT_LE(lines_of(written), longest_readme) << entry.path();
    }
  EXPECT_GT(readmes, 8U);
}

}  // namespace
}  // namespace assay::test
