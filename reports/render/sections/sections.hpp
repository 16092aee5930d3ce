#pragma once
/// @file
/// The sections of the report, one file each. A section looks at the runs, and adds itself to the
/// page; one for which the runs hold nothing says so in a sentence, so that the reader knows it was
/// looked for.

#include "reports/render/page.hpp"
#include "reports/render/report_input.hpp"

namespace assay::render {

void add_decision(Page& page, const ReportInput& input);
void add_checks(Page& page, const ReportInput& input);
/// What was read of other tools' logs; no section without them.
void add_imported(Page& page, const ReportInput& input);
void add_machine(Page& page, const ReportInput& input);
void add_rooflines(Page& page, const ReportInput& input);
void add_memory(Page& page, const ReportInput& input);
void add_network(Page& page, const ReportInput& input);
void add_collectives(Page& page, const ReportInput& input);
void add_scaling(Page& page, const ReportInput& input);
void add_efficiency(Page& page, const ReportInput& input);
/// Overlap, compression and stragglers of gradient trainings.
void add_training(Page& page, const ReportInput& input);
void add_model_selection(Page& page, const ReportInput& input);
void add_cost(Page& page, const ReportInput& input);
void add_what_if(Page& page, const ReportInput& input);
void add_ledger(Page& page, const ReportInput& input);
void add_gate(Page& page, const ReportInput& input);
void add_method(Page& page, const ReportInput& input);

/// The whole page.
[[nodiscard]] Page build_report(const ReportInput& input, Assets assets);

// --- parts of sections with a file of their own ---

/// Several runs side by side; nothing for one.
void add_comparison(Page& page, Node section, const ReportInput& input);
/// Every sample of the runs, thinned.
void add_sample_trail(Page& page, Node section, const ReportInput& input);
/// A time of an all-reduce of another library.
[[nodiscard]] bool is_baseline(const Record& row);
/// Our fastest all-reduce beside those of other libraries among these rows; nothing without them.
void add_baselines(Page& page, Node figures, const ReportInput& input, const Subject& subject,
                   const Rows& rows);

// --- what several sections share ---

/// "Run A: " when there are several subjects, "" otherwise.
[[nodiscard]] std::string subject_prefix(const ReportInput& input, const Subject& subject);
/// A sentence in place of a section's content.
void add_absence(Node section, std::string_view sentence);
/// A word with a colour and a mark: "passed" with a tick, "failed" with a cross.
void add_badge(Node parent, std::string_view kind, std::string_view text);
/// The rows of these that carry no number, with status and reason, folded away.
void add_unmeasured(Page& page, Node section, const ReportInput& input,
                    const std::function<bool(const Record&)>& belongs);
/// "measured", "projected" ...: what a label means, in a sentence.
[[nodiscard]] std::string_view label_meaning(Label label);

}  // namespace assay::render
