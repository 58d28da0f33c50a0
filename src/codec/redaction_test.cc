#include "codec/redaction.h"

#include <gtest/gtest.h>

namespace bailey::codec {
namespace {

TEST(Redaction, TakesOutTokensOfKnownShapes) {
  const struct {
    std::string secret;
    std::string kind;
  } cases[] = {
      {"AKIAIOSFODNN7EXAMPLE", "aws"},
      {"ASIAIOSFODNN7EXAMPLE", "aws"},
      {"ghp_0123456789abcdefghijABCDEFGHIJ012345", "github"},
      {"github_pat_11ABCDEFG0abcdefghijkl_mnop", "github"},
      {"glpat-0123456789abcdefghij", "gitlab"},
      {"xoxb-123456789012-abcdefghij", "slack"},
      {"AIzaSyA0123456789abcdefghijklmnopqrstuv", "google"},
      {"sk_live_0123456789abcdefghij", "stripe"},
      {"sk-ant-api03-0123456789abcdefghij", "key"},
      {"npm_0123456789abcdefghijABCDEFGHIJ0123456", "npm"},
      {"hf_0123456789abcdefghijABCD", "huggingface"},
      {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "jwt"},
      {"-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----",
       "private-key"},
      {"-----BEGIN PRIVATE KEY-----\nabc and no end", "private-key"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(redacted(each.secret), "[redacted:" + each.kind + "]");
    const bool open = each.secret.ends_with("no end");
    EXPECT_EQ(redacted("see '" + each.secret + "' there"),
              "see '[redacted:" + each.kind + "]" + (open ? "" : "' there"));
    EXPECT_EQ(redacted("/tmp/" + each.secret).find(each.secret), std::string::npos);
  }
}

TEST(Redaction, TakesOutValuesOfTellingNames) {
  EXPECT_EQ(redacted("--password=hunter2 x"), "--password=[redacted:value] x");
  EXPECT_EQ(redacted("curl --token hunter2 x"), "curl --token [redacted:value] x");
  EXPECT_EQ(redacted("PGPASSWORD=hunter2"), "PGPASSWORD=[redacted:value]");
  EXPECT_EQ(redacted("GITHUB_TOKEN: hunter2"), "GITHUB_TOKEN: [redacted:value]");
  EXPECT_EQ(redacted(R"({"api_key":"hunter2","a":1})"), R"({"api_key":"[redacted:value]","a":1})");
  EXPECT_EQ(redacted("?access_key=hunter2&b=c"), "?access_key=[redacted:value]&b=c");
  EXPECT_EQ(redacted("Authorization: Bearer abcdefgh.ijk"),
            "Authorization: Bearer [redacted:bearer]");
  EXPECT_EQ(redacted("postgres://ada:hunter2@db.example/x"),
            "postgres://ada:[redacted:url-password]@db.example/x");
  EXPECT_EQ(redacted("https://ada:p@ss@host/"), "https://ada:[redacted:url-password]@host/");
}

TEST(Redaction, LeavesWhatIsNoSecret) {
  for (const std::string text :
       {"", "/usr/bin/true", "the token was rotated", "password reset for ada", "secretary",
        "https://example.org:8080/a@b", "https://ada@example.org/", "AKIA", "AKIAIOSFODNN7EXAMPLEx",
        "AKIAiosfodnn7example", "ghp_short", "sk-learn", "eyJ", "-----BEGIN CERTIFICATE-----",
        "--token", "a basic test", "tokens: see the manual"}) {
    EXPECT_EQ(redacted(text), text);
  }
}

TEST(Redaction, IsDoneOnceAndForAll) {
  const std::string once = redacted("--password=a token: b https://a:b@c AKIAIOSFODNN7EXAMPLE");
  EXPECT_EQ(redacted(once), once);
}

// A fuzzer found it: the value ended at the blank behind BEGIN, and the key's body was left.
TEST(Redaction, AKeyBehindANameGoesWhole) {
  for (const std::string before : {"PRIVATE_KEY=", "--token ", "password=x", "secret: '"}) {
    const auto out =
        redacted(before + "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----");
    EXPECT_EQ(out.find("hunter2"), std::string::npos) << out;
    EXPECT_EQ(redacted(out), out);
  }
}

TEST(Redaction, OfAValueReachesEveryString) {
  const auto value = parse_json(R"({"token":1,"a":["x",{"b":"PASSWORD=hunter2"}]})");
  EXPECT_EQ(canonical_json(redacted_strings(*value)),
            R"({"a":["x",{"b":"PASSWORD=[redacted:value]"}],"token":1})");
}

// Hostile text: time grows with its length, not with its square.
TEST(Redaction, IsLinear) {
  std::string text;
  while (text.size() < (4U << 20)) text += "--token -----BEGIN ://a:eyJ-eyJ-eyJ-sk-password ";
  EXPECT_GT(redacted(text).size(), text.size() / 2);
}

}  // namespace
}  // namespace bailey::codec
