#include "codec/yaml.h"

#include <gtest/gtest.h>

namespace bailey::codec {
namespace {

std::string code_of(std::string_view text, const JsonLimits& limits = {}) {
  const auto value = parse_yaml(text, limits);
  return value ? "accepted" : std::string(value.error().code);
}

std::string canonical(std::string_view text) {
  const auto value = parse_yaml(text);
  return value ? canonical_json(*value) : "refused: " + value.error().message;
}

TEST(ParseYaml, ReadsTheCoreSchema) {
  EXPECT_EQ(canonical("a: 1\nb: [x, \"y\", 'z']\nc:\n  d: true\n  e: ~\n"),
            R"({"a":1,"b":["x","y","z"],"c":{"d":true,"e":null}})");
  EXPECT_EQ(
      canonical("[yes, no, on, off, True, FALSE, null, Null, 0x1F, 0o17, -5, +5, 1.5, .5, 1e3]"),
      R"(["yes","no","on","off",true,false,null,null,31,15,-5,5,1.5,0.5,1000])");
  EXPECT_EQ(canonical("[1_000, 12:30, \"1\", '', 1.2.3, 1.0, 3e, 0x, 2026-01-01]"),
            R"(["1_000","12:30","1","","1.2.3",1,"3e","0x","2026-01-01"])");
  EXPECT_EQ(canonical("a: |\n  one\n  two\n"), "{\"a\":\"one\\ntwo\\n\"}");
  EXPECT_EQ(canonical(""), "null");
  EXPECT_EQ(canonical("# only a comment\n"), "null");
  EXPECT_EQ(canonical("---\na: 1\n...\n"), R"({"a":1})");
  EXPECT_EQ(canonical("{\"a\": [1, 2]}"), R"({"a":[1,2]})");
}

TEST(ParseYaml, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(code_of("a: &x 1\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("a: &x 1\nb: *x\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("a: &x [1]\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("a: !!str 1\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("a: !x 1\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("a: ! 1\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("a: ! [1]\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("!!map {a: 1}\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("<<: {a: 1}\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("? [a]\n: 1\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("{[a]: 1}\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("~: 1\n"), "yaml.unsupported");
  EXPECT_EQ(code_of(": 1\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("a: 1\n---\nb: 2\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("%YAML 1.2\n---\na: 1\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("%TAG ! tag:x,2000:\n---\na: 1\n"), "yaml.unsupported");
  EXPECT_EQ(code_of("a: .inf\n"), "yaml.number");
  EXPECT_EQ(code_of("a: .nan\n"), "yaml.number");
  EXPECT_EQ(code_of("a: 0755\n"), "yaml.number");
  EXPECT_EQ(code_of("a: 9007199254740992\n"), "yaml.number");
  EXPECT_EQ(code_of("a: 1e999\n"), "yaml.number");
  EXPECT_EQ(code_of("a: 11333377776777777773.\n"), "yaml.number");
}

TEST(ParseYaml, RefusesDuplicatesHoweverTheyAreWritten) {
  EXPECT_EQ(code_of("a: 1\nb: 2\na: 3\n"), "yaml.duplicate");
  EXPECT_EQ(code_of("a: 1\n\"a\": 3\n"), "yaml.duplicate");
  EXPECT_EQ(code_of("{a: 1, 'a': 2}"), "yaml.duplicate");
}

TEST(ParseYaml, RefusesBrokenTextAndEncodings) {
  for (const char* text : {"a: [1\n", "a: 'x\n", "a: b: c\n", "a:\n\t- b\n", "@x", "a: \"\\q\"\n",
                           "a: \"x\n", "'it''s", "\"a\\\""}) {
    EXPECT_EQ(code_of(text), "yaml.syntax") << text;
  }
  for (const char* text : {"- a\nb: 1\n", "{a: 1", "[a"})
    EXPECT_NE(code_of(text), "accepted") << text;
  EXPECT_EQ(code_of(std::string_view("a: \0", 4)), "yaml.syntax");
  EXPECT_EQ(code_of("a: \x1b[2J\n"), "yaml.syntax");
  EXPECT_EQ(code_of("a: \xff\n"), "json.encoding");
  EXPECT_EQ(code_of("\xEF\xBB\xBF"
                    "a: 1\n"),
            "json.encoding");
  EXPECT_EQ(code_of(std::string_view("\xFE\xFF\0a", 4)), "json.encoding");
}

TEST(ParseYaml, SaysLineAndColumn) {
  const auto value = parse_yaml("a: 1\nb:\n  c: [x,\n    y]\n");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->find("a")->mark(), (Mark{1, 4}));
  EXPECT_EQ(value->find("b")->key_mark(), (Mark{2, 1}));
  EXPECT_EQ(value->find("b")->find("c")->as_array()[1].mark(), (Mark{4, 5}));
  const auto twice = parse_yaml("a: 1\nb: 2\na: 3\n");
  EXPECT_NE(twice.error().message.find("at line 3, column 1"), std::string::npos);
}

TEST(ParseYaml, StopsAtItsLimits) {
  EXPECT_NE(code_of(std::string(1'000'000, '[')), "accepted");
  EXPECT_NE(code_of(std::string(500'000, '{')), "accepted");
  EXPECT_EQ(code_of(std::string(65, '[') + std::string(65, ']')), "yaml.limit");
  EXPECT_EQ(code_of(std::string(64, '[') + std::string(64, ']')), "accepted");
  EXPECT_EQ(code_of(std::string(400'000, '[') + std::string(400'000, ']')), "yaml.limit");
  std::string dashes;
  for (int i = 0; i < 200'000; ++i) dashes += "- ";
  EXPECT_EQ(code_of(dashes), "yaml.limit");
  std::string marks;
  for (int i = 0; i < 200'000; ++i) marks += "? ";
  EXPECT_NE(code_of(marks), "accepted");
  EXPECT_EQ(code_of(std::string(10'000'000, ' ')), "yaml.limit");
  JsonLimits few;
  few.max_values = 3;
  EXPECT_EQ(code_of("[1,2]", few), "accepted");
  EXPECT_EQ(code_of("[1,2,3]", few), "yaml.limit");
}

}  // namespace
}  // namespace bailey::codec
