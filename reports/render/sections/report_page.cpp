/// @file
/// The whole page: its head, and every section that registered itself.

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

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

std::vector<Section>& registered_sections() {
  static std::vector<Section> list;
  return list;
}

}  // namespace

bool register_section(Section section) {
  std::vector<Section>& list = registered_sections();
  const auto after = std::find_if(
      list.begin(), list.end(), [&](const Section& other) { return other.place >= section.place; });
  assert((after == list.end() || after->place != section.place) && "a place taken twice");
  list.insert(after, std::move(section));
  return true;
}

const std::vector<Section>& all_sections() {
  return registered_sections();
}

bool has_section(std::string_view probe) {
  for (const Section& section : all_sections())
    for (const std::string_view name : section.probes)
      if (probe == name || (name.ends_with('.') && probe.starts_with(name))) return true;
  return false;
}

Page build_report(const ReportInput& input, Assets assets) {
  Page page(title_of(input), assets);
  add_facts(page, input);
  for (const Section& section : all_sections()) section.add(page, input);
  page.keep_below(longest_page);
  return page;
}

}  // namespace assay::render
