#pragma once
/// @file
/// The secret of one job. Whoever knows it may join; it is never sent, and never stands on a
/// command line, which every user of a host can read.

#include <filesystem>
#include <string>
#include <string_view>

#include "probes/network/launch/start.hpp"

namespace assay::network {

class JobKey {
 public:
  /// 32 bytes from the kernel's generator.
  [[nodiscard]] static JobKey random();
  /// Throws UsageError, naming `where` it came from, when it is too short to be a secret.
  [[nodiscard]] static JobKey from_text(std::string text, const std::string& where);

  /// Proves knowledge of the key over `what` was said. 32 bytes.
  [[nodiscard]] std::string code(std::string_view what) const;
  /// For a process manager that carries it to the other ranks.
  [[nodiscard]] const std::string& text() const { return text_; }

  static constexpr std::size_t shortest = 16;

 private:
  explicit JobKey(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// ASSAY_JOB_KEY, or the file of ASSAY_JOB_KEY_FILE or --key-file, or else ~/.assay/job-key, which
/// is made on first use: hosts that share home directories need nothing more. Throws UsageError for
/// a file that others may read, or none that can be made.
[[nodiscard]] JobKey shared_job_key(const std::filesystem::path& key_file,
                                    const Environment& environment);

}  // namespace assay::network
