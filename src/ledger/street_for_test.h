// The test program's own stages: they make permits, outcomes and refusals, which in the
// product only consent, effect and gate can.
#pragma once

#include <stop_token>
#include <string>
#include <utility>

#include "model/outcome.h"
#include "model/permit.h"
#include "model/request.h"
#include "model/verdict.h"

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
  static model::Caller caller(model::Request request, model::Session session) {
    return {PassKey<Identifier>(), std::move(request), std::move(session), model::Level::kRoot};
  }
};
}  // namespace bailey::identity
namespace bailey::gate {
class Gate {
 public:
  static model::Verdict verdict(model::Caller caller, model::Judgement judgement) {
    return {PassKey<Gate>(), std::move(caller), std::move(judgement)};
  }
};
}  // namespace bailey::gate
namespace bailey::consent {
class Consent {
 public:
  static model::Permit permit(model::Verdict verdict, model::AuthorityWatch& watch) {
    return {PassKey<Consent>(), std::move(verdict),   Leash(0, MonoTime{0}, std::stop_token()),
            MonoTime{5},        model::Reservation(), watch};
  }
};
}  // namespace bailey::consent
namespace bailey::effect {
class Effects {
 public:
  static model::Outcome run(model::Recorded<model::Permit> permit, model::Evidence evidence) {
    const auto intent = permit.intent();
    return {PassKey<Effects>(),
            permit.consume(PassKey<Effects>()),
            intent,
            model::OutcomeStatus::kDone,
            "effect.done",
            std::move(evidence)};
  }
};
}  // namespace bailey::effect

namespace bailey::ledger {

inline model::Verdict a_verdict(model::Decision decision, const std::string& secret = "",
                                const std::string& approval = "") {
  codec::Json arguments;
  arguments.set("program", codec::Json("/usr/bin/true"));
  arguments.set("argv", codec::Json(codec::Json::Array{codec::Json("true"), codec::Json(secret)}));
  auto action = model::Action::create("process.run", "/home/ann/space", std::move(arguments));
  check(action.has_value(), "the test's action");
  model::Session session{"00ff",
                         {model::PrincipalKind::kAgent, "session:00ff"},
                         {model::PrincipalKind::kPerson, "uid:1000"}};
  model::Judgement judgement;
  judgement.decision = decision;
  judgement.reasons.push_back({"policy.rule", decision, "because of " + secret, "rule-1"});
  judgement.policy_name = "test";
  judgement.approval = approval;
  judgement.limits[model::LimitKind::kMemory] = std::uint64_t{1} << 60;
  return gate::Gate::verdict(
      identity::Identifier::caller(cli::CommandLineDoor::request(*std::move(action)), session),
      std::move(judgement));
}

inline model::Permit a_permit(model::AuthorityWatch& watch, const std::string& secret = "",
                              const std::string& approval = "") {
  return consent::Consent::permit(a_verdict(model::Decision::kAllow, secret, approval), watch);
}

inline model::Evidence some_evidence() {
  model::Evidence evidence;
  evidence.exit_code = 3;
  evidence.layers.push_back({"landlock", model::LayerState::kProven, "ABI 7"});
  evidence.streams.push_back({"stdout", 12, Digest{1, 2, 3}});
  model::LimitReport limit;
  limit.kind = model::LimitKind::kMemory;
  evidence.limits.push_back(limit);
  evidence.notes.push_back("workspace is written directly \xff");
  return evidence;
}

}  // namespace bailey::ledger
