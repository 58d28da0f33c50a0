// The six values: none can be forged or copied, each is used once, none is lost.
#include <gtest/gtest.h>

#include <type_traits>

#include "model/stages_for_test.h"

namespace bailey::model {
namespace {

template <class T>
constexpr bool kMovesOnly = std::is_move_constructible_v<T> && !std::is_copy_constructible_v<T> &&
                            !std::is_copy_assignable_v<T> && !std::is_default_constructible_v<T>;
static_assert(kMovesOnly<Request>);
static_assert(kMovesOnly<Caller>);
static_assert(kMovesOnly<Verdict>);
static_assert(kMovesOnly<Permit>);
static_assert(kMovesOnly<Recorded<Permit>>);
static_assert(kMovesOnly<Outcome>);
static_assert(!std::is_constructible_v<Verdict, Caller, Judgement>,
              "a verdict needs the gate's key");
static_assert(!std::is_constructible_v<Recorded<Permit>, Permit, IntentId>,
              "a recorded permit needs the ledger's key");
static_assert(!std::is_default_constructible_v<PassKey<gate::Gate>>);
static_assert(!std::is_default_constructible_v<PassKey<ledger::Ledger>>);

struct Heard final : AuthorityWatch {
  void abandoned(const ActionDigest&, const std::optional<IntentId>& intent) noexcept override {
    ++count;
    last = intent;
  }
  int count = 0;
  std::optional<IntentId> last;
};

Action an_action() { return Action::create("process.run", "/w", codec::Json::Object{}).value(); }

Permit a_permit(Heard& heard) {
  return consent::Consent::permit(
      gate::Gate::verdict(identity::Identifier::caller(cli::CommandLineDoor::request(an_action())),
                          Decision::kAllow),
      heard);
}

TEST(Permit, DroppedBeforeItWasRecorded_IsHeard) {
  Heard heard;
  {
    const Permit permit = a_permit(heard);
  }
  EXPECT_EQ(heard.count, 1);
  EXPECT_FALSE(heard.last.has_value());
}

TEST(Permit, DroppedAfterItWasRecorded_IsHeardOnceWithItsIntent) {
  Heard heard;
  {
    const auto recorded = ledger::Ledger::record(a_permit(heard));
  }
  EXPECT_EQ(heard.count, 1);
  ASSERT_TRUE(heard.last.has_value());
  EXPECT_EQ(heard.last->index, 7U);
}

TEST(Permit, UsedByAnEffect_IsNotAbandoned) {
  Heard heard;
  {
    const Outcome outcome = effect::Effects::run(ledger::Ledger::record(a_permit(heard)));
  }
  EXPECT_EQ(heard.count, 0);
}

TEST(Permit, CannotBeUsedTwice) {
  Heard heard;
  auto recorded = ledger::Ledger::record(a_permit(heard));
  const auto first = effect::Effects::take(recorded);
  EXPECT_DEATH((void)effect::Effects::take(recorded), "used twice");
}

TEST(Street, EachValueAborts_WhenTouchedAfterItsMove) {
  Heard heard;
  auto request = cli::CommandLineDoor::request(an_action());
  auto caller = identity::Identifier::caller(std::move(request));
  EXPECT_DEATH((void)request.action(), "Request used after move");
  auto verdict = gate::Gate::verdict(std::move(caller), Decision::kAllow);
  EXPECT_DEATH((void)caller.session(), "Caller used after move");
  auto permit = consent::Consent::permit(std::move(verdict), heard);
  EXPECT_DEATH((void)verdict.decision(), "Verdict used after move");
  auto recorded = ledger::Ledger::record(std::move(permit));
  EXPECT_DEATH((void)permit.leash(), "Permit used after move");
  auto outcome = effect::Effects::run(std::move(recorded));
  EXPECT_DEATH((void)recorded.intent(), "Recorded used after move");
  const auto kept = std::move(outcome);
  EXPECT_DEATH((void)outcome.status(), "Outcome used after move");
}

TEST(Reservation, IsGivenBackExactlyOnce) {
  int released = 0;
  {
    Reservation first([&] { ++released; });
    const Reservation second = std::move(first);
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

TEST(Action, DigestBindsEveryPart) {
  const auto make = [](const char* kind, const char* resource, int argument) {
    codec::Json arguments{codec::Json::Object{}};
    arguments.set("n", argument);
    return Action::create(kind, resource, arguments).value().digest();
  };
  EXPECT_EQ(make("a", "r", 1), make("a", "r", 1));
  EXPECT_NE(make("a", "r", 1), make("b", "r", 1));
  EXPECT_NE(make("a", "r", 1), make("a", "s", 1));
  EXPECT_NE(make("a", "r", 1), make("a", "r", 2));
  EXPECT_FALSE(Action::create("Bad Kind", "r", codec::Json::Object{}).has_value());
}

TEST(ProcessRun, DifferentArgumentVectors_NeverShareADigest) {
  const auto digest = [](std::vector<std::string> argv) {
    ProcessRun run;
    run.argv = std::move(argv);
    return to_action(run).value().digest();
  };
  EXPECT_NE(digest({"a b"}), digest({"a", "b"}));
  EXPECT_NE(digest({"\\xff"}), digest({"\xff"}));
  EXPECT_NE(digest({"a", ""}), digest({"a"}));
  EXPECT_EQ(escape_bytes("\xff\\"), "\\xff\\\\");
  EXPECT_EQ(to_action(ProcessRun{}).error().code, "run.empty");
}

}  // namespace
}  // namespace bailey::model
