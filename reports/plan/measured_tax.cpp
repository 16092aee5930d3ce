#include "reports/plan/measured_tax.hpp"

#include <fmt/format.h>

#include "reports/import/import.hpp"

namespace assay::plan {

models::ScalingSeries the_series(const RunData& run, const std::string& wanted) {
  std::vector<models::ScalingSeries> found;
  std::string subjects;
  for (models::ScalingSeries& series : models::scaling_series(run)) {
    subjects += (subjects.empty() ? "" : "; ") + series.subject;
    if (series.subject.find(wanted) != std::string::npos) found.push_back(std::move(series));
  }
  const std::string file = run.directory.string();
  if (subjects.empty())
    throw InputError(file, 0, "", "holds no step_time over rank counts",
                     "a workload measured at several rank counts");
  if (found.empty())
    throw InputError(file, 0, "", fmt::format("no workload matches \"{}\"", wanted), subjects);
  // An exact name wins over names that merely contain it.
  for (models::ScalingSeries& series : found)
    if (series.subject == wanted) return std::move(series);
  if (found.size() > 1)
    throw InputError(file, 0, "", fmt::format("{} workloads match", found.size()),
                     fmt::format("--subject with one of: {}", subjects));
  return std::move(found.front());
}

std::vector<MeasuredTax> measured_or_given_taxes(const OptionList& options) {
  const models::TaxForm form = options.tax_form();
  if (options.has("tax") && options.has("from"))
    throw UsageError("assay plan: --tax and --from; expected one of them");
  if (options.has("tax")) {
    std::vector<MeasuredTax> taxes;
    for (const double c : options.list("tax", 0)) taxes.push_back({.tax = {c, form}});
    return taxes;
  }
  if (!options.has("from"))
    throw UsageError(
        "assay plan: --tax is missing; give --tax C, or --from with measurements to fit it to");
  const RunData run = import::read_all({options.text("from")});
  const models::ScalingSeries series =
      the_series(run, options.has("subject") ? options.text("subject") : "");
  const auto fit = models::fit_tax(series, form);
  if (!fit)
    throw InputError(run.directory.string(), 0, "",
                     fmt::format("{}: {}", series.subject, fit.reason()),
                     series.scaling == models::Scaling::weak
                         ? "a study of strong scaling at two or more rank counts"
                         : "times at two or more rank counts");
  if (fit->fit.lack_of_fit)
    throw NoAnswer(
        fmt::format("{}: this tax form misses the points by more than launches differ, so it says "
                    "nothing about "
                    "them; the other --tax-form may hold, and plan buy weighs every law",
                    series.subject));
  MeasuredTax tax{.tax = {fit->c.value, form}};
  for (const models::LawDraw& draw : fit->fit.draws) {
    const std::vector<double>& ab = draw.parameters;
    tax.draws.push_back(form == models::TaxForm::linear ? ab[0] / (ab[0] + ab[1]) : ab[1] / ab[0]);
  }
  tax.notes.push_back(fmt::format("tax {:.4g} ({:.4g} to {:.4g}) fitted to {}; {}", fit->c.value,
                                  fit->c.low, fit->c.high, series.subject, describe(series.reach)));
  tax.reach = series.reach;
  std::vector<MeasuredTax> taxes;
  taxes.push_back(std::move(tax));
  return taxes;
}

Cell MeasuredTax::label_at(double nodes) const {
  if (!reach) return {};
  const Label label = models::label_at(nodes, *reach);
  // Inside the data it is the fit that speaks here, not the clock.
  return std::string(label == Label::measured ? "fitted" : to_string(label));
}

Document answer_for_each(const std::vector<MeasuredTax>& taxes,
                         const std::function<Document(const MeasuredTax&)>& answer) {
  if (taxes.size() == 1) return answer(taxes.front());
  Document all;
  for (const MeasuredTax& tax : taxes) {
    Document one = answer(tax);
    all.header = one.header;
    all.columns = one.columns;
    for (std::vector<Cell>& row : one.rows) {
      row.insert(row.begin(), tax.tax.c);
      all.rows.push_back(std::move(row));
    }
    for (const std::string& sentence : one.sentences)
      all.sentences.push_back(fmt::format("tax {:g}: {}", tax.tax.c, sentence));
  }
  all.columns.insert(all.columns.begin(), "tax");
  return all;
}

}  // namespace assay::plan
