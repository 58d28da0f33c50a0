// Outcome: what an effect did, and Ending: the ways in which an action is closed.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/linear.h"
#include "base/pass_key.h"
#include "codec/json.h"
#include "model/limits.h"
#include "model/permit.h"
#include "model/reason.h"

namespace bailey::model {

enum class OutcomeStatus {
  kDone,     // the effect ran to its own end (whatever exit code it gave)
  kLimit,    // a limit ended it
  kHalted,   // the kill switch ended it
  kStopped,  // the caller ended it (signal, lost terminal)
  kFailed,   // it could not start or could not go on: our side, or the program is not runnable
};
[[nodiscard]] std::string_view name(OutcomeStatus status) noexcept;

// One layer of the cage and what its canary saw just before and just after.
enum class LayerState : std::uint32_t { kMissing, kActive, kProven };
[[nodiscard]] std::string_view name(LayerState state) noexcept;
struct LayerReport {
  std::string name;  // "namespace.user", "landlock", "seccomp", ...
  LayerState state = LayerState::kMissing;
  std::string detail;  // "ABI 7", "filter sha256:...", "errno EPERM"
};

struct StreamReport {
  std::string name;  // "stdin", "stdout", "stderr", "terminal"
  std::uint64_t bytes = 0;
  Digest digest{};  // SHA-256 of the bytes; keyed before it goes into a leaf
};

// One file that a program wanted while it ran, and what came of it (spec/live-grants.md).
struct LiveGrant {
  std::string path;  // as claimed
  std::string file;  // what it was; empty when nothing was found to give
  std::string rule;
  bool granted = false;
  std::string reason_code;
  std::uint64_t uses = 0;  // how often the copy was handed over
};

struct Evidence {
  int exit_code = 0;  // of the program; meaningful for kDone
  int signal = 0;     // that ended the program, or 0
  std::vector<LayerReport> layers;
  std::vector<LimitReport> limits;
  std::vector<StreamReport> streams;
  std::vector<std::string> degradations;  // what was missing and accepted, by name
  std::vector<std::string> notes;         // "workspace is written directly", ...
  std::uint64_t started_mono_ns = 0;
  std::uint64_t ended_mono_ns = 0;
  std::uint64_t leftover_processes = 0;  // killed with the cage after the program's end
  std::vector<LiveGrant> grants;
  std::uint64_t grants_uncounted = 0;  // wishes beyond the bounds
  codec::Json extra;                   // members of the effect's own; an object or null
};

class Outcome {
 public:
  // Cannot be built without the authority that it used up.
  Outcome(PassKey<effect::Effects>, Permit spent, IntentId intent, OutcomeStatus status,
          std::string reason_code, Evidence evidence)
      : digest_(std::move(spent).take_digest()),
        intent_(intent),
        status_(status),
        reason_code_(std::move(reason_code)),
        evidence_(std::move(evidence)) {}

  [[nodiscard]] const ActionDigest& action() const {
    live_.require("Outcome used after move");
    return digest_;
  }
  [[nodiscard]] const IntentId& intent() const {
    live_.require("Outcome used after move");
    return intent_;
  }
  [[nodiscard]] OutcomeStatus status() const {
    live_.require("Outcome used after move");
    return status_;
  }
  [[nodiscard]] const std::string& reason_code() const {
    live_.require("Outcome used after move");
    return reason_code_;
  }
  [[nodiscard]] const Evidence& evidence() const {
    live_.require("Outcome used after move");
    return evidence_;
  }

 private:
  Live live_;
  ActionDigest digest_;
  IntentId intent_;
  OutcomeStatus status_;
  std::string reason_code_;
  Evidence evidence_;
};

// A verdict that was no: it reaches the ledger like everything else.
struct Refusal {
  Verdict verdict;
  Denial denial;
};

// Written by recovery for an intent whose run is gone.
struct Interrupted {
  IntentId intent;
};

// Authority that was dropped unused.
struct Abandoned {
  ActionDigest action;
  std::optional<IntentId> intent;
};

using Ending = std::variant<Outcome, Refusal, Interrupted, Abandoned>;

}  // namespace bailey::model
