#include "merkle/note.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/fakes.h"
#include "codec/text.h"

namespace bailey::merkle {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";

crypto::SigningKey a_key() {
  FakeEntropy entropy;
  return crypto::SigningKey::generate(entropy);
}

std::string code_of(std::string_view note) {
  const auto parsed = parse_note(note);
  return parsed ? "accepted" : std::string(parsed.error().code);
}

// The key and text of C2SP signed-note's own example; its signature is made anew in
// the vectors, where a published one exists it is checked there.
TEST(NoteVerifier, ReadsTheKeyOfTheSpecification) {
  constexpr auto kVkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  const auto verifier = NoteVerifier::parse(kVkey);
  ASSERT_TRUE(verifier);
  EXPECT_EQ(verifier->name(), "example.com/foo");
  EXPECT_EQ(verifier->key_id(), 0x530d903aU);
  EXPECT_EQ(verifier->vkey(), kVkey);
}

TEST(NoteVerifier, RefusesKeysThatDoNotFitTogether) {
  for (const char* vkey : {"", "example.com/foo", "example.com/foo+530d903a",
                           "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                           "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                           "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                           "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                           "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
                           "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"}) {
    const auto verifier = NoteVerifier::parse(vkey);
    ASSERT_FALSE(verifier) << vkey;
    EXPECT_EQ(verifier.error().code, "note.vkey");
  }
  for (const char* name :
       {"", "a b", "a+b", "a\xC2\xA0", "a\xE2\x80\x83", "a\n", "\xff", "a\x7f"}) {
    EXPECT_FALSE(NoteVerifier::create(name, a_key().public_key())) << name;
  }
}

TEST(Note, SignedIsVerified) {
  const auto key = a_key();
  const auto verifier = *NoteVerifier::create("log.example", key.public_key());
  const auto signed_note = sign_note("text\n\nmore\n", "log.example", key);
  const auto note = parse_note(signed_note);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->text, "text\n\nmore\n");
  EXPECT_TRUE(verify_note(*note, {verifier}));
  EXPECT_EQ(verify_note(*note, {}).error().code, "note.signature");
  auto changed = *note;
  changed.text[0] = 'T';
  EXPECT_EQ(verify_note(changed, {verifier}).error().code, "note.signature");
}

TEST(Note, AWrongSignatureOfAKnownKeyRefusesTheWholeNote) {
  FakeEntropy entropy;
  const auto one = crypto::SigningKey::generate(entropy);
  const auto two = crypto::SigningKey::generate(entropy);
  const auto v1 = *NoteVerifier::create("one", one.public_key());
  const auto v2 = *NoteVerifier::create("two", two.public_key());
  const auto good = sign_note("text\n", "one", one);
  auto other = sign_note("other\n", "two", two);
  const auto both = good + other.substr(other.find("\n\n") + 2);
  const auto note = parse_note(both);
  ASSERT_TRUE(note);
  EXPECT_TRUE(verify_note(*note, {v1}));  // the other key is unknown here
  EXPECT_FALSE(verify_note(*note, {v1, v2}));
}

TEST(Note, BrokenOnesAreRefused) {
  const auto key = a_key();
  const auto good = sign_note("text\n", "log", key);
  EXPECT_EQ(code_of(good), "accepted");
  const std::string line = good.substr(good.find("\n\n") + 2);
  for (const std::string& text : std::vector<std::string>{
           std::string(), std::string("text\n"), std::string("text\n\n"),
           good.substr(0, good.size() - 1), "text" + line, "text\n" + line, good + "x\n",
           good + "\n", "te\x01xt\n\n" + line, "te\rxt\n\n" + line, "\xff\n\n" + line,
           "text\n\n- log AAAAAAAA\n", "text\n\n" + std::string(kDash) + "log\n",
           "text\n\n" + std::string(kDash) + "log AAAA\n",
           "text\n\n" + std::string(kDash) + " AAAAAAAA\n",
           "text\n\n" + std::string(kDash) + "a+b AAAAAAAA\n",
           "text\n\n" + std::string(kDash) + "log AAAAAAA\n"}) {
    EXPECT_EQ(code_of(text), "note.syntax") << text;
  }
  std::string many = "text\n\n";
  for (int i = 0; i < 64; ++i) many += line;
  EXPECT_EQ(code_of(many), "accepted");
  EXPECT_EQ(code_of(many + line), "note.limit");
  EXPECT_EQ(code_of(std::string((1U << 20) + 1, 'a')), "note.limit");
}

TEST(Checkpoint, RoundTripsAndIsStrict) {
  const Checkpoint checkpoint{"bailey.example/log", 70'000, Hash{1, 2, 3}};
  const auto text = checkpoint_text(checkpoint);
  EXPECT_EQ(*parse_checkpoint_text(text), checkpoint);
  EXPECT_TRUE(parse_checkpoint_text(text + "an extension\n"));
  const std::string root = codec::to_base64(checkpoint.root);
  for (const std::string& bad : std::vector<std::string>{
           std::string(), std::string("o\n1\n"), "\n1\n" + root + "\n", "o\n01\n" + root + "\n",
           "o\n-1\n" + root + "\n", "o\n+1\n" + root + "\n", "o\n\n" + root + "\n",
           "o\n18446744073709551616\n" + root + "\n", "o\n1\n" + root, "o\n1\nAAAA\n", text + "\n",
           text + "x"}) {
    const auto parsed = parse_checkpoint_text(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().code, "checkpoint.syntax");
  }
}

TEST(TlogProof, RoundTripsAndIsStrict) {
  TlogProof proof;
  proof.index = 7;
  proof.path = {Hash{1}, Hash{2}};
  proof.checkpoint =
      sign_note("o\n8\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "o", a_key());
  const auto text = write_tlog_proof(proof);
  const auto parsed = parse_tlog_proof(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(write_tlog_proof(*parsed), text);
  EXPECT_EQ(parsed->path, proof.path);
  proof.extra = std::string("x\0y", 3);
  EXPECT_EQ(parse_tlog_proof(write_tlog_proof(proof))->extra, proof.extra);
  for (std::size_t cut = 0; cut < text.find(proof.checkpoint) + 1; ++cut) {
    const auto cut_short = parse_tlog_proof(std::string_view(text).substr(0, cut));
    EXPECT_FALSE(cut_short && parse_note(cut_short->checkpoint)) << cut;
  }
  auto bad = text;
  bad.replace(bad.find("index 7"), 7, "index 07");
  EXPECT_EQ(parse_tlog_proof(bad).error().code, "proof.syntax");
  TlogProof deep;
  deep.path.resize(64);
  deep.checkpoint = "x";
  EXPECT_FALSE(parse_tlog_proof(write_tlog_proof(deep)));
}

}  // namespace
}  // namespace bailey::merkle
