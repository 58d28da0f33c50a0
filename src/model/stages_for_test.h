// The stages as the model's own tests play them: each hands out its PassKey, which
// the real ones never do. Linked into model's tests only.
#pragma once

#include <stop_token>

#include "base/fakes.h"
#include "model/outcome.h"
#include "model/permit.h"
#include "model/process_run.h"

namespace bailey::cli {
class CommandLineDoor {
 public:
  static model::Request request(model::Action action) {
    return {PassKey<CommandLineDoor>(), std::move(action), "key"};
  }
};
}  // namespace bailey::cli
namespace bailey::identity {
class Identifier {
 public:
  static model::Caller caller(model::Request request) {
    return {PassKey<Identifier>(), std::move(request), model::Session{"s", {}, {}},
            model::Level::kBuilder};
  }
};
}  // namespace bailey::identity
namespace bailey::gate {
class Gate {
 public:
  static model::Verdict verdict(model::Caller caller, model::Decision decision) {
    model::Judgement judgement;
    judgement.decision = decision;
    return {PassKey<Gate>(), std::move(caller), std::move(judgement)};
  }
};
}  // namespace bailey::gate
namespace bailey::consent {
class Consent {
 public:
  static model::Permit permit(model::Verdict verdict, model::AuthorityWatch& watch,
                              model::Reservation reservation = {}) {
    return {PassKey<Consent>(), std::move(verdict),     Leash(0, MonoTime{1}, std::stop_token{}),
            MonoTime{1},        std::move(reservation), watch};
  }
};
}  // namespace bailey::consent
namespace bailey::ledger {
class Ledger {
 public:
  static model::Recorded<model::Permit> record(model::Permit permit) {
    return {PassKey<Ledger>(), std::move(permit), model::IntentId{7, {}}};
  }
};
}  // namespace bailey::ledger
namespace bailey::effect {
class Effects {
 public:
  static model::Outcome run(model::Recorded<model::Permit> permit) {
    const auto intent = permit.intent();
    return {PassKey<Effects>(),
            permit.consume(PassKey<Effects>()),
            intent,
            model::OutcomeStatus::kDone,
            "run.exited",
            {}};
  }
  static model::Permit take(model::Recorded<model::Permit>& permit) {
    return permit.consume(PassKey<Effects>());
  }
};
}  // namespace bailey::effect
