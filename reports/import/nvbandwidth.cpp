/// @file
/// nvbandwidth's JSON (-j): matrices of GB/s or ns per test case.

#include <fmt/format.h>

#include "reports/import/format.hpp"
#include "reports/import/json.hpp"

namespace assay::import::nvbandwidth {

namespace {

using nlohmann::json;

const char* const expected =
    "test cases as nvbandwidth writes them: name, status, bandwidth_matrix";

struct TestCase {
  std::string name;
  std::string arrow = ">";  ///< From row to column, the other way round, or both.
  bool is_latency = false;
};

void add_cell(const Document& document, const json& cell, const TestCase& test,
              const std::string& where, std::size_t row, std::size_t column, Imported& imported) {
  const std::string text = cell.is_string() ? cell.get<std::string>() : "";
  if (text == "N/A" || cell.is_null()) return;
  const std::optional<double> value = number_of(cell);
  if (!value || *value < 0)
    document.refuse(0, where, fmt::format("is {}", shown(cell)), "a number or \"N/A\"");
  // Copies within a device read and write its own memory: its roof.
  const bool is_local = test.name.starts_with("device_local_copy");
  Record record{.probe = is_local ? "memory.bandwidth" : "device.transfer",
                .metric = test.is_latency ? "time" : "rate",
                .unit = test.is_latency ? unit::seconds : unit::bytes_per_second,
                .level = is_local ? "DRAM" : "",
                .operation = is_local ? "copy" : test.name,
                .launch = fmt::format("{}{}{}", row, test.arrow, column)};
  if (*value == 0) {
    const bool is_itself = row == column && test.name.starts_with("device_to_device");
    if (!is_itself)
      imported.records.push_back(
          without_value(record, incorrect("nvbandwidth printed 0.00 for this pair")));
    return;
  }
  imported.records.push_back(
      with_value(record, test.is_latency ? checked_seconds(document, 0, where, *value * 1e-9)
                                         : checked_rate(document, 0, where, *value * 1e9)));
}

double sum_of(const json& matrix) {
  double sum = 0;
  for (const json& row : matrix)
    for (const json& cell : row)
      if (const auto value = number_of(cell)) sum += *value;
  return sum;
}

void add_case(const Document& document, const json& test, const std::string& where,
              Imported& imported) {
  const std::string name = text_at(test, "name"), status = text_at(test, "status");
  if (name.empty()) document.refuse(0, where, "has no name", expected);
  if (status != "Passed") {
    Record none{.probe = "device.transfer",
                .metric = "rate",
                .unit = unit::bytes_per_second,
                .operation = name};
    const std::string why = fmt::format("nvbandwidth: {}", status.empty() ? "no status" : status);
    imported.records.push_back(without_value(
        none, status == "Waived" || status == "Not Run" ? skipped(why) : incorrect(why)));
    return;
  }
  const std::string description = text_at(test, "bandwidth_description");
  TestCase shape{.name = name};
  shape.is_latency =
      description.find("(ns)") != std::string::npos || name.find("latency") != std::string::npos;
  for (const char* arrow : {"<->", "<-"})
    if (shape.arrow == ">" && description.find(arrow) != std::string::npos)
      shape.arrow = std::string_view(arrow) == "<-" ? "<" : "<>";
  if (!shape.is_latency && !description.empty() && description.find("GB/s") == std::string::npos)
    document.refuse(0, where + "/bandwidth_description", description, "(GB/s) or (ns)");
  const json& matrix = member(test, "bandwidth_matrix");
  if (!matrix.is_array() || matrix.empty())
    document.refuse(0, where + "/bandwidth_matrix", "is missing", expected);
  if (const auto sum = number_of(member(test, "sum")))
    require_agreement(document, 0, where + "/bandwidth_matrix", sum_of(matrix), *sum,
                      "the sum of the test case");
  for (std::size_t row = 0; row < matrix.size(); ++row) {
    if (!matrix[row].is_array())
      document.refuse(0, where + "/bandwidth_matrix", "has a row that is no list", expected);
    for (std::size_t column = 0; column < matrix[row].size(); ++column)
      add_cell(document, matrix[row][column], shape,
               fmt::format("{}/bandwidth_matrix/{}/{}", where, row, column), row, column, imported);
  }
}

Imported read(const Document& document) {
  const json& body = (*document.json)["nvbandwidth"];
  if (const std::string error = text_at(body, "error"); !error.empty())
    document.refuse(0, "/nvbandwidth/error", fmt::format("nvbandwidth says \"{}\"", error),
                    expected);
  if (!has_list(body, "testcases"))
    document.refuse(0, "/nvbandwidth/testcases", "is missing", expected);
  Imported imported;
  std::size_t index = 0;
  for (const json& test : body["testcases"])
    add_case(document, test, fmt::format("/nvbandwidth/testcases/{}", index++), imported);
  return imported;
}

bool recognises(const Document& document) {
  return document.json && document.json->is_object() && document.json->contains("nvbandwidth");
}

const bool registered = Registry<Format>::add(
    {.about = format_description(
         "nvbandwidth", "nvbandwidth's JSON (-j): every test case and every pair of devices",
         "Only cases that passed have numbers; the description names the unit."),
     .recognises = recognises,
     .read = read});

}  // namespace

}  // namespace assay::import::nvbandwidth
