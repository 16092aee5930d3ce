#pragma once
/// @file
/// The project's own C++ sources as text, for the tests that read them.

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/paths.hpp"

namespace assay::test {

struct SourceFile {
  std::string path;  ///< From the root of the project, with slashes.
  std::string text;
  std::string code;  ///< The text with comments and literals blanked; lines and columns are kept.

  /// The folder it lies in; "" for the root.
  [[nodiscard]] std::string folder() const {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }
};

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Comments, string and character literals become spaces. Raw strings are understood.
inline std::string blank_comments_and_literals(const std::string& text) {
  std::string code = text;
  const auto blank = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to && i < code.size(); ++i)
      if (code[i] != '\n') code[i] = ' ';
  };
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    if (text.compare(i, 2, "//") == 0) {
      end = std::min(text.find('\n', i), text.size());
      blank(i, end);
    } else if (text.compare(i, 2, "/*") == 0) {
      end = std::min(text.find("*/", i + 2), text.size() - 2) + 2;
      blank(i, end);
    } else if (text.compare(i, 2, "R\"") == 0) {
      const std::size_t open = text.find('(', i);
      const std::string close = ")" + text.substr(i + 2, open - i - 2) + "\"";
      end = std::min(text.find(close, open), text.size() - close.size()) + close.size();
      blank(i, end);
    } else if (text[i] == '"' || (text[i] == '\'' && (i == 0 || !isalnum(text[i - 1])))) {
      while (end < text.size() && text[end] != text[i]) end += text[end] == '\\' ? 2 : 1;
      ++end;
      blank(i + 1, end - 1);
    }
    i = end;
  }
  return code;
}

/// All of `folders` (and below), sorted by path; headers and sources.
inline std::vector<SourceFile> sources_of(const std::vector<std::string>& folders) {
  namespace fs = std::filesystem;
  std::map<std::string, SourceFile> found;
  const fs::path root = ASSAY_SOURCE_DIR;
  const auto take = [&](const fs::path& path) {
    const std::string kind = path.extension();
    if (kind != ".cpp" && kind != ".hpp") return;
    SourceFile file{.path = path.lexically_relative(root).generic_string()};
    file.text = read_text(path);
    file.code = blank_comments_and_literals(file.text);
    found.emplace(file.path, std::move(file));
  };
  for (const std::string& folder : folders)
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder))
      take(entry.path());
  for (const char* name : {"main.cpp", "run.cpp"})
    if (fs::exists(root / name)) take(root / name);
  std::vector<SourceFile> files;
  for (auto& [path, file] : found) files.push_back(std::move(file));
  return files;
}

/// Of the program and its library.
inline const std::vector<SourceFile>& product_sources() {
  static const std::vector<SourceFile> files =
      sources_of({"probes", "benchmarks", "reports", "include"});
  return files;
}

inline std::size_t line_of(const std::string& text, std::size_t offset) {
  return 1 + static_cast<std::size_t>(std::count(
                 text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

}  // namespace assay::test
