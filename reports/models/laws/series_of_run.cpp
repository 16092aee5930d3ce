#include "reports/models/laws/series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "probes/core/ordered_work.hpp"
#include "probes/run/run_directory.hpp"
#include "reports/models/laws/launch_noise.hpp"

namespace assay::models {

namespace {

/// What a study is: a workload, a problem and a kind of scaling.
struct StudyKey {
  InternedString probe, metric, scaling, operation;
  std::int64_t bytes = -1;
  bool operator==(const StudyKey&) const = default;
  auto operator<=>(const StudyKey&) const = default;
};

struct StudyKeyHash {
  std::size_t operator()(const StudyKey& key) const {
    std::size_t hash = static_cast<std::size_t>(key.bytes);
    for (InternedString text : {key.probe, key.metric, key.scaling, key.operation})
      hash = hash * 0x9E3779B97F4A7C15ULL + std::hash<InternedString>()(text);
    return hash;
  }
};

/// How its points communicated: the same study may do so in several ways.
struct Variant {
  InternedString provider, algorithm, topology, dtype;
  bool operator==(const Variant&) const = default;
  auto operator<=>(const Variant&) const = default;
};

using Rows = std::vector<const Record*>;
using PlaceOfRow = std::pair<std::int64_t, std::int64_t>;  // ranks, nodes (0: not given)

StudyKey key_of(const Record& row) {
  return {row.probe, row.metric, row.scaling, row.operation, row.bytes};
}
Variant variant_of(const Record& row) {
  return {row.provider, row.algorithm, row.topology, row.dtype};
}
PlaceOfRow place_of(const Record& row) {
  return {row.ranks, is_present(row.nodes) ? row.nodes : 0};
}

std::string subject_of(const StudyKey& key, const Variant& variant) {
  std::string subject(key.probe.str());
  for (InternedString part :
       {key.scaling, variant.provider, variant.algorithm, key.operation, variant.dtype})
    if (!part.empty()) subject += " " + part.str();
  if (key.bytes >= 0) subject += fmt::format(" {} B", key.bytes);
  return subject;
}

/// Variants that make up one line of points, with their rows.
struct StudyLine {
  std::vector<Variant> variants;
  Rows rows;
  std::set<PlaceOfRow> places;  ///< Of more than one rank.
  bool has_base = false;        ///< One rank.

  /// All on one node, or all on several.
  [[nodiscard]] bool all(bool several) const {
    return std::all_of(places.begin(), places.end(), [several](const PlaceOfRow& place) {
      return (place.second > 1) == several;
    });
  }
};

/// Shared memory within a host and a network between hosts are one study; two ways for the same
/// ranks on the same nodes are alternatives.
bool belong_together(const StudyLine& a, const StudyLine& b) {
  const bool disjoint = std::none_of(b.places.begin(), b.places.end(),
                                     [&](const PlaceOfRow& one) { return a.places.contains(one); });
  if (!disjoint) return false;
  const Variant &one = a.variants.front(), &other = b.variants.front();
  if (one.algorithm == other.algorithm && one.dtype == other.dtype) return true;
  return (a.all(true) && b.all(false)) || (a.all(false) && b.all(true));
}

void join(StudyLine& line, const StudyLine& other) {
  line.variants.insert(line.variants.end(), other.variants.begin(), other.variants.end());
  line.rows.insert(line.rows.end(), other.rows.begin(), other.rows.end());
  line.places.insert(other.places.begin(), other.places.end());
  line.has_base |= other.has_base;
}

/// One rank communicates with nobody: its rows are the base of every line that has none.
std::vector<StudyLine> lines_of(const Rows& rows) {
  std::map<Variant, StudyLine> by_variant;
  Rows bases;
  for (const Record* row : rows) {
    StudyLine& line = by_variant[variant_of(*row)];
    line.rows.push_back(row);
    if (row->ranks > 1)
      line.places.insert(place_of(*row));
    else
      line.has_base = true, bases.push_back(row);
  }
  std::vector<StudyLine> apart, lines;
  StudyLine only_base;
  for (auto& [variant, line] : by_variant) {
    line.variants = {variant};
    if (line.places.empty())
      join(only_base, line);
    else
      apart.push_back(std::move(line));
  }
  std::stable_sort(apart.begin(), apart.end(), [](const StudyLine& a, const StudyLine& b) {
    return a.places.size() > b.places.size();
  });
  for (StudyLine& line : apart) {
    const auto home = std::find_if(lines.begin(), lines.end(), [&](const StudyLine& other) {
      return belong_together(other, line);
    });
    if (home == lines.end())
      lines.push_back(std::move(line));
    else
      join(*home, line);
  }
  for (StudyLine& line : lines)
    if (!line.has_base) line.rows.insert(line.rows.end(), bases.begin(), bases.end());
  if (lines.empty() && !only_base.rows.empty()) lines.push_back(std::move(only_base));
  return lines;
}

/// "1 rank: shm; 2 to 4 ranks: tcp", where a line has more than one provider.
std::string providers_of(const ScalingSeries& series) {
  std::string text;
  for (std::size_t i = 0; i < series.points.size();) {
    std::size_t last = i;
    while (last + 1 < series.points.size() &&
           series.points[last + 1].provider == series.points[i].provider)
      ++last;
    if (i == 0 && last + 1 == series.points.size()) return "";
    const std::string& provider = series.points[i].provider;
    text += fmt::format("{}{:g}{} rank{}: {}", text.empty() ? "" : "; ", series.points[i].ranks,
                        last > i ? fmt::format(" to {:g}", series.points[last].ranks) : "",
                        series.points[last].ranks > 1 ? "s" : "",
                        provider.empty() ? "no communication" : provider);
    i = last + 1;
  }
  return text;
}

/// Adds the rows' values to the series' points, in order of ranks and nodes.
void add_points(ScalingSeries& series, const Rows& rows) {
  std::map<PlaceOfRow, ScalingPoint> by_place;
  for (const Record* row : rows) {
    ScalingPoint& point = by_place[place_of(*row)];
    point.times.push_back(row->median);
    if (point.provider.empty()) point.provider = row->provider.str();
    if (point.algorithm.empty()) point.algorithm = row->algorithm.str();
  }
  for (auto& [place, point] : by_place) {
    point.ranks = static_cast<double>(place.first);
    point.nodes = static_cast<double>(place.second);
    series.points.push_back(std::move(point));
  }
  if (series.points.empty()) return;
  series.reach.smallest = series.points.front().ranks;
  series.reach.largest = series.points.back().ranks;
}

bool has_several_rank_counts(const Rows& rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const Record* row) { return row->ranks != rows.front()->ranks; });
}

/// The node boundary: where several nodes took part, the most ranks one of them held; on one node,
/// all its cores, because nothing was ever sent across its border.
Tier node_tier(const Rows& rows, const RunData& run) {
  std::int64_t per_node = 0, largest = 0;
  bool several = false;
  for (const Record* row : rows) {
    largest = std::max(largest, row->ranks);
    const std::int64_t nodes = std::max<std::int64_t>(row->nodes, 1);
    several |= nodes > 1;
    per_node = std::max(per_node, (row->ranks + nodes - 1) / nodes);
  }
  if (!several) {
    per_node = largest;
    if (const auto hosts = run.run.find("hosts"); hosts != run.run.end())
      for (const auto& host : *hosts)
        if (host.is_object() && host.contains("cores") && host["cores"].is_number())
          per_node = std::max(per_node, host["cores"].get<std::int64_t>());
  }
  return {"node", per_node};
}

/// What the launches of each point say, as the laws and the page have it. Times that cannot be are
/// refused where they are used (require_valid).
void set_figures(std::vector<ScalingPoint>& points) {
  const auto sound = [](const ScalingPoint& point) {
    return std::all_of(point.times.begin(), point.times.end(),
                       [](double time) { return time > 0 && std::isfinite(time); });
  };
  if (points.empty() || !std::all_of(points.begin(), points.end(), sound)) return;
  const LaunchNoise noise = launch_noise(points);
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i].figure = std::exp(noise.counts[i].log_mean);
}

ScalingSeries make_series(const StudyKey& key, const StudyLine& line, const RunData& run) {
  // The variant of the most ranks names the study.
  const Record& last =
      **std::max_element(line.rows.begin(), line.rows.end(),
                         [](const Record* a, const Record* b) { return a->ranks < b->ranks; });
  ScalingSeries series;
  series.subject = subject_of(key, variant_of(last));
  series.probe = key.probe;
  series.operation = key.operation;
  series.provider = last.provider;
  series.algorithm = last.algorithm;
  series.topology = last.topology;
  series.dtype = last.dtype;
  series.scaling = key.scaling == "weak" ? Scaling::weak : Scaling::strong;
  series.bytes = key.bytes;
  Rows used, untrusted;
  for (const Record* row : line.rows) (row->status == Status::ok ? used : untrusted).push_back(row);
  series.untrusted = !has_several_rank_counts(used) && !untrusted.empty();
  if (series.untrusted) {
    used.insert(used.end(), untrusted.begin(), untrusted.end());
    series.notes.push_back(fmt::format("{} untrusted rows are in the fit for want of others: {}",
                                       untrusted.size(), untrusted.front()->reason.str()));
  } else if (!untrusted.empty()) {
    series.notes.push_back(fmt::format("{} untrusted rows left out: {}", untrusted.size(),
                                       untrusted.front()->reason.str()));
  }
  add_points(series, used);
  set_figures(series.points);
  if (const std::string providers = providers_of(series); !providers.empty())
    series.notes.push_back(providers);
  const auto names_nodes = [](const Record* row) { return is_present(row->nodes); };
  series.placement_known = std::any_of(used.begin(), used.end(), names_nodes);
  if (series.placement_known) series.reach.tiers = {node_tier(used, run)};
  return series;
}

}  // namespace

std::string series_subject(const Record& row) {
  return subject_of(key_of(row), variant_of(row));
}

std::vector<ScalingSeries> scaling_series(const RunData& run) {
  const InternedString step_time = "step_time";
  std::unordered_map<StudyKey, Rows, StudyKeyHash> groups;
  for (const Record& row : run.records) {
    if (row.metric != step_time || !carries_numbers(row.status) || !is_present(row.ranks)) continue;
    groups[key_of(row)].push_back(&row);
  }
  using Group = std::pair<StudyKey, Rows>;
  std::vector<Group> ordered(std::make_move_iterator(groups.begin()),
                             std::make_move_iterator(groups.end()));
  std::sort(ordered.begin(), ordered.end(),
            [](const Group& a, const Group& b) { return a.first < b.first; });
  std::vector<ScalingSeries> all;
  make_in_parallel<std::vector<ScalingSeries>>(
      ordered.size(),
      [&](std::size_t i, std::vector<ScalingSeries>& of_study) {
        for (const StudyLine& line : lines_of(ordered[i].second))
          of_study.push_back(make_series(ordered[i].first, line, run));
      },
      [&](std::size_t, std::vector<ScalingSeries>& of_study) {
        all.insert(all.end(), std::make_move_iterator(of_study.begin()),
                   std::make_move_iterator(of_study.end()));
      });
  return all;
}

}  // namespace assay::models
