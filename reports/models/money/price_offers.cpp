#include "reports/models/money/price_offers.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <string_view>

#include "probes/core/errors.hpp"
#include "probes/run/file_reading.hpp"

namespace assay::models {

std::vector<std::string> price_file_columns(const std::filesystem::path& file) {
  const std::string text = read_text_file(file, "a price list");
  std::string_view line, rest = text;
  do {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  } while (!rest.empty() && (line.empty() || line.front() == '#' || line == "\r"));
  std::vector<std::string> names(1);
  for (const char c : line) {
    if (c == ',')
      names.emplace_back();
    else if (c != ' ' && c != '\t' && c != '\r' && c != '"' && static_cast<unsigned char>(c) < 0x80)
      names.back() += c;  // what is no ASCII can only be the byte order mark
  }
  return names;
}

bool price_file_has_column(const std::filesystem::path& file, std::string_view column) {
  const std::vector<std::string> names = price_file_columns(file);
  return std::ranges::find(names, column) != names.end();
}

bool name_matches(const std::string& name, const std::string& match) {
  if (match.find_first_of("*?[") == std::string::npos) return name.find(match) != std::string::npos;
  return fnmatch(match.c_str(), name.c_str(), 0) == 0;
}

bool RegionFilter::is_wanted(const std::string& region) {
  ++seen_[region];
  return wanted_.empty() || region == wanted_;
}

void RegionFilter::require_one() const {
  if (wanted_.empty() && seen_.size() <= 1) return;
  if (!wanted_.empty() && seen_.count(wanted_) != 0) return;
  constexpr std::size_t most_named = 8;
  std::string names;
  std::size_t named = 0;
  for (const auto& [region, offers] : seen_) {
    if (++named > most_named) break;
    names += (names.empty() ? "" : ", ") + (region.empty() ? std::string("(none)") : region);
  }
  if (seen_.size() > most_named) names += fmt::format(" and {} more", seen_.size() - most_named);
  throw InputError(file_, 0, "",
                   wanted_.empty() ? fmt::format("holds {} regions", seen_.size())
                                   : fmt::format("holds no region {}", wanted_),
                   fmt::format("--region with one of {}", names));
}

}  // namespace assay::models
