// What a policy document may say, and what each mistake is answered with.
#include "policy/policy.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "crypto/hash.h"
#include "policy/cached_document.h"
#include "policy/compiled_policy.h"
#include "policy/defaults.h"
#include "policy/paths.h"
#include "policy/units.h"

namespace bailey::policy {
namespace {

Error error_of(std::string_view text) {
  const auto compiled = CompiledPolicy::from_source(text);
  EXPECT_FALSE(compiled.has_value()) << text;
  return compiled ? Error{"none", "", ""} : compiled.error();
}

void expect_error(std::string_view text, std::string_view code, std::string_view part) {
  const Error error = error_of(text);
  EXPECT_EQ(error.code, code) << text << "\n" << error.message;
  EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
}

std::string rules(const std::string& list) { return "version: 1\ncommands:\n" + list; }

TEST(Policy, AFullDocumentReadsAsWritten) {
  const auto policy = parse_policy(R"(version: 1
name: mine
levels: {start: 20, max: 40, actions: {process.run: 40, mail.send: 40}}
files:
  read: ["/usr/**", "~/.cargo/**", "docs"]
  write: ["./**"]
  hide: ["/etc/shadow*", "**/.env"]
environment:
  pass: [LANG]
  set: {PATH: "/usr/bin"}
commands:
  - {id: a, decision: allow, argv: ["git", "status", "**"], reason: looking is free, level: 40}
  - {id: b, decision: ask, argv: [git, push]}
limits: {time: 30s, cpu_time: 2m, memory: 512M, cpus: 1.5, processes: 64, open_files: 256, disk: 1G, output: 64M}
approvals: {by: self, timeout: 10m}
degradations: [limits.polled]
)");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->name, "mine");
  EXPECT_EQ(policy->levels.start, model::Level::kFunded);
  EXPECT_EQ(policy->levels.max, model::Level::kRoot);
  EXPECT_EQ(policy->levels.actions.size(), 2U);
  EXPECT_EQ(policy->files.read.size(), 3U);
  EXPECT_EQ(policy->commands[0].level, model::Level::kRoot);
  EXPECT_EQ(policy->commands[0].origin.mark.line, 12U);
  EXPECT_EQ(policy->limits[model::LimitKind::kWall], 30'000'000'000U);
  EXPECT_EQ(policy->limits[model::LimitKind::kCpus], 1'500U);
  EXPECT_EQ(policy->limits[model::LimitKind::kMemory], 512U << 20);
  EXPECT_EQ(policy->approvals->by, "self");
  EXPECT_EQ(policy->approvals->timeout_ns, 600'000'000'000);
  EXPECT_EQ(policy->degradations, std::vector<std::string>{"limits.polled"});
  EXPECT_TRUE(policy->not_enforced.empty());
}

TEST(Policy, YamlAndJsonOfTheSameDocumentAreTheSamePolicy) {
  const auto yaml =
      parse_policy("version: 1\ncommands:\n  - {id: a, decision: allow, argv: [ls]}\n");
  const auto json =
      parse_policy(R"({"version":1,"commands":[{"id":"a","decision":"allow","argv":["ls"]}]})");
  ASSERT_TRUE(yaml && json);
  EXPECT_EQ(to_json(*yaml), to_json(*json));
}

TEST(Policy, EveryMistakeIsNamedWithItsPlace) {
  struct Case {
    std::string text;
    const char* code;
    const char* part;
  };
  const std::string bidi = "\xE2\x80\xAE";
  const Case cases[] = {
      {"", "fields.type", "map of sections"},
      {"[]", "fields.type", "map of sections"},
      {"name: x", "policy.version", "is missing"},
      {"version: 2", "policy.version", "line 1, column 10"},
      {"version: '1'", "policy.version", "line 1"},
      {"version: 1\nversion: 1", "yaml.duplicate", "line 2"},
      {"version: 1\ncomands: []", "fields.unknown", "line 2, column 1"},
      {R"({"version":1,"version":1})", "json.duplicate", "line 1"},
      {R"({"version":1,"x":1})", "fields.unknown", "line 1"},
      {"version: 1\nname: Über", "policy.name", "line 2, column 7"},
      {"version: 1\nlevels: {start: 31}", "policy.level", "line 2"},
      {"version: 1\nlevels: {start: true}", "policy.level", "line 2"},
      {"version: 1\nlevels: {start: 40}", "policy.level", "at most at 30"},
      {"version: 1\nlevels: {start: 30, max: 20}", "policy.level", "below"},
      {"version: 1\nlevels: {strat: 30}", "fields.unknown", "line 2"},
      {"version: 1\nlevels: {actions: {Bad: 30}}", "policy.level", "lower-case"},
      {"version: 1\nlevels: 30", "fields.type", "line 2, column 9"},
      {"version: 1\nfiles: {read: /usr}", "fields.type", "line 2"},
      {"version: 1\nfiles: {read: [1]}", "fields.type", "line 2"},
      {"version: 1\nfiles:\n  read:\n    - /usr/../etc", "policy.path", "line 4, column 7"},
      {"version: 1\nfiles: {read: [\"/a//b\"]}", "policy.path", "empty part"},
      {"version: 1\nfiles: {read: [\"/a/\"]}", "policy.path", "empty part"},
      {"version: 1\nfiles: {read: [\"/a/./b\"]}", "policy.path", "'.'"},
      {"version: 1\nfiles: {read: [\"/a\\0b\"]}", "policy.path", "line 2"},
      {"version: 1\nfiles: {read: [\"/a\\nb\"]}", "policy.path", "line 2"},
      {"version: 1\nfiles: {read: [\"/a" + bidi + "b\"]}", "policy.path", "bidirectional"},
      {"version: 1\nfiles: {hide: [\"/a" + bidi + "b\"]}", "policy.path", "bidirectional"},
      {"version: 1\nfiles: {read: [\"/" + std::string(5000, 'a') + "\"]}", "policy.path", "4,095"},
      {"version: 1\nfiles: {read: [\"/" + std::string(300, 'a') + "\"]}", "policy.path", "255"},
      {"version: 1\nfiles: {read: [\"~bob/x\"]}", "policy.path", "own home"},
      {"version: 1\nfiles: {read: [\"/usr/*\"]}", "policy.path_wildcard", "line 2"},
      {"version: 1\nfiles: {read: [\"/usr/**/bin\"]}", "policy.path_wildcard", "last"},
      {"version: 1\nfiles: {write: [\"/usr/x?\"]}", "policy.path_wildcard", "mounted"},
      {"version: 1\nfiles: {write: [\"/**\"]}", "policy.path", "whole system"},
      {"version: 1\nfiles: {hide: [\"/a**\"]}", "policy.path", "whole name"},
      {"version: 1\nfiles: {read: [/usr, /usr]}", "policy.never_matches", "twice"},
      {"version: 1\nfiles: {ask: [/srv/a]}", "fields.type", "line 2"},
      {"version: 1\nfiles: {ask: [{path: /srv/a}]}", "fields.missing", "id"},
      {"version: 1\nfiles: {ask: [{id: A, path: /srv/a}]}", "policy.rule", "lower-case"},
      {"version: 1\nfiles: {ask: [{id: a, path: /srv/*}]}", "policy.path_wildcard", "line 2"},
      {"version: 1\nfiles: {ask: [{id: a, path: /srv/../b}]}", "policy.path", "line 2"},
      {"version: 1\nfiles: {ask: [{id: a, path: '~'}]}", "policy.path", "hide all"},
      {"version: 1\nfiles: {ask: [{id: a, path: ./**}]}", "policy.path", "hide all"},
      {"version: 1\nfiles: {ask: [{id: a, path: /proc/1/environ}]}", "policy.never_matches",
       "/proc"},
      {"version: 1\nfiles: {ask: [{id: a, path: /srv/a, write: true}]}", "fields.unknown", "write"},
      {"version: 1\nfiles: {ask: [{id: a, path: /a}, {id: a, path: /b}]}", "policy.rule",
       "this id"},
      {"version: 1\nfiles: {ask: [{id: a, path: /a}, {id: b, path: /a}]}", "policy.never_matches",
       "same path"},
      {"version: 1\nenvironment: {pass: [\"A*\"]}", "policy.environment", "line 2"},
      {"version: 1\nenvironment: {pass: [A, A]}", "policy.never_matches", "twice"},
      {"version: 1\nenvironment: {pass: [A], set: {A: b}}", "policy.never_matches", "both"},
      {"version: 1\nenvironment: {set: {A: 1}}", "fields.type", "line 2"},
      {"version: 1\nenvironment: {set: {1A: x}}", "policy.environment", "name"},
      {"version: 1\nlimits: {time: 30}", "policy.limit", "line 2"},
      {"version: 1\nlimits: {time: 0s}", "policy.limit", "line 2"},
      {"version: 1\nlimits: {memory: 1.5G}", "policy.limit", "line 2"},
      {"version: 1\nlimits: {processes: -1}", "policy.limit", "line 2"},
      {"version: 1\nlimits: {memory: true}", "fields.type", "line 2"},
      {"version: 1\nlimits: {memroy: 1G}", "fields.unknown", "line 2"},
      {"version: 1\napprovals: {by: anybody}", "policy.approvals", "line 2"},
      {"version: 1\napprovals: {timeout: 1h}", "fields.missing", "by"},
      {"version: 1\napprovals: {by: self, quorum: 2}", "fields.unknown", "quorum"},
      {"version: 1\ndegradations: [A]", "policy.degradation", "line 2"},
      {"version: 1\ndegradations: [a, a]", "policy.never_matches", "twice"},
      {rules("  - x"), "fields.type", "line 3"},
      {rules("  - {id: a, decision: maybe, argv: [ls]}"), "policy.rule", "line 3"},
      {rules("  - {id: A, decision: deny, argv: [ls]}"), "policy.rule", "line 3"},
      {rules("  - {decision: deny, argv: [ls]}"), "fields.missing", "id"},
      {rules("  - {id: a, decision: deny}"), "fields.missing", "argv"},
      {rules("  - {id: a, decision: deny, argv: ls}"), "fields.type", "line 3"},
      {rules("  - {id: a, decision: deny, argv: [1]}"), "fields.type", "line 3"},
      {rules("  - {id: a, decision: deny, argv: []}"), "policy.never_matches", "line 3, column 35"},
      {rules("  - {id: a, decision: deny, argv: [\"\"]}"), "policy.never_matches", "empty"},
      {rules("  - {id: a, decision: deny, argv: [\"**\", x]}"), "policy.pattern", "last"},
      {rules("  - {id: a, decision: deny, argv: [ls, \"x\\\\\"]}"), "policy.pattern", "'\\'"},
      {rules("  - {id: a, decision: deny, argv: [ls, \"x" + bidi + "\"]}"), "policy.pattern",
       "bidi"},
      {rules("  - {id: a, decision: deny, argv: [ls, \"" + std::string(5000, 'a') + "\"]}"),
       "policy.pattern", "4,096"},
      {rules("  - {id: a, decision: deny, argv: [/usr/../bin/ls]}"), "policy.never_matches",
       "'..'"},
      {rules("  - {id: a, decision: deny, argv: [ls], level: 30}"), "policy.level", "deny rule"},
      {rules("  - {id: a, decision: allow, argv: [ls], level: 20}"), "policy.level", "30 or 40"},
      {rules("  - {id: a, decision: allow, argv: [ls]}\n  - {id: a, decision: allow, argv: [cat]}"),
       "policy.rule", "line 4"},
      {rules("  - {id: a, decision: allow, argv: [ls]}\n  - {id: b, decision: allow, argv: [ls]}"),
       "policy.never_matches", "line 4"},
      {rules("  - {id: a, decision: allow, argv: [ls]}\n  - {id: b, decision: allow, argv: "
             "[\"l\\\\s\"]}"),
       "policy.never_matches", "line 4"},
      {rules("  - {id: a, decision: allow, argv: [ls]}\n  - {id: b, decision: deny, argv: [ls]}"),
       "policy.never_matches", "line 3"},
      {rules("  - {id: a, decision: allow, argv: [git, push]}\n  - {id: b, decision: deny, argv: "
             "[git, \"**\"]}"),
       "policy.never_matches", "line 3"},
      {rules("  - {id: a, decision: allow, argv: [git, \"p*\", x]}\n  - {id: b, decision: deny, "
             "argv: [git, \"*\", x]}"),
       "policy.never_matches", "line 3"},
      {rules(
           "  - {id: a, decision: allow, argv: [ls]}\n  - {id: b, decision: deny, argv: [\"**\"]}"),
       "policy.never_matches", "line 3"},
      {rules(
           "  - {id: a, decision: allow, argv: [ls]}\n  - {id: b, decision: ask, argv: [\"**\"]}"),
       "policy.never_matches", "line 3"},
      {"version: 1\na: &x 1\nb: *x", "yaml.unsupported", "line"},
  };
  for (const auto& each : cases) expect_error(each.text, each.code, each.part);
}

TEST(Policy, AnUnknownKeyNamesTheNearestKnownOne) {
  EXPECT_EQ(error_of("version: 1\ncomands: []").hint, "did you mean 'commands'?");
}

TEST(Policy, WhatIsKnownButNotEnforcedIsSaidAndStopsARun) {
  for (const char* section :
       {"network", "secrets", "tools", "models", "content", "budgets", "taint"}) {
    const auto compiled =
        CompiledPolicy::from_source("version: 1\n" + std::string(section) + ": none\n");
    ASSERT_TRUE(compiled) << compiled.error().message;
    const auto found = findings(compiled->policy());
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found.front().code, "policy.section_not_enforced");
    EXPECT_EQ(found.front().origin.mark.line, 2U);
    const auto refused = compiled->require_enforceable();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "policy.section_not_enforced");
    EXPECT_NE(refused.error().message.find("line 2"), std::string::npos);
  }
}

TEST(Policy, BombsAreRefusedFast) {
  std::string big = "version: 1\ncommands:\n";
  while (big.size() < (10U << 20))
    big += "  - {id: r" + std::to_string(big.size()) + ", decision: deny, argv: [x" +
           std::to_string(big.size()) + "]}\n";
  expect_error(big, "policy.too_big", "1 MiB");

  std::string many = R"({"version":1,"commands":[)";
  for (int i = 0; i <= 10'000; ++i)
    many += (i == 0 ? "" : ",") + std::string(R"({"id":"r)") + std::to_string(i) +
            R"(","decision":"deny","argv":["x)" + std::to_string(i) + "\"]}";
  expect_error(many + "]}", "policy.too_many", "10,000");
  expect_error("version: 1\ncommands: " + std::string(2'000, '[') + std::string(2'000, ']'),
               "yaml.limit", "");
  expect_error("{\"version\":1,\"commands\":" + std::string(2'000, '['), "json.limit", "");

  std::string words = "version: 1\ncommands:\n  - id: a\n    decision: deny\n    argv: [";
  for (int i = 0; i < 300; ++i) words += "x, ";
  expect_error(words + "x]", "policy.too_many", "256");

  std::string globs = R"({"version":1,"commands":[)";
  for (int i = 0; i <= 1'001; ++i)
    globs += (i == 0 ? "" : ",") + std::string(R"({"id":"r)") + std::to_string(i) +
             R"(","decision":"deny","argv":["x)" + std::to_string(i) + "*\"]}";
  expect_error(globs + "]}", "policy.too_many", "1,000");
}

TEST(Policy, AWideRuleDrawsAWarning) {
  const auto has = [](const std::string& text, const std::string& code) {
    const auto policy = parse_policy(text);
    EXPECT_TRUE(policy);
    for (const auto& finding : findings(*policy))
      if (finding.code == code) return true;
    return false;
  };
  EXPECT_TRUE(has(rules("  - {id: a, decision: allow, argv: [\"**\"]}"), "policy.any_command"));
  EXPECT_FALSE(
      has(rules("  - {id: a, decision: allow, argv: [ls, \"**\"]}"), "policy.any_command"));
  EXPECT_TRUE(has(rules("  - {id: a, decision: ask, argv: [ls]}"), "policy.approvals_default"));
  EXPECT_TRUE(has("version: 1\nfiles: {read: [\"~/**\"]}", "policy.wide_read"));
  EXPECT_TRUE(has("version: 1", "policy.no_commands"));
}

TEST(Policy, TheDefaultsAreTheSamplesAndCompile) {
  const auto folder = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() /
                      "samples/policies";
  for (const std::string name : {"base", "strict", "balanced", "permissive"}) {
    std::ifstream file(folder / (name + ".yaml"));
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_EQ(text.str(), *builtin_policy(name)) << name;
    const auto compiled = CompiledPolicy::from_source(*builtin_policy(name));
    ASSERT_TRUE(compiled) << compiled.error().message;
    EXPECT_TRUE(compiled->require_enforceable());
    EXPECT_EQ(compiled->policy().name, name);
    EXPECT_EQ(compiled->policy().files.write.size(), 1U) << name;
    EXPECT_GE(compiled->policy().files.hide.size(), 16U) << name;
  }
  EXPECT_FALSE(builtin_policy("bases"));
}

TEST(Policy, OnlyStrictAcceptsNoDegradation) {
  const auto degradations = [](model::Profile profile) {
    return CompiledPolicy::from_source(default_policy(profile))->policy().degradations.size();
  };
  EXPECT_EQ(degradations(model::Profile::kStrict), 0U);
  EXPECT_EQ(degradations(model::Profile::kBalanced), 1U);
}

TEST(CachedDocument, ReadsBackWithEveryPlace) {
  for (const char* name : {"base", "strict", "balanced", "permissive"}) {
    const auto source = *builtin_policy(name);
    const Digest digest = crypto::sha256(as_bytes(source));
    const auto json = parse_text(source);
    ASSERT_TRUE(json);
    const std::string text = cached_form(*json, digest);
    const auto again = from_cached_form(text, digest);
    ASSERT_TRUE(again) << name;
    EXPECT_EQ(cached_form(*again, digest), text);
    const auto fresh = parse_policy(source);
    const auto chain = [&](std::string_view part, const Digest& of) -> Result<Document> {
      const auto tree = BAILEY_TRY(parse_text(part));
      const auto kept = BAILEY_TRY(from_cached_form(cached_form(tree, of), of));
      return read_document(kept);
    };
    const auto cached = CompiledPolicy::from_chain({"", std::string(source)}, std::nullopt, chain);
    ASSERT_TRUE(fresh && cached);
    EXPECT_EQ(to_json(cached->policy()), to_json(*fresh));
    ASSERT_EQ(cached->policy().commands.size(), fresh->commands.size());
    for (std::size_t i = 0; i < fresh->commands.size(); ++i)
      EXPECT_EQ(cached->policy().commands[i].origin.mark, fresh->commands[i].origin.mark);
    for (std::size_t i = 0; i < fresh->environment.set.size(); ++i)
      EXPECT_EQ(cached->policy().environment.set[i].origin.mark,
                fresh->environment.set[i].origin.mark);
  }
}

TEST(CachedDocument, WhatIsDamagedIsNeverUsed) {
  const std::string source =
      "version: 1\ncommands:\n  - {id: a, decision: deny, argv: [rm, \"**\"]}\n";
  const Digest digest = crypto::sha256(as_bytes(source));
  const std::string text = cached_form(*parse_text(source), digest);
  ASSERT_TRUE(from_cached_form(text, digest));
  Digest other = digest;
  other[0] ^= 1;
  EXPECT_FALSE(from_cached_form(text, other));
  for (std::size_t cut = 0; cut < text.size(); ++cut)
    EXPECT_FALSE(from_cached_form(text.substr(0, cut), digest)) << cut;
  const auto replaced = [&](std::string_view from, std::string_view to) {
    std::string copy = text;
    EXPECT_NE(copy.find(from), std::string::npos) << from;
    copy.replace(copy.find(from), from.size(), to);
    const auto json = from_cached_form(copy, digest);
    return json && read_document(*json).has_value();
  };
  EXPECT_FALSE(replaced("\"v\":2}", "\"v\":1}"));
  EXPECT_FALSE(replaced("\"v\":2}", "\"v\":2,\"w\":1}"));
  EXPECT_FALSE(replaced("\"deny\"", "\"nope\""));
  EXPECT_FALSE(replaced("\"marks\":[", "\"marks\":[1,"));
  EXPECT_FALSE(replaced("\"marks\":[", "\"marks\":[1,1,1,1,"));
  EXPECT_FALSE(replaced("\"marks\":[1,", "\"marks\":[-1,"));
  EXPECT_FALSE(replaced("\"version\":1", "\"version\":1,\"nothing\":\"none\""));
}

TEST(Units, ParseWhatPeopleWriteAndNothingElse) {
  EXPECT_EQ(*parse_duration("30s"), 30'000'000'000);
  EXPECT_EQ(*parse_duration("500ms"), 500'000'000);
  EXPECT_EQ(*parse_duration("365d"), 365LL * 86'400'000'000'000);
  for (const char* bad : {"", "30", "s", "-1s", "+1s", " 1s", "1s ", "1.5s", "1h30m", "0s", "366d",
                          "99999999999999999999s", "1S", "0x1s", "1ns"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
  EXPECT_EQ(*parse_size("512M"), 512U << 20);
  EXPECT_EQ(*parse_size("1"), 1U);
  for (const char* bad : {"", "M", "0", "1.5G", "1GB", "1GiB", "1g", "-1", "9007199254740993",
                          "18446744073709551615T"})
    EXPECT_FALSE(parse_size(bad)) << bad;
  EXPECT_EQ(*parse_cpus("1.5"), 1'500U);
  EXPECT_EQ(*parse_cpus("0.001"), 1U);
  EXPECT_EQ(*parse_cpus("2"), 2'000U);
  for (const char* bad : {"", ".5", "1.", "1.0001", "0", "0.0", "1e3", "-1", "1025", "1,5"})
    EXPECT_FALSE(parse_cpus(bad)) << bad;
  EXPECT_EQ(*parse_count("64"), 64U);
  for (const char* bad : {"", "0", "-1", "1.0", "64 ", "1K"}) EXPECT_FALSE(parse_count(bad)) << bad;
}

TEST(Units, WhatIsFormattedParsesBack) {
  for (const std::int64_t ns :
       {1'000'000LL, 90'000'000'000LL, 3'600'000'000'000LL, 1'001'000'000LL})
    EXPECT_EQ(*parse_duration(format_duration(ns)), ns);
  for (const std::uint64_t bytes : {1ULL, 1023ULL, 1024ULL, 3ULL << 30, (1ULL << 40) + 1})
    EXPECT_EQ(*parse_size(format_size(bytes)), bytes);
  for (const std::uint64_t cpus : {1ULL, 500ULL, 1'000ULL, 1'234ULL, 64'000ULL})
    EXPECT_EQ(*parse_cpus(format_cpus(cpus)), cpus);
}

TEST(Paths, ExpandForThePersonAndTheWorkspace) {
  EXPECT_EQ(expand_path("/usr/**", "/home/u", "/w"), "/usr/**");
  EXPECT_EQ(expand_path("~/.cargo/**", "/home/u", "/w"), "/home/u/.cargo/**");
  EXPECT_EQ(expand_path("~", "/home/u", "/w"), "/home/u");
  EXPECT_EQ(expand_path("./**", "/home/u", "/w"), "/w/**");
  EXPECT_EQ(expand_path(".", "/home/u", "/w"), "/w");
  EXPECT_EQ(expand_path("build/**", "/home/u", "/w"), "/w/build/**");
  EXPECT_EQ(expand_path("**/.env", "/home/u", "/w"), "/w/**/.env");
}

}  // namespace
}  // namespace bailey::policy
