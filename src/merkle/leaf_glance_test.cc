#include "merkle/leaf_glance.h"

#include <gtest/gtest.h>

#include "merkle/log_for_test.h"

namespace bailey::merkle {
namespace {

// What a glance takes, the parser takes, and both say the same.
void expect_agreement(ByteView bytes) {
  const auto glance = glance_at_leaf(bytes);
  if (!glance) return;
  const auto leaf = parse_leaf(bytes);
  ASSERT_TRUE(leaf) << leaf.error().message << "\n" << as_text(bytes);
  EXPECT_EQ(leaf->type, glance->type);
  EXPECT_EQ(leaf->index, glance->index);
  const auto intent = intent_of(*leaf);
  ASSERT_TRUE(intent);
  EXPECT_EQ(*intent, glance->intent);
}

Bytes leaf_with_body(const std::string& body) {
  LogForTest log;
  log.add(LeafType::kControl);
  std::string text(as_text(log.entries()[0]));
  const auto from = text.find("{\"kind\":\"test\"}");
  text.replace(from, std::string("{\"kind\":\"test\"}").size(), body);
  const auto bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

TEST(LeafGlance, TakesEveryTypeOfLeafThatIsPlain) {
  LogForTest log;
  log.add(LeafType::kIntent);
  for (const auto type : {LeafType::kOutcome, LeafType::kRefusal, LeafType::kInterrupted,
                          LeafType::kAbandoned, LeafType::kEvents, LeafType::kControl,
                          LeafType::kAsk, LeafType::kAnswer, LeafType::kAdvice}) {
    log.add(type, 0);
  }
  for (const auto& entry : log.entries()) {
    EXPECT_TRUE(glance_at_leaf(entry)) << as_text(entry);
    expect_agreement(entry);
  }
}

TEST(LeafGlance, EveryChangedByteIsRefusedOrReadAsTheParserReadsIt) {
  LogForTest log;
  log.add(LeafType::kIntent);
  log.add(LeafType::kOutcome, 0);
  int taken = 0;
  for (const auto& entry : log.entries()) {
    for (std::size_t at = 0; at < entry.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        Bytes changed = entry;
        changed[at] = static_cast<std::uint8_t>(value);
        taken += glance_at_leaf(changed).has_value() ? 1 : 0;
        expect_agreement(changed);
      }
      Bytes without = entry;
      without.erase(without.begin() + static_cast<std::ptrdiff_t>(at));
      expect_agreement(without);
      Bytes cut(entry.begin(), entry.begin() + static_cast<std::ptrdiff_t>(at));
      EXPECT_FALSE(glance_at_leaf(cut));
    }
  }
  EXPECT_GT(taken, 1000);  // other letters in a string, other digits: the test tests something
}

TEST(LeafGlance, BodiesThatAreNotCanonicalAreNotTaken) {
  for (const char* good : {"{}", R"({"a":1,"b":[true,false,null,"x",-5,0,{}],"c":{"d":"e"}})",
                           R"({"a":[]})", R"({"a":999999999999999})", R"({"":1,"a":2})"}) {
    EXPECT_TRUE(glance_at_leaf(leaf_with_body(good))) << good;
    expect_agreement(leaf_with_body(good));
  }
  for (const char* bad :
       {R"({"b":1,"a":2})", R"({"a":1,"a":2})", R"({"a": 1})",     R"({"a":01})",
        R"({"a":-0})",      R"({"a":+1})",      R"({"a":1,})",     R"({"a":[1,]})",
        R"({"a":[,]})",     R"({"a"})",         R"({"a":})",       R"({,})",
        R"({"a":1 })",      R"({"a":tru})",     R"({"a":nul})",    R"([])",
        R"("x")",           R"({"a":--1})",     R"({"a":-})",      R"({"intent":{"index":0}})",
        R"({"intent":3})",  "{\"a\":\"\x1f\"}", "{\"a\":\"\xff\"}"}) {
    EXPECT_FALSE(glance_at_leaf(leaf_with_body(bad))) << bad;
    EXPECT_FALSE(look_at_leaf(leaf_with_body(bad))) << bad;
  }
}

TEST(LeafGlance, WhatIsNotPlainIsLeftToTheParser) {
  for (const char* unusual : {R"({"a":"\n"})", R"({"a":1.5})", R"({"a":1e+30})",
                              R"({"a":9007199254740991})", "{\"a\":\"\xC3\xA9\"}"}) {
    EXPECT_FALSE(glance_at_leaf(leaf_with_body(unusual))) << unusual;
    EXPECT_TRUE(look_at_leaf(leaf_with_body(unusual))) << unusual;
  }
  std::string deep = "{\"a\":";
  for (int i = 0; i < 40; ++i) deep += "[";
  for (int i = 0; i < 40; ++i) deep += "]";
  deep += "}";
  EXPECT_FALSE(glance_at_leaf(leaf_with_body(deep)));
  EXPECT_TRUE(look_at_leaf(leaf_with_body(deep)));
}

}  // namespace
}  // namespace bailey::merkle
