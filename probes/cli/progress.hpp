#pragma once
/// @file
/// Progress on stderr: a bar with ETA where stderr is a terminal, nothing where it is not.

#include <string>

#include "probes/core/units.hpp"

namespace assay {

/// Not thread-safe; one at a time. Its line is wiped when it ends, so that results stay clean.
class Progress {
 public:
  /// `expected` is the planned time of the whole work; the ETA corrects itself as steps end.
  Progress(std::string title, Seconds expected, bool enabled);
  ~Progress();
  /// `fraction` of the whole that is done, and what is being done now.
  void update(double fraction, const std::string& step);
  /// A line of diagnostics that does not tear the bar.
  void note(const std::string& line);

 private:
  void draw(double fraction, const std::string& step);
  std::string title_;
  Seconds expected_;
  Seconds start_;
  Seconds drawn_;
  bool enabled_;
};

[[nodiscard]] bool stderr_is_terminal();

}  // namespace assay
