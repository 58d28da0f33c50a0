// Policies that stand on others: which document says what in the end, and that nothing
// final is ever widened.
#include "policy/chain.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "codec/text.h"
#include "crypto/hash.h"
#include "policy/compiled_policy.h"
#include "policy/covers.h"
#include "policy/defaults.h"

namespace bailey::policy {
namespace {

using model::Decision;
using model::Level;

class FakeFiles final : public ParentFiles {
 public:
  explicit FakeFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}
  [[nodiscard]] Result<std::string> read(const std::string& path) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) return fail("disk.missing", "open '" + path + "'");
    return found->second;
  }

 private:
  std::map<std::string, std::string> files_;
};

using Files = std::map<std::string, std::string>;

// The policy is "p.yaml" of `files`.
Result<CompiledPolicy> chain(const Files& files, const std::string& project = "") {
  const FakeFiles folder(files);
  std::optional<ProjectSource> last;
  if (!project.empty()) last = ProjectSource{"project.yaml", project};
  return CompiledPolicy::from_chain({"p.yaml", files.at("p.yaml"), "p.yaml", &folder}, last,
                                    read_uncached);
}

CompiledPolicy good(const Files& files, const std::string& project = "") {
  auto compiled = chain(files, project);
  EXPECT_TRUE(compiled) << compiled.error().message;
  return *std::move(compiled);
}

void expect_error(const Result<CompiledPolicy>& compiled, std::string_view code,
                  const std::vector<std::string>& parts) {
  ASSERT_FALSE(compiled) << code;
  EXPECT_EQ(compiled.error().code, code) << compiled.error().message;
  for (const auto& part : parts)
    EXPECT_NE(compiled.error().message.find(part), std::string::npos)
        << part << " in: " << compiled.error().message;
}

CommandDecision decide(const CompiledPolicy& policy, std::vector<std::string> argv,
                       const std::string& found = "") {
  const std::string place = found.empty() ? "/usr/bin/" + argv.front() : found;
  return policy.decide({argv, place, place, "/home/u", "/home/u/w"});
}

std::string told(const CompiledPolicy& policy, std::vector<std::string> argv,
                 const std::string& found = "") {
  const auto decision = decide(policy, std::move(argv), found);
  std::string text(name(decision.decision));
  if (decision.rule != nullptr) text += " " + decision.rule->id;
  return text;
}

std::string doc(const std::string& rest) { return "version: 1\n" + rest; }

// --- chains ------------------------------------------------------------------------------

TEST(Chain, AChildAddsReplacesAndSaysWhereEachRuleCameFrom) {
  const auto policy = good({{"p.yaml", doc(R"(name: child
extends: base.yaml
files: {read: ["/opt/**"], hide: ["./.env"]}
environment: {pass: [LANG], set: {A: child}}
commands:
  - {id: git, decision: ask, argv: [git, "**"]}
  - {id: npm, decision: allow, argv: [npm, test]}
limits: {memory: 4G}
degradations: []
)")},
                            {"base.yaml", doc(R"(name: base
levels: {start: 20, max: 40}
files: {read: ["/usr/**"], write: ["./**"], hide: ["/etc/shadow*"]}
environment: {pass: [TERM, A], set: {B: base, LANG: C}}
commands:
  - {id: git, decision: allow, argv: [git, "**"]}
  - {id: ls, decision: allow, argv: [ls, "**"]}
limits: {memory: 2G, time: 1h}
approvals: {by: self, timeout: 5m}
degradations: [limits.polled]
)")}});
  EXPECT_EQ(codec::canonical_json(to_json(policy.policy())),
            R"({"approvals":{"by":"self","timeout":"5m"},"commands":[)"
            R"({"argv":["git","**"],"decision":"ask","id":"git"},)"
            R"({"argv":["ls","**"],"decision":"allow","id":"ls"},)"
            R"({"argv":["npm","test"],"decision":"allow","id":"npm"}],"degradations":[],)"
            R"("environment":{"pass":["TERM","LANG"],"set":{"A":"child","B":"base"}},)"
            R"("files":{"hide":["/etc/shadow*","./.env"],"read":["/usr/**","/opt/**"],)"
            R"("write":["./**"]},"levels":{"actions":{},"max":40,"start":20},)"
            R"("limits":{"memory":"4G","time":"1h"},"name":"child","version":1})");
  const auto& documents = policy.policy().documents;
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(place(documents, policy.policy().commands[0].origin), "p.yaml:7:5");
  EXPECT_EQ(place(documents, policy.policy().commands[1].origin), "base.yaml:8:5");
  EXPECT_EQ(place(documents, policy.policy().files.read[1].origin), "p.yaml:4:16");
  EXPECT_EQ(policy.files(), (std::vector<std::string>{"p.yaml", "base.yaml"}));
}

TEST(Chain, ANameIsNeverInherited) {
  EXPECT_EQ(good({{"p.yaml", doc("extends: builtin:strict\n")}}).policy().name, "");
}

TEST(Chain, TheDigestCoversEveryParent) {
  const Files files{{"p.yaml", doc("extends: a.yaml\n")},
                    {"a.yaml", doc("extends: b.yaml\n")},
                    {"b.yaml", doc("name: b\n")}};
  const Digest before = good(files).digest();
  for (const char* changed : {"p.yaml", "a.yaml", "b.yaml"}) {
    Files other = files;
    other[changed] += "# another byte\n";
    EXPECT_NE(good(other).digest(), before) << changed;
  }
  // As spec/policy.md composes it.
  Bytes bytes;
  const std::string_view context = "bailey/policy/v1";
  bytes.assign(context.begin(), context.end());
  bytes.push_back(0);
  for (const char* each : {"p.yaml", "a.yaml", "b.yaml"}) {
    bytes.push_back('d');
    const Digest one = crypto::sha256(as_bytes(files.at(each)));
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  EXPECT_EQ(before, crypto::sha256(bytes));
  // A document alone is known by its bytes.
  EXPECT_EQ(good({{"p.yaml", doc("")}}).digest(), crypto::sha256(as_bytes(doc(""))));
  // The same bytes as a project's are another thing.
  EXPECT_NE(good({{"p.yaml", doc("")}}, doc("")).digest(),
            good({{"p.yaml", doc("extends: q.yaml\n")}, {"q.yaml", doc("")}}).digest());
}

TEST(Chain, CirclesAndDepthShowTheChain) {
  expect_error(chain({{"p.yaml", doc("extends: p.yaml\n")}}), "policy.extends_cycle",
               {"'p.yaml' -> 'p.yaml'"});
  expect_error(chain({{"p.yaml", doc("extends: a.yaml\n")},
                      {"a.yaml", doc("extends: b.yaml\n")},
                      {"b.yaml", doc("extends: a.yaml\n")}}),
               "policy.extends_cycle", {"'p.yaml' -> 'a.yaml' -> 'b.yaml' -> 'a.yaml'"});
  Files files{{"p.yaml", doc("extends: x1.yaml\n")}};
  for (int i = 1; i < 1'000; ++i)
    files["x" + std::to_string(i) + ".yaml"] =
        doc("extends: x" + std::to_string(i + 1) + ".yaml\n");
  files["x1000.yaml"] = doc("");
  expect_error(chain(files), "policy.extends_depth", {"'p.yaml' -> 'x1.yaml'", "'x9.yaml'"});
  files["x8.yaml"] = doc("");
  EXPECT_EQ(good(files).policy().documents.size(), 9U);
}

TEST(Chain, AParentIsOneNameBelowTheFolder) {
  const auto refused = [](const std::string& parent, std::string_view code) {
    expect_error(chain({{"p.yaml", doc("extends: " + parent + "\n")}}), code, {});
  };
  for (const char* bad : {"/etc/passwd", "../p.yaml", "a/../b", "./a", "a//b", "a/", "\"\"", "~/a",
                          "\"a\\nb\"", "\"a\\u202eb\"", "\"builtin:\"", "builtin:Strict"})
    refused(bad, bad == std::string("~/a") ? "disk.missing" : "policy.extends");
  refused("builtin:nothing", "policy.extends");
  refused("[a.yaml, b.yaml]", "fields.type");
  refused("1", "fields.type");
  refused("missing.yaml", "disk.missing");
  const auto plain = chain({{"p.yaml", doc("extends: balanced\n")}});
  expect_error(plain, "disk.missing", {});
  EXPECT_EQ(plain.error().hint, "the built-in policy is written 'builtin:balanced'");
  std::string many = "[";
  for (int i = 0; i < 1'000; ++i) many += "p" + std::to_string(i) + ".yaml, ";
  refused(many + "p]", "fields.type");
  // A policy without a folder has built-in parents only.
  const auto alone = CompiledPolicy::from_source(doc("extends: a.yaml\n"));
  expect_error(alone, "policy.extends", {"no folder"});
  EXPECT_TRUE(CompiledPolicy::from_source(doc("extends: builtin:strict\n")));
}

TEST(Chain, AParentInAFolderNamesItsOwnBesideItself) {
  EXPECT_EQ(
      told(good({{"p.yaml", doc("extends: team/a.yaml\n")},
                 {"team/a.yaml", doc("extends: b.yaml\n")},
                 {"team/b.yaml", doc("commands: [{id: ls, decision: allow, argv: [ls]}]\n")}}),
           {"ls"}),
      "allow ls");
}

TEST(Chain, AnErrorInAParentNamesIt) {
  expect_error(chain({{"p.yaml", doc("extends: a.yaml\n")}, {"a.yaml", doc("comands: []\n")}}),
               "fields.unknown", {"in the parent 'a.yaml'", "line 2, column 1"});
  expect_error(chain({{"p.yaml", doc("extends: a.yaml\n")}, {"a.yaml", doc("extends: b.yaml\n")}}),
               "disk.missing", {"in the parent 'a.yaml'", "b.yaml"});
  expect_error(
      chain({{"p.yaml", doc("extends: a.yaml\n")}, {"a.yaml", std::string(10U << 20, '#')}}),
      "policy.too_big", {"in the parent 'a.yaml'"});
}

TEST(Chain, AStrongerRuleBelowMayTakeAllOfOneAbove) {
  const Files files{
      {"p.yaml", doc("extends: a.yaml\n"
                     "commands: [{id: no-git, decision: deny, argv: [git, \"**\"]}]")},
      {"a.yaml", doc("commands: [{id: git, decision: allow, argv: [git, status]}]")}};
  EXPECT_EQ(told(good(files), {"git", "status"}), "deny no-git");
  // But what the parent took already, a child cannot give back unseen.
  expect_error(
      chain({{"p.yaml", doc("extends: a.yaml\n"
                            "commands: [{id: git, decision: allow, argv: [git, status]}]")},
             {"a.yaml", doc("commands: [{id: no-git, decision: deny, argv: [git, \"**\"]}]")}}),
      "policy.never_matches", {"p.yaml:3:12", "a.yaml:2:12"});
}

TEST(Chain, TheSameRuleMayBeSaidAgainBelow) {
  EXPECT_EQ(told(good({{"p.yaml", doc("extends: a.yaml\n"
                                      "commands: [{id: again, decision: allow, argv: [ls]}]")},
                       {"a.yaml", doc("commands: [{id: ls, decision: allow, argv: [ls]}]")}}),
                 {"ls"}),
            "allow ls");
}

TEST(Chain, LimitsOfListsCountTheWholeChain) {
  std::string reads = "files:\n  read:\n";
  for (int i = 0; i < 4'000; ++i) reads += "    - /a" + std::to_string(i) + "\n";
  std::string more = reads;
  for (auto at = more.find("/a"); at != std::string::npos; at = more.find("/a", at + 1))
    more[at + 1] = 'b';
  expect_error(chain({{"p.yaml", doc("extends: a.yaml\n" + reads)}, {"a.yaml", doc(more)}}),
               "policy.too_many", {"4,096"});
  std::string rules = "commands:\n";
  for (int i = 0; i < 6'000; ++i)
    rules += "  - {id: r" + std::to_string(i) + ", decision: deny, argv: [x" + std::to_string(i) +
             "]}\n";
  std::string others = rules;
  for (auto at = others.find("id: r"); at != std::string::npos; at = others.find("id: r", at + 1))
    others[at + 4] = 's';
  expect_error(chain({{"p.yaml", doc("extends: a.yaml\n" + rules)}, {"a.yaml", doc(others)}}),
               "policy.too_many", {"10,000"});
}

TEST(Chain, WhatIsNotEnforcedStaysSoInAParent) {
  const auto policy =
      good({{"p.yaml", doc("extends: a.yaml\n")}, {"a.yaml", doc("network: none\n")}});
  const auto refused = policy.require_enforceable();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "policy.section_not_enforced");
  EXPECT_NE(refused.error().message.find("a.yaml:2:1"), std::string::npos);
}

// --- final -------------------------------------------------------------------------------

struct Widening {
  std::string parent;
  std::string child;
  std::vector<std::string> places;  // of both
};

TEST(Final, WhatWidensIsAnErrorWithBothPlaces) {
  const Widening cases[] = {
      {"commands: [{id: r, decision: deny, argv: [rm, \"**\"], final: true}]",
       "commands: [{id: r, decision: allow, argv: [rm, \"**\"]}]",
       {"c.yaml:3:12", "a.yaml:2:12", "allow instead of deny"}},
      {"commands: [{id: r, decision: deny, argv: [rm, \"**\"], final: true}]",
       "commands: [{id: r, decision: deny, argv: [rm, -rf, \"**\"]}]",
       {"c.yaml:3:12", "a.yaml:2:12", "no longer takes all"}},
      {"commands: [{id: r, decision: ask, argv: [rm, \"*\"], final: true}]",
       "commands: [{id: r, decision: deny, argv: [rm, \"a*\"]}]",
       {"no longer takes all"}},
      {"commands: [{id: r, decision: allow, argv: [git, \"s*\"], final: true}]",
       "commands: [{id: r, decision: allow, argv: [git, \"*\"]}]",
       {"takes more"}},
      {"commands: [{id: r, decision: allow, argv: [git, \"s*\"], final: true}]",
       "commands: [{id: r, decision: ask, argv: [git, \"**\"]}]",
       {"takes more"}},
      {"commands: [{id: r, decision: allow, argv: [git, \"*\"], level: 40, final: true}]",
       "commands: [{id: r, decision: allow, argv: [git, \"*\"]}]",
       {"lower level"}},
      {"commands: [{id: r, decision: allow, argv: [git, \"*\"], level: 40, final: true}]",
       "commands: [{id: r, decision: allow, argv: [git, status], level: 40}]",
       {"fewer commands"}},
      {"final: [commands]\ncommands: [{id: r, decision: allow, argv: [git, \"*\"]}]",
       "commands: [{id: s, decision: allow, argv: [make]}]",
       {"c.yaml:3:12", "a.yaml:3:1", "no rule above grants"}},
      {"final: [commands]",
       "commands: [{id: s, decision: allow, argv: [make]}]",
       {"c.yaml:3:12", "a.yaml:2:9"}},
      {"final: [files]\nfiles: {read: [\"/usr/**\"]}",
       "files: {read: [/usr/lib, /etc/hosts]}",
       {"c.yaml:3:26", "'/etc/hosts'", "a.yaml:3:16"}},
      {"final: [files]\nfiles: {write: [./build]}",
       "files: {write: [./**]}",
       {"c.yaml:3:17", "a.yaml:3:17"}},
      {"final: [files]", "files: {read: [/usr]}", {"c.yaml:3:16", "a.yaml:2:9"}},
      {"final: [environment]\nenvironment: {pass: [A]}",
       "environment: {pass: [A, B]}",
       {"'B'", "c.yaml:3:25", "a.yaml:3:22"}},
      {"final: [environment]\nenvironment: {set: {PATH: /bin}}",
       "environment: {set: {PATH: \"./bin:/bin\"}}",
       {"'PATH'", "c.yaml:3:21", "a.yaml:3:21"}},
      {"final: [environment]", "environment: {set: {LD_PRELOAD: x}}", {"LD_PRELOAD"}},
      {"final: [limits]\nlimits: {memory: 8G}",
       "limits: {memory: 16G}",
       {"limits.memory: 16G", "c.yaml:3:18", "8G at a.yaml:3:18"}},
      {"final: [limits.memory]\nlimits: {memory: 8G}",
       "limits: {memory: 16G}",
       {"c.yaml:3:18", "a.yaml:3:18"}},
      {"final: [levels]\nlevels: {start: 20, max: 30}",
       "levels: {start: 30}",
       {"c.yaml:3:17", "a.yaml:3:17"}},
      {"final: [levels]\nlevels: {max: 30}", "levels: {max: 40}", {"c.yaml:3:15", "a.yaml:3:15"}},
      {"final: [levels]", "levels: {max: 40}", {"c.yaml:3:15", "a.yaml:2:9"}},
      {"final: [levels]\nlevels: {actions: {mail.send: 40}}",
       "levels: {actions: {mail.send: 30}}",
       {"c.yaml:3:31", "a.yaml:3:31"}},
      {"final: [levels]", "levels: {actions: {mail.send: 40}}", {"mail.send", "a.yaml:2:9"}},
      {"final: [approvals]\napprovals: {by: other}",
       "approvals: {by: self}",
       {"c.yaml:3:1", "a.yaml:3:1"}},
      {"final: [approvals]", "approvals: {by: self}", {"c.yaml:3:1", "a.yaml:2:9"}},
      {"final: [approvals]\napprovals: {by: self, timeout: 1h}",
       "approvals: {by: self, timeout: 2h}",
       {"2h", "1h"}},
      {"final: [degradations]\ndegradations: [limits.polled]",
       "degradations: [limits.polled, namespace.time]",
       {"namespace.time", "c.yaml:3:1", "a.yaml:3:1"}},
      {"final: true", "degradations: [limits.polled]", {"c.yaml:3:1", "a.yaml:2:8"}},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.parent + "\n" + each.child);
    expect_error(chain({{"p.yaml", doc("extends: c.yaml\n")},
                        {"c.yaml", doc("extends: a.yaml\n" + each.child + "\n")},
                        {"a.yaml", doc(each.parent + "\n")}}),
                 "policy.widens", each.places);
    // The control: without the word final the same child is good.
    std::string open = each.parent;
    for (const std::string word : {", final: true", "final: true"})
      if (const auto at = open.find(word); at != std::string::npos) open.erase(at, word.size());
    if (open.starts_with("final: [")) open.erase(0, open.find(']') + 1);
    const auto allowed = chain({{"p.yaml", doc("extends: c.yaml\n")},
                                {"c.yaml", doc("extends: a.yaml\n" + each.child + "\n")},
                                {"a.yaml", doc(open + "\n")}});
    EXPECT_TRUE(allowed) << allowed.error().message;
  }
}

TEST(Final, WhatNarrowsIsTaken) {
  const auto policy = good({{"p.yaml", doc(R"(extends: a.yaml
levels: {start: 20, max: 30}
files: {read: [/usr/lib], write: [./build/**], hide: [./.git]}
environment: {pass: [A], set: {B: b}}
commands:
  - {id: git, decision: allow, argv: [git, status, "**"]}
  - {id: make, decision: ask, argv: [make, "**"]}
  - {id: no-curl, decision: deny, argv: [curl, "**"]}
limits: {memory: 1G, time: 1h}
approvals: {by: other, timeout: 10m}
degradations: []
)")},
                            {"a.yaml", doc(R"(final: true
levels: {start: 30, max: 40}
files: {read: ["/usr/**"], write: ["./**"]}
environment: {pass: [A, C], set: {B: b}}
commands:
  - {id: git, decision: allow, argv: [git, "**"]}
  - {id: make, decision: allow, argv: [make, "**"]}
  - {id: any-c, decision: allow, argv: ["c*", "**"]}
limits: {memory: 8G}
approvals: {by: self, timeout: 1h}
degradations: [limits.polled]
)")}});
  EXPECT_EQ(told(policy, {"git", "status"}), "allow git");
  EXPECT_EQ(told(policy, {"git", "push"}), "deny");
  EXPECT_EQ(told(policy, {"make", "all"}), "ask make");
  EXPECT_EQ(told(policy, {"curl", "x"}), "deny no-curl");
  EXPECT_EQ(told(policy, {"cat", "x"}), "allow any-c");
  EXPECT_EQ(policy.policy().files.read.front().text, "/usr/lib");
  EXPECT_EQ(policy.policy().files.write.front().text, "./build/**");
  EXPECT_EQ(policy.policy().environment.pass.size(), 1U);
  EXPECT_EQ(policy.policy().levels.max, Level::kBuilder);
  EXPECT_TRUE(policy.policy().degradations.empty());
}

TEST(Final, AnAskInThePlaceOfAnAllow_CountsForNoPlantedProgram) {
  const Files files{{"p.yaml", doc("extends: a.yaml\n"
                                   "commands: [{id: g, decision: ask, argv: [git, \"**\"]}]")},
                    {"a.yaml", doc("commands: [{id: g, decision: allow, argv: [git, \"**\"], "
                                   "final: true}]")}};
  const auto policy = good(files);
  EXPECT_EQ(told(policy, {"git", "x"}), "ask g");
  EXPECT_EQ(told(policy, {"./git", "x"}, "/home/u/w/git"), "deny");
}

TEST(Final, ANarrowerRuleNeverJudgesTheTextOfAShell) {
  const auto policy =
      good({{"p.yaml", doc("extends: a.yaml\n"
                           "commands: [{id: b, decision: allow, argv: [bash, x.sh]}]")},
            {"a.yaml", doc("commands: [{id: b, decision: allow, argv: [bash, \"**\"], "
                           "final: true}]")}});
  const auto decided = decide(policy, {"bash", "x.sh"});
  EXPECT_EQ(decided.decision, Decision::kAllow);
  EXPECT_TRUE(decided.unjudged_shell);
  // Control: in the first place it does.
  EXPECT_FALSE(decide(good({{"p.yaml", doc("commands: [{id: b, decision: allow, "
                                           "argv: [bash, x.sh]}]")}}),
                      {"bash", "x.sh"})
                   .unjudged_shell);
}

TEST(Final, BelowFinalCommandsAListIsWhatRemains) {
  const Files files{{"p.yaml", doc("extends: a.yaml\ncommands:\n"
                                   "  - {id: test, decision: allow, argv: [npm, test, \"**\"]}\n"
                                   "  - {id: git, decision: ask, argv: [git, \"**\"]}\n")},
                    {"a.yaml", doc("final: [commands]\ncommands:\n"
                                   "  - {id: all, decision: allow, argv: [\"**\"]}\n"
                                   "  - {id: rm, decision: deny, argv: [rm, \"**\"]}\n")}};
  const auto policy = good(files);
  EXPECT_EQ(told(policy, {"npm", "test", "x"}), "allow all");
  EXPECT_EQ(told(policy, {"npm", "publish"}), "deny");
  EXPECT_EQ(told(policy, {"git", "push"}), "ask git");
  EXPECT_EQ(told(policy, {"rm", "x"}), "deny rm");
  EXPECT_NE(decide(policy, {"npm", "publish"}).outside, nullptr);
  EXPECT_EQ(decide(policy, {"rm", "x"}).outside, nullptr);
  Files empty = files;
  empty["p.yaml"] = doc("extends: a.yaml\ncommands: []\n");
  EXPECT_EQ(told(good(empty), {"ls"}), "deny");
  Files filter = files;
  filter["p.yaml"] = doc("extends: a.yaml\ncommands: [{id: n, decision: deny, argv: [npm]}]\n");
  EXPECT_EQ(told(good(filter), {"ls"}), "allow all");
  EXPECT_EQ(told(good(filter), {"npm"}), "deny n");
}

TEST(Final, AnAskStandsOnlyWhereSomethingWasShown) {
  const std::string parent = "final: [files]\nfiles: {read: [/srv/a/**, ~/x], hide: [/srv/a/h]}\n";
  const auto child = [&](const std::string& files) {
    return chain(
        {{"p.yaml", doc("extends: a.yaml\nfiles: {" + files + "}\n")}, {"a.yaml", doc(parent)}});
  };
  for (const char* path : {"/srv/a/b", "/srv/a/**", "~/x", ".env", "/srv/a/h"})
    EXPECT_TRUE(child(std::string("ask: [{id: q, path: '") + path + "'}]")) << path;
  // Asked for from here on, instead of shown.
  EXPECT_TRUE(child("read: [~/x], ask: [{id: q, path: '/srv/a/b'}]"));
  for (const char* path : {"/srv/b", "/srv/**", "~/y", "/etc/shadow"})
    expect_error(child(std::string("ask: [{id: q, path: '") + path + "'}]"), "policy.widens",
                 {"p.yaml:3:15", "a.yaml:3:16"});
  // What a child took away a grandchild does not ask for.
  expect_error(chain({{"p.yaml", doc("extends: b.yaml\nfiles: {ask: [{id: q, path: /srv/a/b}]}\n")},
                      {"b.yaml", doc("extends: a.yaml\nfiles: {read: [~/x]}\n")},
                      {"a.yaml", doc(parent)}}),
               "policy.widens", {"p.yaml:3:15", "b.yaml:3:16"});
}

TEST(Chain, AsksAddUpAndAnIdIsSaidOnce) {
  const auto policy =
      good({{"p.yaml", doc("extends: a.yaml\nfiles: {ask: [{id: q, path: /srv/b}]}\n")},
            {"a.yaml", doc("files: {ask: [{id: r, path: /srv/a, reason: because}]}\n")}});
  ASSERT_EQ(policy.policy().files.ask.size(), 2U);
  EXPECT_EQ(policy.policy().files.ask[0].reason, "because");
  EXPECT_EQ(policy.policy().files.ask[1].place.origin.document, 1U);
  expect_error(chain({{"p.yaml", doc("extends: a.yaml\nfiles: {ask: [{id: r, path: /srv/b}]}\n")},
                      {"a.yaml", doc("files: {ask: [{id: r, path: /srv/a}]}\n")}}),
               "policy.rule", {"p.yaml:3:15", "a.yaml:2:15"});
}

TEST(Final, StaysFinalForGrandchildren) {
  expect_error(chain({{"p.yaml", doc("extends: b.yaml\nlimits: {memory: 5G}\n")},
                      {"b.yaml", doc("extends: a.yaml\nlimits: {memory: 4G}\n")},
                      {"a.yaml", doc("final: [limits]\nlimits: {memory: 8G}\n")}}),
               "policy.widens", {"p.yaml:3:18", "4G at b.yaml:3:18"});
}

TEST(Final, IsAListOfKnownSections) {
  for (const char* bad : {"final: false", "final: 1", "final: {a: 1}", "final: [1]"})
    expect_error(chain({{"p.yaml", doc(bad)}}), "fields.type", {"line 2"});
  for (const char* bad : {"final: [file]", "final: [limits.mem]", "final: [version]"})
    expect_error(chain({{"p.yaml", doc(bad)}}), "policy.final", {"line 2, column 9"});
  expect_error(chain({{"p.yaml", doc("final: [files, files]")}}), "policy.never_matches",
               {"twice"});
  expect_error(chain({{"p.yaml", doc("commands: [{id: a, decision: deny, argv: [x], final: 1}]")}}),
               "fields.type", {"final"});
}

// --- projects ----------------------------------------------------------------------------

const char* const kUser = R"(files: {read: ["/usr/**"], write: ["./**"]}
commands:
  - {id: all, decision: allow, argv: ["**"]}
limits: {memory: 8G}
)";

TEST(Project, NarrowsThePolicyOfWhoeverRunsIt) {
  const auto policy =
      good({{"p.yaml", doc(kUser)}}, doc(R"(files: {write: [./build], hide: [./.env]}
commands: [{id: t, decision: allow, argv: [make, "**"]}]
limits: {memory: 1G, processes: 64}
)"));
  EXPECT_EQ(told(policy, {"make", "x"}), "allow all");
  EXPECT_EQ(told(policy, {"ls"}), "deny");
  EXPECT_EQ(policy.policy().limits[model::LimitKind::kMemory], 1ULL << 30);
  EXPECT_EQ(policy.policy().files.write.front().text, "./build");
  ASSERT_TRUE(policy.project());
  EXPECT_EQ(policy.policy().documents.back().role, Role::kProject);
  EXPECT_FALSE(good({{"p.yaml", doc(kUser)}}).project());
}

TEST(Project, NeverWidens) {
  const auto widened = [&](const std::string& project, const std::vector<std::string>& places) {
    SCOPED_TRACE(project);
    expect_error(chain({{"p.yaml", doc(kUser)}}, doc(project)), "policy.widens", places);
  };
  widened("files: {read: [/etc/shadow]}", {"project.yaml:2:16", "p.yaml:2:16"});
  widened("files: {write: [/usr/lib]}", {"project.yaml:2:17", "p.yaml:2:36"});
  widened("limits: {memory: 9G}", {"project.yaml:2:18", "p.yaml:5:18"});
  widened("environment: {pass: [HOME]}", {"project.yaml:2:22", "p.yaml:1:1"});
  widened("environment: {set: {LD_PRELOAD: ./x.so}}", {"project.yaml:2:21", "p.yaml:1:1"});
  widened("degradations: [limits.polled]", {"project.yaml:2:1", "p.yaml:1:1"});
  expect_error(chain({{"p.yaml", doc("commands: [{id: ls, decision: allow, argv: [ls]}]")}},
                     doc("commands: [{id: rm, decision: allow, argv: [rm]}]")),
               "policy.widens", {"project.yaml:2:12", "p.yaml:2:1"});
}

TEST(Project, AsksOnlyForWhatTheUsersPolicyShows) {
  EXPECT_TRUE(chain({{"p.yaml", doc(kUser)}}, doc("files: {ask: [{id: q, path: .env}]}")));
  expect_error(chain({{"p.yaml", doc(kUser)}}, doc("files: {ask: [{id: q, path: /etc/shadow}]}")),
               "policy.widens", {"project.yaml:2:15"});
}

TEST(Project, NeverConfiguresTheGate) {
  for (const char* section :
       {"levels: {start: 0}", "approvals: {by: other}", "final: true", "extends: builtin:strict"})
    expect_error(chain({{"p.yaml", doc(kUser)}}, doc(section)), "policy.project",
                 {"project.yaml:2:"});
  for (const char* section : {"unknown: 1", "network: [", "commands: 1", "version: 1"})
    EXPECT_FALSE(chain({{"p.yaml", doc(kUser)}}, doc(section))) << section;
  const auto unenforced = good({{"p.yaml", doc(kUser)}}, doc("network: none"));
  EXPECT_FALSE(unenforced.require_enforceable());
}

// --- properties --------------------------------------------------------------------------

// Small alphabets, so that patterns meet often.
struct Dice {
  std::mt19937 random;
  explicit Dice(unsigned seed) : random(seed) {}
  std::size_t below(std::size_t most) { return random() % most; }
  std::string pick(const std::vector<std::string>& from) { return from[below(from.size())]; }
};

std::vector<std::string> random_pattern(Dice& dice) {
  std::vector<std::string> words;
  if (dice.below(8) == 0) return {"**"};
  words.push_back(dice.pick({"a", "b", "*", "a*", "bash", "/opt/a", "./a", "~/a", "sh"}));
  for (std::size_t n = dice.below(3); n > 0; --n)
    words.push_back(dice.pick({"x", "y", "*", "x*", "*y", "?", "xy", "-c", "\\*"}));
  if (dice.below(3) == 0) words.emplace_back("**");
  return words;
}

std::string random_rules(Dice& dice, const std::vector<std::string>& ids) {
  std::string text = "commands:\n";
  std::vector<std::string> used;
  for (std::size_t n = dice.below(4); n > 0; --n) {
    const std::string id = dice.pick(ids);
    if (std::find(used.begin(), used.end(), id) != used.end()) continue;
    used.push_back(id);
    const std::string decision = dice.pick({"allow", "allow", "ask", "deny"});
    text += "  - {id: " + id + ", decision: " + decision + ", argv: [";
    for (const auto& word : random_pattern(dice)) {
      text += "\"";
      for (const char c : word) text += c == '\\' ? std::string("\\\\") : std::string(1, c);
      text += "\", ";
    }
    text += "]";
    if (decision != "deny" && dice.below(4) == 0) text += ", level: 40";
    text += "}\n";
  }
  return used.empty() ? "commands: []\n" : text;
}

int weight(Decision decision) {
  return decision == Decision::kAllow ? 2 : decision == Decision::kAsk ? 1 : 0;
}

// Every command of a small world: is there one that the child grants more of?
void expect_no_wider(const CompiledPolicy& above, const CompiledPolicy& below,
                     const std::string& text) {
  for (const char* program : {"/usr/bin/a", "/usr/bin/b", "/usr/bin/bash", "/opt/a", "/home/u/a",
                              "/home/u/w/a", "/home/u/w/bash", "/usr/bin/c"}) {
    for (const char* first : {"", "x", "y", "xy", "-c", "*"}) {
      for (const char* second : {"", "x", "z"}) {
        std::vector<std::string> argv{program};
        if (*first != '\0') argv.emplace_back(first);
        if (*first != '\0' && *second != '\0') argv.emplace_back(second);
        const Command command{argv, program, program, "/home/u", "/home/u/w"};
        const auto wide = above.decide(command);
        const auto narrow = below.decide(command);
        ASSERT_LE(weight(narrow.decision), weight(wide.decision))
            << program << " " << first << " " << second << "\n"
            << text;
        if (weight(narrow.decision) == 0) continue;
        ASSERT_GE(narrow.level.value_or(Level::kIsolated), wide.level.value_or(Level::kIsolated))
            << program << " " << first << " " << second << "\n"
            << text;
        ASSERT_GE(narrow.unjudged_shell, wide.unjudged_shell)
            << program << " " << first << " " << second << "\n"
            << text;
      }
    }
  }
}

TEST(Narrowing, NoDocumentBelowFinalCommandsEverGrantsMore) {
  const std::vector<std::string> ids{"p", "q", "r", "s", "t"};
  int taken = 0;
  int different = 0;
  for (unsigned seed = 0; seed < 10'000; ++seed) {
    Dice dice(seed);
    const std::string parent = doc("final: [commands]\n" + random_rules(dice, ids));
    const std::string child = random_rules(dice, ids);
    const auto above = CompiledPolicy::from_source(parent);
    if (!above) continue;
    const auto below = chain({{"p.yaml", doc("extends: a.yaml\n" + child)}, {"a.yaml", parent}});
    if (!below) continue;
    ++taken;
    expect_no_wider(*above, *below, parent + child);
    // The same as a project's, whatever the parent says of itself.
    const auto project = chain({{"p.yaml", parent}}, doc(child));
    ASSERT_TRUE(project) << project.error().message << "\n" << parent << child;
    expect_no_wider(*above, *project, parent + child);
    if (HasFatalFailure()) return;
    different += to_json(below->policy()) == to_json(above->policy()) ? 0 : 1;
  }
  EXPECT_GT(taken, 1'000);
  EXPECT_GT(different, 300);
}

TEST(Narrowing, AFinalRuleKeepsWhatItTook) {
  int taken = 0;
  for (unsigned seed = 0; seed < 10'000; ++seed) {
    Dice dice(seed);
    const std::string decision = dice.pick({"allow", "ask", "deny"});
    const auto rule = [&](const std::string& which) {
      std::string text = "commands: [{id: r, decision: " + which + ", argv: [";
      for (const auto& word : random_pattern(dice)) {
        text += "\"";
        for (const char c : word) text += c == '\\' ? std::string("\\\\") : std::string(1, c);
        text += "\", ";
      }
      return text + "]";
    };
    const std::string parent = doc(rule(decision));
    const std::string child = rule(dice.pick({"allow", "ask", "deny"})) + "}]\n";
    const auto above = CompiledPolicy::from_source(parent + "}]\n");
    if (!above) continue;
    const auto below = chain(
        {{"p.yaml", doc("extends: a.yaml\n" + child)}, {"a.yaml", parent + ", final: true}]\n"}});
    if (!below) continue;
    ++taken;
    // Alone, an ask in the place of an ask may grant more: nothing else was final.
    const bool ask = below->policy().commands.front().decision == Decision::kAsk;
    if (!(decision == "ask" && ask)) expect_no_wider(*above, *below, parent + child);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(taken, 1'000);
}

TEST(Covers, IsNeverAWrongYes) {
  int yes = 0;
  for (unsigned seed = 0; seed < 30'000; ++seed) {
    Dice dice(seed);
    const auto wide = random_pattern(dice);
    const auto narrow = random_pattern(dice);
    if (!covers(wide, narrow)) continue;
    ++yes;
    const auto table = [](const std::vector<std::string>& pattern) {
      Policy policy;
      policy.commands.push_back({"r", Decision::kDeny, pattern, "", {}, {}, {}});
      return CompiledPolicy::compile(std::move(policy), {});
    };
    const auto outer = table(wide);
    const auto inner = table(narrow);
    ASSERT_TRUE(outer && inner);
    for (const char* program : {"/usr/bin/a", "/usr/bin/ab", "/opt/a", "/home/u/a", "/home/u/w/a"})
      for (const char* first : {"", "x", "xy", "y", "*", "-c"})
        for (const char* second : {"", "x", "zy"}) {
          std::vector<std::string> argv{program};
          if (*first != '\0') argv.emplace_back(first);
          if (*first != '\0' && *second != '\0') argv.emplace_back(second);
          const Command command{argv, program, program, "/home/u", "/home/u/w"};
          if (inner->decide(command).rule == nullptr) continue;
          ASSERT_NE(outer->decide(command).rule, nullptr) << seed << " " << program;
        }
  }
  EXPECT_GT(yes, 1'000);
}

TEST(Covers, KnowsPlaces) {
  for (const auto& [wide, narrow] :
       std::vector<std::pair<const char*, const char*>>{{"/usr/**", "/usr/lib"},
                                                        {"/usr/**", "/usr"},
                                                        {"/usr", "/usr/**"},
                                                        {"./**", "build"},
                                                        {".", "./a/b/**"},
                                                        {"~/**", "~/.cargo"},
                                                        {"~", "~"},
                                                        {"/", "/etc/**"},
                                                        {"/**", "/a"}})
    EXPECT_TRUE(covers_place(wide, narrow)) << wide << " " << narrow;
  for (const auto& [wide, narrow] :
       std::vector<std::pair<const char*, const char*>>{{"/usr/**", "/usrlocal"},
                                                        {"/usr/lib", "/usr"},
                                                        {"./**", "/w"},
                                                        {"./**", "~/x"},
                                                        {"/home/**", "~/x"},
                                                        {"a", "ab"},
                                                        {"./build", "./buil"},
                                                        {"~/a", "~"}})
    EXPECT_FALSE(covers_place(wide, narrow)) << wide << " " << narrow;
}

// --- vectors -----------------------------------------------------------------------------

// vectors/policy-chains.json: documents in, one policy or one error out.
TEST(Chain, VectorsHold) {
  const auto path = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() /
                    "vectors/policy-chains.json";
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const auto vectors = codec::parse_json(text.str());
  ASSERT_TRUE(vectors) << vectors.error().message;
  const auto& cases = vectors->find("cases")->as_array();
  ASSERT_GE(cases.size(), 10U);
  for (const auto& each : cases) {
    SCOPED_TRACE(each.find("name")->as_string());
    Files files;
    for (const auto& [name, content] : each.find("files")->as_object())
      files[name] = content.as_string();
    const auto* project = each.find("project");
    const auto compiled = chain(files, project == nullptr ? "" : project->as_string());
    if (const auto* error = each.find("error")) {
      ASSERT_FALSE(compiled);
      EXPECT_EQ(compiled.error().code, error->as_string()) << compiled.error().message;
      for (const auto& where : each.find("places")->as_array())
        EXPECT_NE(compiled.error().message.find(where.as_string()), std::string::npos)
            << where.as_string() << " in: " << compiled.error().message;
      continue;
    }
    ASSERT_TRUE(compiled) << compiled.error().message;
    EXPECT_EQ(codec::canonical_json(to_json(compiled->policy())),
              codec::canonical_json(*each.find("policy")));
    EXPECT_EQ(codec::to_hex(compiled->digest()), each.find("digest")->as_string());
  }
}

}  // namespace
}  // namespace bailey::policy
