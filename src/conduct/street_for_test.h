// What a test of the whole street needs beside the real stages: a door, asks in memory, a ledger
// in a given folder, and one command that runs a tool.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/dir.h"
#include "base/entropy.h"
#include "consent/approval_store.h"
#include "gate/approval_source.h"
#include "ledger/ledger.h"
#include "model/process_run.h"

namespace bailey::cli {
class CommandLineDoor {
 public:
  static model::Request request(const model::Action& action) {
    return {PassKey<CommandLineDoor>(), action, "key"};
  }
};
}  // namespace bailey::cli

namespace bailey::conduct {

// One ask an action, until it is used.
class MemoryApprovals final : public consent::ApprovalStore, public gate::ApprovalSource {
 public:
  Result<consent::Ask> put(consent::Ask ask) override {
    for (const auto& [id, stored] : asks_)
      if (stored.ask.action == ask.action) return stored.ask;
    ask.id = "ask-" + std::to_string(put_++);
    ask.nonce = ask.id;
    asks_.emplace(ask.id, consent::StoredAsk{ask, std::nullopt});
    return ask;
  }
  Result<consent::StoredAsk> get(const std::string& id) const override { return asks_.at(id); }
  Result<std::vector<consent::StoredAsk>> list() const override {
    return std::vector<consent::StoredAsk>{};
  }
  Status answer(const consent::Ask& ask, const consent::AnswerRecord& record) override {
    asks_.at(ask.id).answer = record;
    return {};
  }
  Status use(const std::string& id) override {
    if (asks_.erase(id) == 0) return fail("approval.used", "used");
    return {};
  }
  Result<std::optional<gate::Approval>> find(const model::ActionDigest& action,
                                             const Digest&) const override {
    for (const auto& [id, stored] : asks_)
      if (stored.ask.action == action && stored.answer)
        return std::optional(gate::Approval{id,
                                            stored.answer->answer == consent::Answer::kGrant
                                                ? gate::Answer::kGranted
                                                : gate::Answer::kDenied,
                                            stored.answer->by});
    return std::optional<gate::Approval>();
  }

 private:
  std::map<std::string, consent::StoredAsk> asks_;
  unsigned put_ = 0;
};

// Opened when it is first asked for.
class ScratchLedger {
 public:
  ScratchLedger(Dir folder, const Clock& clock, Entropy& entropy)
      : folder_(std::move(folder)), clock_(clock), entropy_(entropy) {}

  ledger::Ledger& get() {
    if (!ledger_) {
      ledger::OpenReport report;
      ledger::LedgerKeys keys{"bailey/test", crypto::SigningKey::generate(entropy_),
                              crypto::SigningKey::generate(entropy_),
                              crypto::SealKey(std::array<std::uint8_t, 32>{1})};
      ledger_ = ledger::Ledger::open(std::move(folder_), std::move(keys), clock_, entropy_, report)
                    .value();
    }
    return *ledger_;
  }
  std::vector<merkle::LeafEnvelope> leaves() {
    std::vector<merkle::LeafEnvelope> all;
    EXPECT_TRUE(get().read(0, get().size().value(),
                           [&](auto, const merkle::LeafEnvelope& leaf, auto&) -> Status {
                             all.push_back(leaf);
                             return {};
                           }));
    return all;
  }
  std::vector<std::string> types() {
    std::vector<std::string> names;
    for (const auto& leaf : leaves()) names.emplace_back(merkle::name(leaf.type));
    return names;
  }

 private:
  Dir folder_;
  const Clock& clock_;
  Entropy& entropy_;
  std::unique_ptr<ledger::Ledger> ledger_;
};

inline model::Action run_of_a_tool() {
  model::ProcessRun run;
  run.argv = {"/usr/bin/tool"};
  run.found = run.program = "/usr/bin/tool";
  run.workspace = run.directory = "/home/ann/project";
  return model::to_action(run).value();
}

}  // namespace bailey::conduct
