#include "reports/models/laws/amdahl.hpp"

#include <fmt/format.h>

#include <cmath>

#include "reports/models/core/rows.hpp"

namespace assay::models {

namespace {

double serial_fraction(const std::vector<double>& ab) {
  return ab[0] / (ab[0] + ab[1]);
}

std::vector<ModelRow> rows_of(const ScalingSeries& series) {
  RowWriter out("amdahl", series.subject);
  const Outcome<AmdahlFit> outcome = fit_amdahl(series);
  if (!outcome) {
    out.missing("serial_fraction", unit::one, outcome.reason());
    return out.take();
  }
  const AmdahlFit& fit = *outcome;
  std::string note = joined(series.notes);
  if (fit.fit.lack_of_fit)
    note = joined({note, "the law misses the points by more than launches differ"});
  if (!fit.fit.has_interval()) note = joined({note, "no repeats and no spare point: no interval"});
  out.add("serial_fraction", unit::one, fit.serial_fraction, Label::measured, note);
  out.add("serial_time", unit::seconds, fit.fit.parameters[0]);
  out.add("parallel_time", unit::seconds, fit.fit.parameters[1]);
  if (fit.limit_stated)
    out.add("speedup_limit", unit::one, fit.speedup_limit, Label::scenario,
            "1/f: reached only with infinitely many ranks");
  else
    out.missing("speedup_limit", unit::one, "overhead grows; no Amdahl limit stated");
  for (const KarpFlattPoint& point : fit.karp_flatt.points)
    out.add(fmt::format("karp_flatt({})", point.ranks), unit::one, point.serial_fraction);
  if (!fit.karp_flatt.points.empty())
    out.add("karp_flatt_slope", unit::one, fit.karp_flatt.slope, Label::measured,
            "per doubling of N");
  return out.take();
}

std::vector<ModelRow> amdahl_rows(const FitInput& input) {
  std::vector<ModelRow> rows;
  for (const ScalingSeries& series : input.series)
    if (series.scaling == Scaling::strong) append(rows, rows_of(series));
  return rows;
}

}  // namespace

Outcome<AmdahlFit> fit_amdahl(const ScalingSeries& series, int draws, std::uint64_t seed) {
  if (series.scaling != Scaling::strong)
    return unsupported("Amdahl's law is about strong scaling; this series is weak");
  Outcome<LawFit> law = fit_law(amdahl_law(), series, draws, seed);
  if (!law) return NoValue{law.status(), law.reason()};
  AmdahlFit fit{.subject = series.subject, .fit = std::move(law).value(), .series = series};
  fit.serial_fraction = derived(fit.fit, serial_fraction);
  const Estimate<double>& f = fit.serial_fraction;
  fit.speedup_limit = {1 / f.value, 1 / f.high, 1 / f.low};
  if (Outcome<KarpFlatt> check = karp_flatt(series)) fit.karp_flatt = *check;
  fit.limit_stated = !fit.karp_flatt.overhead_grows;
  return fit;
}

const bool amdahl_registered = Registry<Model>::add(
    {.about = {.kind = "model",
               .name = "amdahl",
               .summary = "Amdahl's law for strong scaling, with Karp and Flatt's check of it.",
               .metrics = {{"serial_fraction", std::string(unit::one),
                            "Share of the one-rank time that does not shrink with ranks.",
                            Better::lower},
                           {"serial_time", std::string(unit::seconds), "a of T(N) = a + b/N.",
                            Better::lower},
                           {"parallel_time", std::string(unit::seconds), "b of T(N) = a + b/N.",
                            Better::lower},
                           {"speedup_limit", std::string(unit::one),
                            "1/f, where overhead does not grow.", Better::higher},
                           {"karp_flatt", std::string(unit::one),
                            "Serial fraction seen at one rank count.", Better::lower},
                           {"karp_flatt_slope", std::string(unit::one),
                            "Its growth per doubling of ranks.", Better::lower}},
               .verification =
                   "Recovers known laws from made data; 95 % intervals cover 93 to 97 %."},
     .fit = amdahl_rows});

}  // namespace assay::models
