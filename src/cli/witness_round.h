// One round of asking: the newest checkpoint to every witness of the home's policy.
//
// It publishes, asks each witness in turn, keeps what came (spec/witness.md) and, when a witness
// shows a checkpoint of ours that this log contradicts, stops all signing. Thread rule: one
// thread; one process at a time asks (witness.busy).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/table.h"
#include "cli/witness_folder.h"
#include "ledger/ledger.h"
#include "merkle/tlog_policy.h"

namespace bailey::cli {

struct RoundResult {
  std::uint64_t size = 0;  // of the checkpoint
  merkle::Quorum quorum = merkle::Quorum::kNotMet;
  std::vector<std::string> cosigned;  // names
  std::vector<std::string> failed;    // "name: message (code)"
  std::string stopped;                // why nothing is signed any more, or empty
};

// Errors: witness.none, witness.busy, tlog_policy.*, those of Ledger::publish, disk.*.
[[nodiscard]] Result<RoundResult> ask_witnesses(const WitnessFolder& folder, ledger::Ledger& ledger,
                                                const Clock& clock);

// Tells what came of a round, as text or JSON; gives the exit code.
int tell_round(Invocation& in, const RoundResult& round);

// A round is due when there are witnesses and the last one began a minute ago or more.
[[nodiscard]] bool is_round_due(const WitnessFolder& folder, const Clock& clock);

// The note that was cosigned last, beside the checkpoint in the ledger's folder.
inline constexpr std::string_view kCosignedFile = "checkpoint.cosigned";

}  // namespace bailey::cli
