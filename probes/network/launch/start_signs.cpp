#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string_view>

#include "probes/network/launch/node_file.hpp"
#include "probes/network/launch/pmix_job.hpp"
#include "probes/network/launch/start.hpp"

namespace assay::network {

namespace {

using std::string;

/// The first of the variables that is set, as "NAME=VALUE"; empty: none is.
string first_set(const Environment& environment, const std::vector<string>& names) {
  for (const string& name : names)
    if (const auto value = environment(name)) return fmt::format("{}={}", name, *value);
  return "";
}

std::optional<int> number(const Environment& environment, const string& name) {
  const auto text = environment(name);
  if (!text) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

/// The number is there and says that nobody else takes part.
bool is_one(const Environment& environment, const string& name) {
  return number(environment, name) == 1;
}

constexpr const char* use_pmix =
    "start with `srun --mpi=pmix -n N assay run` (Slurm) or Open MPI's `mpirun -n N assay run`";

// --- processes that were started together, the innermost start first ---

std::optional<Sign> torchrun(const Environment& environment) {
  if (is_one(environment, "WORLD_SIZE")) return std::nullopt;
  const string sign = first_set(environment, {"WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR",
                                              "LOCAL_WORLD_SIZE", "NODE_RANK", "GROUP_RANK"});
  if (sign.empty()) return std::nullopt;
  return Sign{fmt::format("{}: one process of a torchrun or PyTorchJob start", sign), use_pmix};
}

std::optional<Sign> skypilot(const Environment& environment) {
  if (is_one(environment, "SKYPILOT_NUM_NODES")) return std::nullopt;
  const string sign =
      first_set(environment, {"SKYPILOT_NUM_NODES", "SKYPILOT_NODE_RANK", "SKYPILOT_NODE_IPS"});
  if (sign.empty()) return std::nullopt;
  return Sign{fmt::format("{}: one node of a SkyPilot task", one_line_of(sign)), use_pmix};
}

std::optional<Sign> indexed_job(const Environment& environment) {
  const string sign =
      first_set(environment, {"JOB_COMPLETION_INDEX", "JOBSET_NAME", "JOB_GLOBAL_INDEX"});
  if (sign.empty()) return std::nullopt;
  return Sign{fmt::format("{}: one pod of a Kubernetes Indexed Job or JobSet", sign), use_pmix};
}

std::optional<Sign> cloud_batch(const Environment& environment) {
  for (const auto& [size, what] :
       {std::pair{"AWS_BATCH_JOB_NUM_NODES", "an AWS Batch multi-node job"},
        std::pair{"BATCH_TASK_COUNT", "a Google Cloud Batch job"},
        std::pair{"VC_TASK_NUM", "a Volcano job"}})
    if (environment(size) && !is_one(environment, size))
      return Sign{fmt::format("{}: one node of {}", first_set(environment, {size}), what),
                  use_pmix};
  return std::nullopt;
}

std::optional<Sign> pmix(const Environment& environment) {
  if (!environment("PMIX_RANK")) return std::nullopt;
  Sign sign{fmt::format("PMIX_RANK={}: one process of a PMIx launcher", *environment("PMIX_RANK")),
            "build with libpmix-dev"};
  if (is_built_with_pmix())
    sign.join = Start{StartKind::pmix, "PMIx (mpirun, srun --mpi=pmix)"};
  else
    sign.text += ", and this build has no PMIx";
  return sign;
}

std::optional<Sign> pmi(const Environment& environment) {
  if (is_one(environment, "PMI_SIZE")) return std::nullopt;
  const string sign = first_set(environment, {"PMI_RANK", "PMI_SIZE", "PMI_FD", "PMI_PORT"});
  if (sign.empty()) return std::nullopt;
  return Sign{fmt::format("{}: one process of a PMI-1 or PMI-2 launcher (Hydra of MPICH or Intel "
                          "MPI, srun --mpi=pmi2), which brings no PMIx",
                          sign),
              use_pmix};
}

std::optional<Sign> flux(const Environment& environment) {
  if (is_one(environment, "FLUX_JOB_SIZE")) return std::nullopt;
  const string sign = first_set(environment, {"FLUX_JOB_SIZE", "FLUX_TASK_RANK"});
  if (sign.empty()) return std::nullopt;
  return Sign{fmt::format("{}: one task of a Flux job", sign), use_pmix};
}

/// Launchers of MPI whose process manager is not to be reached: a wrapper took it away, or this is
/// a process within a process of theirs.
std::optional<Sign> mpi_world(const Environment& environment) {
  struct World {
    const char* size;
    const char* rank;
    const char* what;
  };
  constexpr std::array worlds = {
      World{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "an Open MPI world"},
      World{"MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK", "an MVAPICH world"},
      World{"MPI_LOCALNRANKS", "MPI_LOCALRANKID", "a Hydra world"},
      World{"PALS_NRANKS", "PALS_RANKID", "a PALS (Cray) job"},
      World{"JSM_NAMESPACE_SIZE", "JSM_NAMESPACE_RANK", "a jsrun job"},
      World{"PRTE_LAUNCHED", "PRTE_LAUNCHED", "a PRRTE job"},
  };
  for (const World& world : worlds) {
    const string sign = first_set(environment, {world.size, world.rank});
    if (sign.empty() || (world.size != world.rank && is_one(environment, world.size))) continue;
    return Sign{fmt::format("{}: one process of {}, whose process manager this process cannot "
                            "reach",
                            sign, world.what),
                use_pmix};
  }
  return std::nullopt;
}

std::optional<Sign> slurm_step(const Environment& environment) {
  const auto tasks = number(environment, "SLURM_STEP_NUM_TASKS");
  if (!tasks || *tasks <= 1) return std::nullopt;
  return Sign{fmt::format("SLURM_STEP_NUM_TASKS={}: one task of a Slurm step of {} without PMI",
                          *tasks, *tasks),
              "start with `srun --mpi=pmix assay run`"};
}

// --- hosts that a scheduler reserved, and no process there yet ---

Sign reserved(string text, string remedy) {
  return {std::move(text), std::move(remedy), false};
}

std::optional<Sign> slurm_job(const Environment& environment) {
  for (const char* name : {"SLURM_JOB_NUM_NODES", "SLURM_NNODES"}) {
    const auto nodes = number(environment, name);
    if (!nodes || *nodes <= 1) continue;
    return reserved(fmt::format("{}={}: a Slurm job of {} nodes, and no srun step: {} of {} nodes "
                                "would stay unmeasured",
                                name, *nodes, *nodes, *nodes - 1, *nodes),
                    "start with `srun --mpi=pmix assay run`");
  }
  return std::nullopt;
}

std::optional<Sign> node_file(const Environment& environment) {
  struct File {
    const char* variable;
    const char* what;
  };
  for (const auto& [variable, what] :
       {File{"PBS_NODEFILE", "a PBS job"}, File{"LSB_DJOB_HOSTFILE", "an LSF job"},
        File{"PE_HOSTFILE", "a Grid Engine job"}}) {
    const auto path = environment(variable);
    if (!path) continue;
    const auto hosts = hosts_of_file(*path);
    // One that cannot be read says nothing of the size: better to ask than to be alone.
    if (hosts && hosts->size() == 1) continue;
    return reserved(fmt::format("{}={}: {} {}", variable, *path, what,
                                hosts ? fmt::format("of {} hosts", hosts->size())
                                      : "whose hosts cannot be "
                                        "read"),
                    use_pmix);
  }
  return std::nullopt;
}

/// Schedulers that give the hosts or their number in a variable.
std::optional<Sign> host_list(const Environment& environment) {
  for (const char* name : {"PBS_NUM_NODES", "PBS_NNODES", "NHOSTS"})
    if (const auto nodes = number(environment, name); nodes && *nodes > 1)
      return reserved(fmt::format("{}={}: a batch job of {} hosts", name, *nodes, *nodes),
                      use_pmix);
  for (const char* name : {"LSB_MCPU_HOSTS", "LSB_HOSTS", "AZ_BATCH_NODE_LIST", "SM_HOSTS"}) {
    const auto text = environment(name);
    if (!text) continue;
    const std::size_t hosts = hosts_of_list(*text).size();
    if (hosts > 1)
      return reserved(fmt::format("{}={}: a job of {} hosts", name, *text, hosts), use_pmix);
  }
  return std::nullopt;
}

using SignReader = std::optional<Sign> (*)(const Environment&);
constexpr std::array<SignReader, 12> readers = {torchrun,   skypilot,  indexed_job, cloud_batch,
                                                pmix,       pmi,       flux,        mpi_world,
                                                slurm_step, slurm_job, node_file,   host_list};

}  // namespace

std::vector<Sign> signs_of_a_larger_job(const Environment& environment) {
  std::vector<Sign> signs;
  for (const SignReader read : readers)
    if (auto sign = read(environment)) signs.push_back(std::move(*sign));
  return signs;
}

}  // namespace assay::network
