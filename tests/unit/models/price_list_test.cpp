// Price lists: our own CSV with its optional columns, and SkyPilot's catalogues as they are.
#include "reports/models/money/price_list.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "probes/core/errors.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::models {
namespace {

using ::testing::HasSubstr;

class PriceLists : public testing::Test {
 protected:
  [[nodiscard]] PriceList read(const std::string& text, const PriceQuery& query = {}) const {
    std::ofstream(folder_ / "prices.csv") << text;
    return read_price_list(folder_ / "prices.csv", query);
  }
  [[nodiscard]] std::string refusal(const std::string& text, const PriceQuery& query = {}) const {
    try {
      (void)read(text, query);
    } catch (const InputError& error) {
      return error.what();
    }
    return "it was read";
  }

  test::TemporaryFolder folder_;
};

const std::string header = "name,price_per_hour,currency,as_of,relative_speed\n";

TEST_F(PriceLists, ADateIsADayOfTheCalendar) {
  for (const char* day : {"2024-02-29", "2025-12-31", "2000-02-29"})
    EXPECT_TRUE(is_date(day)) << day;
  for (const char* none :
       {"2025-99-99", "2025-02-29", "1900-02-29", "2025-04-31", "2025-00-01", "2025-1-01",
        "25-01-01", "2025/01/01", "2025-01-01T00", "+025-01-01", ""})
    EXPECT_FALSE(is_date(none)) << none;
  EXPECT_THAT(
      refusal(header + "small,2.50,USD,2025-99-99,1\n"),
      HasSubstr("prices.csv:2: column as_of: \"2025-99-99\"; expected the date of the price"));
}

TEST_F(PriceLists, OnlyNamePriceCurrencyAndDateHaveToBeThere) {
  const PriceList list = read("as_of,currency,price_per_hour,name\n2024-01-01,EUR,2,small\n");
  ASSERT_EQ(list.nodes.size(), 1U);
  EXPECT_EQ(list.nodes[0].price_per_hour, 2);
  EXPECT_EQ(list.nodes[0].relative_speed, 1) << "the only type is the measured one";
  EXPECT_TRUE(std::isnan(list.nodes[0].memory_gib));
  EXPECT_TRUE(std::isinf(list.nodes[0].max_nodes));
  ASSERT_EQ(list.notes.size(), 1U);
  EXPECT_THAT(list.notes[0], HasSubstr("taken to be of small"));
  EXPECT_THAT(refusal("name,price_per_hour,currency\na,1,EUR\n"),
              HasSubstr("column as_of: is missing"));
}

TEST_F(PriceLists, TypesOfUnknownSpeedAreRefusedOrLeftOut) {
  const std::string two =
      "name,price_per_hour,currency,as_of\na,1,EUR,2024-01-01\nb,2,EUR,2024-01-01\n";
  EXPECT_THAT(refusal(two), HasSubstr("2 node types, and nobody says how fast they are"));
  EXPECT_EQ(read(two, {.match = "b"}).nodes.size(), 1U);
  const PriceList list = read(two, {.measured = {"b"}});
  ASSERT_EQ(list.nodes.size(), 1U);
  EXPECT_EQ(list.nodes[0].name, "b");
  EXPECT_THAT(list.notes.at(0), HasSubstr("left out: 1 of the list"));
  EXPECT_THAT(refusal(two, {.measured = {"c"}}), HasSubstr("no node type c"));
}

TEST_F(PriceLists, CurrenciesAreComparedAtADatedRateOnly) {
  const std::string mixed = header + "a,2,EUR,2024-01-01,1\nb,10,USD,2024-01-01,2\n";
  EXPECT_THAT(refusal(mixed), HasSubstr(":3: column currency: \"USD\"; expected EUR"));
  const PriceList list = read("# exchange: 1 USD = 0.92 EUR on 2024-01-02\n" + mixed);
  EXPECT_EQ(list.currency, "EUR");
  EXPECT_NEAR(list.nodes[1].price_per_hour, 9.2, 1e-12);
  EXPECT_THAT(list.notes.at(0),
              HasSubstr("prices in USD were converted at 0.92 EUR of 2024-01-02"));
  const PriceList inverse = read("# Exchange: 1 EUR = 1.25 USD on 2024-01-02\n" + mixed);
  EXPECT_NEAR(inverse.nodes[1].price_per_hour, 8, 1e-12);
  for (const char* wrong : {"1 USD = 0 EUR on 2024-01-02", "1 USD = 0.92 EUR on 2024-13-02",
                            "1 USD = 0.92 EUR", "2 USD = 0.92 EUR on 2024-01-02",
                            "1 usd = 1 EUR on 2024-01-02", "1 USD = nan EUR on 2024-01-02"})
    EXPECT_THAT(refusal(std::string("# exchange: ") + wrong + "\n" + mixed),
                HasSubstr("prices.csv:1: exchange rate"))
        << wrong;
}

TEST_F(PriceLists, ARegionIsAskedForWhereThereAreSeveral) {
  const std::string regions =
      "name,price_per_hour,currency,as_of,relative_speed,region\na,1,EUR,2024-01-01,1,north\n"
      "a,2,EUR,2024-01-01,1,south\n";
  EXPECT_THAT(refusal(regions),
              HasSubstr("holds 2 regions; expected --region with one of north, south"));
  EXPECT_EQ(read(regions, {.region = "south"}).nodes.at(0).price_per_hour, 2);
  EXPECT_THAT(refusal(regions, {.region = "east"}), HasSubstr("holds no region east"));
  EXPECT_THAT(refusal(header + "a,1,EUR,2024-01-01,1\n", {.region = "east"}),
              HasSubstr("holds no region east"));
}

TEST_F(PriceLists, BilledInStepsWithAMinimum) {
  const PriceList list = read(
      "name,price_per_hour,currency,as_of,relative_speed,billing_step_s,billing_minimum_s\n"
      "hourly,1,EUR,2024-01-01,1,3600,\nsecond,1,EUR,2024-01-01,1,1,60\nplain,1,EUR,2024-01-01,1,,"
      "\n");
  EXPECT_EQ(billed_seconds(list.nodes[0], 3601), 7200);
  EXPECT_EQ(billed_seconds(list.nodes[0], 7200), 7200);
  EXPECT_EQ(billed_seconds(list.nodes[1], 12.3), 60);
  EXPECT_EQ(billed_seconds(list.nodes[1], 99.5), 100);
  EXPECT_EQ(billed_seconds(list.nodes[2], 99.5), 99.5);
}

TEST_F(PriceLists, SpotOffersNeedAnInterruptionRate) {
  const std::string spot =
      "name,price_per_hour,currency,as_of,relative_speed,spot_price_per_hour,"
      "spot_interruptions_per_hour\n";
  const PriceList list =
      read(spot + "a,3,EUR,2024-01-01,1,1,0.05\nb,4,EUR,2024-01-01,2,,\n", {.spot = true});
  ASSERT_EQ(list.nodes.size(), 3U);
  EXPECT_EQ(list.nodes[1].name, "a spot");
  EXPECT_EQ(list.nodes[1].machine, "a");
  EXPECT_EQ(list.nodes[1].price_per_hour, 1);
  EXPECT_EQ(list.nodes[1].interruptions_per_hour, 0.05);
  EXPECT_EQ(list.nodes[0].interruptions_per_hour, 0);
  EXPECT_THAT(refusal(spot + "a,3,EUR,2024-01-01,1,1,\n", {.spot = true}),
              HasSubstr("column spot_interruptions_per_hour: is empty"));
  EXPECT_EQ(read(spot + "a,3,EUR,2024-01-01,1,1,\n").nodes.size(), 1U) << "nobody asked for spot";
}

const std::string vms =
    "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,Region,"
    "AvailabilityZone\n"
    "p3.2xlarge,V100,1.0,8.0,61.0,\"{'Gpus': [{'Name': 'V100', 'Count': 1.0}]}\",3.06,0.918,"
    "us-east-1,us-east-1a\n"
    "p3.2xlarge,V100,1.0,8.0,61.0,\"{'Gpus': [{'Name': 'V100', 'Count': 1.0}]}\",3.05,0.95,"
    "us-east-1,us-east-1b\n"
    "m5.large,,,2.0,8.0,,0.096,0.035,us-east-1,us-east-1a\n"
    "m5.metal,,,96.0,384.0,,,1.2,us-east-1,us-east-1a\n"
    ",A100,8.0,,,,20.0,6.0,us-east-1,us-east-1a\n"
    "p3.2xlarge,V100,1.0,8.0,61.0,,4.2,1.3,eu-west-1,eu-west-1a\n";

TEST_F(PriceLists, SkyPilotCataloguesAreReadAsTheyAre) {
  const PriceList list = read(vms, {.region = "us-east-1", .match = "p3.*", .as_of = "2026-11-01"});
  ASSERT_EQ(list.nodes.size(), 1U);
  EXPECT_EQ(list.currency, "USD");
  EXPECT_EQ(list.nodes[0].name, "p3.2xlarge");
  EXPECT_EQ(list.nodes[0].price_per_hour, 3.05) << "the cheaper zone";
  EXPECT_EQ(list.nodes[0].memory_gib, 61);
  EXPECT_EQ(list.nodes[0].as_of, "2026-11-01");
  EXPECT_TRUE(std::isnan(list.nodes[0].network_gbps));
  EXPECT_THAT(list.notes.at(0),
              HasSubstr("region us-east-1: 1 instance type in USD, prices of 2026-11-01"));
  EXPECT_THAT(refusal(vms),
              HasSubstr("holds 2 regions; expected --region with one of eu-west-1, us-east-1"));
  EXPECT_THAT(refusal(vms, {.region = "us-east-1"}),
              HasSubstr("2 node types, and nobody says how fast they are"));
  const PriceList both = read(vms, {.region = "us-east-1", .measured = {"p3.2xlarge", "m5.large"}});
  EXPECT_EQ(both.nodes.size(), 2U);
  EXPECT_THAT(both.notes, testing::Contains(HasSubstr("left out: 1 without an instance type")));
  EXPECT_THAT(both.notes, testing::Contains(HasSubstr("left out: 1 without an on-demand price")));
  EXPECT_THAT(refusal(vms, {.region = "us-east-1", .match = "nothing*"}),
              HasSubstr("no node type of region us-east-1 that matches nothing*"));
}

TEST_F(PriceLists, AWrongCellOfACatalogueIsNamed) {
  EXPECT_THAT(refusal("InstanceType,Price,Region\na,cheap,x\n"),
              HasSubstr("prices.csv:2: column Price: \"cheap\""));
  EXPECT_THAT(refusal("InstanceType,Price,Region\na,-1,x\n"), HasSubstr("column Price: \"-1\""));
  EXPECT_THAT(refusal("InstanceType,Price\na,1\n"), HasSubstr("column Region: is missing"));
}

/// What two nested loops over the names would take minutes for.
TEST_F(PriceLists, AHundredThousandLinesAreRead) {
  std::string own = header, sky = "InstanceType,Price,Region\n";
  for (int i = 0; i < 100'000; ++i) {
    own += fmt::format("type{},1.5,EUR,2024-01-01,1\n", i);
    sky += fmt::format("type{},1.5,region{}\n", i, i % 40);
  }
  EXPECT_EQ(read(own).nodes.size(), 100'000U);
  EXPECT_EQ(read(own, {.match = "type777??"}).nodes.size(), 100U);
  EXPECT_EQ(read(sky, {.region = "region7", .measured = {"type47"}}).nodes.size(), 1U);
  EXPECT_THAT(refusal(own + "type5,1.5,EUR,2024-01-01,1\n"), HasSubstr(":100002: column name"));
}

}  // namespace
}  // namespace assay::models
