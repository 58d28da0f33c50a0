#include "merkle/attestation.h"

#include <algorithm>

#include "base/check.h"
#include "codec/fields.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "merkle/dsse.h"
#include "merkle/receipt.h"

namespace bailey::merkle {
namespace {

using codec::Json;
using codec::ObjectReader;

constexpr std::size_t kMaxSubjects = 400'000;

std::unexpected<Error> wrong(std::string_view code, std::string_view message) {
  return fail(code, "attestation: " + std::string(message));
}

std::unexpected<Error> wrong(std::string_view code, const Error& error) {
  return fail(code, "attestation: " + error.message, error.hint);
}

// The canonical JSON of a leaf as a value again.
Result<Json> leaf_value(ByteView leaf) {
  BAILEY_TRY(parse_leaf(leaf));
  return codec::parse_json(as_text(leaf.subspan(1)));
}

Bytes leaf_bytes(const Json& value) {
  const std::string bytes = static_cast<char>(kLeafVersion) + codec::canonical_json(value);
  return {bytes.begin(), bytes.end()};
}

Result<Subject> read_subject(const Json& value) {
  const auto syntax = [](const char* what) {
    return fail("statement.syntax", std::string("statement: subject: ") + what);
  };
  if (!value.is_object()) return syntax("must be an object");
  Subject subject;
  if (const Json* name = value.find("name"); name != nullptr && !name->is_null()) {
    if (!name->is_string()) return syntax("'name' must be a string");
    subject.name = name->as_string();
  }
  const Json* digests = value.find("digest");
  if (digests == nullptr || !digests->is_object() || digests->as_object().empty()) {
    return syntax("'digest' must be an object with at least one digest");
  }
  for (const auto& [algorithm, digest] : digests->as_object()) {
    if (!digest.is_string()) return syntax("a digest must be a string");
    if (algorithm != "sha256") continue;
    const auto bytes = codec::digest_from_hex(digest.as_string());
    if (!bytes) return syntax("'sha256' must have 64 lower-case hex digits");
    subject.sha256 = *bytes;
  }
  return subject;
}

struct ActionParts {
  std::string log;
  Bytes leaf;
  std::optional<Bytes> intent;
  TlogProof proof;
};

Result<ActionParts> read_action(const Statement& statement) {
  auto reader = BAILEY_TRY(ObjectReader::create(statement.predicate, "attestation", "predicate"));
  ActionParts parts;
  parts.log = BAILEY_TRY(reader.required_string("log"));
  parts.leaf = leaf_bytes(BAILEY_TRY(reader.required_object("leaf")).value());
  if (const auto intent = BAILEY_TRY(reader.optional_object("intent"))) {
    parts.intent = leaf_bytes(intent->value());
  }
  const std::string proof = BAILEY_TRY(reader.required_string("proof"));
  parts.proof = BAILEY_TRY(parse_tlog_proof(proof));
  if (parts.proof.extra) return wrong("attestation.predicate", "the proof has extra data");
  BAILEY_TRY(reader.finish());
  return parts;
}

Result<std::optional<LeafEnvelope>> check_intent(const LeafEnvelope& leaf,
                                                 const std::optional<Bytes>& intent) {
  const auto named = BAILEY_TRY(intent_of(leaf));
  if (named.has_value() != intent.has_value()) {
    return wrong("attestation.intent", named ? "the entry names an intent that is not there"
                                             : "there is an intent that the entry does not name");
  }
  if (!named) return std::optional<LeafEnvelope>();
  auto parsed = parse_leaf(*intent);
  if (!parsed) return wrong("attestation.intent", parsed.error());
  if (parsed->type != LeafType::kIntent || parsed->index != named->index ||
      leaf_hash(*intent) != named->leaf_hash) {
    return wrong("attestation.intent", "it is not the intent that the entry names");
  }
  return std::optional<LeafEnvelope>(*std::move(parsed));
}

}  // namespace

std::string write_statement(const Statement& statement) {
  Json value{Json::Object{}};
  value.set("_type", kStatementType);
  Json::Array subjects;
  for (const auto& each : statement.subjects) {
    Json subject{Json::Object{}};
    if (!each.name.empty()) subject.set("name", each.name);
    Json digest{Json::Object{}};
    if (each.sha256) digest.set("sha256", codec::to_hex(*each.sha256));
    // A digest of another kind was not kept; that there was one is.
    if (!each.sha256) digest.set("unknown", "");
    subject.set("digest", std::move(digest));
    subjects.push_back(std::move(subject));
  }
  value.set("subject", std::move(subjects));
  value.set("predicateType", statement.predicate_type);
  if (statement.predicate.is_object()) value.set("predicate", statement.predicate);
  return codec::canonical_json(value);
}

Result<Statement> parse_statement(ByteView payload) {
  const auto syntax = [](const std::string& what) {
    return fail("statement.syntax", "statement: " + what);
  };
  codec::JsonLimits limits;
  limits.max_bytes = kMaxEnvelopeBytes;
  limits.max_values = 6 * kMaxSubjects;
  const auto value = codec::parse_json(as_text(payload), limits);
  if (!value) return syntax(value.error().message);
  if (!value->is_object()) return syntax("must be an object");
  const Json* type = value->find("_type");
  if (type == nullptr || !type->is_string() || type->as_string() != kStatementType) {
    return syntax("'_type' must be " + std::string(kStatementType));
  }
  Statement statement;
  const Json* subjects = value->find("subject");
  if (subjects == nullptr || !subjects->is_array() || subjects->as_array().empty() ||
      subjects->as_array().size() > kMaxSubjects) {
    return syntax("'subject' must be a list of 1 to " + std::to_string(kMaxSubjects));
  }
  for (const auto& each : subjects->as_array()) {
    statement.subjects.push_back(BAILEY_TRY(read_subject(each)));
  }
  const Json* predicate_type = value->find("predicateType");
  if (predicate_type == nullptr || !predicate_type->is_string() ||
      predicate_type->as_string().empty()) {
    return syntax("'predicateType' must be a string");
  }
  statement.predicate_type = predicate_type->as_string();
  if (const Json* predicate = value->find("predicate"); predicate != nullptr) {
    if (!predicate->is_object()) return syntax("'predicate' must be an object");
    statement.predicate = *predicate;
  }
  return statement;
}

std::string entry_name(std::string_view origin, std::uint64_t index) {
  return std::string(origin) + "/entry/" + std::to_string(index);
}

Result<Statement> action_statement(ByteView leaf, const std::optional<Bytes>& intent,
                                   const TlogProof& proof) {
  const auto note = BAILEY_TRY(parse_note(proof.checkpoint));
  const auto checkpoint = BAILEY_TRY(parse_checkpoint_text(note.text));
  const auto envelope = BAILEY_TRY(parse_leaf(leaf));
  BAILEY_TRY(check_intent(envelope, intent));
  Statement statement;
  statement.predicate_type = kActionPredicate;
  statement.subjects.push_back(
      {entry_name(checkpoint.origin, envelope.index), crypto::sha256(leaf)});
  Json predicate{Json::Object{}};
  if (intent) predicate.set("intent", BAILEY_TRY(leaf_value(*intent)));
  predicate.set("leaf", BAILEY_TRY(leaf_value(leaf)));
  predicate.set("log", checkpoint.origin);
  predicate.set("proof", write_tlog_proof(proof));
  statement.predicate = std::move(predicate);
  return statement;
}

Result<VerifiedAction> verify_action(const Statement& statement,
                                     const std::vector<NoteVerifier>& trusted) {
  if (statement.predicate_type != kActionPredicate) {
    return wrong("attestation.predicate", "it is not that of an action");
  }
  auto parts = read_action(statement);
  if (!parts) return wrong("attestation.predicate", parts.error());
  VerifiedAction out;
  auto leaf = parse_leaf(parts->leaf);
  if (!leaf) return wrong("attestation.leaf", leaf.error());
  out.leaf = *std::move(leaf);
  out.leaf_hash = leaf_hash(parts->leaf);
  const auto checkpoint = verify_checkpoint(parts->proof.checkpoint, trusted);
  if (!checkpoint) return wrong("attestation.checkpoint", checkpoint.error());
  out.checkpoint = *checkpoint;
  if (parts->log != out.checkpoint.origin) {
    return wrong("attestation.checkpoint", "the checkpoint is another log's");
  }
  if (statement.subjects.size() != 1 ||
      statement.subjects.front().name != entry_name(parts->log, out.leaf.index) ||
      statement.subjects.front().sha256 != crypto::sha256(parts->leaf)) {
    return wrong("attestation.subject", "the subject is not the entry that is told");
  }
  if (out.leaf.index != parts->proof.index) {
    return wrong("attestation.inclusion", "the proof is of another entry");
  }
  if (auto proven = verify_inclusion(parts->proof.index, out.checkpoint.size, out.leaf_hash,
                                     parts->proof.path, out.checkpoint.root);
      !proven) {
    return wrong("attestation.inclusion", proven.error());
  }
  out.intent = BAILEY_TRY(check_intent(out.leaf, parts->intent));
  return out;
}

std::string session_of(const LeafEnvelope& leaf, const LeafEnvelope* intent) {
  for (const Json* body : {&leaf.body, intent == nullptr ? nullptr : &intent->body}) {
    const Json* caller = body == nullptr ? nullptr : body->find("caller");
    const Json* session = caller == nullptr ? nullptr : caller->find("session");
    if (session != nullptr && session->is_string()) return session->as_string();
  }
  return {};
}

void SessionTally::add(const Hash& leaf_hash, LeafType type) {
  hashes_.insert(hashes_.end(), leaf_hash.begin(), leaf_hash.end());
  ++by_type_[type];
}

Statement SessionTally::statement(std::uint64_t first, std::uint64_t last) const {
  check(!hashes_.empty(), "a session statement about nothing");
  const auto digest = crypto::sha256(hashes_);
  Statement statement;
  statement.predicate_type = kSessionPredicate;
  statement.subjects.push_back({origin_ + "/session/" + session_, digest});
  Json types{Json::Object{}};
  for (const auto& [type, count] : by_type_) types.set(std::string(name(type)), count);
  Json predicate{Json::Object{}};
  predicate.set("closings", std::move(types));
  predicate.set("first", std::to_string(first));
  predicate.set("last", std::to_string(last));
  predicate.set("log", origin_);
  predicate.set("session", session_);
  statement.predicate = std::move(predicate);
  return statement;
}

Status BundleVerifier::add(std::string_view line) {
  ++lines_;
  const auto at = [&](const Error& error) {
    return fail(error.code, "line " + std::to_string(lines_) + ": " + error.message, error.hint);
  };
  const auto ignore = [&]() -> Status {
    ++report_.ignored;
    return {};
  };
  const auto envelope = parse_envelope(line);
  if (!envelope || envelope->payload_type != kStatementPayload) return ignore();
  const auto signers = verify_envelope(*envelope, trusted_);
  if (!signers) {
    // Somebody else's, unless it claims to be of a key that we know.
    const bool claimed = std::any_of(
        envelope->signatures.begin(), envelope->signatures.end(), [&](const auto& signature) {
          return std::any_of(trusted_.begin(), trusted_.end(),
                             [&](const auto& key) { return key.vkey() == signature.keyid; });
        });
    return claimed ? at(signers.error()) : ignore();
  }
  const auto statement = parse_statement(envelope->payload);
  if (!statement) return at(statement.error());
  const bool action = statement->predicate_type == kActionPredicate;
  if (!action && statement->predicate_type != kSessionPredicate) return ignore();
  // Whose log it may speak of is said by the signer's name.
  const Json* log = statement->predicate.find("log");
  const std::string origin = log != nullptr && log->is_string() ? log->as_string() : "";
  if (std::none_of(signers->begin(), signers->end(), [&](const NoteVerifier& signer) {
        return signer.name() == origin || signer.name() == origin + std::string(kReceiptKeySuffix);
      })) {
    return at({"attestation.signer", "the signer does not speak for this log", {}});
  }
  if (auto added = action ? add_action(*statement) : add_session(*statement); !added) {
    return at(added.error());
  }
  return {};
}

Status BundleVerifier::add_action(const Statement& statement) {
  const VerifiedAction action = BAILEY_TRY(verify_action(statement, trusted_));
  if (!report_.indices.empty() && report_.indices.back() >= action.leaf.index) {
    return wrong("attestation.order", "the entries are not in the order of the log");
  }
  ++report_.actions;
  report_.indices.push_back(action.leaf.index);
  if (report_.checkpoints.empty() || report_.checkpoints.back() != action.checkpoint) {
    report_.checkpoints.push_back(action.checkpoint);
  }
  const std::string session = session_of(action.leaf, action.intent ? &*action.intent : nullptr);
  if (session.empty()) return {};
  const auto& origin = action.checkpoint.origin;
  const auto tally =
      sessions_.try_emplace(origin + "\n" + session, SessionTally(origin, session)).first;
  tally->second.add(action.leaf_hash, action.leaf.type);
  return {};
}

Status BundleVerifier::add_session(const Statement& statement) {
  const auto text = [&](std::string_view member) {
    const Json* value = statement.predicate.find(member);
    return value != nullptr && value->is_string() ? value->as_string() : std::string();
  };
  const auto found = sessions_.find(text("log") + "\n" + text("session"));
  const auto differs = [&] {
    return wrong("attestation.session",
                 "the actions before it are not those of its session: one "
                 "is missing, or one is too many");
  };
  if (found == sessions_.end()) return differs();
  // The range is the signer's word; all else follows from the actions.
  Statement expected = found->second.statement(0, 0);
  Json predicate{Json::Object{}};
  for (const auto& [name, value] : expected.predicate.as_object()) {
    const bool range = name == "first" || name == "last";
    predicate.set(name, range ? Json(text(name)) : value);
  }
  expected.predicate = std::move(predicate);
  if (write_statement(expected) != write_statement(statement)) return differs();
  ++report_.sessions;
  return {};
}

Result<BundleReport> verify_attestations(std::string_view lines,
                                         const std::vector<NoteVerifier>& trusted) {
  BundleVerifier verifier(trusted);
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    if (end > 0) BAILEY_TRY(verifier.add(lines.substr(0, end)));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  if (verifier.report().actions == 0) {
    return wrong("attestation.empty", "no line attests an action under a key that was given");
  }
  return verifier.report();
}

}  // namespace bailey::merkle
