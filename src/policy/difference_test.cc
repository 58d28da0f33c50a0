#include "policy/difference.h"

#include <gtest/gtest.h>

#include "policy/compiled_policy.h"

namespace bailey::policy {
namespace {

Policy parsed(const std::string& body) {
  auto policy = parse_policy("version: 1\n" + body);
  EXPECT_TRUE(policy) << body << "\n" << policy.error().message;
  return *std::move(policy);
}

// "section what effect" of each, in order.
std::vector<std::string> said(const std::string& before, const std::string& after) {
  std::vector<std::string> list;
  for (const auto& one : differences(parsed(before), parsed(after)))
    list.push_back(one.section + (one.what.empty() ? "" : " " + one.what) + " " +
                   std::string(name(one.effect)));
  return list;
}
using List = std::vector<std::string>;

std::string rules(const std::string& list) {
  return list.empty() ? "commands: []\n" : "commands:\n" + list;
}
std::string rule(const std::string& id, const std::string& decision, const std::string& argv,
                 const std::string& more = "") {
  return "  - {id: " + id + ", decision: " + decision + ", argv: [" + argv + "]" + more + "}\n";
}

// Both ways round: what widens one way narrows the other.
void expect(const std::string& before, const std::string& after, const List& list) {
  EXPECT_EQ(said(before, after), list) << before << "->\n" << after;
  List back = list;
  for (auto& text : back) {
    const auto swap = [&](const char* from, const char* to) {
      if (!text.ends_with(from)) return false;
      text.replace(text.size() - std::string_view(from).size(), std::string::npos, to);
      return true;
    };
    (void)(swap(" widens", " narrows") || swap(" narrows", " widens"));
  }
  EXPECT_EQ(said(after, before), back) << after << "->\n" << before;
}

TEST(Difference, TheSamePolicyHasNone) {
  const std::string text =
      "name: x\nextends: builtin:strict\nfiles: {read: [\"/srv/**\"]}\nlimits: {memory: 1G}\n";
  EXPECT_EQ(said(text, text), List{});
}

TEST(Difference, WhereSomethingIsSaidIsNone) {
  const std::string a = rules(rule("x", "allow", "git") + rule("y", "deny", "id"));
  const std::string b =
      "\n\n# moved\n" + rules(rule("y", "deny", "id") + rule("x", "allow", "git"));
  EXPECT_EQ(said(a, b), List{});
}

TEST(Difference, RulesWidenAndNarrow) {
  const std::string git = rule("git", "allow", "git, \"**\"");
  expect(rules(""), rules(git), {"commands git widens"});
  expect(rules(git), rules(git + rule("no", "deny", "git, push")), {"commands no narrows"});
  expect(rules(git), rules(git + rule("st", "allow", "git, status")), {"commands st nothing"});
  expect(rules(git), rules(git + rule("ask", "ask", "git, push")), {"commands ask narrows"});
  expect(rules(""), rules(rule("ask", "ask", "git, push")), {"commands ask incomparable"});
  expect(rules(rule("x", "allow", "git, status")), rules(rule("x", "allow", "git, \"**\"")),
         {"commands x widens"});
  expect(rules(rule("x", "deny", "git, push")), rules(rule("x", "deny", "git, \"**\"")),
         {"commands x narrows"});
  expect(rules(rule("x", "deny", "git")), rules(rule("x", "ask", "git")), {"commands x widens"});
  expect(rules(rule("x", "ask", "git")), rules(rule("x", "allow", "git")), {"commands x widens"});
  expect(rules(rule("x", "allow", "git")), rules(rule("x", "allow", "git", ", level: 40")),
         {"commands x narrows"});
  expect(rules(rule("x", "allow", "git")), rules(rule("x", "allow", "ls")),
         {"commands x incomparable"});
  EXPECT_EQ(said(rules(git), rules(rule("any", "allow", "\"**\""))),
            (List{"commands any widens", "commands git nothing"}));
  EXPECT_EQ(said(rules(rule("x", "allow", "git")), rules(rule("y", "allow", "git"))),
            List{"commands y nothing"});
}

TEST(Difference, ARuleThatJudgesAShellsText_IsNotCoveredByOneThatDoesNot) {
  const std::string any = rule("any", "allow", "\"**\"");
  expect(rules(any), rules(any + rule("sh", "allow", "sh, build.sh")), {"commands sh widens"});
  expect(rules(rule("sh", "allow", "sh, build.sh")), rules(rule("sh", "allow", "sh, \"**\"")),
         {"commands sh incomparable"});
}

TEST(Difference, PlacesAreComparedByWhatACageShows) {
  const auto files = [](const std::string& text) { return "files: {" + text + "}\n"; };
  expect(files("read: [/srv/a]"), files("read: [/srv/a, /srv/b]"), {"files /srv/b widens"});
  expect(files("read: [\"/srv/**\"]"), files("read: [\"/srv/**\", /srv/b]"), {});
  expect(files("read: [/srv/a]"), files("write: [/srv/a]"), {"files /srv/a widens"});
  expect(files("read: []"), files("write: [\"./**\"]"), {"files ./** widens"});
  // Read-only inside what may be written takes away.
  expect(files("write: [\"/srv/**\"]"), files("write: [\"/srv/**\"], read: [/srv/b]"),
         {"files /srv/b narrows"});
  expect(files("hide: []"), files("hide: [/srv/x]"), {"files.hide /srv/x narrows"});
}

TEST(Difference, AskingTakesFromWhatIsShownAndGivesToWhatIsNot) {
  const std::string shown = "files:\n  read: ['/srv/**']\n";
  expect(shown, shown + "  ask: [{id: a, path: '/srv/a'}]\n", {"files.ask a narrows"});
  expect(shown, shown + "  ask: [{id: a, path: '/opt/a'}]\n", {"files.ask a widens"});
  expect(shown, shown + "  ask: [{id: a, path: '.env'}]\n", {"files.ask a narrows"});
  // Another id for the same place changes nothing.
  EXPECT_EQ(said(shown + "  ask: [{id: a, path: '/opt/a'}]\n",
                 shown + "  ask: [{id: b, path: '/opt/a'}]\n"),
            List{"files.ask b nothing"});
}

TEST(Difference, TheOtherSections) {
  expect("limits: {memory: 1G}\n", "limits: {memory: 2G}\n", {"limits.memory widens"});
  expect("limits: {}\n", "limits: {memory: 2G}\n", {"limits.memory narrows"});
  expect("levels: {start: 20, max: 30}\n", "levels: {start: 20, max: 40}\n", {"levels.max widens"});
  expect("levels: {actions: {process.run: 30}}\n", "levels: {actions: {process.run: 40}}\n",
         {"levels.actions process.run narrows"});
  expect("levels: {}\n", "levels: {actions: {mail.send: 40}}\n",
         {"levels.actions mail.send widens"});
  expect("environment: {pass: [A]}\n", "environment: {pass: [A, B]}\n",
         {"environment.pass B widens"});
  expect("environment: {set: {A: x}}\n", "environment: {set: {A: y}}\n",
         {"environment.set A incomparable"});
  expect("approvals: {by: other}\n", "approvals: {by: self}\n", {"approvals.by widens"});
  expect("approvals: {by: self}\n", "approvals: {by: self, timeout: 2h}\n",
         {"approvals.timeout widens"});
  expect("degradations: []\n", "degradations: [limits.polled]\n",
         {"degradations limits.polled widens"});
  expect("name: a\n", "name: a\nnetwork: {}\n", {"not_enforced network narrows"});
}

TEST(Difference, PlacesInTheDocumentsAreKept) {
  const auto list =
      differences(parsed("\nlimits: {memory: 1G}\n"), parsed("limits: {memory: 2G}\n"));
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].before_at.mark.line, 3U);
  EXPECT_EQ(list[0].after_at.mark.line, 2U);
  EXPECT_EQ(list[0].before, "1G");
  EXPECT_EQ(list[0].after, "2G");
}

// The slow, obvious reading: ask both about many commands. A difference that is said to
// widen or to do nothing never takes a yes away, one that narrows never gives one.
TEST(Difference, WhatItSaysHoldsForCommands) {
  const std::vector<std::string> pool = {
      rule("a", "allow", "git, \"**\""), rule("a", "allow", "git, status"),
      rule("a", "deny", "git, push"),    rule("a", "allow", "\"g*\", \"**\""),
      rule("a", "ask", "git, \"**\""),   rule("a", "allow", "git, \"*\", push"),
      rule("a", "deny", "ls, \"**\""),   rule("a", "ask", "git, push")};
  const std::vector<std::vector<std::string>> words = {
      {"git"}, {"git", "status"}, {"git", "push"}, {"git", "x", "push"}, {"ls"}, {"grep", "x"}};
  int compared = 0;
  int turns = 0;
  for (const auto& one : pool)
    for (const auto& two : pool)
      for (const auto& other : pool) {
        std::string kept = other;
        kept.replace(kept.find("id: a"), 5, "id: b");
        // Once as a rule that changed, once as one that went and one that came.
        std::string second = two;
        if (turns++ % 2 == 1) second.replace(second.find("id: a"), 5, "id: c");
        const auto old = CompiledPolicy::from_source("version: 1\n" + rules(one + kept));
        const auto now = CompiledPolicy::from_source("version: 1\n" + rules(second + kept));
        if (!old || !now) continue;  // a rule that could never decide
        bool may_widen = false;
        bool may_narrow = false;
        for (const auto& difference : differences(old->policy(), now->policy())) {
          may_widen |=
              difference.effect == Effect::kWidens || difference.effect == Effect::kIncomparable;
          may_narrow |=
              difference.effect == Effect::kNarrows || difference.effect == Effect::kIncomparable;
        }
        for (const auto& argv : words) {
          const std::string found = "/usr/bin/" + argv.front();
          const Command command{argv, found, found, "", "/ws"};
          const auto rank = [&](const CompiledPolicy& policy) {
            const auto decision = policy.decide(command).decision;
            return decision == model::Decision::kAllow ? 2
                   : decision == model::Decision::kAsk ? 1
                                                       : 0;
          };
          ++compared;
          EXPECT_TRUE(may_widen || rank(*now) <= rank(*old)) << one << two << other << argv.back();
          EXPECT_TRUE(may_narrow || rank(*now) >= rank(*old)) << one << two << other << argv.back();
        }
      }
  EXPECT_GT(compared, 500);
}

}  // namespace
}  // namespace bailey::policy
