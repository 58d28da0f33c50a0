#include "merkle/leaf.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/fakes.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "merkle/rfc3339.h"

namespace bailey::merkle {
namespace {

LeafEnvelope sample() {
  LeafEnvelope leaf;
  leaf.type = LeafType::kOutcome;
  leaf.index = 9;
  leaf.time = WallTime{1'790'000'000'000'000'001};
  leaf.mono = MonoTime{123'456'789'012'345'678};
  leaf.boot = "00000000-0000-4000-8000-000000000001";
  leaf.nonce = {1, 2, 3};
  leaf.parent = Hash{0xAB};
  leaf.body = codec::Json(codec::Json::Object{});
  leaf.body.set("status", codec::Json("done"));
  leaf.body.set("intent", to_json(IntentRef{8, Hash{0xCD}}));
  return leaf;
}

std::string code_of(std::string_view json) {
  Bytes bytes{kLeafVersion};
  for (const char c : json) bytes.push_back(static_cast<std::uint8_t>(c));
  const auto leaf = parse_leaf(bytes);
  return leaf ? "accepted" : std::string(leaf.error().code);
}

std::string changed(std::string_view from, std::string_view to) {
  std::string text(as_text(ByteView(*encode_leaf(sample())).subspan(1)));
  const auto at = text.find(from);
  if (at == std::string::npos) return "the text to change is not there";
  return text.replace(at, from.size(), to);
}

TEST(Leaf, HasOneSpelling) {
  const auto bytes = encode_leaf(sample());
  ASSERT_TRUE(bytes);
  EXPECT_EQ((*bytes)[0], 0x01);
  EXPECT_EQ(as_text(ByteView(*bytes).subspan(1)),
            "{\"body\":{\"intent\":{\"index\":8,\"leaf_hash\":\"cd" + std::string(62, '0') +
                "\"},\"status\":\"done\"},\"boot\":\"00000000-0000-4000-8000-000000000001\","
                "\"index\":9,\"mono\":\"123456789012345678\",\"nonce\":\"010203" +
                std::string(26, '0') + "\",\"parent\":\"ab" + std::string(62, '0') +
                "\",\"time\":\"2026-09-21T14:13:20.000000001Z\",\"type\":\"outcome\",\"v\":1}");
  const auto leaf = parse_leaf(*bytes);
  ASSERT_TRUE(leaf) << leaf.error().message;
  EXPECT_EQ(*encode_leaf(*leaf), *bytes);
  EXPECT_EQ(leaf->time, sample().time);
  EXPECT_EQ(leaf->mono, sample().mono);
  EXPECT_EQ(leaf->parent, sample().parent);
  EXPECT_EQ((*intent_of(*leaf))->index, 8U);
}

TEST(Leaf, RefusesEveryOtherSpelling) {
  EXPECT_EQ(code_of(changed("~", "x")), "leaf.syntax");
  EXPECT_EQ(code_of(changed("\"v\":1", "\"v\":1 ")), "leaf.not_canonical");
  EXPECT_EQ(code_of(changed("\"index\":9", "\"index\":9.0")), "leaf.not_canonical");
  EXPECT_EQ(code_of(changed("\"v\":1", "\"v\":2")), "leaf.field");
  EXPECT_EQ(code_of(changed("\"v\":1", "\"v\":1,\"w\":1")), "leaf.field");
  EXPECT_EQ(code_of(changed("\"boot\":\"0", "\"boot\":\"G")), "leaf.field");
  EXPECT_EQ(code_of(changed("\"outcome\"", "\"mystery\"")), "leaf.type");
  EXPECT_EQ(code_of(changed("\"mono\":\"1", "\"mono\":\"01")), "leaf.field");
  EXPECT_EQ(code_of(changed("\"mono\":\"1", "\"mono\":\"-1")), "leaf.field");
  EXPECT_EQ(code_of(changed("\"mono\":\"1", "\"mono\":\"99999999999999999991")), "leaf.field");
  EXPECT_EQ(code_of(changed("\"nonce\":\"01", "\"nonce\":\"")), "leaf.field");
  EXPECT_EQ(code_of(changed("\"parent\":\"ab", "\"parent\":\"AB")), "leaf.field");
  EXPECT_EQ(code_of(changed("\"index\":9", "\"index\":-9")), "leaf.field");
  EXPECT_EQ(code_of(changed("14:13:20", "24:13:20")), "leaf.field");
  EXPECT_EQ(code_of(changed("\"parent\":\"ab" + std::string(62, '0') + "\",", "")), "leaf.field");
  EXPECT_EQ(code_of("[]"), "leaf.syntax");
  EXPECT_EQ(parse_leaf(Bytes{}).error().code, "leaf.version");
  EXPECT_EQ(parse_leaf(Bytes{0x03, '{', '}'}).error().code, "leaf.version");
  EXPECT_EQ(parse_leaf(Bytes(65'536, 1)).error().code, "leaf.too_big");
}

TEST(Leaf, NamesItsIntentExactlyAsItsTypeAsks) {
  EXPECT_EQ(code_of(changed("\"index\":8,", "\"index\":9,")), "leaf.body");  // not before itself
  EXPECT_EQ(code_of(changed("\"index\":8,", "")), "leaf.body");
  EXPECT_EQ(code_of(changed("\"index\":8,", "\"index\":8,\"k\":1,")), "leaf.body");
  EXPECT_EQ(code_of(changed("\"leaf_hash\":\"cd", "\"leaf_hash\":\"c")), "leaf.body");
  EXPECT_EQ(code_of(changed("\"outcome\"", "\"intent\"")), "leaf.body");
  auto leaf = sample();
  leaf.body = codec::Json(codec::Json::Object{});
  for (const auto type : {LeafType::kOutcome, LeafType::kInterrupted, LeafType::kEvents}) {
    leaf.type = type;
    EXPECT_EQ(encode_leaf(leaf).error().code, "leaf.body");
  }
  for (const auto type :
       {LeafType::kIntent, LeafType::kRefusal, LeafType::kAbandoned, LeafType::kControl,
        LeafType::kAsk, LeafType::kAnswer, LeafType::kAdvice}) {
    leaf.type = type;
    EXPECT_TRUE(encode_leaf(leaf));
    EXPECT_EQ(leaf_type(name(type)), type);
  }
}

TEST(Leaf, OfAKeyIsOfVersionTwoAndNothingElseIs) {
  auto leaf = sample();
  leaf.type = LeafType::kKey;
  EXPECT_EQ(encode_leaf(leaf).error().code, "leaf.body");  // names an intent
  leaf.body = codec::Json(codec::Json::Object{});
  auto bytes = *encode_leaf(leaf);
  EXPECT_EQ(bytes[0], 0x02);
  EXPECT_EQ(parse_leaf(bytes)->type, LeafType::kKey);
  bytes[0] = 0x01;
  EXPECT_EQ(parse_leaf(bytes).error().code, "leaf.field");
  bytes[bytes.size() - 2] = '1';  // "v":1
  EXPECT_EQ(parse_leaf(bytes).error().code, "leaf.type");
  bytes = *encode_leaf(sample());
  bytes[0] = 0x02;
  bytes[bytes.size() - 2] = '2';
  EXPECT_EQ(parse_leaf(bytes).error().code, "leaf.type");
}

TEST(Leaf, RefusesToEncodeWhatItCouldNotRead) {
  auto leaf = sample();
  leaf.boot = "x\",\"y\":\"";
  EXPECT_EQ(encode_leaf(leaf).error().code, "leaf.field");
  leaf = sample();
  leaf.mono.ns = -1;
  EXPECT_EQ(encode_leaf(leaf).error().code, "leaf.field");
  leaf = sample();
  leaf.index = 1ULL << 53U;
  EXPECT_EQ(encode_leaf(leaf).error().code, "leaf.field");
  leaf = sample();
  leaf.time.unix_ns = INT64_MIN;
  EXPECT_EQ(encode_leaf(leaf).error().code, "leaf.field");
  leaf = sample();
  leaf.body.set("big", codec::Json(std::string(65'400, 'x')));
  EXPECT_EQ(encode_leaf(leaf).error().code, "leaf.too_big");
  leaf.body = codec::Json("x");
  EXPECT_EQ(encode_leaf(leaf).error().code, "leaf.body");
  codec::Json deep(codec::Json::Object{});
  for (int i = 0; i < 64; ++i) deep = codec::Json(codec::Json::Array{deep});
  codec::Json::Object twice{{"a", 1}, {"a", 2}};
  for (const codec::Json& bad :
       {codec::Json("\xff"), codec::Json(1e20), codec::Json(std::int64_t{1} << 53), deep,
        codec::Json(twice), codec::Json(codec::Json::Object{{"\xff", 1}})}) {
    leaf = sample();
    leaf.body.set("bad", bad);
    EXPECT_EQ(encode_leaf(leaf).error().code, "leaf.body");
  }
  deep = codec::Json(codec::Json::Array{});
  for (int i = 0; i < 61; ++i) deep = codec::Json(codec::Json::Array{deep});
  leaf = sample();
  leaf.body.set("deep", deep);
  ASSERT_TRUE(encode_leaf(leaf));
  EXPECT_TRUE(parse_leaf(*encode_leaf(leaf)));
  leaf = sample();
  leaf.body.set("deeper", codec::Json(codec::Json::Array{deep}));
  EXPECT_EQ(encode_leaf(leaf).error().code, "leaf.body");
}

TEST(LeafTime, ReadsBackWhatTheClockWrites) {
  for (const std::int64_t ns :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{951'782'400'000'000'000},
        std::int64_t{4'102'444'799'999'999'999}}) {
    EXPECT_EQ(parse_rfc3339(rfc3339(WallTime{ns})), WallTime{ns}) << ns;
  }
  for (const char* text :
       {"2026-02-29T00:00:00.000000000Z", "2026-01-01T00:00:60.000000000Z",
        "2026-01-01T00:00:00.000000000z", "2026-01-01 00:00:00.000000000Z",
        "2026-01-01T00:00:00.00000000Z", "0000-01-01T00:00:00.000000000Z",
        "9999-01-01T00:00:00.000000000Z", "2026-13-01T00:00:00.000000000Z", ""}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(SaltedDigest, TellsNothingWithoutItsSaltAndEverythingWithIt) {
  FakeEntropy entropy;
  const auto key = crypto::generate_seal_key(entropy);
  const Nonce nonce{1};
  const auto salt = salt_for(key, nonce, "arguments");
  EXPECT_EQ(salted_digest(salt, as_bytes("{}")), crypto::hmac_sha256(salt, as_bytes("{}")));
  EXPECT_NE(salt, salt_for(key, nonce, "environment"));
  EXPECT_NE(salt, salt_for(key, Nonce{2}, "arguments"));
  EXPECT_NE(salt, salt_for(crypto::generate_seal_key(entropy), nonce, "arguments"));
}

}  // namespace
}  // namespace bailey::merkle
