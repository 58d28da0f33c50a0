// The product against vectors/*.json, which a second implementation wrote.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "bailey/verify.h"
#include "codec/json.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "merkle/add_checkpoint.h"
#include "merkle/attestation.h"
#include "merkle/cosignature.h"
#include "merkle/dsse.h"
#include "merkle/key_history.h"
#include "merkle/leaf.h"
#include "merkle/note.h"
#include "merkle/receipt.h"
#include "merkle/tlog_policy.h"

namespace bailey {
namespace {

using codec::Json;

Json vectors(const std::string& name) {
  std::ifstream file(std::string(BAILEY_VECTORS) + "/" + name + ".json");
  std::stringstream text;
  text << file.rdbuf();
  codec::JsonLimits limits;
  limits.max_bytes = 16U << 20;
  auto value = codec::parse_json(text.str(), limits);
  EXPECT_TRUE(value) << name;
  return value ? *std::move(value) : Json();
}

std::string decoded(const Json& value) {
  return std::string(as_text(*codec::from_base64(value.as_string())));
}

Digest digest(const Json& value) { return *codec::digest_from_hex(value.as_string()); }

std::vector<Digest> digests(const Json& list) {
  std::vector<Digest> out;
  for (const auto& item : list.as_array()) out.push_back(digest(item));
  return out;
}

std::vector<std::string> strings(const Json& list) {
  std::vector<std::string> out;
  for (const auto& item : list.as_array()) out.push_back(item.as_string());
  return out;
}

std::uint64_t number(const Json& value) { return static_cast<std::uint64_t>(value.as_int()); }

TEST(Vectors, CanonicalJson) {
  const Json all = vectors("canonical-json");
  ASSERT_GT(all.find("accept")->as_array().size(), 300U);
  for (const auto& item : all.find("accept")->as_array()) {
    const auto text = decoded(*item.find("input"));
    const auto value = codec::parse_json(text);
    ASSERT_TRUE(value) << text << value.error().message;
    EXPECT_EQ(codec::canonical_json(*value), item.find("canonical")->as_string()) << text;
  }
  for (const auto& item : all.find("refuse")->as_array()) {
    EXPECT_FALSE(codec::parse_json(decoded(item))) << decoded(item);
  }
}

TEST(Vectors, Tree) {
  const Json all = vectors("tree");
  const auto& leaves = all.find("leaves")->as_array();
  const auto roots = digests(*all.find("roots"));
  merkle::Frontier frontier;
  EXPECT_EQ(frontier.root(), roots[0]);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    frontier.append(merkle::leaf_hash(*codec::from_hex(leaves[i].as_string())));
    EXPECT_EQ(frontier.root(), roots[i + 1]);
  }
  for (const auto& item : all.find("inclusion")->as_array()) {
    const auto verified = merkle::verify_inclusion(
        number(*item.find("index")), number(*item.find("size")), digest(*item.find("leaf_hash")),
        digests(*item.find("path")), digest(*item.find("root")));
    EXPECT_EQ(verified.has_value(), item.find("good")->as_bool()) << codec::canonical_json(item);
  }
  for (const auto& item : all.find("consistency")->as_array()) {
    const auto verified = merkle::verify_consistency(
        number(*item.find("first")), number(*item.find("second")), digests(*item.find("path")),
        digest(*item.find("first_root")), digest(*item.find("second_root")));
    EXPECT_EQ(verified.has_value(), item.find("good")->as_bool()) << codec::canonical_json(item);
  }
}

TEST(Vectors, NotesAndKeys) {
  const Json all = vectors("note");
  for (const auto& vkey : strings(*all.find("good_vkeys"))) {
    const auto verifier = merkle::NoteVerifier::parse(vkey);
    ASSERT_TRUE(verifier) << vkey;
    EXPECT_EQ(verifier->vkey(), vkey);
  }
  for (const auto& vkey : strings(*all.find("bad_vkeys"))) {
    EXPECT_FALSE(merkle::NoteVerifier::parse(vkey)) << vkey;
  }
  for (const auto& item : all.find("checkpoints")->as_array()) {
    const auto report =
        verify::verify_checkpoint(strings(*item.find("vkeys")), item.find("note")->as_string());
    const bool good = item.find("good")->as_bool();
    EXPECT_EQ(report.verdict == verify::Verdict::kGood, good) << item.find("why")->as_string();
    if (good) {
      EXPECT_EQ(report.origin, item.find("origin")->as_string());
      EXPECT_EQ(std::to_string(report.size), item.find("size")->as_string());
    }
  }
}

TEST(Vectors, Leaves) {
  const Json all = vectors("leaf");
  for (const auto& item : all.find("good")->as_array()) {
    const auto bytes = *codec::from_base64(item.find("bytes")->as_string());
    const auto leaf = merkle::parse_leaf(bytes);
    ASSERT_TRUE(leaf) << leaf.error().message;
    EXPECT_EQ(*merkle::encode_leaf(*leaf), bytes);
    EXPECT_EQ(merkle::leaf_hash(bytes), digest(*item.find("leaf_hash")));
  }
  for (const auto& item : all.find("bad")->as_array()) {
    EXPECT_FALSE(merkle::parse_leaf(*codec::from_base64(item.find("bytes")->as_string())))
        << item.find("why")->as_string();
  }
  for (const auto& item : all.find("salted")->as_array()) {
    const auto key_bytes = digest(*item.find("disclosure_key"));
    const crypto::SealKey key{std::span<const std::uint8_t, 32>(key_bytes)};
    merkle::Nonce nonce{};
    const auto nonce_bytes = *codec::from_hex(item.find("nonce")->as_string());
    std::copy(nonce_bytes.begin(), nonce_bytes.end(), nonce.begin());
    const auto salt = merkle::salt_for(key, nonce, item.find("member")->as_string());
    EXPECT_EQ(salt, digest(*item.find("salt")));
    EXPECT_EQ(merkle::salted_digest(salt, *codec::from_base64(item.find("payload")->as_string())),
              digest(*item.find("digest")));
  }
}

TEST(Vectors, Receipts) {
  const Json all = vectors("receipt");
  const auto vkeys = strings(*all.find("vkeys"));
  for (const auto& text : strings(*all.find("good"))) {
    const auto report = verify::verify_receipt(vkeys, text);
    EXPECT_EQ(report.verdict, verify::Verdict::kGood) << report.message;
    EXPECT_EQ(verify::verify_receipt({vkeys[2]}, text).verdict, verify::Verdict::kFailed);
    EXPECT_EQ(verify::verify_receipt({}, text).verdict, verify::Verdict::kUsage);
  }
  for (const auto& item : all.find("bad")->as_array()) {
    const auto report = verify::verify_receipt(vkeys, item.find("text")->as_string());
    EXPECT_EQ(report.verdict, verify::Verdict::kFailed) << item.find("why")->as_string();
    EXPECT_FALSE(report.code.empty());
    EXPECT_FALSE(report.message.empty());
  }
}

TEST(Vectors, KeyHistories) {
  const Json all = vectors("key-history");
  for (const auto& item : all.find("cases")->as_array()) {
    const auto& why = item.find("why")->as_string();
    std::vector<merkle::NoteVerifier> trusted;
    for (const auto& vkey : strings(*item.find("trusted")))
      trusted.push_back(*merkle::NoteVerifier::parse(vkey));
    merkle::KeyHistory history(all.find("origin")->as_string(), trusted);
    Status followed;
    for (const auto& leaf : item.find("leaves")->as_array()) {
      followed = history.add(number(*leaf.find("index")), *leaf.find("body"));
      if (!followed) break;
    }
    EXPECT_EQ(followed.has_value(), item.find("good")->as_bool()) << why;
    if (!followed || !item.find("good")->as_bool()) continue;
    for (const auto& [size, keys] : item.find("believed")->as_object()) {
      std::vector<std::string> believed;
      for (const auto& key : history.believed_at(std::stoull(size))) believed.push_back(key.vkey());
      std::sort(believed.begin(), believed.end());
      EXPECT_EQ(believed, strings(keys)) << why << ", size " << size;
    }
  }
  for (const auto& item : all.find("logs")->as_array()) {
    std::map<std::string, std::string> files;
    for (const auto& [path, data] : item.find("files")->as_object()) files[path] = decoded(data);
    const auto report = verify::verify_log(strings(*item.find("trusted")),
                                           [&](const std::string& path) -> verify::File {
                                             const auto found = files.find(path);
                                             if (found == files.end())
                                               return {verify::File::State::kMissing, {}};
                                             return {verify::File::State::kRead, found->second};
                                           });
    EXPECT_EQ(report.verdict == verify::Verdict::kGood, item.find("good")->as_bool())
        << item.find("why")->as_string() << ": " << report.message;
  }
}

TEST(Vectors, Logs) {
  const Json all = vectors("log");
  const auto vkeys = strings(*all.find("vkeys"));
  for (const auto& item : all.find("logs")->as_array()) {
    std::map<std::string, std::string> files;
    for (const auto& [path, data] : item.find("files")->as_object()) files[path] = decoded(data);
    const auto report = verify::verify_log(vkeys, [&](const std::string& path) -> verify::File {
      const auto found = files.find(path);
      if (found == files.end()) return {verify::File::State::kMissing, {}};
      return {verify::File::State::kRead, found->second};
    });
    const auto& why = item.find("why")->as_string();
    if (!item.find("good")->as_bool()) {
      EXPECT_EQ(report.verdict, verify::Verdict::kFailed) << why;
      continue;
    }
    ASSERT_EQ(report.verdict, verify::Verdict::kGood) << why << ": " << report.message;
    EXPECT_EQ(report.size, number(*item.find("report")->find("size")));
    EXPECT_EQ(report.closed, number(*item.find("report")->find("closed")));
    EXPECT_EQ(report.open, item.find("report")->find("open")->as_array().size());
  }
}

TEST(Vectors, Cosignatures) {
  const Json all = *vectors("witness").find("cosignatures");
  for (const auto& vkey : strings(*all.find("good_vkeys"))) {
    const auto verifier = merkle::CosignatureVerifier::parse(vkey);
    ASSERT_TRUE(verifier) << vkey;
    EXPECT_EQ(verifier->vkey(), vkey);
    EXPECT_FALSE(merkle::NoteVerifier::parse(vkey)) << vkey;
  }
  for (const auto& vkey : strings(*all.find("bad_vkeys"))) {
    const auto verifier = merkle::CosignatureVerifier::parse(vkey);
    ASSERT_FALSE(verifier) << vkey;
    EXPECT_EQ(verifier.error().code, "note.vkey");
  }
  const auto witness = *merkle::CosignatureVerifier::parse(all.find("vkey")->as_string());
  for (const auto& item : all.find("notes")->as_array()) {
    const auto note = merkle::parse_note(item.find("note")->as_string());
    ASSERT_TRUE(note);
    const auto time = merkle::cosigned_at(*note, witness);
    const auto& why = item.find("why")->as_string();
    ASSERT_EQ(time.has_value(), item.find("good")->as_bool()) << why;
    if (time) {
      EXPECT_EQ(*time ? std::to_string(**time) : "", item.find("time")->as_string()) << why;
    } else {
      EXPECT_EQ(time.error().code, "cosignature.signature") << why;
    }
  }
}

TEST(Vectors, PoliciesOfWitnesses) {
  const Json all = *vectors("witness").find("policies");
  for (const auto& text : strings(*all.find("good"))) {
    const auto policy = merkle::parse_tlog_policy(text);
    EXPECT_TRUE(policy) << text << policy.error().message;
  }
  for (const auto& item : all.find("bad")->as_array()) {
    const auto policy = merkle::parse_tlog_policy(item.find("text")->as_string());
    ASSERT_FALSE(policy) << item.find("why")->as_string();
    EXPECT_EQ(policy.error().code, "tlog_policy.syntax") << item.find("why")->as_string();
  }
  for (const auto& item : all.find("verdicts")->as_array()) {
    const auto policy = merkle::parse_tlog_policy(item.find("policy")->as_string());
    ASSERT_TRUE(policy);
    const auto verdict = merkle::verify_by_policy(item.find("note")->as_string(), *policy);
    ASSERT_EQ(verdict.has_value(), item.find("good")->as_bool()) << codec::canonical_json(item);
    if (!verdict) continue;
    std::vector<std::string> by;
    for (const auto& word : verdict->witnessed.by)
      by.push_back(policy->witnesses[word.witness].name);
    EXPECT_EQ(by, strings(*item.find("by")));
  }
  for (const auto& item : all.find("proofs")->as_array()) {
    const auto policy = merkle::parse_tlog_policy(item.find("policy")->as_string());
    const auto proof = merkle::parse_tlog_proof(item.find("proof")->as_string());
    ASSERT_TRUE(policy && proof);
    const auto verdict =
        merkle::verify_tlog_proof(*proof, digest(*item.find("leaf_hash")), *policy);
    EXPECT_EQ(verdict.has_value(), item.find("good")->as_bool()) << codec::canonical_json(item);
  }
}

TEST(Vectors, AddCheckpointRequests) {
  const Json all = *vectors("witness").find("requests");
  for (const auto& item : all.find("good")->as_array()) {
    const auto request = merkle::parse_add_checkpoint(decoded(*item.find("body")));
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(std::to_string(request->old_size), item.find("old")->as_string());
    EXPECT_EQ(request->proof, digests(*item.find("proof")));
    EXPECT_EQ(request->checkpoint, decoded(*item.find("checkpoint")));
    EXPECT_EQ(merkle::write_add_checkpoint(*request), decoded(*item.find("body")));
  }
  for (const auto& item : all.find("bad")->as_array()) {
    const auto request = merkle::parse_add_checkpoint(decoded(*item.find("body")));
    ASSERT_FALSE(request) << item.find("why")->as_string();
    EXPECT_EQ(request.error().code, "witness.syntax");
  }
}

TEST(Vectors, Attestations) {
  const Json all = vectors("attestation");
  for (const auto& item : all.find("pae")->as_array()) {
    const auto payload = decoded(*item.find("payload"));
    const auto bytes =
        merkle::pre_authentication(item.find("type")->as_string(), as_bytes(payload));
    EXPECT_EQ(as_text(bytes), decoded(*item.find("pae")));
  }
  std::vector<merkle::NoteVerifier> keys;
  for (const auto& vkey : strings(*all.find("vkeys"))) {
    keys.push_back(*merkle::NoteVerifier::parse(vkey));
  }
  for (const auto& item : all.find("good")->as_array()) {
    const auto& why = item.find("why")->as_string();
    const auto report = merkle::verify_attestations(item.find("text")->as_string(), keys);
    ASSERT_TRUE(report) << why << ": " << report.error().message;
    EXPECT_EQ(report->actions, number(*item.find("report")->find("actions"))) << why;
    EXPECT_EQ(report->sessions, number(*item.find("report")->find("sessions"))) << why;
    EXPECT_EQ(report->ignored, number(*item.find("report")->find("ignored"))) << why;
    EXPECT_FALSE(merkle::verify_attestations(item.find("text")->as_string(), {keys[2]})) << why;
  }
  for (const auto& item : all.find("bad")->as_array()) {
    EXPECT_FALSE(merkle::verify_attestations(item.find("text")->as_string(), keys))
        << item.find("why")->as_string();
  }
}

}  // namespace
}  // namespace bailey
