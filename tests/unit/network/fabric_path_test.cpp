#include "probes/network/transport/fabric_path.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probes/core/errors.hpp"

namespace assay::network {
namespace {

FabricPath path(const std::string& provider, const std::string& fabric, const std::string& domain,
                double speed = 0) {
  FabricPath made;
  made.provider = provider;
  made.fabric = fabric;
  made.domain = domain;
  made.megabits_per_second = speed;
  return made;
}

const FabricPath shm = path("shm", "shm", "shm");
const FabricPath net_eth = path("net", "10.0.0.0/24", "eth0", 1000);
const FabricPath net_fast = path("net", "10.1.0.0/24", "ib0", 100000);
const FabricPath net_loop = path("net", "127.0.0.1/32", "lo");
const FabricPath net_link = path("net", "fe80::/64", "eth0", 1000);
const FabricPath rxm_eth = path("tcp;ofi_rxm", "10.0.0.0/24", "eth0", 1000);
const FabricPath verbs = path("verbs;ofi_rxm", "IB-0xfe80", "mlx5_0");
const FabricPath sockets = path("sockets", "10.0.0.0/24", "eth0", 1000);

std::vector<std::string> names(const std::vector<FabricPath>& paths) {
  std::vector<std::string> list;
  for (const FabricPath& p : paths) list.push_back(p.provider + " " + p.domain);
  return list;
}

TEST(FabricPath, InsideAHostSharedMemoryAndThenTheLoopback) {
  EXPECT_THAT(names(ranked_paths({rxm_eth, net_eth, net_loop, shm, net_link}, true, "")),
              testing::ElementsAre("shm shm", "net lo", "net eth0", "tcp;ofi_rxm eth0"));
}

TEST(FabricPath, BetweenHostsRdmaThenNativeTcpOnTheFasterDeviceAndNeverLoopback) {
  EXPECT_THAT(
      names(ranked_paths({shm, sockets, rxm_eth, net_eth, net_fast, net_loop, verbs, net_link},
                         false, "")),
      testing::ElementsAre("verbs;ofi_rxm mlx5_0", "net ib0", "net eth0", "tcp;ofi_rxm eth0",
                           "sockets eth0"));
}

TEST(FabricPath, TheUserMayNameAProviderInFullOrInShort) {
  EXPECT_THAT(names(ranked_paths({rxm_eth, net_eth, shm}, true, "tcp")),
              testing::ElementsAre("tcp;ofi_rxm eth0"));
  EXPECT_TRUE(ranked_paths({rxm_eth, net_eth}, false, "pigeon").empty());
  // With libfabric 1.18 "tcp" is a name of its own; it comes before "tcp;ofi_rxm".
  const FabricPath native = path("tcp", "10.0.0.0/24", "eth0", 1000);
  EXPECT_EQ(ranked_paths({rxm_eth, native}, false, "tcp").front().provider, "tcp");
}

TEST(FabricPath, AllRanksTakeTheFirstWayThatEveryRankHas) {
  const PathChoice choice =
      choose_path({{verbs, net_fast, net_eth}, {net_eth, rxm_eth}, {net_eth}}, "");
  EXPECT_EQ(choice.provider, "net");
  EXPECT_EQ(choice.fabric, "10.0.0.0/24");
}

TEST(FabricPath, WithoutACommonNetworkTheProviderIsRouted) {
  const PathChoice choice =
      choose_path({{path("net", "10.1.0.0/24", "eth0")}, {path("net", "10.2.0.0/24", "eth0")}}, "");
  EXPECT_EQ(choice.provider, "net");
  EXPECT_EQ(choice.fabric, "");
}

TEST(FabricPath, NothingInCommonIsAnErrorThatSaysSo) {
  EXPECT_THROW((void)choose_path({{verbs}, {net_eth}}, ""), RunError);
  EXPECT_THROW((void)choose_path({{}, {}}, "pigeon"), UsageError);
}

TEST(FabricPath, WaysSurviveTheExchangeAndTheBestOnesFitTheLimit) {
  const auto back = decode_paths(encode_paths({verbs, rxm_eth}, 4096));
  ASSERT_EQ(back.size(), 2U);
  EXPECT_EQ(back[1].provider, "tcp;ofi_rxm");
  EXPECT_EQ(back[1].fabric, "10.0.0.0/24");
  EXPECT_EQ(decode_paths(encode_paths({verbs, rxm_eth}, 30)).size(), 1U);
  EXPECT_TRUE(decode_paths("").empty());
}

TEST(FabricPath, EveryKnownProviderHasAReason) {
  for (const char* provider : {"verbs;ofi_rxm", "efa", "cxi", "net", "tcp;ofi_rxm", "shm"})
    EXPECT_FALSE(preference_reason(provider, true).empty());
}

}  // namespace
}  // namespace assay::network
