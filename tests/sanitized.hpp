#pragma once
/// @file
/// For tests that look at thousands of numbers, which are the same without sanitizers and would
/// take minutes under them.

namespace assay::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif
#else
inline constexpr bool is_sanitized = false;
#endif

}  // namespace assay::test

/// First statement of such a test.
#define ASSAY_SKIP_UNDER_SANITIZERS() \
  if (assay::test::is_sanitized) GTEST_SKIP() << "takes minutes under sanitizers"
