#include "probes/host/kernel_setting.hpp"

#include <fstream>

namespace assay {

std::optional<std::string> kernel_setting(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  return line;
}

std::optional<std::string> chosen_setting(const std::filesystem::path& file) {
  const auto line = kernel_setting(file);
  if (!line) return std::nullopt;
  const std::size_t open = line->find('[');
  if (open == std::string::npos) return line;
  const std::size_t close = line->find(']', open);
  return close == std::string::npos ? *line : line->substr(open + 1, close - open - 1);
}

}  // namespace assay
