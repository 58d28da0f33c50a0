// What a running program wishes for, with the real identity, gate, consent and ledger, a real
// terminal, and a cage that wishes for what the test says.
#include "conduct/live_grants.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <mutex>
#include <thread>

#include "base/fakes.h"
#include "conduct/conductor.h"
#include "conduct/street_for_test.h"
#include "effect/file/fake_file_source.h"
#include "effect/process/fake_jail.h"
#include "test_disk.h"

namespace bailey::conduct {
namespace {

using effect::process::FakeCageScript;
using effect::process::FakeJail;

constexpr const char* kPolicy =
    "version: 1\nname: test\nlevels: {start: 30, max: 40}\n"
    "files: {read: ['/usr/**'], hide: ['/srv/never'], ask: [{id: shelf, path: '/srv/**'}]}\n"
    "commands: [{id: tool, decision: allow, argv: ['/usr/bin/tool']}]\n";

class Switch final : public effect::process::Watch {
 public:
  bool must_stop() override { return on; }
  bool on = false;
};

// Real, so that a question settles while the cage turns.
class RunningClock final : public Clock {
 public:
  WallTime wall() const noexcept override { return start_.wall(); }
  MonoTime monotonic() const noexcept override {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return {std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec};
  }
  const BootId& boot_id() const noexcept override { return start_.boot_id(); }

 private:
  FakeClock start_;
};

// Types the next answer whenever a question waits for one.
class Person {
 public:
  Person() {
    EXPECT_EQ(::openpty(&leader_, &terminal_, nullptr, nullptr, nullptr), 0);
    thread_ = std::jthread([this](const std::stop_token& stop) { attend(stop); });
  }
  ~Person() {
    thread_.request_stop();
    thread_.join();
    ::close(leader_);
    ::close(terminal_);
  }
  Result<consent::TerminalPrompt> prompt() const {
    return consent::TerminalPrompt::on(Fd(::dup(terminal_)));
  }
  // One letter a question; no for those that come after.
  void will_answer(std::string answers) {
    const std::lock_guard lock(mutex_);
    answers_ = std::move(answers);
  }
  int questions() const {
    const std::lock_guard lock(mutex_);
    return questions_;
  }

 private:
  void attend(const std::stop_token& stop) {
    std::string shown;
    while (!stop.stop_requested()) {
      pollfd wait{leader_, POLLIN, 0};
      if (::poll(&wait, 1, 20) <= 0) continue;
      char bytes[4096];
      const ssize_t n = ::read(leader_, bytes, sizeof bytes);
      if (n > 0) shown.append(bytes, static_cast<std::size_t>(n));
      if (shown.find("[y/N] ") == std::string::npos) continue;
      shown.clear();
      const std::string line{next_answer(), '\r'};
      EXPECT_EQ(::write(leader_, line.data(), line.size()), 2);
    }
  }
  char next_answer() {
    const std::lock_guard lock(mutex_);
    const auto at = static_cast<std::size_t>(questions_++);
    return at < answers_.size() ? answers_[at] : 'n';
  }

  mutable std::mutex mutex_;
  std::string answers_;
  int questions_ = 0;
  int leader_ = -1;
  int terminal_ = -1;
  std::jthread thread_;
};

class LiveGrantsOf : public ::testing::Test {
 protected:
  LiveGrantsOf() {
    files_.files["/srv/a"] = {"/srv/a", "text of a"};
    files_.files["/srv/b"] = {"/srv/b", "text of b"};
    files_.files["/srv/never"] = {"/srv/never", "no"};
    files_.files["/srv/link"] = {"/etc/shadow", "no"};
    files_.files["/etc/shadow"] = {"/etc/shadow", "no"};
  }

  // What came of each wish, in order: '+' given, '-' not.
  std::string wish(const std::vector<std::string>& paths, const std::string& by = "self") {
    for (std::size_t i = 0; i < paths.size(); ++i)
      script_.wishes.push_back({i + 1, paths[i], 4711, "tool"});
    const auto compiled =
        policy::CompiledPolicy::from_source(kPolicy + ("approvals: {by: " + by + "}\n")).value();
    const auto rules =
        policy::FileRules::create(compiled.policy(), {"/home/ann", "/home/ann/project"}).value();
    const auto matrix = gate::LevelMatrix::built_in();
    const auto action = run_of_a_tool();
    const identity::Identifier identifier(identity::LocalUser::of_this_process(), entropy_);
    const gate::Gate gate(clock_);
    std::stop_source stop;
    consent::Consent consent(clock_, approvals_, ledger().watch(), stop.get_token());
    effect::Effects effects(clock_);
    LiveAsking asking{
        [](const model::FileRead& read) -> Result<model::Request> {
          return cli::CommandLineDoor::request(model::to_action(read).value());
        },
        [&]() -> Result<consent::TerminalPrompt> {
          if (!at_terminal_) return fail("approval.no_terminal", "nobody");
          return person_.prompt();
        },
        [&](const consent::Ask& ask, const consent::TerminalAnswer& answer) -> Status {
          if (halts_at_answer_) halted_ = true;
          return approvals_.answer(ask, {answer.answer(), "uid:1", clock_.wall()});
        },
        &files_, "/home/ann/project"};
    Conductor conductor({clock_, identifier, gate,
                         [&] {
                           gate::KillState kill;
                           kill.halted = halted_;
                           return gate::Inputs{compiled,    matrix,       approvals_, {},    kill,
                                               "/home/ann", std::nullopt, nullptr,    &rules};
                         },
                         consent, effects, [&]() -> Result<ledger::Ledger*> { return &ledger(); },
                         [](const consent::Ask&) -> Result<bool> { return false; },
                         std::move(asking)});
    auto cage = FakeJail(script_).raise();
    auto conducted = conductor.run_process(
        [&] { return cli::CommandLineDoor::request(action); }, model::Level::kRoot,
        *std::move(cage), [](const model::Judgement&) { return effect::process::CageSpec{}; },
        switch_);
    EXPECT_TRUE(conducted) << conducted.error().message;
    ran_ = std::get<Ran>(*std::move(conducted));
    std::string text;
    for (const bool given : script_.given) text += given ? '+' : '-';
    return text;
  }

  ledger::Ledger& ledger() { return ledger_.get(); }
  std::string types() {
    std::string text;
    for (const std::string& type : ledger_.types()) text += type + " ";
    return text;
  }
  std::vector<std::string> reasons() const {
    std::vector<std::string> codes;
    for (const auto& grant : ran_->evidence.grants) codes.push_back(grant.reason_code);
    return codes;
  }

  RunningClock clock_;
  FakeEntropy entropy_;
  MemoryApprovals approvals_;
  FakeCageScript script_;
  effect::file::FakeFileSource files_;
  Person person_;
  Switch switch_;
  bool at_terminal_ = true;
  bool halted_ = false;
  bool halts_at_answer_ = false;
  test::ScratchDir scratch_;
  ScratchLedger ledger_{scratch_.open(), clock_, entropy_};
  std::optional<Ran> ran_;
};

using Codes = std::vector<std::string>;

TEST_F(LiveGrantsOf, AYes_GoesDownTheStreetAndGivesTheSameCopyAgain) {
  person_.will_answer("y");
  EXPECT_EQ(wish({"/srv/a", "/srv/a", "/srv/a"}), "+++");
  EXPECT_EQ(person_.questions(), 1);
  EXPECT_EQ(files_.copies, 1) << "read once, whatever the file says later";
  EXPECT_EQ(types(), "intent intent outcome events outcome ");
  const auto all = ledger_.leaves();
  EXPECT_FALSE(all[0].parent);
  ASSERT_TRUE(all[1].parent && all[2].parent);
  EXPECT_EQ(*all[1].parent, *all[2].parent);
  ASSERT_EQ(ran_->evidence.grants.size(), 1U);
  EXPECT_EQ(ran_->evidence.grants[0].uses, 3U);
  EXPECT_EQ(ran_->evidence.grants[0].rule, "shelf");
}

TEST_F(LiveGrantsOf, ANo_IsRememberedAndRecorded) {
  person_.will_answer("ny");
  EXPECT_EQ(wish({"/srv/a", "/srv/a", "/srv/b"}), "--+");
  EXPECT_EQ(person_.questions(), 2);
  EXPECT_EQ(types(), "intent refusal intent outcome events outcome ");
  EXPECT_EQ(reasons(), (Codes{"approval.denied", "grant.given"}));
}

TEST_F(LiveGrantsOf, WhatMayNotBeGiven_IsNotAskedAbout) {
  person_.will_answer("yyyyyy");
  EXPECT_EQ(wish({"/srv/never", "/srv/link", "/etc/shadow", "/srv/none"}), "----");
  EXPECT_EQ(person_.questions(), 0);
  EXPECT_EQ(files_.copies, 0);
  EXPECT_EQ(reasons(),
            (Codes{"grant.hidden", "grant.not_asked", "grant.not_asked", "grant.missing"}));
}

TEST_F(LiveGrantsOf, WhereNobodyCanAnswer_TheReportSaysWhy) {
  at_terminal_ = false;
  EXPECT_EQ(wish({"/srv/a"}), "-");
  EXPECT_EQ(reasons(), Codes{"grant.no_terminal"});
  EXPECT_EQ(types(), "intent refusal outcome ");
}

TEST_F(LiveGrantsOf, SomebodyElse_CannotAnswerWhileItRuns) {
  person_.will_answer("y");
  EXPECT_EQ(wish({"/srv/a"}, "other"), "-");
  EXPECT_EQ(person_.questions(), 0);
  EXPECT_EQ(reasons(), Codes{"grant.other"});
}

TEST_F(LiveGrantsOf, AYesWhileTheKillSwitchCameOn_IsNo) {
  person_.will_answer("y");
  halts_at_answer_ = true;
  EXPECT_EQ(wish({"/srv/a"}), "-");
  EXPECT_EQ(files_.copies, 0);
  EXPECT_EQ(reasons(), Codes{"kill.active"});
}

TEST_F(LiveGrantsOf, SixteenQuestionsAndSixtyFourJudgements_AreARunsShare) {
  std::vector<std::string> paths;
  for (int i = 0; i < 70; ++i) {
    paths.push_back("/srv/f" + std::to_string(i));
    files_.files[paths.back()] = {paths.back(), "x"};
  }
  EXPECT_EQ(wish(paths), std::string(70, '-'));
  EXPECT_EQ(person_.questions(), 16);
  EXPECT_EQ(ran_->evidence.grants.size(), 64U);
  EXPECT_EQ(ran_->evidence.grants_uncounted, 6U);
  EXPECT_EQ(ran_->evidence.grants.back().reason_code, "grant.too_many");
}

TEST_F(LiveGrantsOf, AFileThatCannotBeCopied_IsNoWithAnOutcome) {
  person_.will_answer("y");
  files_.unreadable = "/srv/a";
  EXPECT_EQ(wish({"/srv/a"}), "-");
  EXPECT_EQ(types(), "intent intent outcome outcome ");
  EXPECT_EQ(reasons(), Codes{"grant.unreadable"});
}

}  // namespace
}  // namespace bailey::conduct
