#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <sstream>
#include <string_view>

#include "probes/network/launch/node_file.hpp"
#include "probes/network/launch/process_manager.hpp"
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

constexpr const char* use_rendezvous =
    "start every process with --rendezvous HOST:PORT --rank R --size N, such as `assay run "
    "--rendezvous n1:29600 --rank 0 --size 4`";

/// A rank among `size` at `at`; nothing when something is missing or does not fit.
std::optional<Start> rendezvous(const char* by, std::optional<int> rank, std::optional<int> size,
                                std::optional<HostPort> at) {
  if (!rank || !size || !at || *rank < 0 || *rank >= *size) return std::nullopt;
  return Start{StartKind::rendezvous, by, *rank, *size, *at};
}

/// This process was started by another of this program, which has all hosts in view.
std::optional<Sign> host_of_ssh(const StartOptions&, const Environment& environment) {
  const auto text = environment("ASSAY_HOST_START");
  if (!text) return std::nullopt;
  Sign sign{fmt::format("ASSAY_HOST_START={}: left by a start with --hosts", *text),
            "start `assay run --hosts a,b` once, or unset it"};
  int host = -1, hosts = 0;
  char slash = 0;
  std::istringstream in(*text);
  if (in >> host >> slash >> hosts && slash == '/' && host >= 0 && host < hosts)
    sign.join = Start{StartKind::ssh, "ssh (--hosts)", host, hosts};
  return sign;
}

/// What was given for this purpose: on the command line, or in ASSAY_RENDEZVOUS, ASSAY_RANK and
/// ASSAY_SIZE; the rank and the size may come from the start around us.
std::optional<Sign> explicit_rendezvous(const StartOptions& options,
                                        const Environment& environment) {
  const string given = options.rendezvous.empty() ? environment("ASSAY_RENDEZVOUS").value_or("")
                                                  : options.rendezvous;
  if (given.empty()) return std::nullopt;
  const bool is_option = !options.rendezvous.empty();
  const HostPort at = parse_host_port(given, is_option ? "--rendezvous" : "ASSAY_RENDEZVOUS");
  std::optional<int> rank = options.rank, size = options.size;
  for (const char* name : {"ASSAY_RANK", "RANK", "JOB_COMPLETION_INDEX", "SKYPILOT_NODE_RANK"})
    if (!rank) rank = number(environment, name);
  for (const char* name : {"ASSAY_SIZE", "WORLD_SIZE", "SKYPILOT_NUM_NODES"})
    if (!size) size = number(environment, name);
  Sign sign{fmt::format("{}: rank {} of {}", given, rank ? std::to_string(*rank) : "unknown",
                        size ? std::to_string(*size) : "unknown"),
            "add --rank R and --size N, R from 0 to N-1, such as `assay run --rendezvous n1:29600 "
            "--rank 0 --size 4`"};
  sign.join = rendezvous("rendezvous", rank, size, at);
  return sign;
}

// --- processes that were started together, the innermost start first ---

std::optional<Sign> torchrun(const StartOptions&, const Environment& environment) {
  if (is_one(environment, "WORLD_SIZE")) return std::nullopt;
  const string found = first_set(environment, {"WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR",
                                               "LOCAL_WORLD_SIZE", "NODE_RANK", "GROUP_RANK"});
  if (found.empty()) return std::nullopt;
  Sign sign{fmt::format("{}: one process of a torchrun or PyTorchJob start without a whole RANK, "
                        "WORLD_SIZE, MASTER_ADDR and MASTER_PORT",
                        found),
            use_rendezvous};
  const auto host = environment("MASTER_ADDR");
  auto port = number(environment, "MASTER_PORT");
  // The agent's own store listens at that port itself, so rank 0 takes the next.
  if (port && environment("TORCHELASTIC_USE_AGENT_STORE") == "True") ++*port;
  if (host && port && *port > 0 && *port < 65536)
    sign.join = rendezvous("torchrun variables (RANK, WORLD_SIZE, MASTER_ADDR)",
                           number(environment, "RANK"), number(environment, "WORLD_SIZE"),
                           HostPort{*host, static_cast<std::uint16_t>(*port)});
  return sign;
}

std::optional<Sign> skypilot(const StartOptions&, const Environment& environment) {
  if (is_one(environment, "SKYPILOT_NUM_NODES")) return std::nullopt;
  const string found =
      first_set(environment, {"SKYPILOT_NUM_NODES", "SKYPILOT_NODE_RANK", "SKYPILOT_NODE_IPS"});
  if (found.empty()) return std::nullopt;
  Sign sign{fmt::format("{}: one node of a SkyPilot task without a whole SKYPILOT_NODE_RANK, "
                        "SKYPILOT_NUM_NODES and SKYPILOT_NODE_IPS",
                        one_line_of(found)),
            use_rendezvous};
  const auto hosts = hosts_of_list(environment("SKYPILOT_NODE_IPS").value_or(""));
  if (!hosts.empty())
    sign.join = rendezvous("SkyPilot (SKYPILOT_NODE_RANK, SKYPILOT_NODE_IPS)",
                           number(environment, "SKYPILOT_NODE_RANK"),
                           number(environment, "SKYPILOT_NUM_NODES"),
                           HostPort{hosts.front(), default_port});
  return sign;
}

std::optional<Sign> indexed_job(const StartOptions& options, const Environment& environment) {
  const string found =
      first_set(environment, {"JOB_COMPLETION_INDEX", "JOBSET_NAME", "JOB_GLOBAL_INDEX"});
  std::optional<int> size = options.size;
  if (!size) size = number(environment, "ASSAY_SIZE");
  if (found.empty() || size == 1) return std::nullopt;
  Sign sign{fmt::format("{}: one pod of a Kubernetes Indexed Job or JobSet, whose number of pods "
                        "this process cannot see",
                        found),
            "add --size N (or the variable ASSAY_SIZE) with the completions of the job, such as "
            "`assay run --size 4`, and where the pods have no headless service --rendezvous "
            "HOST:PORT"};
  const auto index = number(environment, "JOB_COMPLETION_INDEX");
  if (!index || !size) return sign;
  if (const auto first = first_pod(full_host_name(), *index))
    sign.join = rendezvous("Indexed Job (JOB_COMPLETION_INDEX)", index, size,
                           HostPort{*first, default_port});
  return sign;
}

std::optional<Sign> cloud_batch(const StartOptions&, const Environment& environment) {
  for (const auto& [size, what] :
       {std::pair{"AWS_BATCH_JOB_NUM_NODES", "an AWS Batch multi-node job"},
        std::pair{"BATCH_TASK_COUNT", "a Google Cloud Batch job"},
        std::pair{"VC_TASK_NUM", "a Volcano job"}})
    if (environment(size) && !is_one(environment, size))
      return Sign{fmt::format("{}: one node of {}", first_set(environment, {size}), what),
                  use_rendezvous};
  return std::nullopt;
}

std::optional<Sign> pmix(const StartOptions&, const Environment& environment) {
  if (!environment("PMIX_RANK")) return std::nullopt;
  Sign sign{fmt::format("PMIX_RANK={}: one process of a PMIx launcher", *environment("PMIX_RANK")),
            use_rendezvous};
  if (is_built_with_pmix())
    sign.join = Start{StartKind::pmix, "PMIx (mpirun, srun --mpi=pmix)"};
  else
    sign.text += ", and this build has no PMIx";
  return sign;
}

std::optional<Sign> pmi(const StartOptions&, const Environment& environment) {
  if (is_one(environment, "PMI_SIZE")) return std::nullopt;
  const string found = first_set(environment, {"PMI_RANK", "PMI_SIZE", "PMI_FD", "PMI_PORT"});
  if (found.empty()) return std::nullopt;
  Sign sign{fmt::format("{}: one process of a PMI launcher (Hydra of MPICH or Intel MPI, srun "
                        "--mpi=pmi2) without a whole PMI_RANK, PMI_SIZE and PMI_FD",
                        found),
            "start with `srun --mpi=pmix assay run`, `mpirun assay run` or `mpiexec.hydra assay "
            "run` itself"};
  const auto rank = number(environment, "PMI_RANK"), size = number(environment, "PMI_SIZE");
  if (rank && size && *rank >= 0 && *rank < *size && number(environment, "PMI_FD"))
    sign.join = Start{StartKind::pmi1, "PMI (Hydra, Flux, srun --mpi=pmi2)", *rank, *size};
  return sign;
}

std::optional<Sign> flux(const StartOptions&, const Environment& environment) {
  if (is_one(environment, "FLUX_JOB_SIZE")) return std::nullopt;
  const string found = first_set(environment, {"FLUX_JOB_SIZE", "FLUX_TASK_RANK"});
  if (found.empty()) return std::nullopt;
  return Sign{fmt::format("{}: one task of a Flux job without PMI", found),
              "start with `flux run -o pmi=simple -N 4 assay run`"};
}

/// Launchers of MPI whose process manager is not to be reached: a wrapper took it away, or this is
/// a process within a process of theirs.
std::optional<Sign> mpi_world(const StartOptions&, const Environment& environment) {
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
                use_rendezvous};
  }
  return std::nullopt;
}

std::optional<Sign> slurm_step(const StartOptions&, const Environment& environment) {
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

std::optional<Sign> slurm_job(const StartOptions&, const Environment& environment) {
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

std::optional<Sign> node_file(const StartOptions&, const Environment& environment) {
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
                    fmt::format("start with `assay run --hostfile ${}`", variable));
  }
  return std::nullopt;
}

/// Schedulers that give the hosts or their number in a variable.
std::optional<Sign> host_list(const StartOptions&, const Environment& environment) {
  for (const char* name : {"PBS_NUM_NODES", "PBS_NNODES", "NHOSTS"})
    if (const auto nodes = number(environment, name); nodes && *nodes > 1)
      return reserved(fmt::format("{}={}: a batch job of {} hosts", name, *nodes, *nodes),
                      use_rendezvous);
  for (const char* name : {"LSB_MCPU_HOSTS", "LSB_HOSTS", "AZ_BATCH_NODE_LIST", "SM_HOSTS"}) {
    const auto text = environment(name);
    if (!text) continue;
    const std::size_t hosts = hosts_of_list(*text).size();
    if (hosts > 1)
      return reserved(fmt::format("{}={}: a job of {} hosts", name, *text, hosts), use_rendezvous);
  }
  return std::nullopt;
}

using SignReader = std::optional<Sign> (*)(const StartOptions&, const Environment&);
constexpr std::array<SignReader, 14> readers = {
    host_of_ssh, explicit_rendezvous, torchrun,   skypilot,  indexed_job, cloud_batch, pmix, pmi,
    flux,        mpi_world,           slurm_step, slurm_job, node_file,   host_list};

}  // namespace

std::vector<Sign> signs_of_a_larger_job(const StartOptions& options,
                                        const Environment& environment) {
  std::vector<Sign> signs;
  for (const SignReader read : readers)
    if (auto sign = read(options, environment)) signs.push_back(std::move(*sign));
  return signs;
}

std::optional<string> first_pod(const string& pod, int index) {
  const string name = pod.substr(0, pod.find('.')), suffix = fmt::format("-{}", index);
  if (!name.ends_with(suffix) || name.size() == suffix.size()) return std::nullopt;
  return name.substr(0, name.size() - suffix.size()) + "-0" + pod.substr(name.size());
}

}  // namespace assay::network
