// From verdict to permit, and who may say yes.
#include "consent/consent.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "base/fakes.h"
#include "consent/answering.h"
#include "model/process_run.h"

// The tests' own door, identity and gate: their real ones stand on this floor or above.
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
    model::Session session;
    session.id = "5e55";
    session.agent = {model::PrincipalKind::kAgent, "session:5e55", model::Proof::kUnixUser};
    session.owner = {model::PrincipalKind::kPerson, "uid:1000", model::Proof::kUnixUser};
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
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

class FakeStore final : public ApprovalStore {
 public:
  Result<Ask> put(Ask ask) override {
    if (broken) return fail("disk.full", "no space left");
    ask.id = "0123456789abcdef";
    ask.nonce = "n" + std::to_string(++puts);
    asks[ask.id] = {ask, {}};
    return ask;
  }
  Result<StoredAsk> get(const std::string& id) const override {
    const auto found = asks.find(id);
    if (found == asks.end()) return fail("approval.missing", "there is no ask");
    return found->second;
  }
  Result<std::vector<StoredAsk>> list() const override { return std::vector<StoredAsk>(); }
  Status answer(const Ask& ask, const AnswerRecord& record) override {
    auto& stored = asks.at(ask.id);
    if (stored.answer) return fail("approval.answered", "answered");
    stored.answer = record;
    return {};
  }
  Status use(const std::string& id) override {
    ++uses;
    if (asks.erase(id) == 0) return fail("approval.used", "used");
    return {};
  }
  std::map<std::string, StoredAsk> asks;
  int puts = 0;
  int uses = 0;
  bool broken = false;
};

struct Watch final : model::AuthorityWatch {
  void abandoned(const model::ActionDigest&,
                 const std::optional<model::IntentId>&) noexcept override {
    ++count;
  }
  int count = 0;
};

struct Bench {
  model::Verdict verdict(model::Judgement judgement) {
    model::ProcessRun run;
    run.argv = {"git", "push", "it's mine"};
    run.found = run.program = "/usr/bin/git";
    run.workspace = run.directory = "/w";
    return gate::Gate::verdict(
        identity::Identifier::caller(cli::CommandLineDoor::request(*model::to_action(run))),
        std::move(judgement));
  }
  static model::Judgement judgement(model::Decision decision) {
    model::Judgement judgement;
    judgement.decision = decision;
    judgement.kill_epoch = 9;
    judgement.approvals_by = "self";
    judgement.approval_timeout_ns = 10 * kMinute;
    judgement.reasons = {{"policy.ask", decision, "a rule asks", "push"}};
    return judgement;
  }
  Granted grant(model::Judgement judgement) {
    auto granted = consent.grant(verdict(std::move(judgement)));
    EXPECT_TRUE(granted);
    return *std::move(granted);
  }
  Ask ask(const char* by = "self") {
    auto judged = judgement(model::Decision::kAsk);
    judged.approvals_by = by;
    return std::get<PendingAsk>(grant(std::move(judged))).ask;
  }
  std::string command(const Ask& ask, Answer answer, const char* who, Halt halt = Halt::kRunning) {
    const auto done = Answering(store, clock).by_command(ask.id, answer, person(who), halt);
    return done ? "ok" : std::string(done.error().code);
  }
  static model::Principal person(const char* name) {
    return {model::PrincipalKind::kPerson, name, model::Proof::kUnixUser};
  }

  FakeClock clock;
  FakeStore store;
  Watch watch;
  std::stop_source stop;
  Consent consent{clock, store, watch, stop.get_token()};
};

TEST(Consent, AnAllowBecomesAPermitForAMinute) {
  Bench bench;
  auto judgement = Bench::judgement(model::Decision::kAllow);
  judgement.limits[model::LimitKind::kWall] = static_cast<std::uint64_t>(kMinute);
  {
    const auto granted = bench.grant(std::move(judgement));
    const auto& permit = std::get<model::Permit>(granted);
    EXPECT_EQ(permit.start_by().ns, bench.clock.monotonic().ns + kMinute);
    EXPECT_EQ(permit.leash().deadline().ns, bench.clock.monotonic().ns + 2 * kMinute);
    EXPECT_EQ(permit.leash().kill_epoch(), 9U);
    EXPECT_FALSE(permit.leash().stop_requested());
    bench.stop.request_stop();
    EXPECT_TRUE(permit.leash().stop_requested());
    EXPECT_EQ(bench.store.uses, 0);
  }
  EXPECT_EQ(bench.watch.count, 1);  // dropped unused
}

TEST(Consent, ARaisedLevelEndsTheRunThatNeedsIt) {
  Bench bench;
  auto judgement = Bench::judgement(model::Decision::kAllow);
  judgement.level_until_ns = bench.clock.monotonic().ns + 5;
  const auto granted = bench.grant(std::move(judgement));
  EXPECT_EQ(std::get<model::Permit>(granted).leash().deadline().ns, bench.clock.monotonic().ns + 5);
}

TEST(Consent, WithoutAWallLimitThereIsNoDeadline) {
  Bench bench;
  const auto granted = bench.grant(Bench::judgement(model::Decision::kAllow));
  EXPECT_EQ(std::get<model::Permit>(granted).leash().deadline().ns,
            std::numeric_limits<std::int64_t>::max());
}

TEST(Consent, ADenyBecomesARefusal) {
  Bench bench;
  const auto granted = bench.grant(Bench::judgement(model::Decision::kDeny));
  EXPECT_EQ(std::get<model::Refusal>(granted).denial.phase, "gate");
  EXPECT_EQ(bench.watch.count, 0);
}

TEST(Consent, AnAskIsStoredWithWhatWhyAndEnd) {
  Bench bench;
  const auto granted = bench.grant(Bench::judgement(model::Decision::kAsk));
  const auto& pending = std::get<PendingAsk>(granted);
  EXPECT_EQ(pending.ask.what, "git push 'it'\\''s mine' (/usr/bin/git) in /w");
  EXPECT_EQ(pending.ask.why, "a rule asks");
  EXPECT_EQ(pending.ask.rule, "push");
  EXPECT_EQ(pending.ask.requester, "session:5e55");
  EXPECT_EQ(pending.ask.owner, "uid:1000");
  EXPECT_EQ(pending.ask.expires.unix_ns, bench.clock.wall().unix_ns + 10 * kMinute);
  EXPECT_EQ(pending.ask.action, pending.refusal.verdict.caller().request().action().digest());
  EXPECT_EQ(pending.refusal.denial.decision, model::Decision::kAsk);
  EXPECT_TRUE(pending.refusal.denial.retryable);
}

TEST(Consent, AnAskThatCannotBeStoredGrantsNothing) {
  Bench bench;
  bench.store.broken = true;
  const auto granted = bench.consent.grant(bench.verdict(Bench::judgement(model::Decision::kAsk)));
  ASSERT_FALSE(granted);
  EXPECT_EQ(granted.error().code, "disk.full");
}

TEST(Consent, AnApprovalIsUsedUpOnce) {
  Bench bench;
  const Ask ask = bench.ask();
  auto judgement = Bench::judgement(model::Decision::kAllow);
  judgement.approval = ask.id;
  EXPECT_TRUE(std::holds_alternative<model::Permit>(bench.grant(judgement)));
  const auto again = bench.grant(judgement);
  ASSERT_TRUE(std::holds_alternative<model::Refusal>(again));
  EXPECT_EQ(std::get<model::Refusal>(again).denial.reason_code, "approval.used");
}

TEST(Answering, AnotherPersonAnswersOnce) {
  Bench bench;
  const Ask ask = bench.ask("other");
  EXPECT_EQ(bench.command(ask, Answer::kGrant, "uid:0"), "ok");
  EXPECT_EQ(bench.command(ask, Answer::kDeny, "uid:0"), "approval.answered");
  EXPECT_EQ(bench.store.asks.at(ask.id).answer->answer, Answer::kGrant);
}

TEST(Answering, TheOwnerCannotSayYesWhereSomebodyElseMust) {
  Bench bench;
  const Ask ask = bench.ask("other");
  EXPECT_EQ(bench.command(ask, Answer::kGrant, "uid:1000"), "approval.requester");
  EXPECT_FALSE(bench.store.asks.at(ask.id).answer);
  EXPECT_EQ(bench.command(ask, Answer::kDeny, "uid:1000"), "ok");
}

TEST(Answering, TheOwnersYesByCommandIsNotATerminalsYes) {
  Bench bench;
  const Ask ask = bench.ask("self");
  EXPECT_EQ(bench.command(ask, Answer::kGrant, "uid:1000"), "approval.terminal");
  EXPECT_EQ(bench.command(ask, Answer::kGrant, "uid:0"), "ok");
}

TEST(Answering, TheRequesterNeverAnswers) {
  Bench bench;
  const Ask ask = bench.ask();
  auto session = Bench::person("session:5e55");
  for (const auto kind : {model::PrincipalKind::kAgent, model::PrincipalKind::kPerson}) {
    session.kind = kind;
    const auto done = Answering(bench.store, bench.clock)
                          .by_command(ask.id, Answer::kGrant, session, Halt::kRunning);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, "approval.requester");
  }
}

TEST(Answering, WhileHaltedOnlyNoCounts) {
  Bench bench;
  const Ask ask = bench.ask("other");
  EXPECT_EQ(bench.command(ask, Answer::kGrant, "uid:0", Halt::kHalted), "kill.active");
  EXPECT_EQ(bench.command(ask, Answer::kDeny, "uid:0", Halt::kHalted), "ok");
}

TEST(Answering, AnExpiredAskIsOver) {
  Bench bench;
  const Ask ask = bench.ask("other");
  bench.clock.advance_ns(10 * kMinute);
  EXPECT_EQ(bench.command(ask, Answer::kGrant, "uid:0"), "approval.expired");
  bench.clock.set_wall(ask.created);  // a clock set back: the monotonic one knows
  EXPECT_EQ(bench.command(ask, Answer::kGrant, "uid:0"), "approval.expired");
  Ask unknown = ask;
  unknown.id = "ffffffffffffffff";
  EXPECT_EQ(bench.command(unknown, Answer::kGrant, "uid:0"), "approval.missing");
}

// A terminal whose other end the test holds.
class Terminal {
 public:
  Terminal() {
    int master = -1;
    int slave = -1;
    EXPECT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
    master_ = Fd(master);
    slave_ = Fd(slave);
  }
  [[nodiscard]] Fd take() { return Fd(::dup(slave_.get())); }
  void type(std::string_view keys) const {
    EXPECT_EQ(::write(master_.get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  // Everything shown until `until` stands there.
  std::string shown(std::string_view until) {
    while (shown_.find(until) == std::string::npos) {
      char bytes[512];
      const ssize_t count = ::read(master_.get(), bytes, sizeof bytes);
      if (count <= 0) break;
      shown_.append(bytes, static_cast<std::size_t>(count));
    }
    return shown_;
  }
  [[nodiscard]] int slave() const { return slave_.get(); }
  void hang_up() {
    slave_.reset();
    master_.reset();
  }

 private:
  Fd master_;
  Fd slave_;
  std::string shown_;
};

class RealClock final : public Clock {
 public:
  WallTime wall() const noexcept override { return {now()}; }
  MonoTime monotonic() const noexcept override { return {now()}; }
  const BootId& boot_id() const noexcept override { return boot_; }

 private:
  static std::int64_t now() {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  }
  BootId boot_ = "boot";
};

Ask some_ask() {
  Ask ask;
  ask.id = "0123456789abcdef";
  ask.nonce = "nonce";
  ask.action.bytes[0] = 0xAB;
  ask.what = "git push \x1b[2J\xE2\x80\xAE evil";
  ask.why = "a rule asks";
  return ask;
}

Answer answer_typed(std::string_view before, std::string_view keys, std::string* shown = nullptr) {
  Terminal terminal;
  auto prompt = TerminalPrompt::on(terminal.take());
  EXPECT_TRUE(prompt);
  if (!before.empty()) terminal.type(before);
  Answer answer = Answer::kDeny;
  const RealClock clock;
  std::thread person([&] {
    const auto text = terminal.shown("[y/N] ");
    if (shown != nullptr) *shown = text;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (!keys.empty()) terminal.type(keys);
  });
  answer = prompt->put(some_ask(), clock, keys.empty() ? 300'000'000 : 5'000'000'000).answer();
  person.join();
  return answer;
}

TEST(TerminalPrompt, OnlyYAndEnterIsYes) {
  EXPECT_EQ(answer_typed("", "y\r"), Answer::kGrant);
  EXPECT_EQ(answer_typed("", "yes\n"), Answer::kGrant);
  for (const char* no : {"\r", "n\r", "yy\r", "yeah\r", " y\r", "\x04"})
    EXPECT_EQ(answer_typed("", no), Answer::kDeny) << no;
}

TEST(TerminalPrompt, WhatWasTypedBeforeIsThrownAway) {
  EXPECT_EQ(answer_typed("y\n", "n\r"), Answer::kDeny);
  EXPECT_EQ(answer_typed("y\n", ""), Answer::kDeny);
  EXPECT_EQ(answer_typed("y", "\r"), Answer::kDeny);
}

TEST(TerminalPrompt, SilenceIsNo) {
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(answer_typed("", ""), Answer::kDeny);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(3));
}

TEST(TerminalPrompt, ShowsWhatWhyAndDigestWithoutTheirEscapes) {
  std::string shown;
  EXPECT_EQ(answer_typed("", "n\r", &shown), Answer::kDeny);
  EXPECT_NE(shown.find("git push \\x1b[2J"), std::string::npos) << shown;
  EXPECT_NE(shown.find("a rule asks"), std::string::npos);
  EXPECT_NE(shown.find("digest  ab00"), std::string::npos);
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
  EXPECT_EQ(shown.find("\xE2\x80\xAE"), std::string::npos);
}

TEST(TerminalPrompt, PutsTheTerminalsModeBack) {
  Terminal terminal;
  termios raw{};
  ASSERT_EQ(::tcgetattr(terminal.slave(), &raw), 0);
  ::cfmakeraw(&raw);
  ASSERT_EQ(::tcsetattr(terminal.slave(), TCSANOW, &raw), 0);
  auto prompt = TerminalPrompt::on(terminal.take());
  ASSERT_TRUE(prompt);
  std::thread person([&] {
    (void)terminal.shown("[y/N] ");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    terminal.type("y\r");
  });
  EXPECT_EQ(prompt->put(some_ask(), RealClock(), 5'000'000'000).answer(), Answer::kGrant);
  person.join();
  termios after{};
  ASSERT_EQ(::tcgetattr(terminal.slave(), &after), 0);
  EXPECT_EQ(after.c_lflag, raw.c_lflag);
  EXPECT_EQ(after.c_iflag, raw.c_iflag);
}

TEST(TerminalPrompt, AFileIsNoTerminal) {
  const auto prompt = TerminalPrompt::on(Fd(::open("/dev/null", O_RDWR | O_CLOEXEC)));
  ASSERT_FALSE(prompt);
  EXPECT_EQ(prompt.error().code, "approval.no_terminal");
}

// A question beside a running program, taken forward until it is answered.
std::optional<TerminalAnswer> answer_beside(Terminal& terminal, TerminalQuestion& question,
                                            std::string_view keys) {
  const RealClock clock;
  std::thread person([&] {
    (void)terminal.shown("[y/N] ");
    terminal.type(keys);
  });
  std::optional<TerminalAnswer> answer;
  const auto until = clock.monotonic().ns + 5'000'000'000;
  while (!answer && clock.monotonic().ns < until) {
    answer = question.look(clock.monotonic());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  person.join();
  return answer;
}

TEST(TerminalQuestion, BesideARunningProgram_NothingCountsUntilTheKeysAreQuiet) {
  Terminal terminal;
  termios before{};
  ASSERT_EQ(::tcgetattr(terminal.slave(), &before), 0);
  const RealClock clock;
  {
    auto question = TerminalPrompt::on(terminal.take())
                        .value()
                        .begin(some_ask(), Moment::kDuring, clock, 20'000'000'000);
    // A person who goes on typing into the program puts the question off.
    for (int i = 0; i < 10; ++i) {
      terminal.type("y\ry");
      EXPECT_FALSE(question->look(clock.monotonic()));
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
    }
    const auto answer = answer_beside(terminal, *question, "n\r");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->answer(), Answer::kDeny);
    EXPECT_EQ(answer->how(), TerminalAnswer::How::kTyped);
  }
  termios after{};
  ASSERT_EQ(::tcgetattr(terminal.slave(), &after), 0);
  EXPECT_EQ(before.c_lflag, after.c_lflag);
  EXPECT_EQ(before.c_cc[VSUSP], after.c_cc[VSUSP]);
}

TEST(TerminalQuestion, BesideARunningProgram_YesIsYes) {
  Terminal terminal;
  auto question = TerminalPrompt::on(terminal.take())
                      .value()
                      .begin(some_ask(), Moment::kDuring, RealClock(), 20'000'000'000);
  const auto answer = answer_beside(terminal, *question, "y\r");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->answer(), Answer::kGrant);
}

TEST(TerminalQuestion, GivenUpOrUnanswered_IsNoAndNobodysWord) {
  Terminal terminal;
  const RealClock clock;
  auto question = TerminalPrompt::on(terminal.take())
                      .value()
                      .begin(some_ask(), Moment::kDuring, clock, 1'000'000'000);
  EXPECT_FALSE(question->look(clock.monotonic()));
  const auto late = question->look(MonoTime{clock.monotonic().ns + 2'000'000'000});
  ASSERT_TRUE(late);
  EXPECT_EQ(late->answer(), Answer::kDeny);
  EXPECT_EQ(late->how(), TerminalAnswer::How::kSilence);
  EXPECT_FALSE(question->look(clock.monotonic())) << "answered once";
  auto other = TerminalPrompt::on(terminal.take())
                   .value()
                   .begin(some_ask(), Moment::kDuring, clock, 1'000'000'000);
  const auto given_up = other->give_up("over");
  EXPECT_EQ(given_up.answer(), Answer::kDeny);
  EXPECT_EQ(given_up.how(), TerminalAnswer::How::kSilence);
}

// Output that nobody takes must not hold whoever looks after the run.
TEST(TerminalQuestion, OnATerminalThatTakesNoOutput_IsNo) {
  Terminal terminal;
  Fd own = terminal.take();
  ASSERT_EQ(::fcntl(own.get(), F_SETFL, O_RDWR | O_NONBLOCK), 0);
  // The kernel passes what is written on in its own time, and then there is room again.
  const std::string junk(1 << 16, 'x');
  for (int full = 0; full < 5; ++full) {
    while (::write(own.get(), junk.data(), junk.size()) > 0) full = 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const RealClock clock;
  auto question = TerminalPrompt::on(std::move(own))
                      .value()
                      .begin(some_ask(), Moment::kDuring, clock, 20'000'000'000);
  const auto answer = question->look(clock.monotonic());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->answer(), Answer::kDeny);
}

TEST(Answering, TheOwnerSaysYesAtTheTerminalToThisAskOnly) {
  Bench bench;
  const auto yes_to = [](const Ask& ask) {
    Terminal terminal;
    auto prompt = TerminalPrompt::on(terminal.take());
    std::thread person([&] {
      (void)terminal.shown("[y/N] ");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      terminal.type("y\r");
    });
    auto answer = prompt->put(ask, RealClock(), 5'000'000'000);
    person.join();
    return answer;
  };
  const Ask first = bench.ask("self");
  const auto answer = yes_to(first);
  const Ask second = bench.ask("self");  // asked anew: another nonce under the same id
  Answering answering(bench.store, bench.clock);
  EXPECT_FALSE(answering.at_terminal(second.id, answer, Bench::person("uid:1000"), Halt::kRunning));
  const auto right = yes_to(second);
  EXPECT_EQ(answering.at_terminal(second.id, right, Bench::person("uid:1000"), Halt::kHalted)
                .error()
                .code,
            "kill.active");
  const auto done =
      answering.at_terminal(second.id, right, Bench::person("uid:1000"), Halt::kRunning);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->answer->by, "uid:1000");

  const Ask other = bench.ask("other");
  const auto refused =
      answering.at_terminal(other.id, yes_to(other), Bench::person("uid:1000"), Halt::kRunning);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "approval.requester");
}

TEST(Permit, CannotBeForgedOrCopied) {
  static_assert(!std::is_copy_constructible_v<model::Permit>);
  static_assert(!std::is_default_constructible_v<PassKey<Consent>>);
  static_assert(!std::is_constructible_v<TerminalAnswer, Ask, Answer>);
}

TEST(PermitDeathTest, UseAfterMoveAborts) {
  Bench bench;
  auto granted = bench.grant(Bench::judgement(model::Decision::kAllow));
  auto& permit = std::get<model::Permit>(granted);
  const model::Permit moved = std::move(permit);
  EXPECT_DEATH((void)permit.start_by(), "invariant broken");
}

}  // namespace
}  // namespace bailey::consent
