#pragma once
/// @file
/// An interned, immutable string of 8 bytes. A result row has some twenty short text cells that
/// repeat over millions of rows; interning makes a row small and its comparison one instruction.

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace assay {

class InternedString {
 public:
  InternedString();                       // empty
  InternedString(std::string_view text);  // NOLINT: implicit on purpose
  InternedString(const std::string& text) : InternedString(std::string_view(text)) {}  // NOLINT
  InternedString(const char* text) : InternedString(std::string_view(text)) {}         // NOLINT

  [[nodiscard]] const std::string& str() const { return *pooled_; }
  operator std::string_view() const { return *pooled_; }  // NOLINT
  [[nodiscard]] bool empty() const { return pooled_->empty(); }
  /// Interned: equal text is one object of the process.
  friend bool operator==(InternedString a, InternedString b) { return a.pooled_ == b.pooled_; }
  friend bool operator==(InternedString a, std::string_view b) { return *a.pooled_ == b; }
  friend bool operator==(InternedString a, const char* b) { return *a.pooled_ == b; }
  /// Alphabetical, so that sorted output is stable from run to run.
  friend std::strong_ordering operator<=>(InternedString a, InternedString b) {
    return *a.pooled_ <=> *b.pooled_;
  }

 private:
  friend struct std::hash<InternedString>;
  const std::string* pooled_;
};

}  // namespace assay

template <>
struct std::hash<assay::InternedString> {
  std::size_t operator()(assay::InternedString text) const {
    return std::hash<const void*>()(text.pooled_);
  }
};
