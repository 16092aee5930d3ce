#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "probes/core/errors.hpp"
#include "probes/core/ordered_work.hpp"
#include "probes/run/csv.hpp"

namespace assay::csv {

void write_measurements(const std::filesystem::path& path, std::span<const Record> records) {
  // The text of a part should still be in the cache of its core when it is written.
  constexpr std::size_t rows_per_part = 2048;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wbe"),
                                                       std::fclose);
  const auto put = [&](const std::string& text) {
    if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size())
      throw RunError(fmt::format("{} cannot be written: {}", path.string(), std::strerror(errno)));
  };
  put(measurements_header());
  make_in_parallel<std::string>((records.size() + rows_per_part - 1) / rows_per_part,
                                [&](std::size_t part, std::string& text) {
                                  text.clear();
                                  const std::size_t first = part * rows_per_part;
                                  for (const Record& record : records.subspan(
                                           first, std::min(rows_per_part, records.size() - first)))
                                    append_measurements_line(text, record);
                                },
                                [&](std::size_t, const std::string& text) { put(text); });
  if (std::fflush(file.get()) != 0)
    throw RunError(fmt::format("{} cannot be written: {}", path.string(), std::strerror(errno)));
}

}  // namespace assay::csv
