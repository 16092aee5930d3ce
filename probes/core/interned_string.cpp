#include "probes/core/interned_string.hpp"

#include <mutex>
#include <unordered_set>

namespace assay {
namespace {

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
using Pool = std::unordered_set<std::string, Hash, std::equal_to<>>;

/// Never destroyed: handles may be used by other static objects until the very end.
Pool& pool() {
  static Pool* const strings = new Pool;
  return *strings;
}
std::mutex& pool_mutex() {
  static std::mutex* const mutex = new std::mutex;
  return *mutex;
}
const std::string* empty_string() {
  static const std::string* const empty = new std::string;
  return empty;
}

}  // namespace

InternedString::InternedString() : pooled_(empty_string()) {}

InternedString::InternedString(std::string_view text) : pooled_(empty_string()) {
  if (text.empty()) return;
  const std::lock_guard lock(pool_mutex());
  auto found = pool().find(text);
  if (found == pool().end()) found = pool().emplace(text).first;
  pooled_ = &*found;
}

}  // namespace assay
