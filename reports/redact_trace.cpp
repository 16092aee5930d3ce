#include "reports/redact_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "probes/core/errors.hpp"
#include "probes/run/json_file.hpp"

namespace assay {
namespace {

using nlohmann::json;

class TraceRedactor {
 public:
  explicit TraceRedactor(const Redactor& redactor) : redactor_(redactor) {}

  json operator()(const json& event) {
    json kept = json::object();
    const std::string kind = text_of(event, "ph");
    if (kind != "X" && kind != "M" && kind != "i") return kept;
    kept["ph"] = kind;
    for (const char* number : {"pid", "tid", "ts", "dur"})
      if (const auto found = event.find(number); found != event.end() && found->is_number())
        kept[number] = *found;
    const std::string name = text_of(event, "name");
    if (kind == "M") return of_process_or_thread(std::move(kept), name, event);
    kept["name"] = kind == "i" ? "left out" : name_of(name, text_of(event, "cat") == "phase");
    kept["cat"] = text_of(event, "cat") == "phase" ? "phase" : "region";
    if (const auto work = event.find("args"); work != event.end() && work->is_object())
      for (const char* number : {"FLOP", "B", "spans"})
        if (const auto found = work->find(number); found != work->end() && found->is_number())
          kept["args"] = {{number, *found}};
    return kept;
  }

 private:
  static std::string text_of(const json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
  }

  static bool is_lane(const std::string& name) {
    constexpr std::string_view start = "thread ";
    return name == "compute" || name == "communication" ||
           (name.starts_with(start) && name.size() > start.size() && name.size() < 16 &&
            name.find_first_not_of("0123456789", start.size()) == std::string::npos);
  }

  json of_process_or_thread(json kept, const std::string& what, const json& event) {
    const auto arguments = event.find("args");
    const std::string name = arguments == event.end() ? "" : text_of(*arguments, "name");
    kept["name"] = what == "process_name" ? "process_name" : "thread_name";
    std::string shown = is_lane(name) ? name : "thread";
    if (what == "process_name") {
      const std::size_t host = name.find(" on ");
      shown =
          fmt::format("rank {} on {}", kept.value("pid", json(0)).dump(),
                      host == std::string::npos ? "node" : redactor_.host(name.substr(host + 4)));
    }
    kept["args"] = {{"name", shown}};
    return kept;
  }

  std::string name_of(const std::string& name, bool is_phase) {
    constexpr std::array phases{"step", "compute", "encode", "send", "wait", "call"};
    if (is_phase && std::find(phases.begin(), phases.end(), name) != phases.end()) return name;
    const auto [found, is_new] = regions_.try_emplace(name, regions_.size() + 1);
    return fmt::format("region {}", found->second);
  }

  const Redactor& redactor_;
  std::map<std::string, std::size_t> regions_;
};

}  // namespace

std::string redacted_trace(const std::filesystem::path& file, const Redactor& redactor) {
  constexpr const char* expected = "the trace.json of a run that was made with --trace";
  const json trace = read_json_file(file, expected);
  const auto events = trace.is_object() ? trace.find("traceEvents") : trace.end();
  if (events == trace.end() || !events->is_array())
    throw InputError(file.string(), 0, "", "has no traceEvents", expected);
  TraceRedactor redact(redactor);
  json kept = json::array();
  for (const json& event : *events)
    if (json one = redact(event); !one.empty()) kept.push_back(std::move(one));
  return json{{"traceEvents", std::move(kept)}}.dump() + "\n";
}

}  // namespace assay
