/// @file
/// Section 15: how the numbers came about, the commands, and the words used.

#include <fmt/format.h>

#include "probes/core/commit.hpp"
#include "probes/core/version.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

struct Term {
  const char* name;
  const char* meaning;
};

constexpr Term glossary[] = {
    {"alpha, beta",
     "Start-up time of one message, and time per byte after that: t(m) = alpha + m beta."},
    {"Amdahl's law",
     "T(N) = a + b/N. The share f = a/(a + b) does not get faster with more ranks, so the speedup "
     "stays below 1/f."},
    {"bus bandwidth",
     "Of an all-reduce of m bytes over p ranks in time t: (m/t) 2(p-1)/p. What each port must "
     "carry; comparable over rank counts."},
    {"ceiling, delivered",
     "The best sample seen, and the median of wall time. Roofs and decisions use what was "
     "delivered."},
    {"efficiency", "Speedup divided by the number of ranks."},
    {"interval",
     "95 % unless it says otherwise. Of a median: from order statistics. Of a fit: from a "
     "bootstrap over launches."},
    {"Karp-Flatt",
     "The serial fraction that each rank count by itself implies. If it rises with N, overhead "
     "grows and Amdahl's limit does not hold."},
    {"launch",
     "Fresh processes. The replicate: two samples of one launch are not independent, two launches "
     "are."},
    {"label",
     "measured: inside the rank counts measured. projected: up to twice the largest. range: two to "
     "four times. scenario: beyond, or across a network tier nobody measured."},
    {"node-second", "One node, busy or waiting, for one second. The cost where no price is given."},
    {"ridge",
     "The arithmetic intensity at which a memory roof meets the compute roof: below it, memory "
     "binds."},
    {"roofline", "Attainable FLOP/s = min(peak, intensity x bandwidth)."},
    {"strong, weak scaling", "The same work on more ranks; the same work per rank on more ranks."},
    {"untrusted",
     "Measured, but a check says not to rely on it. Shown, marked, and left out of fits where "
     "others remain."},
};

void add_command_lines(Node section, const ReportInput& input) {
  Node list = add(section, "dl", {{"class", "terms"}});
  for (const Subject& subject : input.subjects) {
    const std::string prefix = subject_prefix(input, subject);
    const std::string tool =
        fmt::format("assay {} ({})", run_text(subject.run, "/tool/version", "?"),
                    run_text(subject.run, "/tool/commit", "?"));
    add(list, "dt", {}, prefix + "Measured by");
    add(list, "dd", {},
        fmt::format("{}, {} to {}", tool, run_text(subject.run, "/start", "?"),
                    run_text(subject.run, "/end", "not ended")));
    const std::string options = run_text(subject.run, "/options");
    if (options.empty()) continue;
    add(list, "dt", {}, prefix + "Options");
    add(add(list, "dd"), "code", {}, options);
  }
  add(list, "dt", {}, "Report by");
  add(list, "dd", {}, fmt::format("assay {} ({})", build::version, ASSAY_COMMIT));
  if (!input.command.empty()) {
    add(list, "dt", {}, "To make it again");
    add(add(list, "dd"), "code", {}, input.command);
  }
}

void add_files(Node section, const ReportInput& input) {
  for (const Subject& subject : input.subjects) {
    if (subject.link_base.empty()) continue;
    Node line = add(section, "p");
    add_text(line,
             subject_prefix(input, subject) + "The numbers behind the page, in SI base units: ");
    bool first = true;
    for (const char* name : {"run.json", "measurements.csv", "samples.csv", "models.csv"}) {
      if (!first) add_text(line, ", ");
      first = false;
      add(line, "a",
          {{"href", subject.link_base == "." ? std::string(name) : subject.link_base + "/" + name}},
          name);
    }
    add_text(line, ".");
  }
}

void add_method(Page& page, const ReportInput& input) {
  Node section = page.add_section("method", "Method, commands and words");
  add(section, "p", {},
      "Every number on this page was measured by the run it names, or is fitted to such numbers "
      "and carries its interval. "
      "A collective's time is the latest rank's, call by call, then the median over calls. Results "
      "are verified outside of "
      "the timed region; a wrong one shows its status and no time. Nothing is extrapolated without "
      "its label.");
  add_command_lines(section, input);
  add_files(section, input);
  add(section, "h3", {}, "Words");
  Node list = add(section, "dl", {{"class", "terms"}});
  for (const Term& term : glossary) {
    add(list, "dt", {}, term.name);
    add(list, "dd", {}, term.meaning);
  }
  if (input.redacted)
    add_absence(
        section,
        "Hosts, users, addresses, paths and prices were removed from this page (--redact).");
}

const bool method_section_registered = register_section({.place = 1800, .add = add_method});

}  // namespace

}  // namespace assay::render
