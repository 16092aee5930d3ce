#include "reports/ledger_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "probes/core/errors.hpp"
#include "probes/run/file_reading.hpp"
#include "probes/run/json_file.hpp"

namespace assay {

namespace fs = std::filesystem;
using decision::Claim;
using decision::Prediction;
using nlohmann::json;

namespace {

constexpr int ledger_schema = 1;
/// A run predicts some hundred things; a file of another size is none of ours.
constexpr std::uintmax_t largest_file = 32 << 20;
constexpr std::size_t most_runs = 200;

json finite(double value) {
  return std::isfinite(value) ? json(value) : json(nullptr);
}

json json_of(const Prediction& prediction) {
  json one{{"made", prediction.made},
           {"version", prediction.version},
           {"machine", prediction.machine},
           {"claim", decision::to_string(prediction.claim)},
           {"work", prediction.work},
           {"by", prediction.by},
           {"ranks", prediction.ranks},
           {"nodes", prediction.nodes},
           {"time_s", finite(prediction.time.value)},
           {"time_low_s", finite(prediction.time.low)},
           {"time_high_s", finite(prediction.time.high)},
           {"label", to_string(prediction.label)}};
  if (prediction.claim == Claim::deadline) {
    one["deadline_s"] = finite(prediction.deadline);
    one["steps"] = finite(prediction.steps);
    one["probability"] = finite(prediction.probability);
  }
  return one;
}

class PredictionReader {
 public:
  PredictionReader(std::string file, const json& one) : file_(std::move(file)), one_(one) {
    if (!one.is_object()) throw wrong("a prediction", "is no object");
  }
  [[nodiscard]] std::string text(const char* key) const {
    const auto found = one_.find(key);
    if (found == one_.end() || !found->is_string()) throw wrong(key, "is missing or no text");
    return found->get<std::string>();
  }
  [[nodiscard]] double value(const char* key) const {
    const auto found = one_.find(key);
    if (found == one_.end() || found->is_null()) return absent;
    if (!found->is_number()) throw wrong(key, "is no number");
    return found->get<double>();
  }
  [[nodiscard]] InputError wrong(const std::string& key, const std::string& problem) const {
    return {file_, 0, key, problem, "predictions as assay report writes them"};
  }

 private:
  std::string file_;
  const json& one_;
};

Claim claim_of(const PredictionReader& reader) {
  const std::string name = reader.text("claim");
  for (const Claim claim : {Claim::step_time, Claim::deadline, Claim::collective})
    if (name == decision::to_string(claim)) return claim;
  throw reader.wrong("claim", fmt::format("\"{}\" is unknown", name));
}

Prediction prediction_of(const std::string& file, const json& one) {
  const PredictionReader reader(file, one);
  const std::optional<Label> label = parse_label(reader.text("label"));
  if (!label) throw reader.wrong("label", "is unknown");
  return {.made = reader.text("made"),
          .version = reader.text("version"),
          .machine = reader.text("machine"),
          .claim = claim_of(reader),
          .work = reader.text("work"),
          .by = reader.text("by"),
          .ranks = reader.value("ranks"),
          .nodes = reader.value("nodes"),
          .time = {reader.value("time_s"), reader.value("time_low_s"), reader.value("time_high_s")},
          .label = *label,
          .deadline = reader.value("deadline_s"),
          .steps = reader.value("steps"),
          .probability = reader.value("probability")};
}

}  // namespace

std::string predictions_text(const std::vector<Prediction>& kept,
                             const std::vector<Prediction>& now) {
  json list = json::array();
  const std::string version = now.empty() ? "" : now.front().version;
  for (const Prediction& prediction : kept)
    if (prediction.version != version) list.push_back(json_of(prediction));
  for (const Prediction& prediction : now) list.push_back(json_of(prediction));
  const json file{{"schema", ledger_schema}, {"predictions", list}};
  return file.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::vector<Prediction> read_predictions(const fs::path& directory) {
  const fs::path path = directory / predictions_file;
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(path, error))) return {};
  const std::string file = path.string();
  constexpr const char* expected = "predictions as assay report writes them";
  const json content = parse_json(read_text_file(path, expected, largest_file), file, expected);
  if (!content.is_object() || !content.contains("predictions") ||
      !content["predictions"].is_array())
    throw InputError(file, 0, "", "is no ledger", expected);
  std::vector<Prediction> predictions;
  for (const json& one : content["predictions"]) predictions.push_back(prediction_of(file, one));
  return predictions;
}

std::vector<fs::path> runs_with_predictions_beside(const fs::path& directory) {
  std::error_code error;
  const fs::path own = fs::weakly_canonical(directory, error);
  std::vector<fs::path> found;
  fs::directory_iterator entry(own.parent_path(), error);
  if (error) return found;
  for (; entry != fs::directory_iterator(); entry.increment(error)) {
    if (error) break;
    if (!fs::is_directory(entry->symlink_status(error)) || entry->path() == own) continue;
    if (fs::is_regular_file(fs::symlink_status(entry->path() / predictions_file, error)))
      found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end());
  if (found.size() > most_runs)
    found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(most_runs));
  return found;
}

}  // namespace assay
