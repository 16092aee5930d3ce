#pragma once
/// @file
/// The gate's check of itself: A/A runs, counted, against its promise.
///
/// Base is gated against base; every "regressed" is false. When the exact 95 % lower bound of their
/// rate exceeds alpha, the promise is broken on this machine, and the gate turns advisory: it says
/// so, and ends with exit 3 (no verdict) until a new record is begun.

#include <functional>
#include <string>

#include "reports/gate/decide/paired_gate.hpp"

namespace assay::gate {

/// {"runs": ..., "false_reds": ..., "promise": ...}. A file that does not exist is an empty record.
/// Throws InputError for anything else.
[[nodiscard]] AuditRecord read_audit(const std::string& file);
/// Replaces the file atomically. Throws RunError when it cannot be written.
void write_audit(const std::string& file, const AuditRecord& record);

/// Runs the gate `runs` times on a source whose two sides are the same, and adds to the record.
/// `keep` is called after every run, so that an interrupted audit keeps what it counted. Returns a
/// report of kind "self-audit" with the record and without metrics; where a run could not be
/// finished, that run's, with its refusal.
[[nodiscard]] GateReport run_self_audit(const LaunchSource& same_source, const GateOptions& options,
                                        int runs, AuditRecord record,
                                        const std::function<void(const AuditRecord&)>& keep);

}  // namespace assay::gate
