#pragma once
/// @file
/// Options of `assay plan` and of its job file: both have the same names, the command line wins.

#include <boost/program_options.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "probes/cli/command.hpp"
#include "probes/cli/job_options.hpp"
#include "probes/core/units.hpp"
#include "reports/models/laws/tax.hpp"
#include "reports/plan/document.hpp"

namespace assay::plan {

/// One planning question: `assay plan crossover`.
struct Question {
  Command command;  ///< about.name "plan crossover"; its run is called with what follows that name.
};

/// Adds an option that takes text; all values are parsed below, so that a wrong one is told by
/// name.
class OptionList {
 public:
  explicit OptionList(const Command& command) : command_(command), options_("Options") {}
  OptionList& add(const std::string& name, const std::string& value_name,
                  const std::string& description);
  OptionList& add_default(const std::string& name, const std::string& value,
                          const std::string& value_name, const std::string& description);
  /// --tax and --tax-form, --format, --job: what every question knows.
  OptionList& add_tax();
  /// --from: measurements to fit the tax to, instead of --tax.
  OptionList& add_measured_tax();
  /// What a job file may say: probes/cli/job_options.hpp.
  OptionList& add_job();
  OptionList& add_common();
  /// False when the help was printed. A job file (TOML) fills in what the command line does not
  /// say; a key that is no option here throws InputError with its line.
  [[nodiscard]] bool parse(const std::vector<std::string>& arguments,
                           const std::string& positional = "");

  /// What the run says of its job, where neither the command line nor a job file does: names of
  /// what was taken over. Prices are the user's own and never come from a run.
  std::vector<std::string> take_over(const JobTexts& job);
  /// The options of the job, defaults left out.
  [[nodiscard]] JobTexts job() const;

  [[nodiscard]] bool has(const std::string& name) const;
  [[nodiscard]] std::string text(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> texts(const std::string& name) const;
  /// Finite numbers only. The message names the option, what was wrong and what is expected.
  [[nodiscard]] double number(const std::string& name) const;
  [[nodiscard]] double positive(const std::string& name) const;
  [[nodiscard]] double not_negative(const std::string& name) const;
  [[nodiscard]] std::optional<double> positive_if_given(const std::string& name) const;
  [[nodiscard]] Seconds seconds(const std::string& name) const;
  [[nodiscard]] Bytes bytes(const std::string& name) const;
  /// Above zero: what something else is divided by.
  [[nodiscard]] Seconds positive_seconds(const std::string& name) const;
  [[nodiscard]] Bytes positive_bytes(const std::string& name) const;
  /// Above zero where given.
  [[nodiscard]] std::optional<double> seconds_if_given(const std::string& name) const;
  /// "2,4,8" or "1000:16000:1000" (first:last:step), each at least `least`, ascending.
  [[nodiscard]] std::vector<double> list(const std::string& name, double least) const;
  /// The same, each above zero.
  [[nodiscard]] std::vector<double> positive_list(const std::string& name) const;
  /// The same, whole numbers of at least `least`: nodes, ranks, look-ups.
  [[nodiscard]] std::vector<double> counts(const std::string& name, double least = 1) const;
  /// Throws UsageError where one of the two is given without the other, which alone says nothing.
  void require_both(const std::string& one, const std::string& other) const;
  [[nodiscard]] models::TaxForm tax_form() const;
  [[nodiscard]] Format format() const { return parse_format(text("format")); }
  [[nodiscard]] UsageError wrong(const std::string& name, const std::string& expected) const;

 private:
  [[nodiscard]] bool is_on_command_line(const std::string& name) const {
    return values_.count(name) != 0 && !values_[name].defaulted();
  }
  [[nodiscard]] std::string where() const { return "assay " + command_.about.name; }
  void read_job_file(const std::string& file);
  [[nodiscard]] double parse_number(const std::string& name, const std::string& text,
                                    const std::string& expected) const;
  [[nodiscard]] std::vector<double> ascending(const std::string& name,
                                              const std::string& expected) const;

  Command command_;
  boost::program_options::options_description options_;
  boost::program_options::variables_map values_;
  JobTexts from_job_;
};

}  // namespace assay::plan
