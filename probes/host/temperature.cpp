#include "probes/host/temperature.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "probes/host/kernel_setting.hpp"
#include "probes/host/provenance.hpp"

namespace assay {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 3> cpu_drivers{"coretemp", "k10temp", "zenpower"};
constexpr std::array<std::string_view, 4> cpu_zones{"x86_pkg_temp", "cpu", "soc", "CPU"};

void keep_warmest(const fs::path& file, std::optional<double>& warmest) {
  std::ifstream in(file);
  double thousandths = 0;
  if (in >> thousandths) warmest = std::max(warmest.value_or(thousandths / 1e3), thousandths / 1e3);
}

/// `visit` for each entry; a folder that does not exist has none.
template <class Visit>
void for_each_entry(const fs::path& folder, Visit visit) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored))
    visit(entry.path());
}

}  // namespace

std::optional<double> cpu_temperature(const fs::path& root) {
  std::optional<double> warmest;
  for_each_entry(root / "sys/class/hwmon", [&](const fs::path& device) {
    const std::string driver = kernel_setting(device / "name").value_or("");
    if (std::find(cpu_drivers.begin(), cpu_drivers.end(), driver) == cpu_drivers.end()) return;
    for_each_entry(device, [&](const fs::path& file) {
      const std::string name = file.filename().string();
      if (name.starts_with("temp") && name.ends_with("_input")) keep_warmest(file, warmest);
    });
  });
  if (warmest) return warmest;
  for_each_entry(root / "sys/class/thermal", [&](const fs::path& zone) {
    const std::string type = kernel_setting(zone / "type").value_or("");
    if (std::any_of(cpu_zones.begin(), cpu_zones.end(),
                    [&](std::string_view cpu) { return type.starts_with(cpu); }))
      keep_warmest(zone / "temp", warmest);
  });
  return warmest;
}

namespace {

nlohmann::json fingerprint() {
  const auto temperature = cpu_temperature();
  return temperature ? nlohmann::json(*temperature) : nlohmann::json(nullptr);
}

const bool temperature_registered = add_fingerprint_part("temperature_C", fingerprint);

}  // namespace
}  // namespace assay
