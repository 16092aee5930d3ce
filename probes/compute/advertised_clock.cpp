#include "probes/compute/advertised_clock.hpp"

#include <fstream>
#include <regex>

namespace assay::compute {

std::optional<Hertz> advertised_clock(const std::string& cpu_model,
                                      const std::filesystem::path& cpufreq) {
  static const std::regex in_brand(R"(@\s*([0-9]+(?:\.[0-9]+)?)\s*(GHz|MHz))");
  std::smatch match;
  if (std::regex_search(cpu_model, match, in_brand))
    return Hertz(std::stod(match[1].str()) * (match[2] == "GHz" ? 1e9 : 1e6));
  std::ifstream file(cpufreq / "base_frequency");
  double kilohertz = 0;
  if (file >> kilohertz && kilohertz > 0) return Hertz(kilohertz * 1e3);
  return std::nullopt;
}

}  // namespace assay::compute
