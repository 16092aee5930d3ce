/// @file
/// nccl-tests' JSON (-J FILE).

#include <fmt/format.h>

#include "reports/import/json.hpp"
#include "reports/import/nccl_rows.hpp"

namespace assay::import::nccl_json {

namespace {

using nlohmann::json;

const char* const expected_result =
    "results as nccl-tests writes them: size, type, redop, root, out_of_place, in_place";

std::optional<NcclCells> cells_of(const Document& document, const json& result, const char* place,
                                  const std::string& where, NcclRun& run) {
  const json& direction = member(result, place);
  if (direction.is_null()) return std::nullopt;
  const std::string at = fmt::format("{}/{}", where, place);
  NcclCells cells;
  cells.in_place = std::string_view(place) == "in_place";
  const double size = number_at(document, result, "size", where, expected_result);
  if (size < 0 || size > 9e15) document.refuse(0, where + "/size", shown(result["size"]), "bytes");
  cells.bytes = static_cast<std::int64_t>(size);
  cells.dtype = text_at(result, "type");
  cells.operation = text_at(result, "redop");
  cells.root = text_at(result, "root");
  cells.root.erase(0, std::min(cells.root.find_first_not_of(' '), cells.root.size()));
  run.cpu_time = direction.contains("cpu_time");
  const double time =
      number_at(document, direction, run.cpu_time ? "cpu_time" : "time", at, expected_result);
  cells.seconds =
      time == 0 && size == 0 ? 0 : checked_seconds(document, 0, at + "/time", time * 1e-6);
  const auto rate = [&](const char* key) {
    const double printed = number_at(document, direction, key, at, expected_result);
    return printed == 0 ? 0
                        : checked_rate(document, 0, fmt::format("{}/{}", at, key), 1e9 * printed);
  };
  cells.algorithm_rate = rate("alg_bw");
  cells.bus_rate = rate("bus_bw");
  if (!member(direction, "nwrong").is_null()) {
    const double wrong = number_at(document, direction, "nwrong", at, expected_result);
    cells.check = wrong == 0 ? NcclCells::Check::right : NcclCells::Check::wrong;
    cells.wrong = fmt::format("{:g}", wrong);
  }
  return cells;
}

std::string program_of(const json& document) {
  const json& arguments = member(document, "args");
  if (!arguments.is_array() || arguments.empty() || !arguments[0].is_string()) return "";
  const auto path = arguments[0].get<std::string>();
  return path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
}

/// The command line without the program, the report's own name and the range of sizes.
Stated options_of(const json& root) {
  Stated stated;
  const json& arguments = member(root, "args");
  if (!arguments.is_array()) return stated;
  std::string option;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string word = arguments[i].is_string() ? arguments[i].get<std::string>() : "";
    const bool is_name = word.starts_with('-');
    if (is_name) option = word;
    const bool is_other = option == "-J" || option == "--output_file" || option == "-b" ||
                          option == "--minbytes" || option == "-e" || option == "--maxbytes";
    // -g and -G are two options.
    if (!is_other && !option.empty()) stated["option " + option] = is_name ? "set" : word;
  }
  return stated;
}

Imported read(const Document& document) {
  const json& root = *document.json;
  NcclRun run;
  run.program = program_of(root);
  const json& devices = member(member(root, "config"), "devices");
  if (devices.is_array() && !devices.empty()) {
    run.ranks = 0;
    for (const json& device : devices) {
      // Each group is a communicator of its own; rank 0 reports for its group.
      if (member(device, "group") != member(devices[0], "group")) {
        run.has_other_groups = true;
        continue;
      }
      ++run.ranks;
      run.hosts.insert(text_at(device, "hostname"));
    }
    run.hosts.erase("");
  }
  if (const json& bounds = member(root, "out_of_bounds"); bounds.is_object())
    run.out_of_bounds = static_cast<std::int64_t>(
        number_at(document, bounds, "count", "/out_of_bounds", expected_result));
  std::vector<NcclCells> rows;
  std::size_t index = 0;
  for (const json& result : member(root, "results")) {
    const std::string where = fmt::format("/results/{}", index++);
    for (const char* place : {"out_of_place", "in_place"})
      if (auto cells = cells_of(document, result, place, where, run))
        rows.push_back(std::move(*cells));
  }
  if (rows.empty()) document.refuse(0, "/results", "no measured sizes", expected_result);
  Imported imported;
  add_nccl_run(document, run, rows, imported);
  imported.state_of_new(options_of(root));
  return imported;
}

bool recognises(const Document& document) {
  if (!document.json || !has_list(*document.json, "results")) return false;
  const json& results = (*document.json)["results"];
  return document.json->contains("nccl_version") ||
         (!results.empty() &&
          (results[0].contains("out_of_place") || results[0].contains("in_place")));
}

const bool registered = Registry<Format>::add(
    {.about = format_description("nccl-tests-json", "nccl-tests' JSON report (-J FILE)",
                                 "As for nccl-tests' tables."),
     .recognises = recognises,
     .read = read});

}  // namespace

}  // namespace assay::import::nccl_json
