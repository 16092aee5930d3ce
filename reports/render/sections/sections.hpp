#pragma once
/// @file
/// The sections of the report, one file each. A section looks at the runs, and adds itself to the
/// page; one for which the runs hold nothing says so in a sentence, so that the reader knows it was
/// looked for.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/render/page.hpp"
#include "reports/render/report_input.hpp"

namespace assay::render {

/// Its file registers it: adding a section is one new file.
struct Section {
  int place = 0;  ///< On the page; the sections stand in ascending order, which no two share.
  void (*add)(Page&, const ReportInput&) = nullptr;
  /// Whose rows it shows; a name that ends in "." is a family. What no section names stands in
  /// other_probes.cpp.
  std::vector<std::string_view> probes = {};
};
/// Called before main.
bool register_section(Section section);
/// In their order.
[[nodiscard]] const std::vector<Section>& all_sections();
/// Whether a section names that probe.
[[nodiscard]] bool has_section(std::string_view probe);

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
