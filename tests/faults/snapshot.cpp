#include "tests/faults/snapshot.hpp"

#include <fstream>
#include <iterator>

namespace assay::test {
namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Snapshot snapshot_of(const fs::path& folder) {
  Snapshot files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[entry.path().lexically_relative(folder).string()] = text_of(entry.path());
  files.erase("stdout");
  files.erase("stderr");
  return files;
}

void put_back(const fs::path& folder, const Snapshot& before, const Snapshot& now) {
  for (const auto& [name, text] : now)
    if (before.count(name) == 0) fs::remove(folder / name);
  for (const auto& [name, text] : before) {
    const auto found = now.find(name);
    if (found != now.end() && found->second == text) continue;
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << text;
  }
}

}  // namespace assay::test
