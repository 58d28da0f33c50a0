// The order of the stages, with the real identity, gate, consent and ledger, and a cage
// that does what the test says.
#include "conduct/conductor.h"

#include <gtest/gtest.h>

#include "base/fakes.h"
#include "conduct/street_for_test.h"
#include "effect/process/fake_jail.h"
#include "test_disk.h"

namespace bailey::conduct {
namespace {

using effect::process::FakeCageScript;
using effect::process::FakeJail;

class NeverStops final : public effect::process::Watch {
 public:
  bool must_stop() override { return false; }
};

class Street : public ::testing::Test {
 protected:
  static std::string policy(const std::string& decision) {
    return "version: 1\nname: test\nlevels: {start: 30, max: 40}\nfiles: {read: ['/usr/**']}\n"
           "commands:\n  - {id: the-rule, decision: " +
           decision + ", argv: ['/usr/bin/tool']}\napprovals: {by: self, timeout: 1h}\n";
  }

  Result<Conducted> run(const std::string& decision, AskHere ask_here = nobody()) {
    const auto compiled = policy::CompiledPolicy::from_source(policy(decision)).value();
    const auto matrix = gate::LevelMatrix::built_in();
    const auto action = run_of_a_tool();
    const identity::Identifier identifier(identity::LocalUser::of_this_process(), entropy_);
    const gate::Gate gate(clock_);
    std::stop_source stop;
    consent::Consent consent(clock_, approvals_, ledger().watch(), stop.get_token());
    effect::Effects effects(clock_);
    NeverStops watch;
    gate::KillState kill;
    kill.halted = halted_;
    kill.source = halted_ ? gate::KillSource::kStore : gate::KillSource::kNone;
    Conductor conductor(
        {clock_, identifier, gate,
         [&] { return gate::Inputs{compiled, matrix, approvals_, {}, kill, "/home/ann"}; }, consent,
         effects,
         [&]() -> Result<ledger::Ledger*> {
           if (ledger_fails_) return fail("disk.full", "no room");
           return &ledger();
         },
         std::move(ask_here)});
    auto cage = FakeJail(script_).raise();
    return conductor.run_process(
        [&] { return cli::CommandLineDoor::request(action); }, model::Level::kRoot,
        *std::move(cage), [](const model::Judgement&) { return effect::process::CageSpec{}; },
        watch);
  }
  static AskHere nobody() {
    return [](const consent::Ask&) -> Result<bool> { return false; };
  }

  ledger::Ledger& ledger() { return ledger_.get(); }
  std::vector<std::string> leaves() { return ledger_.types(); }

  FakeClock clock_;
  FakeEntropy entropy_;
  MemoryApprovals approvals_;
  FakeCageScript script_;
  bool halted_ = false;
  bool ledger_fails_ = false;
  test::ScratchDir scratch_;
  ScratchLedger ledger_{scratch_.open(), clock_, entropy_};
};

using Leaves = std::vector<std::string>;

TEST_F(Street, AllowedRun_LeavesIntentThenOutcome) {
  script_.end.exit_code = 7;
  const auto ran = run("allow");
  ASSERT_TRUE(ran.has_value()) << ran.error().message;
  EXPECT_EQ(std::get<Ran>(*ran).evidence.exit_code, 7);
  EXPECT_EQ(leaves(), (Leaves{"intent", "outcome"}));
  EXPECT_EQ(script_.alive, 0);
}

TEST_F(Street, DeniedRun_LeavesARefusalAndFurnishesNoCage) {
  const auto refused = run("deny");
  EXPECT_EQ(std::get<Refused>(*refused).denial.decision, model::Decision::kDeny);
  EXPECT_EQ(leaves(), Leaves{"refusal"});
  EXPECT_FALSE(script_.furnished.has_value());
  EXPECT_EQ(script_.runs, 0);
  EXPECT_EQ(script_.alive, 0);
}

TEST_F(Street, HaltedHome_DeniesWhatThePolicyAllows) {
  halted_ = true;
  const auto refused = run("allow");
  EXPECT_TRUE(std::get<Refused>(*refused).denial.reason_code.starts_with("kill."));
  EXPECT_EQ(script_.runs, 0);
}

TEST_F(Street, AskWithoutAnybodyHere_IsStoredAndRefused) {
  const auto refused = run("ask");
  ASSERT_TRUE(std::get<Refused>(*refused).ask.has_value());
  EXPECT_EQ(script_.runs, 0);
  EXPECT_EQ(leaves().back(), "refusal");
}

TEST_F(Street, AnswerGivenHere_IsJudgedAgainAndRunsOnce) {
  int asked = 0;
  const auto ran = run("ask", [&](const consent::Ask& ask) -> Result<bool> {
    ++asked;
    BAILEY_TRY(approvals_.answer(ask, {consent::Answer::kGrant, "uid:0", clock_.wall()}));
    return true;
  });
  EXPECT_EQ(asked, 1);
  ASSERT_TRUE(std::holds_alternative<Ran>(*ran));
  EXPECT_EQ(script_.runs, 1);
  // The yes was for one run: the same command asks again.
  EXPECT_TRUE(std::get<Refused>(*run("ask")).ask.has_value());
}

TEST_F(Street, NoGivenHere_DeniesWithoutAskingTwice) {
  int asked = 0;
  const auto refused = run("ask", [&](const consent::Ask& ask) -> Result<bool> {
    ++asked;
    BAILEY_TRY(approvals_.answer(ask, {consent::Answer::kDeny, "uid:0", clock_.wall()}));
    return true;
  });
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(std::get<Refused>(*refused).denial.decision, model::Decision::kDeny);
  EXPECT_EQ(script_.runs, 0);
}

TEST_F(Street, NoRecord_NoEffect) {
  ledger_fails_ = true;
  EXPECT_EQ(run("allow").error().code, "disk.full");
  EXPECT_EQ(script_.runs, 0);
  EXPECT_EQ(script_.alive, 0);
}

TEST_F(Street, CageThatCannotBeFurnished_LeavesTheAuthorityAbandoned) {
  script_.furnish_error = Error{"cage.plan", "too big", ""};
  EXPECT_EQ(run("allow").error().code, "cage.plan");
  script_.furnish_error.reset();
  ASSERT_TRUE(run("deny").has_value());
  EXPECT_EQ(leaves(), (Leaves{"abandoned", "refusal"}));
}

TEST_F(Street, UnprovenLayer_KeepsTheProgramFromStartingAndIsRecorded) {
  script_.readiness.layers.push_back({"seccomp", model::LayerState::kActive, ""});
  const auto ran = run("allow");
  EXPECT_EQ(std::get<Ran>(*ran).reason_code, "cage.layer_missing");
  EXPECT_EQ(script_.runs, 0);
  EXPECT_EQ(leaves(), (Leaves{"intent", "outcome"}));
}

TEST_F(Street, LostWarden_IsAFailedOutcomeNotASuccess) {
  script_.end.end = effect::process::End::kWardenLost;
  EXPECT_EQ(std::get<Ran>(*run("allow")).status, model::OutcomeStatus::kFailed);
}

TEST_F(Street, EventsAreInTheLedgerBeforeTheOutcome) {
  model::Event event;
  event.act = "ptrace";
  event.object = "/secret/place";
  for (int i = 0; i < 40; ++i) script_.events.push_back(event);
  const auto conducted = run("allow");
  ASSERT_TRUE(conducted);
  EXPECT_EQ(std::get<Ran>(*conducted).events.size(), 40U);
  EXPECT_EQ(leaves(), (std::vector<std::string>{"intent", "events", "events", "outcome"}));
  // What a program touched is told at the terminal and not written.
  for (std::uint64_t i = 0; i < 4; ++i) {
    const auto leaf = ledger().leaf(i).value();
    EXPECT_EQ(std::string(leaf.begin(), leaf.end()).find("/secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace bailey::conduct
