/// @file
/// The whole page: what stands on it, in order.

#include <fmt/format.h>

#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

void add_facts(Page& page, const ReportInput& input) {
  for (const Subject& subject : input.subjects) {
    // First of all: one of eight hosts looks like the whole cluster otherwise.
    const std::string participants = run_text(subject.run, "/participants");
    if (!participants.empty())
      add(page.header(), "p", {{"class", "facts"}}, subject_prefix(input, subject) + participants);
    std::string facts = subject_prefix(input, subject) + "measured " +
                        run_text(subject.run, "/start", "at an unknown time");
    const std::string profile = run_text(subject.run, "/options/profile");
    if (!profile.empty()) facts += fmt::format(", profile {}", profile);
    facts += fmt::format(", {} points, assay {}", subject.run.records.size(),
                         run_text(subject.run, "/tool/version", "?"));
    const std::string state = run_text(subject.run, "/state", "unknown");
    if (state != "complete") facts += fmt::format(", {}", state);
    add(page.header(), "p", {{"class", "facts"}}, facts);
  }
}

std::string title_of(const ReportInput& input) {
  std::string title = "What ";
  for (std::size_t i = 0; i < input.subjects.size(); ++i)
    title += (i == 0                           ? ""
              : i + 1 == input.subjects.size() ? " and "
                                               : ", ") +
             input.subjects[i].name;
  return title + " can do";
}

/// A page that one can send by mail and open on a telephone. In bytes.
constexpr std::size_t longest_page = 400'000;

}  // namespace

Page build_report(const ReportInput& input, Assets assets) {
  Page page(title_of(input), assets);
  add_facts(page, input);
  add_decision(page, input);
  add_checks(page, input);
  add_imported(page, input);
  add_machine(page, input);
  add_rooflines(page, input);
  add_memory(page, input);
  add_network(page, input);
  add_collectives(page, input);
  add_scaling(page, input);
  add_efficiency(page, input);
  add_training(page, input);
  add_model_selection(page, input);
  add_cost(page, input);
  add_what_if(page, input);
  add_ledger(page, input);
  add_gate(page, input);
  add_method(page, input);
  page.keep_below(longest_page);
  return page;
}

}  // namespace assay::render
