#pragma once
/// @file
/// The calls to PMIx, of a build that has it: meetings of all ranks, and events.
///
/// Every meeting is of all ranks of the job and says so by the wildcard: Slurm 22.05 builds the
/// ring of a fence from a list of ranks with a host twice in it, where a host has two, and never
/// ends. Source: PMIx standard 4.1, chapters 5 (put, commit, get), 6 (fence) and 9 (events).

#ifdef ASSAY_HAVE_PMIX

#include <pmix.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/network/launch/row_pipe.hpp"

namespace assay::network {

class PmixClient {
 public:
  /// Nothing when no PMIx server answers. Throws RunError when one answers wrongly.
  [[nodiscard]] static std::unique_ptr<PmixClient> connect();
  ~PmixClient();
  PmixClient(const PmixClient&) = delete;
  PmixClient& operator=(const PmixClient&) = delete;

  [[nodiscard]] int rank() const { return static_cast<int>(me_.rank); }
  [[nodiscard]] int size() const { return size_; }

  /// All ranks put bytes, all get everyone's. It proceeds on PMIx's thread, and one at a time.
  class Meeting {
   public:
    /// Throws RunError when PMIx says that it failed.
    [[nodiscard]] bool is_done() const;
    /// By rank. @pre is_done()
    [[nodiscard]] std::vector<std::string> all() const;

   private:
    friend class PmixClient;
    Meeting(const PmixClient& client, std::string key) : client_(client), key_(std::move(key)) {}
    static void answered(pmix_status_t status, void* data);
    static constexpr int pending = 1;  ///< PMIx statuses are 0 or negative.
    const PmixClient& client_;
    std::string key_;
    /// Shared with PMIx's thread, which may answer after we gave up.
    std::shared_ptr<std::atomic<int>> status_ = std::make_shared<std::atomic<int>>(pending);
  };
  /// Collective over all ranks, in the same order.
  [[nodiscard]] Meeting meet(std::string_view mine);

  /// Tells the other processes of this host; failure() gives it there. Not those of other hosts:
  /// with a wider range the server of Open MPI 4.1.4 never answers, and mpirun hangs.
  void notify(const Failure& failure) const;
  /// The first failure that an event told of since the last forget_failure().
  [[nodiscard]] static std::optional<Failure> failure();
  static void forget_failure();

 private:
  explicit PmixClient(const pmix_proc_t& me);
  void put(const std::string& key, std::string_view bytes) const;
  [[nodiscard]] std::string get(int rank, const std::string& key) const;

  pmix_proc_t me_;
  int size_ = 0;
  int meetings_ = 0;
};

}  // namespace assay::network

#endif
