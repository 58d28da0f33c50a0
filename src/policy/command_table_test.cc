// Which commands the rules match, against a slow and obvious matcher.
#include "policy/command_table.h"

#include <gtest/gtest.h>

#include <random>

#include "policy/compiled_policy.h"
#include "policy/shell.h"

namespace bailey::policy {
namespace {

using model::Decision;

// The obvious matcher: recursion over both texts, on bytes.
bool slow_glob(std::string_view pattern, std::string_view word) {
  if (pattern.empty()) return word.empty();
  if (pattern[0] == '*')
    return slow_glob(pattern.substr(1), word) ||
           (!word.empty() && slow_glob(pattern, word.substr(1)));
  if (word.empty()) return false;
  if (pattern[0] == '?') return slow_glob(pattern.substr(1), word.substr(1));
  if (pattern[0] == '\\') pattern.remove_prefix(1);
  return pattern[0] == word[0] && slow_glob(pattern.substr(1), word.substr(1));
}

bool slow_words(const std::vector<std::string>& pattern, std::size_t i,
                const std::vector<std::string>& words, std::size_t j) {
  if (i == pattern.size()) return j == words.size();
  if (pattern[i] == "**" && i + 1 == pattern.size()) return true;
  return j < words.size() && slow_glob(pattern[i], words[j]) &&
         slow_words(pattern, i + 1, words, j + 1);
}

CompiledPolicy compile(const std::string& list) {
  auto compiled = CompiledPolicy::from_source("version: 1\n" + list);
  EXPECT_TRUE(compiled) << compiled.error().message << "\n" << list;
  return *std::move(compiled);
}

CompiledPolicy rules(const std::string& list) { return compile("commands:\n" + list); }

struct Asked {
  std::vector<std::string> argv;
  std::string found;
  std::string real = {};
  std::string workspace = "/home/u/w";
};

CommandDecision decide(const CompiledPolicy& policy, const Asked& asked) {
  return policy.decide({asked.argv, asked.found, asked.real.empty() ? asked.found : asked.real,
                        "/home/u", asked.workspace});
}

std::string rule_of(const CompiledPolicy& policy, const Asked& asked) {
  const auto decision = decide(policy, asked);
  return decision.rule == nullptr ? "" : decision.rule->id;
}

TEST(Glob, AgreesWithTheObviousMatcher) {
  std::mt19937 random(7);
  const auto text = [&](std::string_view alphabet, std::size_t most) {
    std::string out;
    for (std::size_t n = random() % (most + 1); n > 0; --n)
      out += alphabet[random() % alphabet.size()];
    return out;
  };
  int matched = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string pattern = text("ab*?*", 9);
    const std::string word = text("ab", 10);
    const auto glob = Glob::create(pattern);
    ASSERT_TRUE(glob);
    ASSERT_EQ(glob->matches(word), slow_glob(pattern, word)) << pattern << " | " << word;
    matched += glob->matches(word) ? 1 : 0;
  }
  EXPECT_GT(matched, 10'000);
}

TEST(Glob, QuestionMarkIsOneCharacter) {
  const auto matches = [](const char* pattern, const char* word) {
    return Glob::create(pattern)->matches(word);
  };
  EXPECT_TRUE(matches("?", "\xC3\xA9"));
  EXPECT_FALSE(matches("??", "\xC3\xA9"));
  EXPECT_TRUE(matches("*?", "a\xE2\x82\xAC"));
  EXPECT_TRUE(matches("a?b*?",
                      "a\xE2\x82\xAC"
                      "bcd"));
  EXPECT_TRUE(matches("?", "\xFF"));
  EXPECT_FALSE(matches("?", ""));
  EXPECT_TRUE(matches("a\\*b", "a*b"));
  EXPECT_FALSE(matches("a\\*b", "axb"));
  EXPECT_TRUE(matches("[a]", "[a]"));
  EXPECT_FALSE(matches("[a]", "a"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*", "a/b/c"));
}

TEST(Glob, NeverExplodes) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "a?*";
  const std::string word(100'000, 'a');
  const auto glob = Glob::create(pattern + "b");
  ASSERT_TRUE(glob);
  EXPECT_FALSE(glob->matches(word));
  EXPECT_FALSE(Glob::create(std::string(65, '?')));
}

TEST(Commands, EmptyListsDeny) {
  const auto empty = compile("");
  EXPECT_EQ(decide(empty, {{"ls"}, "/usr/bin/ls"}).decision, Decision::kDeny);
  const auto listed = compile("commands: []\n");
  EXPECT_EQ(decide(listed, {{"ls"}, "/usr/bin/ls"}).rule, nullptr);
}

TEST(Commands, DenyBeatsAskBeatsAllow) {
  const auto policy = rules(
      "  - {id: all, decision: allow, argv: [git, \"**\"]}\n"
      "  - {id: push, decision: ask, argv: [git, push, \"**\"]}\n"
      "  - {id: force, decision: deny, argv: [git, push, --force]}\n");
  EXPECT_EQ(rule_of(policy, {{"git", "log"}, "/usr/bin/git"}), "all");
  EXPECT_EQ(rule_of(policy, {{"git", "push"}, "/usr/bin/git"}), "push");
  EXPECT_EQ(rule_of(policy, {{"git", "push", "--force"}, "/usr/bin/git"}), "force");
  EXPECT_EQ(rule_of(policy, {{"ls"}, "/usr/bin/ls"}), "");
}

TEST(Commands, APlantedLsIsNotLs) {
  const auto policy = rules("  - {id: ls, decision: allow, argv: [ls, \"**\"]}\n");
  EXPECT_EQ(rule_of(policy, {{"ls"}, "/usr/bin/ls"}), "ls");
  EXPECT_EQ(rule_of(policy, {{"ls"}, "/usr/local/bin/ls"}), "ls");
  EXPECT_EQ(rule_of(policy, {{"./ls"}, "/home/u/w/ls"}), "");
  EXPECT_EQ(rule_of(policy, {{"ls"}, "/home/u/bin/ls"}), "");
  EXPECT_EQ(rule_of(policy, {{"ls"}, "/tmp/ls", "/usr/bin/rm"}), "");
  EXPECT_EQ(rule_of(policy, {{"ls"}, "/home/u/w/x", "/usr/bin/ls"}), "");
  // A workspace that holds the system directory holds what may be planted there.
  EXPECT_EQ(rule_of(policy, {{"ls"}, "/usr/local/bin/ls", "", "/usr/local"}), "");
}

TEST(Commands, ASystemDirectoryThatThePolicyLetsWriteIsTrustedNoMore) {
  const auto policy = compile(
      "files: {write: [\"/usr/local/**\"]}\n"
      "commands:\n  - {id: ls, decision: allow, argv: [ls]}\n");
  EXPECT_EQ(rule_of(policy, {{"ls"}, "/usr/local/bin/ls"}), "");
  EXPECT_EQ(rule_of(policy, {{"ls"}, "/usr/bin/ls"}), "ls");
}

TEST(Commands, ADenyCatchesEveryNameOfTheProgram) {
  const auto policy = rules(
      "  - {id: any, decision: allow, argv: [\"**\"]}\n"
      "  - {id: no-rm, decision: deny, argv: [rm, \"**\"]}\n"
      "  - {id: no-dd, decision: deny, argv: [/usr/bin/dd, \"**\"]}\n");
  EXPECT_EQ(rule_of(policy, {{"rm", "x"}, "/usr/bin/rm"}), "no-rm");
  EXPECT_EQ(rule_of(policy, {{"./rm", "x"}, "/home/u/w/rm"}), "no-rm");
  EXPECT_EQ(rule_of(policy, {{"./innocent", "x"}, "/home/u/w/innocent", "/usr/bin/rm"}), "no-rm");
  EXPECT_EQ(rule_of(policy, {{"/bin/rm", "x"}, "/usr/bin/busybox"}), "no-rm");
  EXPECT_EQ(rule_of(policy, {{"x"}, "/home/u/w/x", "/usr/bin/dd"}), "no-dd");
  EXPECT_EQ(rule_of(policy, {{"ls"}, "/usr/bin/ls"}), "any");
  EXPECT_EQ(rule_of(policy, {{"./mine"}, "/home/u/w/mine"}), "any");
}

TEST(Commands, PathsInRulesAreAbsoluteHomeOrWorkspace) {
  const auto policy = rules(
      "  - {id: abs, decision: allow, argv: [/opt/tool/run, \"**\"]}\n"
      "  - {id: home, decision: allow, argv: [\"~/.cargo/bin/*\", build]}\n"
      "  - {id: here, decision: allow, argv: [\"./tools/check\"]}\n"
      "  - {id: also, decision: allow, argv: [\"tools/fix\"]}\n");
  EXPECT_EQ(rule_of(policy, {{"run", "x"}, "/opt/tool/run"}), "abs");
  EXPECT_EQ(rule_of(policy, {{"cargo", "build"}, "/home/u/.cargo/bin/cargo"}), "home");
  EXPECT_EQ(rule_of(policy, {{"cargo", "test"}, "/home/u/.cargo/bin/cargo"}), "");
  EXPECT_EQ(rule_of(policy, {{"tools/check"}, "/home/u/w/tools/check"}), "here");
  EXPECT_EQ(rule_of(policy, {{"tools/fix"}, "/home/u/w/tools/fix"}), "also");
  EXPECT_EQ(rule_of(policy, {{"tools/check"}, "/home/u/tools/check"}), "");
  EXPECT_EQ(rule_of(policy, {{"x"}, "/home/ux/.cargo/bin/cargo"}), "");
}

TEST(Commands, ASymlinkedSystemProgramKeepsTheNameItWasFoundBy) {
  const auto policy = rules("  - {id: py, decision: allow, argv: [python3, \"**\"]}\n");
  EXPECT_EQ(rule_of(policy, {{"python3", "x.py"}, "/usr/bin/python3", "/usr/bin/python3.11"}),
            "py");
}

TEST(Commands, ArgumentsMatchExactlyNotByPrefix) {
  const auto policy = rules("  - {id: a, decision: allow, argv: [git, status]}\n");
  EXPECT_EQ(rule_of(policy, {{"git", "status"}, "/usr/bin/git"}), "a");
  EXPECT_EQ(rule_of(policy, {{"git"}, "/usr/bin/git"}), "");
  EXPECT_EQ(rule_of(policy, {{"git", "status", "-s"}, "/usr/bin/git"}), "");
  EXPECT_EQ(rule_of(policy, {{"git", "statu"}, "/usr/bin/git"}), "");
  EXPECT_EQ(rule_of(policy, {{"git", "Status"}, "/usr/bin/git"}), "");
  EXPECT_EQ(rule_of(policy, {{}, "/usr/bin/git"}), "");
}

TEST(Commands, TheHighestLevelOfAllMatchingRulesCounts) {
  const auto policy = rules(
      "  - {id: all, decision: allow, argv: [\"**\"]}\n"
      "  - {id: docker, decision: allow, argv: [docker, \"**\"], level: 40}\n");
  EXPECT_EQ(decide(policy, {{"docker", "ps"}, "/usr/bin/docker"}).level, model::Level::kRoot);
  EXPECT_EQ(decide(policy, {{"ls"}, "/usr/bin/ls"}).level, std::nullopt);
}

TEST(Shell, IsUnjudgedUnlessARuleFixesItsText) {
  const auto policy = rules(
      "  - {id: all, decision: allow, argv: [\"**\"]}\n"
      "  - {id: build, decision: allow, argv: [bash, tools/build.sh, \"**\"]}\n"
      "  - {id: text, decision: allow, argv: [sh, -ec, \"make && make test\"]}\n"
      "  - {id: open, decision: allow, argv: [zsh, \"**\"]}\n"
      "  - {id: glob, decision: allow, argv: [dash, \"tools/*.sh\"]}\n"
      "  - {id: wrapped, decision: allow, argv: [env, A=b, bash, tools/x.sh]}\n");
  const auto unjudged = [&](std::vector<std::string> argv, const std::string& found) {
    return decide(policy, {std::move(argv), found}).unjudged_shell;
  };
  EXPECT_FALSE(unjudged({"ls"}, "/usr/bin/ls"));
  EXPECT_FALSE(unjudged({"./build.sh"}, "/home/u/w/build.sh"));
  EXPECT_TRUE(unjudged({"bash"}, "/usr/bin/bash"));
  EXPECT_TRUE(unjudged({"bash", "-c", "rm -rf /"}, "/usr/bin/bash"));
  EXPECT_TRUE(unjudged({"bash", "other.sh"}, "/usr/bin/bash"));
  EXPECT_FALSE(unjudged({"bash", "tools/build.sh", "fast"}, "/usr/bin/bash"));
  EXPECT_FALSE(unjudged({"sh", "-ec", "make && make test"}, "/usr/bin/sh"));
  EXPECT_TRUE(unjudged({"sh", "-ec", "make"}, "/usr/bin/sh"));
  EXPECT_TRUE(unjudged({"zsh", "tools/build.sh"}, "/usr/bin/zsh"));
  EXPECT_TRUE(unjudged({"dash", "tools/a.sh"}, "/usr/bin/dash"));
  EXPECT_TRUE(unjudged({"env", "bash", "-c", "x"}, "/usr/bin/env"));
  EXPECT_TRUE(unjudged({"env", "-S", "bash -c x"}, "/usr/bin/env"));
  EXPECT_FALSE(unjudged({"env", "A=b", "bash", "tools/x.sh"}, "/usr/bin/env"));
  EXPECT_FALSE(unjudged({"env", "A=b", "make"}, "/usr/bin/env"));
  EXPECT_TRUE(unjudged({"nice", "-n", "5", "/bin/sh"}, "/usr/bin/nice"));
  EXPECT_TRUE(unjudged({"busybox", "sh"}, "/usr/bin/busybox"));
  EXPECT_TRUE(
      unjudged({"/lib64/ld-linux-x86-64.so.2", "/bin/bash"}, "/lib64/ld-linux-x86-64.so.2"));
  EXPECT_TRUE(unjudged({"-bash"}, "/home/u/w/other"));
  // By the file behind it, whatever it is called.
  EXPECT_TRUE(decide(policy, {{"./tool"}, "/home/u/w/tool", "/usr/bin/bash"}).unjudged_shell);
}

TEST(Shell, OnlyAFixedScriptOrTextIsJudged) {
  using Words = std::vector<std::string>;
  for (const Words& good :
       {Words{"bash", "x.sh"}, Words{"bash", "-eu", "x.sh", "**"}, Words{"bash", "-c", "true"},
        Words{"bash", "-o", "pipefail", "x.sh"}, Words{"bash", "--norc", "x.sh"},
        Words{"sh", "--", "x.sh"}, Words{"/bin/sh", "x.sh", "*"}})
    EXPECT_TRUE(fixes_shell_text(good)) << testing::PrintToString(good);
  for (const Words& bad : {Words{"bash"},
                           Words{"bash", "**"},
                           Words{"bash", "*"},
                           Words{"bash", "-c", "*"},
                           Words{"bash", "-c", "**"},
                           Words{"bash", "-s"},
                           Words{"bash", "-s", "x"},
                           Words{"bash", "-i"},
                           Words{"bash", "-"},
                           Words{"bash", "--rcfile", "x"},
                           Words{"bash", "--init-file", "x", "y"},
                           Words{"b*sh", "x.sh"},
                           Words{"*", "x.sh"},
                           Words{"**"},
                           Words{"bash", "--"},
                           Words{"bash", "-o", "*", "x.sh"},
                           Words{"bash", "-oc", "x", "y"},
                           Words{"env", "bash", "**"},
                           Words{"bash", ""},
                           Words{"bash", "-c"}})
    EXPECT_FALSE(fixes_shell_text(bad)) << testing::PrintToString(bad);
}

// Random rules and commands, judged by the table and by going through the list.
TEST(Commands, AgreesWithGoingThroughTheListAndNeverAllowsWhatNoRuleMatches) {
  std::mt19937 random(11);
  const std::vector<std::string> names{"git", "ls", "rm", "g*", "*", "?s"};
  const std::vector<std::string> words{"a", "b", "ab", "*", "a*", "?", "*b"};
  int allowed = 0;
  int unmatched = 0;
  int usable = 0;
  for (int round = 0; round < 3'000; ++round) {
    std::vector<CommandRule> list;
    for (std::size_t n = random() % 7; n > 0; --n) {
      CommandRule rule;
      rule.id = "r" + std::to_string(list.size());
      rule.decision = std::array{Decision::kAllow, Decision::kAsk, Decision::kDeny}[random() % 3];
      if (random() % 8 != 0) {
        rule.argv.push_back(names[random() % names.size()]);
        for (std::size_t k = random() % 3; k > 0; --k)
          rule.argv.push_back(words[random() % words.size()]);
      }
      if (rule.argv.empty() || random() % 3 == 0) rule.argv.emplace_back("**");
      list.push_back(std::move(rule));
    }
    const auto table = CommandTable::create(list, {});
    if (!table) {
      EXPECT_EQ(table.error().code, "policy.never_matches");
      continue;
    }
    ++usable;
    for (int k = 0; k < 20; ++k) {
      std::vector<std::string> argv{std::array{"git", "ls", "rm", "x"}[random() % 4]};
      for (std::size_t n = random() % 4; n > 0; --n)
        argv.emplace_back(std::array{"a", "b", "ab", "ba"}[random() % 4]);
      const bool planted = random() % 4 == 0;
      const std::string found = (planted ? "/tmp/" : "/usr/bin/") + argv[0];
      std::optional<Decision> expected;
      for (const auto& rule : list) {
        if (!slow_words(rule.argv, 0, argv, 0)) continue;
        const bool by_name = rule.argv.size() > 1 || rule.argv[0] != "**";
        if (planted && by_name && rule.decision == Decision::kAllow) continue;
        const auto strength = [](Decision d) {
          return d == Decision::kDeny ? 2 : d == Decision::kAsk ? 1 : 0;
        };
        if (!expected || strength(rule.decision) > strength(*expected)) expected = rule.decision;
      }
      const auto got = table->decide(list, {argv, found, found, "/home/u", "/w"});
      ASSERT_EQ(got.rule != nullptr, expected.has_value());
      ASSERT_EQ(got.decision, expected.value_or(Decision::kDeny));
      allowed += got.decision == Decision::kAllow ? 1 : 0;
      unmatched += got.rule == nullptr ? 1 : 0;
    }
  }
  EXPECT_GT(usable, 500);
  EXPECT_GT(allowed, 500);
  EXPECT_GT(unmatched, 500);
}

// A rule that create() lets pass can decide at least one command of its own shape.
TEST(Commands, ARefusedRuleReallyCouldNeverDecide) {
  std::mt19937 random(13);
  const std::vector<std::string> words{"a", "b", "*", "a*"};
  int refused = 0;
  for (int round = 0; round < 5'000; ++round) {
    std::vector<CommandRule> list;
    for (int n = 0; n < 3; ++n) {
      CommandRule rule;
      rule.id = "r" + std::to_string(n);
      rule.decision = std::array{Decision::kAllow, Decision::kAsk, Decision::kDeny}[random() % 3];
      rule.argv = {"git"};
      for (std::size_t k = random() % 3; k > 0; --k)
        rule.argv.push_back(words[random() % words.size()]);
      if (random() % 3 == 0) rule.argv.emplace_back("**");
      list.push_back(std::move(rule));
    }
    const auto table = CommandTable::create(list, {});
    if (table) continue;
    const auto at = table.error().message.find("rule 'r");
    if (table.error().message.find("can never decide") == std::string::npos) continue;
    ++refused;
    const auto& named = list[static_cast<std::size_t>(table.error().message[at + 7] - '0')];
    // All commands of up to three words: each one it matches, a stronger rule takes.
    const std::vector<std::string> all{"a", "b", "ab", "c"};
    std::vector<std::vector<std::string>> commands{{"git"}};
    for (std::size_t i = 0; i < commands.size() && commands[i].size() < 4; ++i) {
      const auto base = commands[i];
      for (const auto& word : all) {
        commands.push_back(base);
        commands.back().push_back(word);
      }
    }
    for (const auto& argv : commands) {
      if (!slow_words(named.argv, 0, argv, 0)) continue;
      bool beaten = false;
      for (const auto& rule : list) {
        const bool stronger =
            (rule.decision == Decision::kDeny && named.decision != Decision::kDeny) ||
            (rule.decision == Decision::kAsk && named.decision == Decision::kAllow);
        beaten = beaten || (stronger && slow_words(rule.argv, 0, argv, 0));
      }
      ASSERT_TRUE(beaten) << table.error().message;
    }
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace bailey::policy
