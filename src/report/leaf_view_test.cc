#include "report/leaf_view.h"

#include <gtest/gtest.h>

namespace bailey::report {
namespace {

merkle::LeafEnvelope a_leaf(merkle::LeafType type, codec::Json body) {
  merkle::LeafEnvelope leaf;
  leaf.type = type;
  leaf.index = 41;
  leaf.time = WallTime{1'790'000'000'000'000'000};
  leaf.boot = "00000000-0000-4000-8000-000000000001";
  leaf.body = std::move(body);
  return leaf;
}

TEST(RenderTest, OutcomeLine_SaysWhoseItIsAndHowItEnded) {
  codec::Json body;
  body.set("intent", merkle::to_json(merkle::IntentRef{40, {}}));
  body.set("status", codec::Json("done"));
  body.set("exit_code", codec::Json(3));
  EXPECT_EQ(leaf_line(a_leaf(merkle::LeafType::kOutcome, body)),
            "41  2026-09-21 14:13:20Z  outcome  of 40  done, exit 3");
}

TEST(RenderTest, TerminalEscapes_NeverReachALine) {
  codec::Json body;
  body.set("what", codec::Json("kill_off\x1b[2J\n\xe2\x80\xae"));
  const auto leaf = a_leaf(merkle::LeafType::kControl, body);
  for (const auto& text : {leaf_line(leaf), leaf_page(leaf, {})}) {
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
    EXPECT_NE(text.find("kill_off"), std::string::npos);
  }
  EXPECT_EQ(leaf_line(leaf).find('\n'), std::string::npos);
}

TEST(RenderTest, BodiesOfUnexpectedShape_AreShownAsFarAsTheyGo) {
  for (const auto type : {merkle::LeafType::kIntent, merkle::LeafType::kControl,
                          merkle::LeafType::kEvents, merkle::LeafType::kRefusal}) {
    codec::Json body;
    body.set("verdict", codec::Json(codec::Json::Array{}));
    body.set("action", codec::Json("text"));
    body.set("events", codec::Json(7));
    EXPECT_TRUE(leaf_line(a_leaf(type, body)).starts_with("41  "));
  }
}

TEST(RenderTest, Json_IsTheLeafItself) {
  codec::Json body;
  body.set("what", codec::Json("key"));
  const auto leaf = a_leaf(merkle::LeafType::kControl, body);
  const auto bytes = merkle::encode_leaf(leaf);
  ASSERT_TRUE(bytes);
  const auto json = leaf_json(leaf, merkle::leaf_hash(*bytes));
  EXPECT_EQ("\x01" + codec::canonical_json(*json.find("leaf")), as_text(*bytes));
}

}  // namespace
}  // namespace bailey::report
