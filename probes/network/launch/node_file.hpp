#pragma once
/// @file
/// The hosts of a job as schedulers write them down: a file with a host per line (PBS repeats one
/// per slot; "host:4", "host slots=4" and Grid Engine's "host 4 queue ..." give the slots), or a
/// list.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::network {

/// Each host once, in the order of the file. Nothing when it cannot be read or holds no host.
[[nodiscard]] std::optional<std::vector<std::string>> hosts_of_file(
    const std::filesystem::path& path);
/// The same of "a,b", "a;b", "a b", LSF's "a 4 b 4" or a JSON list of names.
[[nodiscard]] std::vector<std::string> hosts_of_list(std::string_view text);

/// The first line of it, for messages.
[[nodiscard]] std::string one_line_of(std::string_view text);

}  // namespace assay::network
