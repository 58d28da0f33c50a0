#include "merkle/evidence.h"

#include <algorithm>

#include "base/rel_path.h"
#include "codec/fields.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "merkle/dsse.h"
#include "merkle/receipt.h"

namespace bailey::merkle {
namespace {

using codec::Json;

std::string padded(std::uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
  return digits;
}

std::unexpected<Error> manifest_error(std::string_view what) {
  return fail("evidence.manifest", std::string(kManifestFile) + ": " + std::string(what));
}

Result<std::uint64_t> decimal(codec::ObjectReader& reader, std::string_view name) {
  const std::string text = BAILEY_TRY(reader.required_string(name));
  const bool plain = !text.empty() && text.size() <= 18 &&
                     text.find_first_not_of("0123456789") == std::string::npos &&
                     (text.size() == 1 || text.front() != '0');
  if (!plain) return manifest_error("'" + std::string(name) + "' is not a number");
  return static_cast<std::uint64_t>(std::stoull(text));
}

struct Claim {
  EvidenceScope scope;
  std::uint64_t size = 0;
  std::string root;
};

Result<Claim> read_claim(const Json& predicate) {
  auto reader = BAILEY_TRY(codec::ObjectReader::create(predicate, "manifest", "predicate"));
  Claim claim;
  claim.scope.actions = BAILEY_TRY(decimal(reader, "actions"));
  claim.scope.first = BAILEY_TRY(decimal(reader, "first"));
  claim.scope.last = BAILEY_TRY(decimal(reader, "last"));
  BAILEY_TRY(reader.required_string("log"));
  claim.scope.receipts = BAILEY_TRY(decimal(reader, "receipts"));
  claim.root = BAILEY_TRY(reader.required_string("root"));
  claim.scope.session = BAILEY_TRY(reader.required_string("session"));
  claim.size = BAILEY_TRY(decimal(reader, "size"));
  const bool whole = BAILEY_TRY(reader.required_bool("whole"));
  claim.scope.log = whole ? EvidenceScope::Log::kWhole : EvidenceScope::Log::kCheckpointOnly;
  BAILEY_TRY(reader.finish());
  return claim;
}

Result<std::string> session_told(const ReceiptParts& parts) {
  const auto leaf = BAILEY_TRY(parse_leaf(parts.leaf));
  if (!parts.intent) return session_of(leaf, nullptr);
  const auto intent = BAILEY_TRY(parse_leaf(parts.intent->leaf));
  return session_of(leaf, &intent);
}

class EvidenceReader {
 public:
  EvidenceReader(const LogFiles& files, const std::vector<NoteVerifier>& trusted)
      : files_(files), trusted_(trusted), attestations_(trusted) {}

  Result<EvidenceReport> run() {
    BAILEY_TRY(read_manifest());
    for (const auto& subject : statement_.subjects) BAILEY_TRY(read_file(subject));
    BAILEY_TRY(check_scope());
    if (report_.scope.log == EvidenceScope::Log::kWhole) BAILEY_TRY(check_log());
    report_.paths.emplace_back(kManifestFile);
    return std::move(report_);
  }

 private:
  Result<std::string> file(const std::string& path) {
    auto bytes = files_(path);
    if (!bytes && bytes.error().code == "log.missing") {
      return fail("evidence.missing", path + " is missing");
    }
    return bytes;
  }

  Status read_manifest() {
    const std::string text = BAILEY_TRY(file(std::string(kManifestFile)));
    const auto envelope = parse_envelope(text);
    if (!envelope) return manifest_error(envelope.error().message);
    const auto signers = verify_envelope(*envelope, trusted_);
    if (!signers) return manifest_error(signers.error().message);
    signer_ = signers->front().name();
    if (envelope->payload_type != kStatementPayload || envelope->signatures.size() != 1 ||
        envelope->signatures.front().keyid != signers->front().vkey() ||
        write_envelope(*envelope) + "\n" != text) {
      return manifest_error("it is not spelled as manifests are");
    }
    auto statement = parse_statement(envelope->payload);
    if (!statement) return manifest_error(statement.error().message);
    if (statement->predicate_type != kEvidencePredicate) {
      return manifest_error("it is a statement about something else");
    }
    auto claim = read_claim(statement->predicate);
    if (!claim) return manifest_error(claim.error().message);
    statement_ = *std::move(statement);
    claim_ = *std::move(claim);
    report_.scope = claim_.scope;
    for (const auto& subject : statement_.subjects) {
      if (!subject.sha256 || !RelPath::create(subject.name)) {
        return manifest_error("a file without a plain name or a SHA-256");
      }
      if (!report_.paths.empty() && report_.paths.back() >= subject.name) {
        return manifest_error("its files are not in order");
      }
      report_.paths.push_back(subject.name);
    }
    // The checkpoint first: all else is proven against it.
    const std::string note = BAILEY_TRY(file(std::string(kEvidenceCheckpoint)));
    report_.checkpoint = BAILEY_TRY(verify_checkpoint(note, trusted_));
    const auto expected = manifest_statement(claim_.scope, report_.checkpoint, listed());
    if (write_statement(expected) != as_text(envelope->payload)) {
      return manifest_error("it is not about the checkpoint that is there");
    }
    const auto& origin = report_.checkpoint.origin;
    if (signer_ != origin && signer_ != origin + std::string(kReceiptKeySuffix)) {
      return manifest_error("its signer does not speak for this log");
    }
    if (!std::binary_search(report_.paths.begin(), report_.paths.end(), kEvidenceCheckpoint)) {
      return manifest_error("it does not name the checkpoint");
    }
    return {};
  }

  [[nodiscard]] std::vector<EvidenceFile> listed() const {
    std::vector<EvidenceFile> files;
    for (const auto& subject : statement_.subjects)
      files.push_back({subject.name, *subject.sha256});
    return files;
  }

  Status read_file(const Subject& subject) {
    const std::string content = BAILEY_TRY(file(subject.name));
    if (crypto::sha256(as_bytes(content)) != *subject.sha256) {
      return fail("evidence.digest", subject.name + " is not the file that the manifest names");
    }
    const bool receipts = subject.name.starts_with("receipts/");
    if (!receipts && !subject.name.starts_with("attestations/")) return {};
    std::string_view text = content;
    for (std::uint64_t line = 1; !text.empty(); ++line) {
      const auto end = text.find('\n');
      if (end == std::string_view::npos) {
        return fail("evidence.receipt", subject.name + " does not end in a newline");
      }
      const auto added =
          receipts ? add_receipt(text.substr(0, end + 1)) : attestations_.add(text.substr(0, end));
      if (!added) {
        return fail(added.error().code,
                    subject.name + ", line " + std::to_string(line) + ": " + added.error().message);
      }
      text.remove_prefix(end + 1);
    }
    return {};
  }

  Status add_receipt(std::string_view line) {
    const auto parsed = BAILEY_TRY(parse_receipt(line));
    const auto receipt = BAILEY_TRY(verify_receipt(parsed, trusted_));
    if (receipt.checkpoint != report_.checkpoint) {
      return fail("evidence.receipt", "it is proven against another checkpoint");
    }
    const auto index = receipt.leaf.index;
    if (index < claim_.scope.first || index > claim_.scope.last ||
        (!receipts_.empty() && receipts_.back() >= index)) {
      return fail("evidence.receipt", "entry " + std::to_string(index) + " is not in its place");
    }
    if (!claim_.scope.session.empty() &&
        BAILEY_TRY(session_told(parsed.parts)) != claim_.scope.session) {
      return fail("evidence.receipt", "entry " + std::to_string(index) + " is another session's");
    }
    receipts_.push_back(index);
    if (closes_intent(receipt.leaf.type)) closings_.push_back(index);
    return {};
  }

  Status check_scope() {
    const auto& scope = claim_.scope;
    const auto wrong = [](std::string_view what) {
      return fail("evidence.scope", std::string(what));
    };
    if (scope.first > scope.last || scope.last >= report_.checkpoint.size) {
      return wrong("the range of entries is not in the log");
    }
    if (receipts_.size() != scope.receipts) return wrong("the number of receipts is another");
    // Without a session every entry of the range is there.
    if (scope.session.empty() && scope.receipts != scope.last - scope.first + 1) {
      return wrong("not every entry of the range has its receipt");
    }
    const auto& attested = attestations_.report();
    if (attested.actions != scope.actions || attested.ignored != 0 ||
        attested.indices != closings_) {
      return wrong("the attestations are not those of the entries that close an action");
    }
    for (const auto& checkpoint : attested.checkpoints) {
      if (checkpoint != report_.checkpoint) {
        return wrong("an attestation is proven against another checkpoint");
      }
    }
    return {};
  }

  Status check_log() {
    report_.log = BAILEY_TRY(verify_log(
        [&](const std::string& path) -> Result<std::string> {
          // What the manifest does not name is not evidence.
          const std::string name = "log/" + path;
          if (!std::binary_search(report_.paths.begin(), report_.paths.end(), name)) {
            return fail("log.missing", name + " is not named by the manifest");
          }
          return files_(name);
        },
        trusted_));
    return {};
  }

  const LogFiles& files_;
  const std::vector<NoteVerifier>& trusted_;
  BundleVerifier attestations_;
  EvidenceReport report_;
  Statement statement_;
  Claim claim_;
  std::string signer_;
  std::vector<std::uint64_t> receipts_;
  std::vector<std::uint64_t> closings_;
};

}  // namespace

Statement manifest_statement(const EvidenceScope& scope, const Checkpoint& checkpoint,
                             const std::vector<EvidenceFile>& files) {
  Statement statement;
  statement.predicate_type = kEvidencePredicate;
  for (const auto& file : files) statement.subjects.push_back({file.path, file.sha256});
  Json predicate{Json::Object{}};
  predicate.set("actions", std::to_string(scope.actions));
  predicate.set("first", std::to_string(scope.first));
  predicate.set("last", std::to_string(scope.last));
  predicate.set("log", checkpoint.origin);
  predicate.set("receipts", std::to_string(scope.receipts));
  predicate.set("root", codec::to_hex(checkpoint.root));
  predicate.set("session", scope.session);
  predicate.set("size", std::to_string(checkpoint.size));
  predicate.set("whole", scope.log == EvidenceScope::Log::kWhole);
  statement.predicate = std::move(predicate);
  return statement;
}

std::string receipts_file(std::uint64_t number) { return "receipts/" + padded(number) + ".jsonl"; }

std::string attestations_file(std::uint64_t number) {
  return "attestations/" + padded(number) + ".intoto.jsonl";
}

Result<EvidenceReport> verify_evidence(const LogFiles& files,
                                       const std::vector<NoteVerifier>& trusted) {
  return EvidenceReader(files, trusted).run();
}

}  // namespace bailey::merkle
