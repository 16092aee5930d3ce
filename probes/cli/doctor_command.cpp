/// @file
/// `assay doctor`: what on this machine would distort a measurement.
#include <fmt/format.h>

#include <algorithm>

#include "probes/cli/command.hpp"
#include "probes/core/host_name.hpp"
#include "probes/host/environment.hpp"

namespace assay {
namespace {

namespace po = boost::program_options;

const Command& doctor();

const char* word(ValidityCheck::Verdict verdict) {
  switch (verdict) {
    case ValidityCheck::Verdict::passed:
      return "passed";
    case ValidityCheck::Verdict::warning:
      return "warning";
    case ValidityCheck::Verdict::failed:
      return "FAILED";
    case ValidityCheck::Verdict::unknown:
      return "unknown";
  }
  return "";
}

void print(const std::vector<ValidityCheck>& checks) {
  std::size_t width = 0;
  for (const ValidityCheck& check : checks) width = std::max(width, check.name.size());
  for (const ValidityCheck& check : checks) {
    fmt::print("{:<{}}  {:<7}  {}\n", check.name, width, word(check.verdict), check.finding);
    if (!check.advice.empty()) fmt::print("{:<{}}           -> {}\n", "", width, check.advice);
  }
}

ExitCode run_doctor(const std::vector<std::string>& arguments) {
  po::options_description options("Options of assay doctor");
  options.add_options()("time", po::value<std::string>()->default_value("1s")->value_name("TIME"),
                        "How long to watch: half of it idle, half with every core busy")(
      "format", po::value<std::string>()->default_value("text")->value_name("FORMAT"),
      "text or json")("json", po::bool_switch(), "As --format json");
  po::variables_map values;
  if (!parse_options(doctor(), arguments, options, "", values)) return ExitCode::done;
  const std::string format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    throw UsageError(fmt::format("--format: '{}'; expected text or json", format));
  const Seconds time = parse_seconds(values["time"].as<std::string>(), "--time");
  if (time < 100_ms)
    throw UsageError(
        "assay doctor: --time must be at least 100ms; the clock ticks of /proc/stat are 10 ms");
  const Machine machine = discover_machine();
  const auto checks = EnvironmentWatch(machine, 0.5 * time, 0.5 * time).checks();
  if (format == "json" || values["json"].as<bool>()) {
    nlohmann::json list = nlohmann::json::array();
    for (const ValidityCheck& check : checks) list.push_back(to_json(check));
    fmt::print("{}\n", list.dump(2));
  } else {
    fmt::print("{} on {}: {} of {} processing units allowed\n", machine.cpu_model, host_name(),
               machine.one_pu_per_core.size(), machine.allowed_pus.size());
    print(checks);
  }
  return any_failed(checks) ? ExitCode::environment_differs : ExitCode::done;
}

const bool doctor_command_registered = Registry<Command>::add({
    .about = {.kind = "command",
              .name = "doctor",
              .summary =
                  "Say what on this machine would distort a measurement, and what to do about it.",
              .metrics = {},
              .verification = ""},
    .usage = "assay doctor [options]",
    .example = "assay doctor --time 2s\nassay doctor --json",
    .run = run_doctor,
});

const Command& doctor() {
  return *Registry<Command>::find("doctor");
}

}  // namespace
}  // namespace assay
