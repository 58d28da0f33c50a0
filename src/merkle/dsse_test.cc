#include "merkle/dsse.h"

#include <gtest/gtest.h>

#include "base/fakes.h"
#include "codec/text.h"

namespace bailey::merkle {
namespace {

class DsseTest : public ::testing::Test {
 protected:
  static NoteVerifier named(const crypto::SigningKey& key, const std::string& name) {
    return *NoteVerifier::create(name, key.public_key());
  }
  // Signs by hand, so that an envelope can have several signatures.
  static EnvelopeSignature signature(const Envelope& envelope, const crypto::SigningKey& key,
                                     std::string keyid = {}) {
    const auto made = key.sign_raw(pre_authentication(envelope.payload_type, envelope.payload));
    return {std::move(keyid), Bytes(made.begin(), made.end())};
  }
  static Envelope hello() {
    const auto body = as_bytes("hello world");
    return {"http://example.com/HelloWorld", Bytes(body.begin(), body.end()), {}};
  }

  FakeEntropy entropy_;
  crypto::SigningKey ann_ = crypto::SigningKey::generate(entropy_);
  crypto::SigningKey bob_ = crypto::SigningKey::generate(entropy_);
};

// DSSE 1.0.2, protocol.md, "Test Vectors".
TEST_F(DsseTest, Encoding_IsThatOfTheStandardsVector) {
  EXPECT_EQ(as_text(pre_authentication("http://example.com/HelloWorld", as_bytes("hello world"))),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(as_text(pre_authentication("", as_bytes(""))), "DSSEv1 0  0 ");
  // The standard's own envelope is read, though its P-256 key is none of ours.
  const auto envelope = parse_envelope(
      R"({"payload":"aGVsbG8gd29ybGQ=","payloadType":"http://example.com/HelloWorld","signatures":)"
      R"([{"sig":"A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]})");
  ASSERT_TRUE(envelope) << envelope.error().message;
  EXPECT_EQ(as_text(envelope->payload), "hello world");
  EXPECT_EQ(envelope->signatures.front().signature.size(), 64U);
  EXPECT_EQ(verify_envelope(*envelope, {named(ann_, "ann")}).error().code, "dsse.signature");
}

TEST_F(DsseTest, Envelope_VerifiesUnderItsKeyAndNoOther) {
  const auto text = write_envelope("a/b", as_bytes("payload"), named(ann_, "ann"), ann_);
  const auto envelope = parse_envelope(text);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->signatures.front().keyid, named(ann_, "ann").vkey());
  EXPECT_TRUE(verify_envelope(*envelope, {named(ann_, "ann")}));
  EXPECT_TRUE(verify_envelope(*envelope, {named(bob_, "bob"), named(ann_, "other-name")}));
  EXPECT_EQ(verify_envelope(*envelope, {named(bob_, "bob")}).error().code, "dsse.signature");
  EXPECT_FALSE(verify_envelope(*envelope, {}));
}

TEST_F(DsseTest, EveryBitOfPayloadTypeAndSignatureCounts) {
  const auto good = *parse_envelope(write_envelope("a/b", as_bytes("pay"), named(ann_, "n"), ann_));
  const std::vector<NoteVerifier> keys = {named(ann_, "n")};
  ASSERT_TRUE(verify_envelope(good, keys));
  for (std::size_t bit = 0; bit < 64 * 8; ++bit) {
    Envelope bad = good;
    bad.signatures[0].signature[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(verify_envelope(bad, keys)) << bit;
    if (bit >= 3 * 8) continue;
    bad = good;
    bad.payload[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(verify_envelope(bad, keys)) << bit;
    bad = good;
    bad.payload_type[bit / 8] = static_cast<char>(bad.payload_type[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(verify_envelope(bad, keys)) << bit;
  }
}

TEST_F(DsseTest, KeyIdIsAHintThatDecidesNothing) {
  Envelope envelope = hello();
  envelope.signatures = {signature(envelope, ann_, named(bob_, "bob").vkey())};
  EXPECT_TRUE(verify_envelope(envelope, {named(ann_, "ann")}));
  EXPECT_FALSE(verify_envelope(envelope, {named(bob_, "bob")}));
}

TEST_F(DsseTest, ThresholdCountsKeysAndNotSignaturesOrNames) {
  Envelope envelope = hello();
  envelope.signatures = {signature(envelope, ann_), signature(envelope, ann_, "again")};
  const auto ann = named(ann_, "ann");
  EXPECT_FALSE(verify_envelope(envelope, {ann, named(ann_, "ann-twice")}, 2));
  EXPECT_FALSE(verify_envelope(envelope, {ann, named(bob_, "bob")}, 2));
  envelope.signatures.push_back(signature(envelope, bob_));
  EXPECT_EQ(verify_envelope(envelope, {ann, named(bob_, "bob")}, 2)->size(), 2U);
  EXPECT_EQ(verify_envelope(envelope, {ann}, 0).error().code, "dsse.threshold");
}

TEST_F(DsseTest, BothAlphabetsAreReadAndUnknownMembersIgnored) {
  Envelope envelope = hello();
  envelope.payload = {0xfb, 0xff, 0xfe};  // "+//+" and "-__-"
  envelope.signatures = {signature(envelope, ann_)};
  std::string text = write_envelope(envelope);
  const auto place = text.find("+//+");
  ASSERT_NE(place, std::string::npos);
  text.replace(place, 4, "-__-");
  text.insert(1, R"("later":{"a":[1,2]},)");
  auto sig = text.find("\"sig\":\"") + 7;
  for (; text[sig] != '"'; ++sig) {
    if (text[sig] == '+') text[sig] = '-';
    if (text[sig] == '/') text[sig] = '_';
  }
  const auto read = parse_envelope(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->payload, envelope.payload);
  EXPECT_TRUE(verify_envelope(*read, {named(ann_, "ann")}));
}

TEST_F(DsseTest, WhatIsNoEnvelopeIsRefused) {
  const char* const bad[] = {
      "",
      "[]",
      "{}",
      R"({"payload":"","payloadType":"a"})",
      R"({"payload":"","payloadType":"a","signatures":[]})",
      R"({"payload":"","payloadType":"","signatures":[{"sig":""}]})",
      R"({"payload":"!","payloadType":"a","signatures":[{"sig":""}]})",
      R"({"payload":"+-==","payloadType":"a","signatures":[{"sig":""}]})",
      R"({"payload":1,"payloadType":"a","signatures":[{"sig":""}]})",
      R"({"payload":"","payloadType":"a","signatures":[{}]})",
      R"({"payload":"","payloadType":"a","signatures":[{"sig":"","keyid":1}]})",
      R"({"payload":"","payload":"","payloadType":"a","signatures":[{"sig":""}]})",
  };
  for (const char* const text : bad) {
    const auto read = parse_envelope(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "dsse.syntax") << text;
  }
  EXPECT_TRUE(parse_envelope(R"({"payload":"","payloadType":"a","signatures":[{"sig":""}]})"));
}

}  // namespace
}  // namespace bailey::merkle
