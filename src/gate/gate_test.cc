// What the gate says, reason by reason, and which reason wins.
#include "gate/gate.h"

#include <gtest/gtest.h>

#include "base/fakes.h"
#include "model/file_read.h"
#include "model/process_run.h"
#include "policy/defaults.h"
#include "policy/surroundings_for_test.h"

namespace bailey::cli {
class CommandLineDoor {
 public:
  static model::Request request(model::Action action) {
    return {PassKey<CommandLineDoor>(), std::move(action), "key"};
  }
};
}  // namespace bailey::cli

// The tests' own identity stage: this floor may not include the real one.
namespace bailey::identity {
class Identifier {
 public:
  static model::Caller caller(model::Request request, model::Level ceiling) {
    return {PassKey<Identifier>(), std::move(request), model::Session{}, ceiling};
  }
};
}  // namespace bailey::identity

namespace bailey::gate {
namespace {

using model::Decision;
using model::Level;

constexpr std::string_view kRules = R"(version: 1
name: test
levels: {start: 30, max: 40, actions: {mail.send: 40}}
commands:
  - {id: tools, decision: allow, argv: ["*", "**"]}
  - {id: push, decision: ask, argv: [git, push, "**"], reason: others see it}
  - {id: no-rm, decision: deny, argv: [rm, "**"], reason: use trash}
limits: {time: 1h, memory: 1G}
approvals: {by: self, timeout: 10m}
degradations: [limits.polled]
)";

class Approvals final : public ApprovalSource {
 public:
  Result<std::optional<Approval>> find(const model::ActionDigest&, const Digest&) const override {
    ++asked;
    if (broken) return fail("approval.unreadable", "broken");
    return answer;
  }
  std::optional<Approval> answer;
  bool broken = false;
  mutable int asked = 0;
};

struct Bench {
  explicit Bench(std::string_view text = kRules)
      : policy(*policy::CompiledPolicy::from_source(text)) {
    kill.halted = false;
    kill.epoch = 7;
    kill.source = KillSource::kNone;
  }

  model::Verdict judge(model::Action action) {
    return Gate(clock).judge(
        identity::Identifier::caller(cli::CommandLineDoor::request(std::move(action)), ceiling),
        {policy, matrix, approvals, level, kill, "/home/u", capabilities, around, files});
  }

  model::Verdict run(std::vector<std::string> argv, model::Limits requested = {}) {
    model::ProcessRun run;
    run.found = "/usr/bin/" + argv.front();
    run.program = run.found;
    run.argv = std::move(argv);
    run.workspace = "/home/u/w";
    run.directory = "/home/u/w";
    run.requested = requested;
    return judge(*model::to_action(run));
  }
  std::string code(std::vector<std::string> argv) {
    return run(std::move(argv)).judgement().reasons.front().code;
  }

  policy::CompiledPolicy policy;
  policy::SmallWorld world;
  const policy::Surroundings* around = &world;
  const policy::FileRules* files = nullptr;
  LevelMatrix matrix = LevelMatrix::built_in();
  Approvals approvals;
  LevelState level;
  KillState kill;
  FakeClock clock;
  Level ceiling = Level::kRoot;
  std::optional<std::vector<std::string>> capabilities;
};

model::Action other_action(const std::string& kind) {
  return *model::Action::create(kind, "/home/u/w", codec::Json(codec::Json::Object{}));
}

StoredLevel stored(const Clock& clock, Level level, std::int64_t ns) {
  return {level, clock.wall(), WallTime{clock.wall().unix_ns + ns}, clock.boot_id(),
          MonoTime{clock.monotonic().ns + ns}};
}

constexpr std::int64_t kHour = 3'600'000'000'000;

TEST(Gate, AllowsWhatARuleAllowsAndFillsTheJudgement) {
  Bench bench;
  const auto verdict = bench.run({"ls", "-l"});
  const auto& judgement = verdict.judgement();
  EXPECT_EQ(verdict.decision(), Decision::kAllow);
  ASSERT_EQ(judgement.reasons.size(), 1U);
  EXPECT_EQ(judgement.reasons[0].code, "policy.rule");
  EXPECT_EQ(judgement.reasons[0].rule, "tools");
  EXPECT_EQ(judgement.level, Level::kBuilder);
  EXPECT_EQ(judgement.required, Level::kBuilder);
  EXPECT_EQ(judgement.policy_name, "test");
  EXPECT_EQ(judgement.policy_digest, bench.policy.digest());
  EXPECT_EQ(judgement.kill_epoch, 7U);
  EXPECT_EQ(judgement.approvals_by, "self");
  EXPECT_EQ(judgement.approval_timeout_ns, 600'000'000'000);
  EXPECT_EQ(judgement.degradations, std::vector<std::string>{"limits.polled"});
  EXPECT_EQ(bench.approvals.asked, 0);
}

// --- a file for a program that waits --------------------------------------------------------

constexpr std::string_view kAsking = R"(version: 1
name: test
levels: {start: 30, max: 40}
files:
  read: ["/usr/**"]
  hide: ["~/shelf/never"]
  ask: [{id: shelf, path: "~/shelf/**", reason: what the team keeps}]
approvals: {by: self, timeout: 10m}
)";

struct FileBench : Bench {
  FileBench() : Bench(kAsking) { files = &rules; }
  model::Verdict read(const std::string& path, const std::string& real) {
    model::FileRead wanted;
    wanted.workspace = "/home/u/w";
    wanted.path = path;
    wanted.file = real;
    wanted.asker = "no\x1b[2Jde";
    return judge(*model::to_action(wanted));
  }
  std::string code(const std::string& path, const std::string& real) {
    const auto verdict = read(path, real);
    return std::string(name(verdict.decision())) + " " + verdict.judgement().reasons.front().code;
  }
  policy::FileRules rules = *policy::FileRules::create(policy.policy(), {"/home/u", "/home/u/w"});
};

TEST(GateOfFiles, AskedFor_IsAskedAboutUntilAPersonSaidYesToExactlyThis) {
  FileBench bench;
  const auto verdict = bench.read("/home/u/shelf/a", "/home/u/shelf/a");
  EXPECT_EQ(verdict.decision(), Decision::kAsk);
  const auto& reason = verdict.judgement().reasons.front();
  EXPECT_EQ(reason.code, "policy.ask");
  EXPECT_EQ(reason.rule, "shelf");
  EXPECT_NE(reason.text.find("what the team keeps"), std::string::npos);
  EXPECT_EQ(reason.text.find('\x1b'), std::string::npos);
  bench.approvals.answer = Approval{"id", Answer::kGranted, "uid:1"};
  EXPECT_EQ(bench.code("/home/u/shelf/a", "/home/u/shelf/a"), "allow approval.granted");
  bench.approvals.answer = Approval{"id", Answer::kDenied, "uid:1"};
  EXPECT_EQ(bench.code("/home/u/shelf/a", "/home/u/shelf/a"), "deny approval.denied");
}

TEST(GateOfFiles, ARuleOfTheProjectsIsNamedAsSuch) {
  FileBench bench;
  policy::Policy policy = bench.policy.policy();
  policy.documents.back().role = policy::Role::kProject;
  bench.policy = *policy::CompiledPolicy::compile(std::move(policy), bench.policy.digest());
  bench.rules = *policy::FileRules::create(bench.policy.policy(), {"/home/u", "/home/u/w"});
  const auto verdict = bench.read("/home/u/shelf/a", "/home/u/shelf/a");
  EXPECT_NE(verdict.judgement().reasons.front().text.find("of the project's policy"),
            std::string::npos);
}

TEST(GateOfFiles, BothNamesMustBeAskedFor) {
  FileBench bench;
  bench.approvals.answer = Approval{"id", Answer::kGranted, "uid:1"};
  EXPECT_EQ(bench.code("/home/u/shelf/a", "/etc/shadow"), "deny grant.not_asked");
  EXPECT_EQ(bench.code("/etc/shadow", "/home/u/shelf/a"), "deny grant.not_asked");
  EXPECT_EQ(bench.code("/usr/bin/ls", "/usr/bin/ls"), "deny grant.not_asked") << "only asks give";
  EXPECT_EQ(bench.code("/home/u/shelf/never", "/home/u/shelf/never"), "deny grant.hidden");
  EXPECT_EQ(bench.code("/home/u/shelf/a", "/home/u/shelf/never"), "deny grant.hidden");
  EXPECT_EQ(bench.code("/home/u/shelf/../w/x", "/home/u/shelf/a"), "deny grant.not_asked");
}

TEST(GateOfFiles, TheKillSwitchAndMissingRulesDeny) {
  FileBench bench;
  bench.approvals.answer = Approval{"id", Answer::kGranted, "uid:1"};
  bench.kill.halted = true;
  EXPECT_EQ(bench.code("/home/u/shelf/a", "/home/u/shelf/a"), "deny kill.active");
  bench.kill.halted = false;
  bench.files = nullptr;
  EXPECT_EQ(bench.code("/home/u/shelf/a", "/home/u/shelf/a"), "deny grant.not_asked");
  bench.files = &bench.rules;
  bench.capabilities = {std::string("process.run")};
  EXPECT_EQ(bench.code("/home/u/shelf/a", "/home/u/shelf/a"), "deny capability.missing");
  EXPECT_EQ(bench.judge(other_action("file.read")).judgement().reasons.front().code,
            "action.arguments");
}

TEST(Gate, TheSmallerOfTwoLimitsHolds) {
  Bench bench;
  model::Limits requested;
  requested[model::LimitKind::kMemory] = 1U << 20;
  requested[model::LimitKind::kWall] = 100 * static_cast<std::uint64_t>(kHour);
  requested[model::LimitKind::kProcesses] = 5;
  const auto verdict = bench.run({"ls"}, requested);
  const auto& limits = verdict.judgement().limits;
  EXPECT_EQ(limits[model::LimitKind::kMemory], 1U << 20);
  EXPECT_EQ(limits[model::LimitKind::kWall], static_cast<std::uint64_t>(kHour));
  EXPECT_EQ(limits[model::LimitKind::kProcesses], 5U);
  EXPECT_EQ(limits[model::LimitKind::kDisk], std::nullopt);
}

TEST(Gate, PrecedenceIsKillDenyCapabilityLevelAskAllow) {
  Bench bench;
  bench.ceiling = Level::kIsolated;
  bench.capabilities = std::vector<std::string>{};
  bench.kill.halted = true;
  EXPECT_EQ(bench.code({"rm", "x"}), "kill.active");
  EXPECT_EQ(bench.run({"rm", "x"}).judgement().reasons.size(), 4U);
  bench.kill.halted = false;
  EXPECT_EQ(bench.code({"rm", "x"}), "policy.rule");
  EXPECT_EQ(bench.code({"git", "push"}), "capability.missing");
  bench.capabilities.reset();
  EXPECT_EQ(bench.code({"git", "push"}), "level.too_low");
  EXPECT_EQ(bench.approvals.asked, 0);
  bench.ceiling = Level::kRoot;
  EXPECT_EQ(bench.run({"git", "push"}).decision(), Decision::kAsk);
  EXPECT_EQ(bench.code({"git", "push"}), "policy.ask");
  EXPECT_EQ(bench.run({"git", "log"}).decision(), Decision::kAllow);
}

TEST(Gate, NothingMatchedIsDeniedAndNamesTheNarrowestRule) {
  Bench bench("version: 1\n");
  const auto verdict = bench.run({"git", "push", "hunter2"});
  EXPECT_EQ(verdict.decision(), Decision::kDeny);
  const auto denial = model::denial_of(verdict.caller(), verdict.judgement());
  EXPECT_EQ(denial.reason_code, "policy.no_match");
  EXPECT_NE(denial.remediation_hint.find(
                R"({id: allow-git, decision: allow, argv: ["git", "ARG1", "ARG2"]})"),
            std::string::npos)
      << denial.remediation_hint;
  EXPECT_EQ(codec::canonical_json(model::to_json(denial)).find("hunter2"), std::string::npos);
}

TEST(Gate, TheHintIsARuleThatThePolicyAccepts) {
  Bench bench("version: 1\n");
  const auto hint = bench.run({"git", "ARG1"}).judgement().reasons.front().hint;
  const auto open = hint.find('{');
  const auto rule = hint.substr(open, hint.find('}') - open + 1);
  Bench again("version: 1\ncommands:\n  - " + rule + "\n");
  EXPECT_EQ(again.run({"git", "ARG1"}).decision(), Decision::kAllow);
  EXPECT_EQ(again.run({"git", "other"}).decision(), Decision::kDeny);
}

TEST(Gate, AnUnjudgedShellNeedsLevel40AndSaysHowToGetThere) {
  Bench bench;
  const auto denied = bench.run({"bash", "-c", "$X secret-text"});
  EXPECT_EQ(denied.decision(), Decision::kDeny);
  const auto& reason = denied.judgement().reasons.front();
  EXPECT_EQ(reason.code, "level.too_low");
  EXPECT_EQ(denied.judgement().required, Level::kRoot);
  EXPECT_NE(reason.hint.find("bailey policy explain"), std::string::npos) << reason.hint;
  EXPECT_NE(bench.run({"bash", "x.sh"})
                .judgement()
                .reasons.front()
                .hint.find("argv: [\"bash\", \"SCRIPT\", \"**\"]"),
            std::string::npos);
  EXPECT_NE(reason.hint.find("bailey level set 40 --for 1h"), std::string::npos) << reason.hint;
  EXPECT_EQ((reason.hint + reason.text).find("secret-text"), std::string::npos);
  bench.level.stored = stored(bench.clock, Level::kRoot, kHour);
  const auto allowed = bench.run({"bash", "-c", "$X"});
  EXPECT_EQ(allowed.decision(), Decision::kAllow);
  EXPECT_EQ(allowed.judgement().level_until_ns, bench.clock.monotonic().ns + kHour);
  EXPECT_EQ(bench.run({"ls"}).judgement().level_until_ns, 0);
}

TEST(Gate, ARuleThatNamesTheScriptJudgesIt) {
  Bench bench(
      "version: 1\ncommands:\n"
      "  - {id: any, decision: allow, argv: [\"**\"]}\n"
      "  - {id: build, decision: allow, argv: [bash, tools/build.sh]}\n");
  EXPECT_EQ(bench.run({"bash", "tools/build.sh"}).decision(), Decision::kAllow);
  EXPECT_EQ(bench.run({"bash", "tools/other.sh"}).decision(), Decision::kDeny);
}

TEST(Gate, TheBalancedDefaultRunsCommandsAndHoldsShells) {
  Bench bench(policy::default_policy(model::Profile::kBalanced));
  EXPECT_EQ(bench.run({"make", "test"}).decision(), Decision::kAllow);
  EXPECT_EQ(bench.code({"bash", "script.sh"}), "level.too_low");
}

TEST(Gate, AShellsTextIsJudgedPartByPart) {
  Bench bench(
      "version: 1\ncommands:\n"
      "  - {id: ls, decision: allow, argv: [ls, \"**\"]}\n"
      "  - {id: push, decision: ask, argv: [git, push, \"**\"]}\n"
      "  - {id: no-rm, decision: deny, argv: [rm, \"**\"], reason: use trash}\n");
  const auto allowed = bench.run({"bash", "-c", "cd src && ls -l | ls"});
  EXPECT_EQ(allowed.decision(), Decision::kAllow);
  EXPECT_EQ(allowed.judgement().reasons.front().rule, "ls");
  const auto asked = bench.run({"bash", "-c", "ls && git push origin hunter2"});
  EXPECT_EQ(asked.decision(), Decision::kAsk);
  EXPECT_EQ(asked.judgement().reasons.front().rule, "push");
  const auto denied = bench.run({"bash", "-c", "ls; rm -r hunter2"});
  EXPECT_EQ(denied.judgement().reasons.front().code, "policy.rule");
  EXPECT_EQ(denied.judgement().reasons.front().text,
            "rule 'no-rm' denies rm (byte 4 of the text), which bash would start: use trash");
  const auto missing = bench.run({"bash", "-c", "ls; curl -d @- hunter2"});
  const auto& reason = missing.judgement().reasons.front();
  EXPECT_EQ(reason.code, "policy.no_match");
  EXPECT_EQ(reason.text,
            "no rule of the policy allows curl (byte 4 of the text), which bash would start");
  EXPECT_NE(reason.hint.find(R"(argv: ["curl", "ARG1", "ARG2", "ARG3"])"), std::string::npos)
      << reason.hint;
  for (const auto* verdict : {&asked, &denied, &missing})
    for (const auto& each : verdict->judgement().reasons)
      EXPECT_EQ((each.text + each.hint).find("hunter2"), std::string::npos);
}

TEST(Gate, WithoutSurroundingsNothingThatStartsOthersIsAllowed) {
  Bench bench("version: 1\ncommands:\n  - {id: any, decision: allow, argv: [\"*\", \"**\"]}\n");
  EXPECT_EQ(bench.run({"bash", "-c", "ls"}).decision(), Decision::kAllow);
  bench.around = nullptr;
  EXPECT_EQ(bench.code({"bash", "-c", "ls"}), "level.too_low");
  EXPECT_EQ(bench.code({"env", "ls"}), "level.too_low");
  EXPECT_EQ(bench.run({"ls"}).decision(), Decision::kAllow);
}

TEST(Gate, AFileOutOfReachIsDeniedBeforeItIsTried) {
  Bench bench("version: 1\ncommands:\n  - {id: any, decision: allow, argv: [\"**\"]}\n");
  EXPECT_EQ(bench.run({"bash", "-c", "ls > out"}).decision(), Decision::kAllow);
  const auto denied = bench.run({"bash", "-c", "ls > /etc/hunter2"});
  EXPECT_EQ(denied.judgement().reasons.front().code, "files.out_of_reach");
  EXPECT_EQ(denied.judgement().reasons.front().text.find("hunter2"), std::string::npos);
}

TEST(Gate, LevelFlagOnlyLowers) {
  Bench bench;
  bench.ceiling = Level::kFunded;
  EXPECT_EQ(bench.run({"ls"}).judgement().level, Level::kFunded);
  EXPECT_EQ(bench.code({"ls"}), "level.too_low");
  bench.ceiling = Level::kRoot;
  EXPECT_EQ(bench.run({"ls"}).judgement().level, Level::kBuilder);
}

TEST(Gate, AStoredLevelCountsUntilItEndsAndNeverAboveThePolicysMax) {
  Bench bench;
  bench.level.stored = stored(bench.clock, Level::kRoot, kHour);
  EXPECT_EQ(bench.run({"ls"}).judgement().level, Level::kRoot);
  bench.clock.advance_ns(kHour - 1);
  EXPECT_EQ(bench.run({"ls"}).judgement().level, Level::kRoot);
  bench.clock.advance_ns(1);
  EXPECT_EQ(bench.run({"ls"}).judgement().level, Level::kBuilder);

  Bench capped("version: 1\nlevels: {start: 10, max: 20}\n");
  capped.level.stored = stored(capped.clock, Level::kRoot, kHour);
  EXPECT_EQ(capped.run({"ls"}).judgement().level, Level::kFunded);
  EXPECT_NE(capped.run({"ls"}).judgement().reasons.front().hint.find("levels.max"),
            std::string::npos);

  Bench lowered;
  lowered.level.stored = stored(lowered.clock, Level::kConnected, kHour);
  EXPECT_EQ(lowered.run({"ls"}).judgement().level, Level::kConnected);
}

TEST(Gate, AClockSetBackProlongsNoLevel) {
  Bench bench;
  bench.level.stored = stored(bench.clock, Level::kRoot, kHour);
  const WallTime given = bench.clock.wall();
  bench.clock.set_wall({given.unix_ns - 1});
  EXPECT_EQ(bench.run({"ls"}).judgement().level, Level::kBuilder);
  bench.clock.set_wall(given);
  bench.clock.advance_ns(2 * kHour);
  bench.clock.set_wall(given);  // as if no time had passed; the monotonic clock knows
  EXPECT_EQ(bench.run({"ls"}).judgement().level, Level::kBuilder);
}

TEST(Gate, AnUnreadableLevelIsLevelZero) {
  Bench bench;
  bench.level.unreadable = true;
  EXPECT_EQ(bench.run({"ls"}).judgement().level, Level::kIsolated);
  EXPECT_EQ(bench.code({"ls"}), "level.too_low");
}

TEST(Gate, ACorruptMatrixLeavesLevelZeroOnly) {
  Bench bench;
  bench.matrix = LevelMatrix::isolated_only();
  bench.level.stored = stored(bench.clock, Level::kRoot, kHour);
  const auto verdict = bench.run({"ls"});
  EXPECT_EQ(verdict.judgement().level, Level::kIsolated);
  EXPECT_EQ(verdict.judgement().reasons.front().code, "level.too_low");
  EXPECT_NE(verdict.judgement().reasons.front().hint.find("levels.yaml"), std::string::npos);
}

TEST(Gate, UnknownActionsNeedLevel40AndAnExplicitGrant) {
  Bench bench;
  const auto code = [&](const std::string& kind) {
    return bench.judge(other_action(kind)).judgement().reasons.front().code;
  };
  EXPECT_EQ(code("disk.format"), "capability.missing");
  EXPECT_EQ(code("mail.send"), "level.too_low");
  bench.level.stored = stored(bench.clock, Level::kRoot, kHour);
  EXPECT_EQ(code("disk.format"), "capability.missing");
  EXPECT_EQ(bench.judge(other_action("mail.send")).decision(), Decision::kAllow);
  bench.capabilities = std::vector<std::string>{"process.run"};
  EXPECT_EQ(code("mail.send"), "capability.missing");
}

TEST(Gate, APolicyMayDemandMoreForACommandNeverLess) {
  Bench bench(
      "version: 1\nlevels: {start: 30, max: 40, actions: {process.run: 40}}\n"
      "commands:\n  - {id: any, decision: allow, argv: [\"**\"]}\n");
  EXPECT_EQ(bench.code({"ls"}), "level.too_low");
  Bench less(
      "version: 1\nlevels: {start: 20, max: 40, actions: {process.run: 0}}\n"
      "commands:\n  - {id: any, decision: allow, argv: [\"**\"]}\n");
  EXPECT_EQ(less.code({"ls"}), "level.too_low");
  EXPECT_EQ(less.run({"ls"}).judgement().required, Level::kBuilder);
}

TEST(Gate, TheReasonOfARuleIsToldWithItsDenial) {
  Bench bench;
  const auto denied = bench.run({"rm", "x"});
  EXPECT_EQ(denied.judgement().reasons.front().text, "rule 'no-rm' denies rm: use trash");
  EXPECT_EQ(model::denial_of(denied.caller(), denied.judgement()).user_message,
            "rule 'no-rm' denies rm: use trash");
  EXPECT_NE(bench.run({"git", "push"}).judgement().reasons.front().text.find(": others see it"),
            std::string::npos);
}

TEST(Gate, ARuleMayNeedMoreThanItsActionAndIsNamed) {
  Bench bench(
      "version: 1\nlevels: {start: 30, max: 40}\ncommands:\n"
      "  - {id: any, decision: allow, argv: [\"**\"]}\n"
      "  - {id: deploy, decision: allow, argv: [deploy], level: 40, reason: it is live}\n"
      "  - {id: shell, decision: allow, argv: [sh, \"**\"], level: 30}\n");
  const auto denied = bench.run({"deploy"});
  EXPECT_EQ(denied.judgement().required, Level::kRoot);
  EXPECT_EQ(denied.judgement().reasons.front().code, "level.too_low");
  EXPECT_EQ(denied.judgement().reasons.front().rule, "deploy");
  EXPECT_NE(denied.judgement().reasons.front().text.find("by rule 'deploy': it is live"),
            std::string::npos);
  EXPECT_EQ(bench.run({"ls"}).decision(), Decision::kAllow);
  // Never less: an unjudged shell needs 40 whatever a rule says.
  EXPECT_EQ(bench.run({"sh", "x"}).judgement().required, Level::kRoot);
  bench.level.stored = stored(bench.clock, Level::kRoot, kHour);
  EXPECT_EQ(bench.run({"deploy"}).decision(), Decision::kAllow);
}

TEST(Gate, AProjectsRuleIsCalledThat) {
  Bench bench;
  bench.policy = *policy::CompiledPolicy::from_chain(
      {"p", std::string(kRules)},
      policy::ProjectSource{
          "project",
          "version: 1\ncommands:\n"
          "  - {id: no-net, decision: deny, argv: [curl, \"**\"], reason: offline}\n"
          "  - {id: list, decision: allow, argv: [\"*\", x]}\n"},
      policy::read_uncached);
  EXPECT_EQ(bench.run({"curl", "x"}).judgement().reasons.front().text,
            "rule 'no-net' of the project's policy denies curl: offline");
  const auto outside = bench.run({"ls", "y"});
  EXPECT_EQ(outside.decision(), Decision::kDeny);
  EXPECT_EQ(outside.judgement().reasons.front().code, "policy.no_match");
  EXPECT_EQ(outside.judgement().project_digest, bench.policy.project());
  EXPECT_EQ(bench.run({"ls", "x"}).decision(), Decision::kAllow);
}

TEST(Gate, AnAnswerIsOneMoreInput) {
  Bench bench;
  bench.approvals.answer = Approval{"0123456789abcdef", Answer::kGranted, "uid:7"};
  const auto granted = bench.run({"git", "push"});
  EXPECT_EQ(granted.decision(), Decision::kAllow);
  EXPECT_EQ(granted.judgement().reasons.front().code, "approval.granted");
  EXPECT_EQ(granted.judgement().approval, "0123456789abcdef");
  bench.approvals.answer->answer = Answer::kDenied;
  EXPECT_EQ(bench.code({"git", "push"}), "approval.denied");
  bench.approvals.broken = true;
  EXPECT_EQ(bench.run({"git", "push"}).decision(), Decision::kDeny);
  EXPECT_EQ(bench.code({"git", "push"}), "approval.unreadable");
}

TEST(Gate, AnAnswerBeatsNeitherKillNorDenyNorLevel) {
  Bench bench;
  bench.approvals.answer = Approval{"0123456789abcdef", Answer::kGranted, "uid:7"};
  bench.kill.halted = true;
  EXPECT_EQ(bench.code({"git", "push"}), "kill.active");
  bench.kill.halted = false;
  bench.ceiling = Level::kFunded;
  EXPECT_EQ(bench.code({"git", "push"}), "level.too_low");
  EXPECT_EQ(bench.run({"git", "push"}).judgement().approval, "");
}

TEST(Gate, APolicyWithWhatIsNotEnforcedDeniesEverything) {
  Bench bench(
      "version: 1\nnetwork: none\ncommands:\n  - {id: any, decision: allow, argv: [\"**\"]}\n");
  EXPECT_EQ(bench.code({"ls"}), "policy.section_not_enforced");
}

TEST(Gate, ArgumentsThatItCannotReadAreDenied) {
  Bench bench;
  const auto deny = [&](codec::Json arguments) {
    auto action = model::Action::create("process.run", "/w", std::move(arguments));
    const auto verdict = bench.judge(*std::move(action));
    EXPECT_EQ(verdict.decision(), Decision::kDeny);
    return verdict.judgement().reasons.front().code;
  };
  const auto with = [](const char* name, codec::Json value) {
    codec::Json json{codec::Json::Object{}};
    const std::pair<const char*, codec::Json> members[] = {
        {"argv", codec::Json(codec::Json::Array{"ls"})},
        {"found", "/usr/bin/ls"},
        {"program", "/usr/bin/ls"},
        {"limits", codec::Json(codec::Json::Object{})}};
    for (const auto& [key, each] : members)
      json.set(key, std::string_view(key) == name ? value : each);
    return json;
  };
  EXPECT_EQ(
      bench.judge(*model::Action::create("process.run", "/w", with("", codec::Json()))).decision(),
      Decision::kAllow);
  EXPECT_EQ(deny(codec::Json(codec::Json::Object{})), "action.arguments");
  EXPECT_EQ(deny(with("argv", "ls")), "action.arguments");
  EXPECT_EQ(deny(with("argv", codec::Json(codec::Json::Array{}))), "action.arguments");
  EXPECT_EQ(deny(with("argv", codec::Json(codec::Json::Array{codec::Json(1)}))),
            "action.arguments");
  EXPECT_EQ(deny(with("argv", codec::Json(codec::Json::Array{"l\\s"}))), "action.arguments");
  EXPECT_EQ(deny(with("found", "ls")), "action.arguments");
  EXPECT_EQ(deny(with("program", codec::Json())), "action.arguments");
  codec::Json limits{codec::Json::Object{}};
  limits.set("memory", "0");
  EXPECT_EQ(deny(with("limits", limits)), "action.arguments");
  codec::Json unknown{codec::Json::Object{}};
  unknown.set("speed", "9");
  EXPECT_EQ(deny(with("limits", unknown)), "action.arguments");
}

TEST(Gate, BytesThatAreNoTextAreJudgedAsTheyAre) {
  Bench bench("version: 1\ncommands:\n  - {id: a, decision: allow, argv: [ls, \"\\\\\\\\x\"]}\n");
  EXPECT_EQ(bench.run({"ls", "\\x"}).decision(), Decision::kAllow);
  EXPECT_EQ(bench.run({"ls", "\\xff"}).decision(), Decision::kDeny);
  EXPECT_EQ(bench.run({"ls", "\xff"}).decision(), Decision::kDeny);
}

TEST(LevelMatrix, IsVenomsAndReadsVenomsShape) {
  const auto matrix = LevelMatrix::built_in();
  EXPECT_EQ(matrix.least_for(Ability::kNetwork), Level::kConnected);
  EXPECT_EQ(matrix.least_for(Ability::kPaidApi), Level::kFunded);
  EXPECT_EQ(matrix.least_for(Ability::kFilesWrite), Level::kBuilder);
  EXPECT_EQ(matrix.least_for(Ability::kShell), Level::kRoot);
  EXPECT_EQ(matrix.least_for(Ability::kDesktopInput), Level::kRoot);
  const auto parsed = LevelMatrix::parse(R"(levels:
  - {id: 0, name: ISOLATED, color: "#22c55e", risk_level: zero, examples: [FileRead], permissions: {network_enabled: false, paid_api_enabled: false, filesystem_mode: read_only, shell_enabled: false}}
  - {id: 40, name: ROOT, permissions: {network_enabled: true, paid_api_enabled: true, filesystem_mode: read_write, shell_enabled: true}}
)");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->least_for(Ability::kFilesWrite), Level::kRoot);
  EXPECT_EQ(parsed->least_for(Ability::kDesktopInput), Level::kRoot);
  EXPECT_EQ(parsed->clamp(Level::kBuilder), Level::kIsolated);
}

TEST(LevelMatrix, AnythingOddIsRefused) {
  const std::string zero =
      "levels:\n  - {id: 0, name: A, permissions: {network_enabled: false, paid_api_enabled: "
      "false, filesystem_mode: read_only, shell_enabled: false}}\n";
  ASSERT_TRUE(LevelMatrix::parse(zero));
  const auto refused = [](std::string text, std::string_view from, std::string_view to) {
    text.replace(text.find(from), from.size(), to);
    return !LevelMatrix::parse(text);
  };
  EXPECT_TRUE(refused(zero, "id: 0", "id: 5"));
  EXPECT_TRUE(refused(zero, "id: 0", "id: 10"));
  EXPECT_TRUE(refused(zero, "id: 0", "id: true"));
  EXPECT_TRUE(refused(zero, "read_only", "all"));
  EXPECT_TRUE(refused(zero, "name: A", "nmae: A"));
  EXPECT_TRUE(refused(zero, "shell_enabled: false", "shell_enabled: 1"));
  EXPECT_TRUE(refused(zero, "levels", "level"));
  EXPECT_FALSE(LevelMatrix::parse(""));
  EXPECT_FALSE(LevelMatrix::parse("levels: []"));
  EXPECT_FALSE(LevelMatrix::parse(zero + zero.substr(8)));
  // A higher level that loses an ability is a mistake, not a wish.
  EXPECT_FALSE(LevelMatrix::parse(
      "levels:\n  - {id: 0, name: A, permissions: {network_enabled: true, paid_api_enabled: false, "
      "filesystem_mode: read_only, shell_enabled: false}}\n  - {id: 10, name: B, permissions: "
      "{network_enabled: false, paid_api_enabled: false, filesystem_mode: read_only, "
      "shell_enabled: false}}\n"));
}

TEST(Verdict, CannotBeForgedOrCopied) {
  static_assert(!std::is_copy_constructible_v<model::Verdict>);
  static_assert(!std::is_constructible_v<model::Verdict, model::Caller, model::Judgement>);
  static_assert(!std::is_default_constructible_v<PassKey<Gate>>);
}

}  // namespace
}  // namespace bailey::gate
