#include <cassert>
#include <functional>
#include <iterator>
#include <unordered_map>

#include "probes/core/ordered_work.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/csv_schema.hpp"
#include "probes/run/csv_table.hpp"

namespace assay::csv {
namespace {

/// Undoes the defusing of text_cell.
std::string_view text_of(std::string_view cell) {
  if (cell.size() > 1 && cell[0] == '\'' && formula_starts.find(cell[1]) != std::string_view::npos)
    cell.remove_prefix(1);
  return cell;
}

/// Interning takes a lock, which threads that read would fight for. A cell that equals the one of
/// the row above costs a comparison; one that this reader has seen before a look-up of its own.
class Interner {
 public:
  void set(InternedString& cell, std::string_view value, const InternedString& above) {
    if (above == value) {
      cell = above;
      return;
    }
    auto found = seen_.find(value);
    if (found == seen_.end()) {
      const InternedString text(value);
      found = seen_.emplace(std::string_view(text), text).first;
    }
    cell = found->second;
  }

 private:
  std::unordered_map<std::string_view, InternedString> seen_;
};

template <std::size_t N>
void read_cell(Record& record, const Column& column, const Table<N>& table,
               const std::array<char*, N>& cells, std::size_t index, const Record& above,
               Interner& interner) {
  switch (column.kind) {
    case Column::Kind::text:
      interner.set(record.*column.text, text_of(cells[index]), above.*column.text);
      break;
    case Column::Kind::count:
      record.*column.count = table.count(cells, index);
      break;
    case Column::Kind::number:
      record.*column.number = table.bounded_number(cells, index);
      break;
    case Column::Kind::status: {
      const auto status = parse_status(cells[index]);
      if (!status)
        throw table.error(index, fmt::format("'{}' is not a status", shortened(cells[index])),
                          "ok, untrusted, unsupported, skipped, timed_out or incorrect");
      record.status = *status;
    }
  }
}

std::array<std::string_view, measurement_column_count> measurement_names() {
  const std::vector<Column>& columns = measurement_columns();
  assert(columns.size() == measurement_column_count);
  std::array<std::string_view, measurement_column_count> names{};
  std::transform(columns.begin(), columns.end(), names.begin(),
                 [](const Column& c) { return c.name; });
  return names;
}

using Rows = std::vector<Record>;

/// `lines_before`: of the file, between the header and these lines.
void parse(const LineFile& file, const LineRange& lines, std::size_t lines_before, Rows& rows) {
  const std::vector<Column>& columns = measurement_columns();
  Table<measurement_column_count> table(file, measurement_names(), first_schema_column_count, lines,
                                        lines_before);
  std::array<char*, measurement_column_count> cells{};
  Interner interner;
  const Record none;
  while (table.next(cells)) {
    Record& record = rows.emplace_back();
    const Record& above = rows.size() == 1 ? none : rows[rows.size() - 2];
    for (std::size_t i = 0; i < columns.size(); ++i)
      read_cell(record, columns[i], table, cells, i, above, interner);
    if ((record.status == Status::ok) != record.reason.empty())
      throw table.error(4, record.reason.empty() ? "is empty" : "is not empty",
                        "a reason exactly where the status is not ok");
    if (carries_numbers(record.status) != is_present(record.median))
      throw table.error(20, is_present(record.median) ? "has a number" : "is empty",
                        "a number exactly where the status is ok or untrusted");
  }
}

/// The rows of some lines, as one thread parses them.
struct ParsedLines {
  Rows rows;
  bool faulty = false;
};

/// All rows, should the others be as long as these; so that the table is not moved while it grows.
std::size_t expected_rows(const LineFile& file, const LineRange& lines, std::size_t rows) {
  const double all = static_cast<double>(file.end - file.header_end);
  const double share = static_cast<double>(lines.end - lines.begin) / all;
  return static_cast<std::size_t>(1.1 * static_cast<double>(rows) / share);
}

}  // namespace

std::vector<Record> read_measurements(const std::filesystem::path& path, bool* dropped_tail) {
  const LineFile file = open_lines(path);
  std::vector<LineRange> ranges = ranges_of(file);
  if (ranges.empty()) ranges.push_back({file.end, file.end});  // to check the header
  Rows records;
  make_in_parallel<ParsedLines>(
      ranges.size(),
      [&](std::size_t part, ParsedLines& parsed) {
        parsed.rows.clear();
        parsed.faulty = false;
        try {
          parse(file, ranges[part], 0, parsed.rows);
        } catch (const InputError&) {
          parsed.faulty = true;
        }
      },
      [&](std::size_t part, ParsedLines& parsed) {
        // Again, now that the number of its first line is known, for the message.
        if (parsed.faulty) {
          parsed.rows.clear();
          parse(file, ranges[part], records.size(), parsed.rows);
        }
        if (part == 0 && ranges.size() > 1)
          records.reserve(expected_rows(file, ranges[part], parsed.rows.size()));
        records.insert(records.end(), std::make_move_iterator(parsed.rows.begin()),
                       std::make_move_iterator(parsed.rows.end()));
      });
  tell_cut_off(file, measurement_names(), 1 + records.size(), dropped_tail);
  return records;
}

std::vector<ModelRow> read_models(const std::filesystem::path& path) {
  const LineFile file = open_lines(path);
  Table<model_columns.size()> table(file, model_columns);
  std::vector<ModelRow> rows;
  std::array<char*, model_columns.size()> cells{};
  while (table.next(cells)) {
    ModelRow row;
    row.model = text_of(cells[0]);
    row.subject = text_of(cells[1]);
    row.parameter = text_of(cells[2]);
    row.unit = text_of(cells[3]);
    row.value = table.number(cells, 4);
    row.ci_low = table.number(cells, 5);
    row.ci_high = table.number(cells, 6);
    const auto label = parse_label(cells[7]);
    if (!label)
      throw table.error(7, fmt::format("'{}' is not a label", shortened(cells[7])),
                        "measured, projected, range or scenario");
    row.label = *label;
    row.note = text_of(cells[8]);
    rows.push_back(std::move(row));
  }
  return rows;
}

void read_samples(
    const std::filesystem::path& path,
    const std::function<void(const Record& key, std::int64_t sample, double value)>& visit,
    bool* dropped_tail) {
  const std::vector<const Column*> keys = key_columns();
  assert(keys.size() == key_column_count);
  constexpr std::size_t sample = key_column_count, value_at = sample + 1, session = sample + 2;
  std::array<std::string_view, key_column_count + 3> names{};
  for (std::size_t i = 0; i < key_column_count; ++i) names[i] = keys[i]->name;
  names[sample] = "sample";
  names[value_at] = "value";
  names[session] = "session";
  const LineFile file = open_lines(path);
  bool ignored = false;
  tell_cut_off(file, names, 0, dropped_tail != nullptr ? dropped_tail : &ignored);
  Table<key_column_count + 3> table(file, names, session);
  Interner interner;
  std::array<char*, key_column_count + 3> cells{};
  Record above;
  while (table.next(cells)) {
    Record key;
    for (std::size_t i = 0; i < key_column_count; ++i)
      read_cell(key, *keys[i], table, cells, i, above, interner);
    const std::int64_t index = table.count(cells, sample);
    const double value = table.number(cells, value_at);
    key.session = table.count(cells, session);
    if (!is_present(index)) throw table.error(sample, "is empty", "the index of the sample");
    if (!is_present(value)) throw table.error(value_at, "is empty", "a number");
    visit(key, index, value);
    above = std::move(key);
  }
}

}  // namespace assay::csv
