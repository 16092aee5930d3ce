/// The walk over everything registered: every entry says what it is, in which units, and how it is
/// verified.

#include "probes/core/registry.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <set>

#include "probes/core/units.hpp"

namespace assay {
namespace {

bool needs_metrics(const Description& entry) {
  return entry.kind == "probe" || entry.kind == "workload" || entry.kind == "collective";
}
bool is_interface(const Description& entry) {
  return entry.kind == "command" || entry.kind == "topic";
}

TEST(RegistryWalk, EveryEntryIsDescribed) {
  ASSERT_FALSE(registry::all().empty());
  for (const Description* entry : registry::all()) {
    EXPECT_FALSE(entry->name.empty());
    EXPECT_GE(entry->summary.size(), 10u) << entry->name;
    EXPECT_FALSE(is_interface(*entry) ? false : entry->verification.empty())
        << entry->name << " does not say how it is verified";
    EXPECT_FALSE(needs_metrics(*entry) && entry->metrics.empty())
        << entry->name << " has no metric";
    for (const MetricInfo& metric : entry->metrics) {
      EXPECT_FALSE(metric.name.empty()) << entry->name;
      EXPECT_TRUE(unit::is_known(metric.unit) || metric.unit == "currency")
          << entry->name << " " << metric.name << " " << metric.unit;
      EXPECT_FALSE(metric.description.empty()) << entry->name << " " << metric.name;
    }
    for (const SettingInfo& setting : entry->settings) {
      EXPECT_FALSE(setting.description.empty()) << entry->name << " --" << setting.name;
      EXPECT_FALSE(setting.default_text.empty()) << entry->name << " --" << setting.name;
    }
  }
}

TEST(RegistryWalk, NamesAreUniqueWithinAKind) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Description* entry : registry::all())
    EXPECT_TRUE(seen.emplace(entry->kind, entry->name).second) << entry->name;
}

TEST(RegistryWalk, ProbeNamesNameTheirRoom) {
  for (const Description* entry : registry::all())
    if (needs_metrics(*entry)) {
      EXPECT_NE(entry->name.find('.'), std::string::npos) << entry->name;
    }
}

}  // namespace
}  // namespace assay
