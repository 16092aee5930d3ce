/// How a process was started, by its environment: what can be joined, and what must not be measured
/// alone.

#include "probes/network/launch/start.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "probes/core/errors.hpp"
#include "probes/network/launch/node_file.hpp"
#include "probes/network/launch/process_manager.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::network {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

Environment environment_of(const Variables& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
}

std::string refusal(const Variables& variables, const StartOptions& options = {}) {
  try {
    (void)choose_start(options, environment_of(variables));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

struct LargerJob {
  const char* name;
  Variables variables;
  const char* sign;  ///< What the message must name.
};

std::ostream& operator<<(std::ostream& out, const LargerJob& job) {
  return out << job.name;
}

class ALargerJobThatCannotBeJoined : public testing::TestWithParam<LargerJob> {};

TEST_P(ALargerJobThatCannotBeJoined, IsRefusedWithItsSignAndTheCommandToUse) {
  EXPECT_THAT(refusal(GetParam().variables),
              AllOf(HasSubstr(GetParam().sign), HasSubstr("assay run"), HasSubstr("--alone")));
}

TEST_P(ALargerJobThatCannotBeJoined, IsMeasuredAloneWhenAsked) {
  StartOptions options;
  options.alone = true;
  EXPECT_EQ(choose_start(options, environment_of(GetParam().variables)).kind, StartKind::fork);
}

INSTANTIATE_TEST_SUITE_P(
    Environments, ALargerJobThatCannotBeJoined,
    testing::Values(
        LargerJob{"rank_without_size", {{"RANK", "1"}}, "RANK=1"},
        LargerJob{"size_without_rank", {{"WORLD_SIZE", "4"}}, "WORLD_SIZE=4"},
        LargerJob{"torchrun_without_address",
                  {{"RANK", "1"}, {"WORLD_SIZE", "4"}, {"LOCAL_RANK", "0"}},
                  "WORLD_SIZE=4"},
        LargerJob{"size_that_is_no_number",
                  {{"RANK", "1"}, {"WORLD_SIZE", "four"}, {"MASTER_ADDR", "n1"}},
                  "WORLD_SIZE=four"},
        LargerJob{"rank_beyond_size",
                  {{"RANK", "4"}, {"WORLD_SIZE", "4"}, {"MASTER_PORT", "29500"}},
                  "WORLD_SIZE=4"},
        LargerJob{"master_only", {{"MASTER_ADDR", "n1"}}, "MASTER_ADDR=n1"},
        LargerJob{"local_rank_only", {{"LOCAL_RANK", "0"}}, "LOCAL_RANK=0"},
        LargerJob{
            "torchrun_with_a_port_that_is_none",
            {{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "n1"}, {"MASTER_PORT", "70000"}},
            "WORLD_SIZE=2"},
        LargerJob{"skypilot_without_addresses",
                  {{"SKYPILOT_NODE_RANK", "1"}, {"SKYPILOT_NUM_NODES", "4"}},
                  "SKYPILOT_NUM_NODES=4"},
        LargerJob{"indexed_job_of_unknown_size",
                  {{"JOB_COMPLETION_INDEX", "1"}},
                  "JOB_COMPLETION_INDEX=1"},
        LargerJob{"jobset", {{"JOBSET_NAME", "trial"}}, "JOBSET_NAME=trial"},
        LargerJob{"aws_batch", {{"AWS_BATCH_JOB_NUM_NODES", "8"}}, "AWS_BATCH_JOB_NUM_NODES=8"},
        LargerJob{"pmi_without_port", {{"PMI_RANK", "1"}, {"PMI_SIZE", "4"}}, "PMI_RANK=1"},
        LargerJob{"pmi_rank_only", {{"PMI_RANK", "0"}}, "PMI_RANK=0"},
        LargerJob{"flux_without_pmi",
                  {{"FLUX_JOB_SIZE", "4"}, {"FLUX_TASK_RANK", "2"}},
                  "FLUX_JOB_SIZE=4"},
        LargerJob{"open_mpi_world",
                  {{"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_COMM_WORLD_RANK", "1"}},
                  "OMPI_COMM_WORLD_SIZE=4"},
        LargerJob{"mvapich_world", {{"MV2_COMM_WORLD_SIZE", "2"}}, "MV2_COMM_WORLD_SIZE=2"},
        LargerJob{"hydra_world", {{"MPI_LOCALNRANKS", "2"}}, "MPI_LOCALNRANKS=2"},
        LargerJob{"cray_pals", {{"PALS_RANKID", "1"}}, "PALS_RANKID=1"},
        LargerJob{"slurm_step_without_pmi",
                  {{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_JOB_NUM_NODES", "1"}},
                  "SLURM_STEP_NUM_TASKS=4"},
        LargerJob{"slurm_batch_without_srun",
                  {{"SLURM_JOB_ID", "7"}, {"SLURM_JOB_NUM_NODES", "8"}, {"SLURM_NTASKS", "64"}},
                  "7 of 8 nodes would stay unmeasured"},
        LargerJob{"old_slurm", {{"SLURM_NNODES", "2"}}, "SLURM_NNODES=2"},
        LargerJob{"pbs_nodes", {{"PBS_NUM_NODES", "3"}}, "PBS_NUM_NODES=3"},
        LargerJob{"pbs_node_file_gone", {{"PBS_NODEFILE", "/nonexistent/7.pbs"}}, "/nonexistent"},
        LargerJob{"lsf_hosts", {{"LSB_MCPU_HOSTS", "a 4 b 4"}}, "job of 2 hosts"},
        LargerJob{"azure_batch", {{"AZ_BATCH_NODE_LIST", "10.0.0.4;10.0.0.5"}}, "job of 2 hosts"},
        LargerJob{"grid_engine", {{"NHOSTS", "2"}}, "NHOSTS=2"}),
    [](const auto& one) { return one.param.name; });

TEST(AJobOfOneHost, IsNoLargerJob) {
  for (const Variables& variables : {
           Variables{},
           Variables{{"RANK", ""}, {"PMI_RANK", ""}},
           Variables{{"RANK", "0"}, {"WORLD_SIZE", "1"}, {"MASTER_ADDR", "localhost"}},
           Variables{{"SLURM_JOB_NUM_NODES", "1"}, {"SLURM_NTASKS", "64"}},
           Variables{{"SLURM_STEP_NUM_TASKS", "1"}},
           Variables{{"SKYPILOT_NUM_NODES", "1"}, {"SKYPILOT_NODE_RANK", "0"}},
           Variables{{"LSB_HOSTS", "a a a a"}},
           Variables{{"OMPI_COMM_WORLD_SIZE", "1"}, {"OMPI_COMM_WORLD_RANK", "0"}},
           Variables{{"NHOSTS", "1"}},
       }) {
    EXPECT_EQ(refusal(variables), "");
    EXPECT_EQ(choose_start({}, environment_of(variables)).kind, StartKind::fork);
  }
}

TEST(ANodeFile, OfSeveralHostsIsALargerJobAndOfOneHostIsNot) {
  const test::TemporaryFolder folder;
  const std::string file = (folder / "nodes").string();
  for (const char* variable : {"PBS_NODEFILE", "LSB_DJOB_HOSTFILE", "PE_HOSTFILE"}) {
    std::ofstream(file) << "n1\nn1\nn2\n";
    EXPECT_THAT(refusal({{variable, file}}), AllOf(HasSubstr(variable), HasSubstr("of 2 hosts")));
    std::ofstream(file) << "n1\nn1\n";
    EXPECT_EQ(refusal({{variable, file}}), "");
  }
}

TEST(ANodeFile, IsReadAsEachSchedulerWritesIt) {
  const test::TemporaryFolder folder;
  const std::string file = (folder / "nodes").string();
  std::ofstream(file) << "# made by hand\nn1 slots=4\n\n n2:2\r\nn3 8 all.q@n3 UNDEFINED\nn1\n";
  EXPECT_THAT(hosts_of_file(file).value(), ElementsAre("n1", "n2", "n3"));
  std::ofstream(file) << "\n#\n";
  EXPECT_FALSE(hosts_of_file(file));
  EXPECT_FALSE(hosts_of_file("/nonexistent"));
}

TEST(AHostList, IsReadAsEachSchedulerWritesIt) {
  EXPECT_THAT(hosts_of_list("a,b,a"), ElementsAre("a", "b"));
  EXPECT_THAT(hosts_of_list("a 4 b 2"), ElementsAre("a", "b"));
  EXPECT_THAT(hosts_of_list("[\"algo-1\",\"algo-2\"]"), ElementsAre("algo-1", "algo-2"));
  EXPECT_THAT(hosts_of_list(" "), ElementsAre());
}

TEST(APmixLauncher, IsJoined) {
  if (!is_built_with_pmix()) GTEST_SKIP() << "built without PMIx";
  const Start start = choose_start({}, environment_of({{"PMIX_RANK", "0"}}));
  EXPECT_EQ(start.kind, StartKind::pmix);
  EXPECT_THAT(start.by, HasSubstr("PMIx"));
  // It stands within what the scheduler reserved, and MPI's own variables beside it.
  EXPECT_EQ(choose_start({}, environment_of({{"PMIX_RANK", "0"},
                                             {"SLURM_JOB_NUM_NODES", "8"},
                                             {"OMPI_COMM_WORLD_SIZE", "4"}}))
                .kind,
            StartKind::pmix);
}

/// What the variables of each start say of this process.
struct Joined {
  const char* name;
  Variables variables;
  int rank, size;
  const char* at;
};

std::ostream& operator<<(std::ostream& out, const Joined& joined) {
  return out << joined.name;
}

class AStartThatIsKnown : public testing::TestWithParam<Joined> {};

TEST_P(AStartThatIsKnown, IsJoinedAsTheRankItSaysAtTheFirstRanksAddress) {
  const Joined& expected = GetParam();
  const Start start = choose_start({}, environment_of(expected.variables));
  EXPECT_EQ(start.kind, StartKind::rendezvous);
  EXPECT_EQ(start.rank, expected.rank);
  EXPECT_EQ(start.size, expected.size);
  EXPECT_EQ(to_text(start.at), expected.at);
}

INSTANTIATE_TEST_SUITE_P(
    Starts, AStartThatIsKnown,
    testing::Values(
        Joined{
            "torchrun",
            {{"RANK", "3"}, {"WORLD_SIZE", "8"}, {"MASTER_ADDR", "n1"}, {"MASTER_PORT", "29500"}},
            3,
            8,
            "n1:29500"},
        Joined{"torchrun_whose_agent_listens",
               {{"RANK", "0"},
                {"WORLD_SIZE", "2"},
                {"MASTER_ADDR", "n1"},
                {"MASTER_PORT", "29500"},
                {"TORCHELASTIC_USE_AGENT_STORE", "True"}},
               0,
               2,
               "n1:29501"},
        Joined{"skypilot",
               {{"SKYPILOT_NODE_RANK", "1"},
                {"SKYPILOT_NUM_NODES", "2"},
                {"SKYPILOT_NODE_IPS", "10.0.0.4\n10.0.0.5\n"}},
               1,
               2,
               "10.0.0.4:29600"},
        Joined{"variables_of_our_own",
               {{"ASSAY_RENDEZVOUS", "[fd00::1]:7"}, {"ASSAY_RANK", "2"}, {"ASSAY_SIZE", "3"}},
               2,
               3,
               "[fd00::1]:7"},
        Joined{"indexed_job_with_an_address",
               {{"JOB_COMPLETION_INDEX", "2"}, {"ASSAY_SIZE", "4"}, {"ASSAY_RENDEZVOUS", "p0:9"}},
               2,
               4,
               "p0:9"},
        Joined{"torchrun_inside_srun",
               {{"RANK", "1"},
                {"WORLD_SIZE", "2"},
                {"MASTER_ADDR", "n1"},
                {"MASTER_PORT", "1"},
                {"PMIX_RANK", "0"},
                {"SLURM_JOB_NUM_NODES", "2"}},
               1,
               2,
               "n1:1"}),
    [](const auto& one) { return one.param.name; });

TEST(AnIndexedJob, HasItsFirstPodBesideThisOne) {
  EXPECT_EQ(first_pod("trial-3.trial.default.svc.cluster.local", 3),
            "trial-0.trial.default.svc.cluster.local");
  EXPECT_EQ(first_pod("trial-13", 13), "trial-0");
  EXPECT_EQ(first_pod("trial-13", 3), std::nullopt);
  EXPECT_EQ(first_pod("-3", 3), std::nullopt);
}

TEST(ARendezvousOnTheCommandLine, GoesBeforeTheEnvironmentAndNeedsAWholeAddress) {
  StartOptions options;
  options.rendezvous = "n1:29600";
  options.rank = 1;
  options.size = 2;
  const Start start = choose_start(options, environment_of({{"PMIX_RANK", "0"}, {"RANK", "7"}}));
  EXPECT_EQ(start.kind, StartKind::rendezvous);
  EXPECT_EQ(start.rank, 1);
  options.size.reset();
  EXPECT_THAT(refusal({}, options), AllOf(HasSubstr("rank 1 of unknown"), HasSubstr("--size")));
  for (const char* wrong : {"n1", ":1", "n1:", "n1:0", "n1:65536", "n1:x", ""}) {
    EXPECT_THROW((void)parse_host_port(wrong, "--rendezvous"), UsageError) << wrong;
  }
}

TEST(PmiOverADescriptor, IsJoined) {
  EXPECT_EQ(
      choose_start({}, environment_of({{"PMI_RANK", "1"}, {"PMI_SIZE", "4"}, {"PMI_FD", "9"}}))
          .kind,
      StartKind::pmi1);
}

/// It may call srun or mpirun itself, which use the hosts that are reserved.
TEST(ACommandThatStartsItsRanks, MayRunWhereHostsAreReservedButNotAsOneOfMany) {
  StartOptions options;
  options.starts_ranks = true;
  EXPECT_EQ(refusal({{"SLURM_JOB_NUM_NODES", "8"}}, options), "");
  EXPECT_THAT(refusal({{"PMIX_RANK", "1"}}, options),
              AllOf(HasSubstr("PMIX_RANK=1"), HasSubstr("started once")));
  EXPECT_THAT(refusal({{"RANK", "1"}}, options), HasSubstr("RANK=1"));
}

}  // namespace
}  // namespace assay::network
