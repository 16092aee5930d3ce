#pragma once
/// @file
/// The regions of a program that has a main of its own, written as a run directory.
///
///   assay::RegionRun run({.output = "node"});   // e.g. where `assay probe --output node` wrote
///   ... code with assay::Region markers ...
///   run.write();
///
/// In a directory that holds the roofs of this machine (`assay probe compute memory`), `assay
/// report` draws the regions below them.

#include <filesystem>
#include <memory>

#include "probes/run/region.hpp"

namespace assay {

class RegionRun {
 public:
  struct Options {
    /// A new or empty directory, or a run directory to add to.
    std::filesystem::path output = "assay-regions";
    int launch = 1;  ///< Which replicate this process is.
    int ranks = 1;   ///< Processes that share the work; one of them writes.
  };
  /// Starts to record. Throws UsageError when the directory cannot be written: before anything
  /// runs.
  explicit RegionRun(Options options);
  /// Stops recording. What was not written is lost.
  ~RegionRun();
  RegionRun(const RegionRun&) = delete;
  RegionRun& operator=(const RegionRun&) = delete;

  /// Rows of the regions that ended since the last call. Throws RunError for a full disk.
  void write();

 private:
  struct Files;
  Options options_;
  std::unique_ptr<Files> files_;
};

}  // namespace assay
