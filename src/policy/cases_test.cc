#include "policy/cases.h"

#include <gtest/gtest.h>

namespace bailey::policy {
namespace {

std::string error_of(const std::string& text) {
  const auto cases = parse_cases(text);
  return cases ? "none" : std::string(cases.error().code) + ": " + cases.error().message;
}
std::string one(const std::string& item) { return "version: 1\ncases:\n  - " + item + "\n"; }

TEST(Cases, AFullFileReadsAsWritten) {
  const auto cases = parse_cases(R"(version: 1
policy: team.yaml
workspace: ws
cases:
  - {name: look, run: [git, status], expect: allow, rule: git-read}
  - {shell: "git push && make", level: 40, expect: deny, code: policy.rule}
  - {file: ~/.ssh/config, expect: deny, code: not_listed}
  - {file: out, write: true, expect: allow}
  - {file: out, delete: true, expect: deny}
  - {env: TOKEN, expect: deny}
  - {run: [git, commit], expect: ask}
)");
  ASSERT_TRUE(cases) << cases.error().message;
  EXPECT_EQ(cases->policy, "team.yaml");
  EXPECT_EQ(cases->workspace, "ws");
  ASSERT_EQ(cases->list.size(), 7U);
  EXPECT_EQ(cases->list[0].name, "look");
  EXPECT_EQ(cases->list[0].rule, "git-read");
  EXPECT_EQ(cases->list[0].mark.line, 5U);
  EXPECT_EQ(cases->list[1].argv, (std::vector<std::string>{"bash", "-c", "git push && make"}));
  EXPECT_EQ(cases->list[1].level, model::Level::kRoot);
  EXPECT_EQ(cases->list[2].question, Case::Question::kFile);
  EXPECT_EQ(cases->list[3].use, FileUse::kWrite);
  EXPECT_EQ(cases->list[4].use, FileUse::kDelete);
  EXPECT_EQ(cases->list[5].question, Case::Question::kVariable);
  EXPECT_EQ(cases->list[6].expected, model::Decision::kAsk);
}

TEST(Cases, JsonIsTheSame) {
  const auto cases =
      parse_cases(R"({"version": 1, "cases": [{"run": ["ls"], "expect": "allow"}]})");
  ASSERT_TRUE(cases) << cases.error().message;
  EXPECT_EQ(cases->list.size(), 1U);
}

TEST(Cases, AFileThatAsksNothing_Fails) {
  EXPECT_TRUE(error_of("version: 1\ncases: []\n").starts_with("cases.empty"));
  EXPECT_TRUE(error_of("version: 1\n").starts_with("fields.missing"));
  EXPECT_FALSE(parse_cases(""));
}

TEST(Cases, MistakesAreErrorsWithTheirPlace) {
  for (const auto& [text, code] : std::vector<std::pair<std::string, std::string>>{
           {"cases: []\n", "cases.version"},
           {"version: 2\ncases: []\n", "cases.version"},
           {"version: 1\nfoo: 1\ncases: [{run: [ls], expect: allow}]\n", "fields.unknown"},
           {one("{run: [ls]}"), "fields.missing"},
           {one("{run: [], expect: allow}"), "cases.question"},
           {one("{run: [ls], shell: ls, expect: allow}"), "cases.question"},
           {one("{expect: allow}"), "cases.question"},
           {one("{run: [ls], expect: maybe}"), "cases.expect"},
           {one("{file: x, expect: maybe}"), "cases.expect"},
           {one("{env: X, expect: ask}"), "cases.expect"},
           {one("{run: [ls], write: true, expect: allow}"), "cases.question"},
           {one("{file: x, write: true, delete: true, expect: allow}"), "cases.question"},
           {one("{file: x, rule: y, expect: allow}"), "cases.expect"},
           {one("{file: x, level: 30, expect: allow}"), "cases.question"},
           {one("{run: [ls], level: 31, expect: allow}"), "cases.question"},
           {one("{run: [1], expect: allow}"), "fields.type"},
           {one("{run: [ls], expect: allow, typo: 1}"), "fields.unknown"},
           {one("{shell: \"\", expect: allow}"), "cases.question"},
           {one("[ls]"), "fields.type"}}) {
    const std::string error = error_of(text);
    EXPECT_TRUE(error.starts_with(code)) << text << error;
    EXPECT_NE(error.find("line "), std::string::npos) << text << error;
  }
}

}  // namespace
}  // namespace bailey::policy
