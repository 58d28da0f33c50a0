// What a command that starts others is judged to be: each part by the rules, nothing that
// is not known allowed.
#include "policy/line.h"

#include <gtest/gtest.h>

#include "policy/surroundings_for_test.h"

namespace bailey::policy {
namespace {

using model::Decision;

constexpr std::string_view kRules = R"yaml(version: 1
environment:
  set: {GIT_PAGER_IN_USE: "1", PYTHONPATH: lib}
commands:
  - {id: ls, decision: allow, argv: [ls, "**"]}
  - {id: git, decision: allow, argv: [git, "**"]}
  - {id: push, decision: ask, argv: [git, push, "**"]}
  - {id: find, decision: allow, argv: [find, "**"]}
  - {id: python, decision: allow, argv: [python3, "**"]}
  - {id: one, decision: allow, argv: [python3, -c, "print(1)"]
}
  - {id: make, decision: allow, argv: [make, "*"]}
  - {id: tool, decision: allow, argv: ["./tools/t", "**"]}
  - {id: build, decision: allow, argv: [bash, tools/build.sh, "**"]}
  - {id: show, decision: allow, argv: [cat, "x*"]}
  - {id: no-main, decision: deny, argv: [make, main]}
  - {id: no-reset, decision: deny, argv: [git, reset, "**"]}
  - {id: no-rm, decision: deny, argv: [rm, "**"]}
  - {id: no-kill, decision: deny, argv: [kill, "**"]}
)yaml";

class Lines : public testing::Test {
 protected:
  Judged run(const std::vector<std::string>& argv) {
    const Sighting sighting = world.find(argv.front(), world.directory());
    found_ = sighting.program;
    return judge(policy, Command{argv, found_.found, found_.real, "/home/u", "/home/u/w"}, &world);
  }
  Judged text(const std::string& line) { return run({"bash", "-c", line}); }
  // "allow", "ask", "deny" and what is behind a denial or a doubt.
  static std::string told(const Judged& judged) {
    std::string out = judged.decision == Decision::kAllow ? "allow"
                      : judged.decision == Decision::kAsk ? "ask"
                                                          : "deny";
    if (judged.doubt != Doubt::kNone) out += judged.doubt == Doubt::kShell ? " shell" : " other";
    if (!judged.why.empty()) out += " " + std::string(judged.why);
    return out;
  }

  SmallWorld world;
  CompiledPolicy policy = *CompiledPolicy::from_source(kRules);

 private:
  FoundProgram found_;
};

TEST_F(Lines, EveryPartMustBeAllowed) {
  EXPECT_EQ(told(text("ls")), "allow");
  EXPECT_EQ(told(text("ls | ls && cd x; ls || echo no")), "allow");
  EXPECT_EQ(told(text("ls; curl x")), "deny policy.no_match");
  EXPECT_EQ(told(text("echo $(curl x)")), "deny policy.no_match");
  EXPECT_EQ(told(text("ls <(curl x)")), "deny policy.no_match");
  EXPECT_EQ(told(text("f() { curl x; }; ls")), "deny policy.no_match");
  EXPECT_EQ(told(text("if false; then curl x; fi")), "deny policy.no_match");
  EXPECT_EQ(told(text("")), "allow");
}

TEST_F(Lines, DenyBeatsAskBeatsAllow) {
  EXPECT_EQ(told(text("ls && git push")), "ask");
  EXPECT_EQ(told(text("ls && git push && rm x")), "deny policy.rule");
  EXPECT_EQ(told(text("ls && git status")), "allow");
  EXPECT_EQ(text("ls && git push").rule->id, "push");
}

TEST_F(Lines, StartersAreWhatTheyStart) {
  EXPECT_EQ(told(run({"env", "A=1", "ls"})), "allow");
  EXPECT_EQ(told(run({"timeout", "5", "nice", "ls", "-l"})), "allow");
  EXPECT_EQ(told(run({"timeout", "5", "curl", "x"})), "deny policy.no_match");
  EXPECT_EQ(told(run({"nohup", "bash", "-c", "ls; rm x"})), "deny policy.rule");
  EXPECT_EQ(told(run({"xargs", "ls"})), "allow");
  EXPECT_EQ(told(run({"xargs", "rm"})), "deny policy.rule");
  EXPECT_EQ(told(run({"xargs"})), "deny policy.no_match");  // echo, which no rule names
}

TEST_F(Lines, AStarterFromElsewhereNeedsARule) {
  world.places["env"] = "/home/u/w/bin/env";
  EXPECT_EQ(told(run({"env", "ls"})), "deny policy.no_match");
}

TEST_F(Lines, AProgramThatStartsAnotherNeedsBoth) {
  EXPECT_EQ(told(run({"find", ".", "-name", "x"})), "allow");
  EXPECT_EQ(told(run({"find", ".", "-exec", "ls", "{}", ";"})), "allow");
  EXPECT_EQ(told(run({"find", ".", "-exec", "rm", "{}", ";"})), "deny policy.rule");
  EXPECT_EQ(told(run({"find", ".", "-exec", "curl", "{}", ";"})), "allow other policy.no_match");
  EXPECT_EQ(told(run({"git", "-c", "core.pager=curl x", "log"})).substr(0, 11), "allow other");
}

TEST_F(Lines, CodeOfAnotherLanguageIsJudgedOnlyByItsExactText) {
  EXPECT_EQ(told(run({"python3", "-c", "print(1)"})), "allow");
  EXPECT_EQ(told(run({"python3", "-c", "print(2)"})), "allow other shell.unjudged.code");
  EXPECT_EQ(told(text("python3 -c 'print(1)'")), "allow");
  EXPECT_EQ(told(text("python3 -c 'print(2)'")), "deny shell.unjudged.code");
  EXPECT_EQ(told(run({"python3", "script.py"})), "allow");
}

TEST_F(Lines, WhereAnythingMayRunOnlyShellsAreInDoubt) {
  policy = *CompiledPolicy::from_source(
      "version: 1\ncommands:\n  - {id: any, decision: allow, argv: [\"**\"]}\n");
  EXPECT_EQ(told(run({"python3", "-c", "print(2)"})), "allow");
  EXPECT_EQ(told(run({"git", "alias"})), "allow");
  EXPECT_EQ(told(text("make test && ./run")), "allow");
  EXPECT_EQ(told(text("python3 -c 'x'; PATH=/x ls")), "allow");
  EXPECT_EQ(told(text("$X y")), "allow shell shell.unknown.program");
  EXPECT_EQ(told(text("curl x | sh")), "allow shell shell.unjudged.input");
  EXPECT_EQ(told(run({"bash", "script.sh"})), "allow shell shell.unjudged.file");
  // One rule that denies, and it matters again what is not known.
  policy = *CompiledPolicy::from_source(
      "version: 1\ncommands:\n  - {id: any, decision: allow, argv: [\"**\"]}\n"
      "  - {id: no, decision: deny, argv: [curl, \"**\"]}\n");
  EXPECT_EQ(told(run({"python3", "-c", "print(2)"})), "allow other shell.unjudged.code");
}

TEST_F(Lines, AnAskShowsTheTextAndSoJudgesIt) {
  policy = *CompiledPolicy::from_source(
      "version: 1\ncommands:\n  - {id: sh, decision: ask, argv: [bash, \"**\"]}\n");
  EXPECT_EQ(told(text("$X y")), "ask shell.unknown.program");
  EXPECT_EQ(told(text("curl x | sh")), "ask shell policy.no_match");
  EXPECT_EQ(told(text("exit | sh")), "ask shell shell.unjudged.input");
  EXPECT_EQ(told(run({"bash", "script.sh"})), "ask shell shell.unjudged.file");
}

TEST_F(Lines, UnknownWordsAllowOnlyWhatAllWouldBeAllowed) {
  EXPECT_EQ(told(text("ls $X *.c")), "allow");
  EXPECT_EQ(told(text("make \"$X\"")), "deny policy.rule");  // it may be `main`
  EXPECT_EQ(told(text("make *.c")), "deny policy.rule");
  EXPECT_EQ(told(text("cat \"x$X\"")), "allow");
  EXPECT_EQ(told(text("cat \"$X\"")), "deny policy.no_match");
  EXPECT_EQ(told(text("cat x*")), "deny policy.no_match");  // several
  EXPECT_EQ(told(text("git \"$X\"")), "deny policy.rule");
  EXPECT_EQ(told(text("git status \"$X\"")), "allow");
  EXPECT_EQ(told(text("git r$X")).substr(0, 4), "deny");
  EXPECT_EQ(told(text("git push \"$X\"")), "ask");
}

TEST_F(Lines, APlantedProgramIsNotTheOneOfTheRule) {
  EXPECT_EQ(told(text("./ls")), "deny policy.no_match");
  EXPECT_EQ(told(text("cd tools && ./t x")), "allow");
  EXPECT_EQ(told(text("cd other && ./t x")), "deny policy.no_match");
  EXPECT_EQ(told(text("cd \"$X\" && ./t x")), "deny shell.unknown.program");
  // Also when it is not there yet, and when it seems that it never will be.
  world.missing = {"/home/u/w/ls", "/opt/ls", "/home/u/w/x/../ls"};
  EXPECT_EQ(told(text("./ls")), "deny policy.no_match");
  EXPECT_EQ(told(text("/opt/ls")), "deny policy.no_match");
  world.missing.clear();
  world.places["ls"] = "/home/u/w/bin/ls";
  EXPECT_EQ(told(text("ls")), "deny policy.no_match");
  world.places.clear();
  world.missing.insert("ls");
  EXPECT_EQ(told(text("ls || git status")), "allow");  // nothing will run
}

TEST_F(Lines, ALinkToAShellIsNoProgramOfItsOwn) {
  world.links["/usr/bin/ls"] = "/usr/bin/bash";
  EXPECT_EQ(told(text("ls -c 'curl x'")), "deny shell.unknown.program");
  world.links["/usr/bin/ls"] = "/usr/bin/busybox";
  EXPECT_EQ(told(text("ls -l")), "allow");
}

TEST_F(Lines, AVariableThatTheTextSetsOnceIsKnown) {
  EXPECT_EQ(told(text("T=./tools/t; $T x")), "allow");
  EXPECT_EQ(told(text("T=curl; $T x")), "deny policy.no_match");
  EXPECT_EQ(told(run({"bash", "-c", "bash -c 'T=ls; $T'"})), "deny shell.unknown.program");
}

TEST_F(Lines, BuiltinsNeedNoRuleAndObeyADeny) {
  EXPECT_EQ(told(text("cd x; echo y; true; export A=b; [ -f z ]")), "allow");
  EXPECT_EQ(told(text("kill 1")), "deny policy.rule");
}

TEST_F(Lines, VariablesThatChangeWhatRunsAreThePolicysOwn) {
  EXPECT_EQ(told(text("PYTHONPATH=lib python3 x.py")), "allow");
  EXPECT_EQ(told(text("PYTHONPATH=/evil python3 x.py")), "deny shell.variable");
  EXPECT_EQ(told(text("PATH=.:$PATH ls")), "deny shell.variable");
  EXPECT_EQ(told(text("LD_PRELOAD=./x.so ls")), "deny shell.variable");
  EXPECT_EQ(told(run({"env", "LD_PRELOAD=./x.so", "ls"})), "deny shell.variable");
  EXPECT_EQ(told(text("CI=1 ls")), "allow");
}

TEST_F(Lines, AVariableThatComesWithTheCommandIsJudgedToo) {
  world.variables = {{"BASH_ENV", "./evil.sh"}};
  EXPECT_EQ(told(text("ls")), "deny shell.variable");
  EXPECT_EQ(told(run({"bash", "tools/build.sh"})), "allow shell shell.variable");
  EXPECT_EQ(told(run({"ls"})), "allow other shell.variable");
  world.variables = {{"PAGER", "curl x"}};
  EXPECT_EQ(told(run({"ls"})), "allow other policy.no_match");
  world.variables = {{"PYTHONPATH", "lib"}, {"CI", "1"}};
  EXPECT_EQ(told(text("ls")), "allow");
  EXPECT_EQ(told(run({"bash", "tools/build.sh"})), "allow");
}

TEST_F(Lines, RedirectionsAreFileAccesses) {
  EXPECT_EQ(told(text("ls > out 2>&1 < /etc/hosts")), "allow");
  EXPECT_EQ(told(text("ls 2> /dev/null > /tmp/x")), "allow");
  EXPECT_EQ(told(text("ls > /etc/hosts")), "deny files.out_of_reach");
  EXPECT_EQ(told(text("cd /etc && ls > hosts")), "deny files.out_of_reach");
  EXPECT_EQ(told(text("ls > ../../x")), "deny files.out_of_reach");
  EXPECT_EQ(told(text("ls < /root/x")), "deny files.out_of_reach");
  EXPECT_EQ(told(text("ls > /dev/tcp/10.0.0.1/80")), "deny files.out_of_reach");
  EXPECT_EQ(told(text("ls > \"$X\"")), "deny shell.unknown.file");
}

TEST_F(Lines, AScriptIsJudgedByTheRuleThatNamesIt) {
  EXPECT_EQ(told(run({"bash", "tools/build.sh", "x"})), "allow");
  EXPECT_EQ(told(text("ls && bash tools/build.sh x")), "allow");
  EXPECT_EQ(told(text("cd y && bash tools/build.sh x")), "deny shell.unjudged.file");
  EXPECT_EQ(told(run({"bash", "tools/other.sh"})), "deny shell.unjudged.file");
}

TEST_F(Lines, WhatCannotBeParsedOrIsTooMuchIsDenied) {
  EXPECT_EQ(told(text("ls 'x")), "deny shell.unknown.text");
  EXPECT_EQ(told(text(std::string("ls\r\n"))), "deny shell.unknown.text");
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "ls;";
  EXPECT_EQ(told(text(many)).substr(0, 4), "deny");
  EXPECT_EQ(told(text(std::string(1 << 20, 'a'))).substr(0, 4), "deny");
  std::string deep(500, '(');
  EXPECT_EQ(told(text(deep + "ls" + std::string(500, ')'))).substr(0, 4), "deny");
}

TEST_F(Lines, NarrowingRulesJudgeEachPart) {
  const auto narrowed = [&](std::string_view project) {
    policy = *CompiledPolicy::from_chain(
        {"p", std::string(kRules)}, ProjectSource{"project", std::string(project)}, read_uncached);
  };
  narrowed("version: 1\ncommands:\n  - {id: l, decision: allow, argv: [ls, \"**\"]}\n");
  EXPECT_EQ(told(text("ls; ls -l")), "allow");
  EXPECT_EQ(told(text("ls; git status")), "deny policy.no_match");
  EXPECT_NE(text("ls; git status").outside, nullptr);
  narrowed("version: 1\ncommands:\n  - {id: l, decision: deny, argv: [git, status]}\n");
  EXPECT_EQ(told(text("ls; git status")), "deny policy.rule");
  EXPECT_EQ(told(text("ls; git $X")), "deny policy.rule");
}

TEST_F(Lines, OffsetsPointIntoTheText) {
  const auto judged = text("ls; curl x");
  ASSERT_TRUE(judged.line);
  ASSERT_NE(judged.part, nullptr);
  EXPECT_EQ(judged.part->program.found, "/usr/bin/curl");
}

}  // namespace
}  // namespace bailey::policy
