#pragma once
/// @file
/// Self-registration: a probe, workload, algorithm, model or command is one file that adds itself
/// here.
///
///   const bool registered = Registry<NodeProbe>::add({.about = {.name = "memory.bandwidth", ...},
///   .run = ...});
///
/// Rooms are OBJECT libraries, because a linker drops a self-registering object from a static
/// archive.

#include <algorithm>
#include <cassert>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

enum class Better { higher, lower, neither };

/// A metric an entry may put into the metric column.
struct MetricInfo {
  std::string name;  ///< e.g. "rate"
  std::string unit;  ///< One of unit::, or "currency".
  std::string description;
  Better better = Better::neither;
  /// A count that every correct run repeats exactly (bytes, messages, FLOPs): any change fails the
  /// gate.
  bool exact = false;
};

/// An option that an entry understands; its command offers it as `--name VALUE`.
struct SettingInfo {
  std::string name;  ///< e.g. "bytes"
  std::string description;
  /// Shown in the help: what holds when it is not given. The entry applies it.
  std::string default_text;
};

/// What every registered thing says of itself; a test demands all of it.
struct Description {
  std::string kind;  ///< "probe", "workload", "collective", "algorithm", "model", "command"
  std::string name;
  std::string summary;
  std::vector<MetricInfo> metrics;  ///< Empty only for commands and algorithms.
  /// How a result is verified, in a sentence. Empty only for commands.
  std::string verification;
  std::vector<SettingInfo> settings = {};
};

namespace registry {
/// Of everything registered, in the order of kind and name. For `assay list`.
[[nodiscard]] std::vector<const Description*> all();
/// Nothing when unknown.
[[nodiscard]] const MetricInfo* find_metric(std::string_view entry, std::string_view metric);
void add_description(const Description* description);
}  // namespace registry

/// @tparam Entry has a member `Description about`.
template <class Entry>
class Registry {
 public:
  /// Called before main. Two entries with one name are a bug.
  static bool add(Entry entry) {
    assert(find(entry.about.name) == nullptr && "registered twice");
    entries().push_back(std::move(entry));
    registry::add_description(&entries().back().about);
    return true;
  }
  /// In alphabetical order, whatever order the linker chose.
  [[nodiscard]] static std::vector<const Entry*> all() {
    std::vector<const Entry*> sorted;
    for (const Entry& entry : entries()) sorted.push_back(&entry);
    std::sort(sorted.begin(), sorted.end(),
              [](const Entry* a, const Entry* b) { return a->about.name < b->about.name; });
    return sorted;
  }
  [[nodiscard]] static const Entry* find(std::string_view name) {
    for (const Entry& entry : entries())
      if (entry.about.name == name) return &entry;
    return nullptr;
  }

 private:
  /// A deque: addresses of entries stay valid.
  static std::deque<Entry>& entries() {
    static std::deque<Entry> list;
    return list;
  }
};

}  // namespace assay
