#include "reports/plan/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "probes/cli/job_options.hpp"
#include "probes/core/errors.hpp"
#include "probes/run/file_reading.hpp"

namespace assay::plan {

namespace po = boost::program_options;

namespace {

/// No list of a planning question is longer: a typing slip must not print for a minute.
constexpr double longest_list = 100000;
/// What lies beyond is a typing slip, and its products leave the range of numbers.
constexpr double most = 1e30, least_positive = 1e-30;
constexpr double most_counted = 1e9;

/// A list in a job file, where the command line repeats the option.
bool is_repeatable(const std::string& name) {
  return name == "run" || std::ranges::any_of(job_options(), [&](const JobOption& option) {
           return option.name == name && option.is_repeatable;
         });
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

}  // namespace

OptionList& OptionList::add(const std::string& name, const std::string& value_name,
                            const std::string& description) {
  options_.add_options()(name.c_str(),
                         po::value<std::vector<std::string>>()->value_name(value_name),
                         description.c_str());
  return *this;
}

OptionList& OptionList::add_default(const std::string& name, const std::string& value,
                                    const std::string& value_name, const std::string& description) {
  options_.add_options()(
      name.c_str(),
      po::value<std::vector<std::string>>()->default_value({value}, value)->value_name(value_name),
      description.c_str());
  return *this;
}

OptionList& OptionList::add_tax() {
  add("tax", "C",
      "Communication tax c: efficiency(N) = 1/(1 + c g(N)); a list gives one answer each");
  add_default("tax-form", "linear", "FORM", "linear: g = N - 1; log2: g = log2 N");
  return *this;
}

OptionList& OptionList::add_measured_tax() {
  add("from", "PATH", "Instead of --tax: fit it to a run directory or a ranks,time CSV");
  add("subject", "TEXT", "Which of its workloads, where there are several");
  return *this;
}

OptionList& OptionList::add_job() {
  for (const JobOption& option : job_options())
    if (option.default_text.empty())
      add(option.name, option.value_name, option.description);
    else
      add_default(option.name, option.default_text, option.value_name, option.description);
  return *this;
}

OptionList& OptionList::add_common() {
  add_default("format", "table", "FORMAT", "table, csv or json, to stdout");
  add("job", "FILE", "TOML file with these options by name, e.g. node-price = 2.0");
  return *this;
}

bool OptionList::parse(const std::vector<std::string>& arguments, const std::string& positional) {
  if (!parse_options(command_, arguments, options_, positional, values_)) return false;
  if (has("job")) read_job_file(text("job"));
  return true;
}

void OptionList::read_job_file(const std::string& file) {
  std::vector<std::string> known;
  for (const auto& option : options_.options())
    if (option->long_name() != "job") known.push_back(option->long_name());
  for (const auto& [name, text] : read_toml_values(file, known))
    from_job_[name] = {text, fmt::format("{}: {}", file, name)};
}

std::vector<std::string> OptionList::take_over(const JobTexts& job) {
  std::vector<std::string> taken;
  for (const auto& [name, given] : job) {
    const bool is_of_prices =
        name == "prices" || name == "region" || name == "match" || name == "price-date";
    if (is_of_prices || is_on_command_line(name) || from_job_.count(name) != 0) continue;
    from_job_[name] = given;
    taken.push_back(name);
  }
  return taken;
}

JobTexts OptionList::job() const {
  JobTexts job;
  for (const JobOption& option : job_options()) {
    if (is_on_command_line(option.name))
      job[option.name] = {fmt::format("{}", fmt::join(texts(option.name), ",")),
                          "--" + option.name};
    else if (const auto found = from_job_.find(option.name); found != from_job_.end())
      job[option.name] = found->second;
  }
  return job;
}

bool OptionList::has(const std::string& name) const {
  return from_job_.count(name) != 0 || values_.count(name) != 0;
}

std::vector<std::string> OptionList::texts(const std::string& name) const {
  if (!is_on_command_line(name))
    if (const auto found = from_job_.find(name); found != from_job_.end())
      return is_repeatable(name) ? split_list(found->second.text)
                                 : std::vector<std::string>{found->second.text};
  if (values_.count(name) != 0) return values_[name].as<std::vector<std::string>>();
  throw UsageError(fmt::format("{}: --{} is missing; see --help", where(), name));
}

std::string OptionList::text(const std::string& name) const {
  const std::vector<std::string> given = texts(name);
  if (given.size() != 1) throw wrong(name, "one value");
  return given.front();
}

UsageError OptionList::wrong(const std::string& name, const std::string& expected) const {
  const auto in_job = from_job_.find(name);
  const bool is_in_job = !is_on_command_line(name) && in_job != from_job_.end();
  return UsageError(fmt::format("{}: {} {}; expected {}", where(),
                                is_in_job ? in_job->second.where : "--" + name,
                                fmt::join(texts(name), " "), expected));
}

double OptionList::parse_number(const std::string& name, const std::string& text,
                                const std::string& expected) const {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    throw wrong(name, expected);
  if (std::abs(value) > most || (value != 0 && std::abs(value) < least_positive))
    throw wrong(name, fmt::format("{} between {:g} and {:g}", expected, least_positive, most));
  return value;
}

double OptionList::number(const std::string& name) const {
  return parse_number(name, text(name), "a number");
}

double OptionList::positive(const std::string& name) const {
  const double value = parse_number(name, text(name), "a number above 0");
  if (value <= 0) throw wrong(name, "a number above 0");
  return value;
}

double OptionList::not_negative(const std::string& name) const {
  const double value = parse_number(name, text(name), "a number of at least 0");
  if (value < 0) throw wrong(name, "a number of at least 0");
  return value;
}

std::optional<double> OptionList::positive_if_given(const std::string& name) const {
  return has(name) ? std::optional(positive(name)) : std::nullopt;
}

Seconds OptionList::seconds(const std::string& name) const {
  return parse_seconds(text(name), "--" + name);
}
Bytes OptionList::bytes(const std::string& name) const {
  return parse_bytes(text(name), "--" + name);
}

Seconds OptionList::positive_seconds(const std::string& name) const {
  const Seconds time = seconds(name);
  if (time.value() <= 0) throw wrong(name, "a time above 0, as in 30s");
  return time;
}
Bytes OptionList::positive_bytes(const std::string& name) const {
  const Bytes size = bytes(name);
  if (size.value() <= 0) throw wrong(name, "a size above 0, as in 80GB");
  return size;
}

std::optional<double> OptionList::seconds_if_given(const std::string& name) const {
  return has(name) ? std::optional(positive_seconds(name).value()) : std::nullopt;
}

void OptionList::require_both(const std::string& one, const std::string& other) const {
  if (has(one) == has(other)) return;
  const std::string& given = has(one) ? one : other;
  const std::string& missing = has(one) ? other : one;
  throw UsageError(fmt::format("{}: --{} says nothing without --{}; give both or neither", where(),
                               given, missing));
}

std::vector<double> OptionList::ascending(const std::string& name,
                                          const std::string& expected) const {
  const std::string given = text(name);
  std::vector<double> numbers;
  const bool is_range = given.find(':') != std::string::npos;
  std::vector<double> parts;
  for (std::size_t begin = 0; begin <= given.size();) {
    const std::size_t end = std::min(given.find(is_range ? ':' : ',', begin), given.size());
    parts.push_back(parse_number(name, given.substr(begin, end - begin), expected));
    begin = end + 1;
  }
  if (!is_range) {
    numbers = parts;
  } else {
    if (parts.size() != 3 || parts[2] <= 0) throw wrong(name, expected);
    if (!((parts[1] - parts[0]) / parts[2] <= longest_list))
      throw wrong(name, fmt::format("at most {:g} of them", longest_list));
    // A step such as 0.1 is not exact: a little slack keeps the last one in.
    const auto steps = std::floor((parts[1] - parts[0]) / parts[2] + 1e-9);
    for (double i = 0; i <= steps; ++i) numbers.push_back(parts[0] + i * parts[2]);
  }
  for (std::size_t i = 1; i < numbers.size(); ++i)
    if (numbers[i] <= numbers[i - 1]) throw wrong(name, expected);
  if (numbers.empty()) throw wrong(name, expected);
  return numbers;
}

std::vector<double> OptionList::list(const std::string& name, double least) const {
  const std::string expected =
      fmt::format("ascending numbers of at least {:g}, as in 2,4,8 or 1000:16000:1000", least);
  std::vector<double> numbers = ascending(name, expected);
  if (numbers.front() < least) throw wrong(name, expected);
  return numbers;
}

std::vector<double> OptionList::positive_list(const std::string& name) const {
  const std::string expected = "ascending numbers above 0, as in 2,4,8 or 1000:16000:1000";
  std::vector<double> numbers = ascending(name, expected);
  if (numbers.front() <= 0) throw wrong(name, expected);
  return numbers;
}

std::vector<double> OptionList::counts(const std::string& name, double least) const {
  const std::string expected = fmt::format(
      "ascending whole numbers from {:g} to {:g}, as in 2,4,8 or 1:64:1", least, most_counted);
  std::vector<double> numbers = ascending(name, expected);
  if (numbers.front() < least) throw wrong(name, expected);
  for (const double number : numbers)
    if (number != std::floor(number) || number > most_counted) throw wrong(name, expected);
  return numbers;
}

models::TaxForm OptionList::tax_form() const {
  const auto form = models::parse_tax_form(text("tax-form"));
  if (!form) throw wrong("tax-form", "linear or log2");
  return *form;
}

}  // namespace assay::plan
