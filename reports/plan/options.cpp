#include "reports/plan/options.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <cmath>

#include "probes/core/errors.hpp"
#include "probes/run/file_reading.hpp"

namespace assay::plan {

namespace po = boost::program_options;

namespace {

/// No list of a planning question is longer: a typing slip must not print for a minute.
constexpr double longest_list = 100000;

/// Every part of a dotted key and every bracket is a level, and what walks the levels is recursive.
void check_toml_depth(const std::string& source, const std::string& file) {
  constexpr int most_parts = 1024;
  std::size_t line = 1;
  int in_line = 0;
  for (const char c : source) {
    if (c == '\n') {
      ++line;
      in_line = 0;
    } else if (c == '.' || c == '[' || c == '{') {
      if (++in_line > most_parts)
        throw InputError(file, line, "", "has thousands of dots and brackets in a line",
                         "keys of one part and flat lists");
    }
  }
}

std::string text_of(const toml::node& node) {
  if (const auto text = node.value<std::string>(); text && node.is_string()) return *text;
  if (const auto whole = node.value<std::int64_t>(); whole && node.is_integer())
    return fmt::format("{}", *whole);
  if (const auto real = node.value<double>(); real && node.is_floating_point())
    return fmt::format("{}", *real);
  if (const auto* list = node.as_array()) {
    std::string joined;
    for (const toml::node& element : *list)
      joined += (joined.empty() ? "" : ",") + text_of(element);
    return joined;
  }
  return "";
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
  add("tax", "C", "Communication tax c: efficiency(N) = 1/(1 + c g(N))");
  add_default("tax-form", "linear", "FORM", "linear: g = N - 1; log2: g = log2 N");
  return *this;
}

OptionList& OptionList::add_measured_tax() {
  add("from", "PATH", "Instead of --tax: fit it to a run directory or a ranks,time CSV");
  add("subject", "TEXT", "Which of its workloads, where there are several");
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
  const std::string source = read_text_file(file, "a TOML file", most_bytes_of_settings);
  check_toml_depth(source, file);
  toml::table job;
  try {
    job = toml::parse(source, file);
  } catch (const toml::parse_error& error) {
    throw InputError(file, error.source().begin.line, "", std::string(error.description()),
                     "a TOML file");
  }
  std::vector<std::string> known;
  for (const auto& option : options_.options())
    if (option->long_name() != "job") known.push_back(option->long_name());
  for (const auto& [key, value] : job) {
    const std::string name(key.str());
    const auto line = static_cast<std::size_t>(value.source().begin.line);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::string near = nearest_name(name, known);
      throw InputError(file, line, name, "unknown key",
                       near.empty() ? fmt::format("one of {}", fmt::join(known, ", "))
                                    : fmt::format("{}; without this line the others hold", near));
    }
    const std::string text = text_of(value);
    if (text.empty())
      throw InputError(file, line, name, "neither text nor number nor a list", "a value");
    from_job_[name] = text;
  }
}

bool OptionList::has(const std::string& name) const {
  return from_job_.count(name) != 0 || values_.count(name) != 0;
}

std::vector<std::string> OptionList::texts(const std::string& name) const {
  const bool on_command_line = values_.count(name) != 0 && !values_[name].defaulted();
  if (!on_command_line)
    if (const auto found = from_job_.find(name); found != from_job_.end()) return {found->second};
  if (values_.count(name) != 0) return values_[name].as<std::vector<std::string>>();
  throw UsageError(fmt::format("{}: --{} is missing; see --help", where(), name));
}

std::string OptionList::text(const std::string& name) const {
  const std::vector<std::string> given = texts(name);
  if (given.size() != 1) throw wrong(name, "one value");
  return given.front();
}

UsageError OptionList::wrong(const std::string& name, const std::string& expected) const {
  const bool on_command_line = values_.count(name) != 0 && !values_[name].defaulted();
  const bool in_job = !on_command_line && from_job_.count(name) != 0;
  return UsageError(fmt::format("{}: {}{} {}; expected {}", where(),
                                in_job ? text("job") + ": " : std::string("--"), name,
                                fmt::join(texts(name), " "), expected));
}

double OptionList::parse_number(const std::string& name, const std::string& text,
                                const std::string& expected) const {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    throw wrong(name, expected);
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

std::optional<double> OptionList::seconds_if_given(const std::string& name) const {
  return has(name) ? std::optional(seconds(name).value()) : std::nullopt;
}

std::vector<double> OptionList::list(const std::string& name, double least) const {
  const std::string expected =
      fmt::format("ascending numbers of at least {:g}, as in 2,4,8 or 1000:16000:1000", least);
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
    if (parts.size() != 3 || parts[2] <= 0 || (parts[1] - parts[0]) / parts[2] > longest_list)
      throw wrong(name, expected);
    // A step such as 0.1 is not exact: half a step of slack keeps the last one in.
    const auto steps = std::floor((parts[1] - parts[0]) / parts[2] + 1e-9);
    for (double i = 0; i <= steps; ++i) numbers.push_back(parts[0] + i * parts[2]);
  }
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (numbers[i] < least || (i > 0 && numbers[i] <= numbers[i - 1])) throw wrong(name, expected);
  if (numbers.empty()) throw wrong(name, expected);
  return numbers;
}

models::TaxForm OptionList::tax_form() const {
  const auto form = models::parse_tax_form(text("tax-form"));
  if (!form) throw wrong("tax-form", "linear or log2");
  return *form;
}

}  // namespace assay::plan
