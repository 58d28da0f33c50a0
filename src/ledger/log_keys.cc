// The keys of a log: who signs, whose heads are ours, and how a change reaches a process.
#include <algorithm>

#include "codec/text.h"
#include "ledger/log.h"

namespace bailey::ledger {
namespace {

merkle::NoteVerifier named(const std::string& origin, const crypto::AnySigner& signer) {
  // The origin was found good as a name when the log was opened.
  return *merkle::NoteVerifier::create(origin, signer.public_key());
}

std::string signature_line(const std::string& name, std::uint32_t key_id,
                           const crypto::Signature& signature) {
  Bytes blob;
  for (int shift = 24; shift >= 0; shift -= 8)
    blob.push_back(static_cast<std::uint8_t>(key_id >> shift));
  blob.insert(blob.end(), signature.begin(), signature.end());
  return "\u2014 " + name + " " + codec::to_base64(blob) + "\n";
}

}  // namespace

std::shared_ptr<const LogKeys> Log::keys() const {
  const std::lock_guard lock(keys_mutex_);
  return keys_;
}

std::vector<merkle::NoteVerifier> Log::verifiers() const {
  std::vector<merkle::NoteVerifier> all{first_};
  const auto add = [&](const merkle::NoteVerifier& key) {
    const bool known = std::any_of(all.begin(), all.end(),
                                   [&](const auto& one) { return one.vkey() == key.vkey(); });
    if (!known) all.push_back(key);
  };
  const auto keys = this->keys();
  for (const auto& key : keys->ring) add(key);
  for (const auto& key : signing()) add(key);
  return all;
}

std::vector<merkle::NoteVerifier> Log::signing() const {
  const auto keys = this->keys();
  std::vector<merkle::NoteVerifier> now{named(keys->origin, keys->signer)};
  for (const auto& cosigner : keys->cosigners) now.push_back(named(keys->origin, cosigner));
  return now;
}

bool Log::is_ours(const Head& head) const {
  const auto keys = this->keys();
  const std::string text = merkle::checkpoint_text({keys->origin, head.size, head.root});
  const auto signed_by = [&](const merkle::NoteVerifier& key) {
    return head.key_id == key.key_id() && key.key().verify_raw(as_bytes(text), head.signature);
  };
  return signed_by(named(keys->origin, keys->signer)) || signed_by(first_) ||
         std::any_of(keys->ring.begin(), keys->ring.end(), signed_by);
}

// Holds kAppend. Whoever changed the keys told so before the old one lost its voice.
Status Log::refresh_keys() {
  const std::uint32_t epoch = control_.page().key_epoch.load();
  if (epoch == key_epoch_) return {};
  const auto now = keys();
  if (!now->reload)
    return fail("log.key", "the ledger's keys were changed by another process",
                "start again: the new keys are loaded then");
  auto fresh = BAILEY_TRY(now->reload());
  if (fresh.origin != now->origin)
    return fail("log.key", "the keys that were loaded anew are of another log");
  auto next = std::make_shared<const LogKeys>(std::move(fresh));
  const std::lock_guard lock(keys_mutex_);
  keys_ = std::move(next);
  key_epoch_ = epoch;
  return {};
}

Result<Head> Log::sign_head(std::uint64_t size, const merkle::Hash& root) const {
  const auto keys = this->keys();
  Head head{.size = size, .root = root, .key_id = named(keys->origin, keys->signer).key_id()};
  const std::string text = merkle::checkpoint_text({keys->origin, size, root});
  head.signature = BAILEY_TRY(keys->signer.get().sign_raw(as_bytes(text)));
  return head;
}

std::string Log::checkpoint_note(const Head& head) const {
  const auto keys = this->keys();
  const std::string text = merkle::checkpoint_text({keys->origin, head.size, head.root});
  std::string note = text + "\n" + signature_line(keys->origin, head.key_id, head.signature);
  for (const auto& cosigner : keys->cosigners) {
    const auto key_id = named(keys->origin, cosigner).key_id();
    if (key_id == head.key_id) continue;
    // Without it the note is as good for all who follow the history.
    const auto signature = cosigner.get().sign_raw(as_bytes(text));
    if (signature) note += signature_line(keys->origin, key_id, *signature);
  }
  return note;
}

}  // namespace bailey::ledger
