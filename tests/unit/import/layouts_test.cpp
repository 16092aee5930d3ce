// docs/imported-layouts.md says which layouts of which version are read, and as what: each line of
// its table is held against its file in layouts/, and each file damaged in five ways.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "probes/core/registry.hpp"
#include "reports/import/format.hpp"
#include "tests/unit/import/logs.hpp"

namespace assay::import {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Layout {
  std::string file, format, version, damaged, first, read;
  friend void PrintTo(const Layout& layout, std::ostream* out) { *out << layout.file; }
};

fs::path table_file() {
  return fs::path(ASSAY_SOURCE_DIR) / "docs/imported-layouts.md";
}
fs::path folder() {
  return fs::path(ASSAY_SOURCE_DIR) / "tests/unit/import/layouts";
}

std::string text_of_layout(const std::string& file) {
  std::ifstream in(folder() / file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The lines "| `FILE` | format | version | `damaged` | first figure | what was read |".
std::vector<Layout> layouts() {
  std::ifstream in(table_file());
  std::vector<Layout> all;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    for (std::size_t start = 2; start < line.size();) {
      const std::size_t end = std::min(line.find(" |", start), line.size());
      std::string cell = line.substr(start, end - start);
      std::erase(cell, '`');
      cells.push_back(cell);
      start = end + 3;
    }
    if (cells.size() == 6)
      all.push_back({cells[0], cells[1], cells[2], cells[3], cells[4], cells[5]});
    else
      ADD_FAILURE() << "not six cells: " << line;
  }
  return all;
}

/// "collective.allreduce time 1.52e-06", of the first row with a number.
std::string first_figure(const RunData& run) {
  for (const Record& record : run.records)
    if (carries_numbers(record.status))
      return fmt::format("{} {} {:.6g}", record.probe.str(), record.metric.str(), record.median);
  return "none";
}

std::string what_was_read(const RunData& run) {
  std::string read;
  for (const auto& line : run.run["imported"][0]["read"])
    read += (read.empty() ? "" : "; ") + line.get<std::string>();
  return read;
}

class Layouts : public testing::TestWithParam<Layout> {};

TEST_P(Layouts, IsReadAsTheTableSays) {
  const Layout& layout = GetParam();
  const RunData run = read_any(folder() / layout.file);
  EXPECT_EQ(run.run["imported"][0]["format"], layout.format);
  EXPECT_EQ(first_figure(run), layout.first);
  EXPECT_EQ(what_was_read(run), layout.read);
}

TEST_P(Layouts, DamageIsRefused) {
  const Layout& layout = GetParam();
  const std::string good = text_of_layout(layout.file), &number = layout.damaged;
  const std::size_t at = good.find(number);
  ASSERT_NE(at, std::string::npos) << number;
  std::string comma = number;
  if (const std::size_t point = comma.rfind('.'); point != std::string::npos)
    comma[point] = ',';
  else
    comma += ",000";
  for (const std::string& damage :
       {comma, std::string("1e300"), number + "." + number + "." + number, "x" + number,
        std::string()}) {
    std::string text = good;
    text.replace(at, number.size(), damage);
    EXPECT_THAT(refusal_of(text), HasSubstr("; expected ")) << number << " -> " << damage;
  }
}

INSTANTIATE_TEST_SUITE_P(Import, Layouts, testing::ValuesIn(layouts()), [](const auto& about) {
  std::string name = about.param.file;
  for (char& c : name)
    if (c == '.') c = '_';
  return name;
});

TEST(LayoutTable, HasEveryFileAndEveryFormat) {
  std::set<std::string> files, formats;
  for (const Layout& layout : layouts()) {
    EXPECT_TRUE(files.insert(layout.file).second) << layout.file << " twice";
    formats.insert(layout.format);
  }
  EXPECT_GE(files.size(), 90u);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder()))
    EXPECT_EQ(files.count(entry.path().filename().string()), 1u) << entry.path();
  for (const Format* format : Registry<Format>::all())
    EXPECT_EQ(formats.count(format->about.name), 1u) << format->about.name;
}

}  // namespace
}  // namespace assay::import
