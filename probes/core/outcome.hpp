#pragma once
/// @file
/// What came of trying to measure something: a value, or the reason why there is none.

#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace assay {

/// Only `ok` and `untrusted` carry numbers; every status but `ok` carries a reason.
enum class Status {
  ok,
  untrusted,  ///< Measured, but a check says not to rely on it (oversubscribed, steal, throttled).
  unsupported,  ///< This machine, build or provider cannot do it.
  skipped,      ///< Left out on purpose: the profile, the budget or the user says so.
  timed_out,    ///< Did not end before its deadline.
  incorrect,    ///< The verification failed, so there is no time to report.
};

[[nodiscard]] std::string_view to_string(Status status);
/// Nothing for a name that is not a status.
[[nodiscard]] std::optional<Status> parse_status(std::string_view name);
[[nodiscard]] constexpr bool carries_numbers(Status status) {
  return status == Status::ok || status == Status::untrusted;
}

/// A status with its reason, without a value.
struct NoValue {
  Status status;
  std::string reason;
};

/// A value of type T, or the status and reason that stand in its place.
template <class T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : value_(std::move(value)) {}  // NOLINT: a plain value is an outcome
  /// A value that is not to be relied on, and why.
  static Outcome untrusted(T value, std::string reason) {
    Outcome outcome(std::move(value));
    outcome.status_ = Status::untrusted;
    outcome.reason_ = std::move(reason);
    return outcome;
  }
  Outcome(NoValue none) : status_(none.status), reason_(std::move(none.reason)) {  // NOLINT
    assert(!carries_numbers(status_) && !reason_.empty());
  }

  [[nodiscard]] bool has_value() const { return value_.has_value(); }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] Status status() const { return status_; }
  /// Empty exactly when the status is ok.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// @pre has_value()
  [[nodiscard]] const T& value() const& { return assert(value_), *value_; }
  [[nodiscard]] T&& value() && { return assert(value_), std::move(*value_); }
  const T& operator*() const { return value(); }
  const T* operator->() const { return &value(); }

 private:
  std::optional<T> value_;
  Status status_ = Status::ok;
  std::string reason_;
};

inline NoValue unsupported(std::string reason) {
  return {Status::unsupported, std::move(reason)};
}
inline NoValue skipped(std::string reason) {
  return {Status::skipped, std::move(reason)};
}
inline NoValue timed_out(std::string reason) {
  return {Status::timed_out, std::move(reason)};
}
inline NoValue incorrect(std::string reason) {
  return {Status::incorrect, std::move(reason)};
}

}  // namespace assay
