#pragma once
/// @file
/// What readers of price lists share: which offers of a file are wanted. price_list.hpp says which
/// formats there are.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reports/models/money/price_list.hpp"

namespace assay::models {

/// The names in the first line that is no comment, in their order.
[[nodiscard]] std::vector<std::string> price_file_columns(const std::filesystem::path& file);
/// Whether that line names the column.
[[nodiscard]] bool price_file_has_column(const std::filesystem::path& file,
                                         std::string_view column);

/// `match` is a part of the name, or a pattern with * and ?; empty matches all.
[[nodiscard]] bool name_matches(const std::string& name, const std::string& match);

/// Offers of one region. Prices of several regions are not one list: nobody buys in all of them.
class RegionFilter {
 public:
  /// @param wanted empty: whichever there is, if it is one
  RegionFilter(std::string file, std::string wanted)
      : file_(std::move(file)), wanted_(std::move(wanted)) {}
  [[nodiscard]] bool is_wanted(const std::string& region);
  /// Throws InputError that names them when there are several and none was asked for, or when the
  /// one that was asked for is not there.
  void require_one() const;

 private:
  std::string file_, wanted_;
  std::map<std::string, std::size_t> seen_;
};

/// SkyPilot's vms.csv, unedited.
[[nodiscard]] PriceList read_sky_pilot_catalogue(const std::filesystem::path& file,
                                                 const PriceQuery& query);

}  // namespace assay::models
