#include "probes/network/launch/node_file.hpp"

#include <algorithm>
#include <sstream>

#include "probes/core/errors.hpp"
#include "probes/run/file_reading.hpp"

namespace assay::network {

namespace {

void add_once(std::vector<std::string>& hosts, std::string host) {
  if (!host.empty() && std::ranges::find(hosts, host) == hosts.end())
    hosts.push_back(std::move(host));
}

bool is_number(std::string_view word) {
  return word.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<std::vector<std::string>> hosts_of_file(const std::filesystem::path& path) {
  std::string text;
  try {
    text = read_text_file(path, "a file of hosts");
  } catch (const InputError&) {
    return std::nullopt;  // never a part of it
  }
  std::istringstream in(text);
  std::vector<std::string> hosts;
  std::string line;
  while (std::getline(in, line)) {
    line.resize(std::min(line.size(), line.find('#')));
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos) continue;
    const std::size_t end = line.find_first_of(" \t\r:", begin);
    add_once(hosts, line.substr(begin, end == std::string::npos ? end : end - begin));
  }
  if (hosts.empty()) return std::nullopt;
  return hosts;
}

std::vector<std::string> hosts_of_list(std::string_view text) {
  std::vector<std::string> hosts;
  constexpr std::string_view between = " \t\r\n,;[]\"'";
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(between);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(between));
    text.remove_prefix(word.size());
    if (!is_number(word)) add_once(hosts, std::string(word.substr(0, word.find(':'))));
  }
  return hosts;
}

std::string one_line_of(std::string_view text) {
  const std::size_t end = text.find('\n');
  return std::string(text.substr(0, end)) + (end == std::string_view::npos ? "" : "...");
}

}  // namespace assay::network
