#pragma once
/// @file
/// What the parts of Session share and nobody else needs: a step of the plan, a visit of it in one
/// round, and the way of a row to the run directory.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "probes/core/round.hpp"
#include "probes/later_points.hpp"
#include "probes/result_table.hpp"
#include "probes/round_book.hpp"
#include "probes/session.hpp"

namespace assay {

/// Rows are what crosses from a host to the writer, so a host's fingerprint and checks travel as
/// the text of a row with this name; the sink takes them out.
inline constexpr const char* host_report = "session.host";

struct Session::Step {
  const Description* about;
  std::string detail;  ///< e.g. "4 ranks, launch 2"
  int ranks;
  Seconds expected;
  std::function<void(const Step&, const Round&)> run;
  std::string key = {};  ///< What is measured, without how long it takes: for the journal.
  int launch = 0;
  bool is_droppable = false;
  std::string scaling = {};
  bool is_limit = false;  ///< `expected` is the most it may take.
  /// Measured in every round; otherwise once: a launch of a study is a round of its own.
  bool in_rounds = false;
  /// Points that every round measures; empty: all.
  std::function<bool(const Record& row)> is_headline = {};
  /// What a node probe keeps between rounds.
  std::shared_ptr<void> kept = {};
  VisitCost first_visit = {}, later_visit = {};  ///< Of all points; the latest of the later ones.
};

struct Session::Visit {
  std::size_t step;
  int round;
};

/// Rows on their way to the run directory: marked when they cannot be trusted, kept for the table.
/// Each is written at once, so that a run that is killed has what it measured. It counts when its
/// visit is committed: until then the round may turn out to be disturbed, and is taken back.
class Session::Sink final : public RecordSink {
 public:
  explicit Sink(RunWriter* writer) : writer_(writer) {}

  void put(const Record& record) override {
    if (writer_ == nullptr) return;
    if (record.probe == host_report) {
      host_reports_.push_back(nlohmann::json::parse(record.reason.str()));
      return;
    }
    Record row = doubt_.empty() ? record : marked_untrusted(record, doubt_);
    if (carries_numbers(row.status)) row.rounds = 1;
    writer_->put(row);
    pending_.push_back(std::move(row));
  }
  /// Why the rows of the step that begins now are not to be trusted; empty: they are.
  void set_doubt(std::string doubt) { doubt_ = std::move(doubt); }

  void commit(const Visit& visit, bool is_complete) {
    for (Record& row : pending_) {
      has_incorrect_ = has_incorrect_ || row.status == Status::incorrect;
      book_.put(row, visit.round, visit.step, is_complete);
    }
    pending_.clear();
  }
  void discard() {
    if (!pending_.empty()) writer_->take_back_step();
    pending_.clear();
  }
  /// A row of an earlier session of this run.
  void recall(const Record& row, int round, std::size_t place) {
    has_incorrect_ = has_incorrect_ || row.status == Status::incorrect;
    book_.put(row, round, place, true);
  }

  [[nodiscard]] RoundBook& book() { return book_; }
  [[nodiscard]] bool has_incorrect() const { return has_incorrect_; }
  /// What the hosts reported since the last call.
  [[nodiscard]] std::vector<nlohmann::json> take_host_reports() {
    return std::exchange(host_reports_, {});
  }

 private:
  RunWriter* writer_;  // null on ranks that do not write
  bool has_incorrect_ = false;
  std::vector<nlohmann::json> host_reports_;
  std::string doubt_;
  std::vector<Record> pending_;
  RoundBook book_;
};

}  // namespace assay
