// Permit and Recorded<Permit>: authority for one action, once.
//
// A Permit is made by consent out of an allowing verdict and is bound to the digest
// of its action. The ledger turns it into a Recorded<Permit> once its intent is
// durable; only that starts an effect, and starting uses it up. Dropping either
// unused tells the watch, so that the ledger closes it as `abandoned`.
// Does not protect: against code of ours that holds the wrong PassKey's class.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/leash.h"
#include "base/linear.h"
#include "base/pass_key.h"
#include "model/verdict.h"

namespace bailey::consent {
class Consent;
}
namespace bailey::ledger {
class Ledger;
}
namespace bailey::effect {
class Effects;
}

namespace bailey::model {

// The durable intent: its place in the log and the hash of its leaf (RFC 6962).
struct IntentId {
  std::uint64_t index = 0;
  Digest leaf_hash{};
  bool operator==(const IntentId&) const = default;
};

// Hears of authority that was dropped unused. Called from destructors: must not throw.
class AuthorityWatch {
 public:
  virtual ~AuthorityWatch() = default;
  virtual void abandoned(const ActionDigest& action,
                         const std::optional<IntentId>& intent) noexcept = 0;
};

// A lease on a budget: given back when dropped, settled by the outcome. The
// release runs exactly once, whichever way it ends.
class Reservation {
 public:
  Reservation() noexcept = default;
  explicit Reservation(std::move_only_function<void()> release) : release_(std::move(release)) {}
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  Reservation(Reservation&& other) noexcept : release_(std::exchange(other.release_, nullptr)) {}
  Reservation& operator=(Reservation&&) = delete;
  ~Reservation() {
    if (release_) release_();
  }

 private:
  std::move_only_function<void()> release_;
};

class Permit {
 public:
  // `start_by`: the latest monotonic time at which the effect may start.
  Permit(PassKey<consent::Consent>, Verdict verdict, Leash leash, MonoTime start_by,
         Reservation reservation, AuthorityWatch& watch)
      : verdict_(std::move(verdict)),
        leash_(std::move(leash)),
        start_by_(start_by),
        reservation_(std::move(reservation)),
        watch_(&watch) {}
  Permit(Permit&&) noexcept = default;
  Permit& operator=(Permit&&) = delete;
  ~Permit() {
    if (live_.is_live()) watch_->abandoned(action().digest(), intent_);
  }

  [[nodiscard]] const Action& action() const { return verdict().caller().request().action(); }
  [[nodiscard]] const Verdict& verdict() const {
    live_.require("Permit used after move");
    return verdict_;
  }
  [[nodiscard]] const Leash& leash() const {
    live_.require("Permit used after move");
    return leash_;
  }
  [[nodiscard]] MonoTime start_by() const {
    live_.require("Permit used after move");
    return start_by_;
  }

  // The ledger notes the intent, so that a later drop can be closed.
  void note_intent(PassKey<ledger::Ledger>, IntentId intent) { intent_ = intent; }
  // The effect has started: from here the outcome closes it.
  void spend(PassKey<effect::Effects>) { live_.spend(); }
  // What an Outcome keeps of the permit that it used up.
  [[nodiscard]] ActionDigest take_digest() && {
    check(!live_.is_live(), "an Outcome was built from a permit that was not spent");
    return verdict_.caller().request().action().digest();
  }
  // The ledger wrote another ending (a refusal after the permit).
  void spend(PassKey<ledger::Ledger>) { live_.spend(); }

 private:
  Live live_;
  Verdict verdict_;
  Leash leash_;
  MonoTime start_by_;
  Reservation reservation_;
  AuthorityWatch* watch_;
  std::optional<IntentId> intent_;
};

// T whose intent is durable. Made by the ledger only.
template <class T>
class Recorded {
 public:
  Recorded(PassKey<ledger::Ledger> key, T value, IntentId intent)
      : value_(std::move(value)), intent_(intent) {
    value_.note_intent(key, intent);
  }
  Recorded(Recorded&&) noexcept = default;
  Recorded& operator=(Recorded&&) = delete;

  [[nodiscard]] const T& value() const {
    live_.require("Recorded used after move");
    return value_;
  }
  [[nodiscard]] const IntentId& intent() const {
    live_.require("Recorded used after move");
    return intent_;
  }
  // Takes the authority out; the effect that does so must end in an Outcome.
  [[nodiscard]] T consume(PassKey<effect::Effects> key) {
    live_.require("Recorded used twice");
    live_.spend();
    value_.spend(key);
    return std::move(value_);
  }

 private:
  Live live_;
  T value_;
  IntentId intent_;
};

}  // namespace bailey::model
