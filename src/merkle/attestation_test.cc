#include "merkle/attestation.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "merkle/dsse.h"
#include "merkle/log_for_test.h"

namespace bailey::merkle {
namespace {

class AttestationTest : public ::testing::Test {
 protected:
  AttestationTest() {
    for (int i = 0; i < 3; ++i) {
      const auto intent = add(LeafType::kIntent, session_body());
      codec::Json body{codec::Json::Object{}};
      body.set("intent", to_json(IntentRef{intent, log_.hashes()[intent]}));
      closings_.push_back({add(LeafType::kOutcome, body), intent});
    }
  }
  static codec::Json session_body() {
    codec::Json caller{codec::Json::Object{}};
    caller.set("session", "s-1");
    codec::Json body{codec::Json::Object{}};
    body.set("caller", caller);
    return body;
  }
  std::uint64_t add(LeafType type, codec::Json body) {
    LeafEnvelope leaf;
    leaf.type = type;
    leaf.index = log_.entries().size();
    leaf.boot = "00000000-0000-4000-8000-000000000001";
    log_.entropy().fill(leaf.nonce);
    leaf.body = std::move(body);
    return log_.add_bytes(*encode_leaf(leaf));
  }
  struct Closing {
    std::uint64_t index;
    std::uint64_t intent;
  };
  Statement statement(const Closing& closing) const {
    auto made = action_statement(log_.entries()[closing.index], log_.entries()[closing.intent],
                                 log_.parts(closing.index, {}).proof);
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }
  std::string line(const Statement& statement) const {
    return write_envelope(kStatementPayload, as_bytes(write_statement(statement)), log_.verifier(),
                          log_.key()) +
           "\n";
  }
  std::string session_line() {
    SessionTally tally(log_.origin(), "s-1");
    for (const auto& each : closings_) tally.add(log_.hashes()[each.index], LeafType::kOutcome);
    return line(tally.statement(0, log_.entries().size() - 1));
  }
  std::string code_of(const std::string& lines) const {
    const auto verified = verify_attestations(lines, keys());
    return std::string(verified ? "" : verified.error().code);
  }
  std::vector<NoteVerifier> keys() const { return {log_.verifier()}; }

  LogForTest log_;
  std::vector<Closing> closings_;
};

TEST_F(AttestationTest, ActionIsProvenToItsLog) {
  const auto made = statement(closings_[1]);
  EXPECT_EQ(made.subjects.front().sha256, crypto::sha256(log_.entries()[closings_[1].index]));
  const auto again = parse_statement(as_bytes(write_statement(made)));
  ASSERT_TRUE(again) << again.error().message;
  const auto verified = verify_action(*again, keys());
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->leaf.index, closings_[1].index);
  EXPECT_EQ(session_of(verified->leaf, &*verified->intent), "s-1");
  EXPECT_EQ(verify_action(*again, {}).error().code, "attestation.checkpoint");
}

TEST_F(AttestationTest, EveryMemberOfAnActionIsBound) {
  const Statement good = statement(closings_[1]);
  const auto with = [&](std::string_view member, const codec::Json& value) {
    Statement bad = good;
    codec::Json predicate{codec::Json::Object{}};
    for (const auto& [name, old] : good.predicate.as_object()) {
      predicate.set(name, name == member ? value : old);
    }
    bad.predicate = predicate;
    const auto verified = verify_action(bad, keys());
    return std::string(verified ? "" : verified.error().code);
  };
  EXPECT_EQ(with("log", *good.predicate.find("log")), "");  // the control
  EXPECT_EQ(with("log", "other/log"), "attestation.checkpoint");
  const Statement other = statement(closings_[2]);
  EXPECT_EQ(with("leaf", *other.predicate.find("leaf")), "attestation.subject");
  EXPECT_EQ(with("proof", *other.predicate.find("proof")), "attestation.inclusion");
  EXPECT_EQ(with("intent", *other.predicate.find("intent")), "attestation.intent");
  EXPECT_EQ(with("intent", 1), "attestation.predicate");
  Statement bad = good;
  bad.subjects.front().sha256 = Digest{};
  EXPECT_EQ(verify_action(bad, keys()).error().code, "attestation.subject");
  bad = good;
  bad.predicate.set("later", 1);
  EXPECT_EQ(verify_action(bad, keys()).error().code, "attestation.predicate");
}

TEST_F(AttestationTest, Bundle_TellsWhenALineIsMissing) {
  std::vector<std::string> lines;
  for (const auto& each : closings_) lines.push_back(line(statement(each)));
  const std::string session = session_line();
  const auto whole = verify_attestations(lines[0] + lines[1] + lines[2] + session, keys());
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->actions, 3U);
  EXPECT_EQ(whole->sessions, 1U);
  EXPECT_EQ(whole->ignored, 0U);
  EXPECT_EQ(code_of(lines[0] + lines[2] + session), "attestation.session");
  EXPECT_EQ(code_of(lines[1] + lines[0] + lines[2] + session), "attestation.order");
  EXPECT_EQ(code_of(lines[0] + lines[0]), "attestation.order");
  EXPECT_EQ(code_of(session), "attestation.session");
  EXPECT_EQ(code_of(""), "attestation.empty");
}

TEST_F(AttestationTest, Bundle_IgnoresStrangersAndRefusesImpostors) {
  const std::string good = line(statement(closings_[0]));
  const auto stranger = crypto::SigningKey::generate(log_.entropy());
  const std::string payload = write_statement(statement(closings_[1]));
  const std::string foreign =
      write_envelope(kStatementPayload, as_bytes(payload),
                     *NoteVerifier::create("stranger", stranger.public_key()), stranger) +
      "\n";
  const auto report = verify_attestations(good + foreign + "not json\n{}\n", keys());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->actions, 1U);
  EXPECT_EQ(report->ignored, 3U);
  EXPECT_EQ(code_of(foreign), "attestation.empty");
  // A trusted key's name over a signature that is not its own.
  Envelope forged = *parse_envelope(foreign);
  forged.signatures.front().keyid = log_.verifier().vkey();
  EXPECT_EQ(code_of(good + write_envelope(forged) + "\n"), "dsse.signature");
  // A trusted key of another log does not speak for this one.
  const auto other = *NoteVerifier::create("other/log", stranger.public_key());
  const std::string crossed =
      write_envelope(kStatementPayload, as_bytes(payload), other, stranger) + "\n";
  const auto verified = verify_attestations(crossed, {log_.verifier(), other});
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, "attestation.signer");
}

TEST_F(AttestationTest, Statement_IsReadAsInTotoAsks) {
  const auto read = parse_statement(as_bytes(
      R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha512":"00"}},)"
      R"({"name":"a","digest":{"sha1":"x","sha256":")" +
      std::string(64, 'a') + R"("},"more":1}],"predicateType":"p","extra":[]})"));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_FALSE(read->subjects[0].sha256);
  EXPECT_TRUE(read->subjects[1].sha256);
  EXPECT_TRUE(read->predicate.is_null());
  const char* const bad[] = {
      "{}",
      R"({"_type":"https://in-toto.io/Statement/v0.1","subject":[],"predicateType":"p"})",
      R"({"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"p"})",
      R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a"}],"predicateType":"p"})",
      R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"AA"}}],"predicateType":"p"})",
      R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"x":"y"}}]})",
      R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"x":"y"}}],"predicateType":"p","predicate":1})",
  };
  for (const char* const text : bad) {
    const auto refused = parse_statement(as_bytes(text));
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, "statement.syntax");
  }
}

}  // namespace
}  // namespace bailey::merkle
