#include "benchmarks/collectives/sizes.hpp"

namespace assay::collectives {

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    if (comma != 0) parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return parts;
}

std::vector<Bytes> sizes_from(std::string_view text, Profile profile) {
  std::vector<Bytes> sizes;
  for (const std::string& size : split_list(text)) sizes.push_back(parse_bytes(size, "bytes"));
  if (!sizes.empty()) return sizes;
  if (profile == Profile::quick) return {8_B, 1_KiB, 16_KiB, 256_KiB, 4_MiB};
  sizes = {8_B, 64_B, 512_B, 1_KiB, 4_KiB, 16_KiB, 64_KiB, 256_KiB, 1_MiB, 4_MiB, 16_MiB, 64_MiB};
  if (profile == Profile::thorough) sizes.insert(sizes.end(), {256_MiB});
  return sizes;
}

}  // namespace assay::collectives
