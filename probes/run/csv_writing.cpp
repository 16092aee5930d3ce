#include <algorithm>

#include "probes/core/ordered_work.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/file_writing.hpp"

namespace assay::csv {

void write_measurements(const std::filesystem::path& path, std::span<const Record> records) {
  // The text of a part should still be in the cache of its core when it is written.
  constexpr std::size_t rows_per_part = 2048;
  AppendedFile file(path, Readers::as_umask);
  file.cut(0);
  const auto put = [&](const std::string& text) { file.write(text); };
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
  file.sync();
}

}  // namespace assay::csv
