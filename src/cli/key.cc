// bailey key generate, list, show, rotate, revoke, archive, export, import.
#include <algorithm>

#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/key_changing.h"
#include "cli/key_lines.h"
#include "cli/key_unlock.h"
#include "cli/words.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "policy/units.h"

namespace bailey::cli {
namespace {

using codec::Json;
using merkle::KeyAction;
using store::KeyRole;
using store::KeyState;

constexpr std::int64_t kDefaultOverlapNs = 7LL * 24 * 3600 * 1'000'000'000;

int failed(Invocation& in, const Error& error) { return key_failed(in, error); }

Result<KeyRole> role_of(const std::string& word) {
  const auto role = merkle::key_role(word);
  if (!role)
    return fail("usage", "there is no such role",
                "use ledger, receipts, approval, change or skill");
  return *role;
}

Result<std::string> reason_of(Invocation& in) {
  auto reason = in.arguments.value("--reason").value_or("");
  if (reason.size() > merkle::kMaxKeyReason || !codec::is_valid_utf8(reason))
    return fail("usage", "--reason: at most 512 bytes of UTF-8");
  return reason;
}

std::string key_id(const merkle::NoteVerifier& key) {
  const std::string vkey = key.vkey();
  const auto first = vkey.find('+') + 1;
  return vkey.substr(first, 8);
}

// Whether this can name a key at all: a role, an id, a vkey.
Status check_word(const std::string& word) {
  const bool id =
      word.size() == 8 && word.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (merkle::key_role(word) || id || word.find('+') != std::string::npos) return {};
  return fail(
      "usage", "'" + word + "' is no role and no id of a key",
      "a role is ledger, receipts, approval, change or skill; bailey key list --all shows ids");
}

// A role names its key in force; an id (8 hex digits) or a whole vkey any key.
Result<store::RingKey> find_key(const store::KeyRing& ring, const std::string& word) {
  if (const auto role = merkle::key_role(word)) {
    const auto* key = ring.in_force(*role);
    if (key == nullptr)
      return fail("key.missing", "the home has no key of that role in force",
                  "bailey key generate makes the keys that are missing");
    return *key;
  }
  const store::RingKey* found = nullptr;
  for (const auto& each : ring.keys) {
    if (each.key.vkey() != word && key_id(each.key) != word) continue;
    if (found != nullptr) return fail("usage", "two keys have this id", "give the whole vkey");
    found = &each;
  }
  if (found == nullptr)
    return fail("key.missing", "the home has no such key", "bailey key list --all shows them");
  return *found;
}

// The text of a new key file, and what signs with it.
struct NewKey {
  std::string text;
  crypto::AnySigner signer;
};

Result<NewKey> wrap(Invocation& in, Household& household, crypto::SigningKey key,
                    const std::string& what) {
  const auto file = in.arguments.value("--passphrase-file");
  if (!file && !in.arguments.flag("--passphrase")) {
    std::string text = key.to_pem();
    return NewKey{std::move(text), std::move(key)};
  }
  const auto passphrase = BAILEY_TRY(find_passphrase(in.outside, file, what, Typed::kTwice));
  std::string text =
      BAILEY_TRY(store::write_sealed_key(key, passphrase.text(), in.outside.entropy()));
  household.add_passphrase(passphrase);
  return NewKey{std::move(text), std::move(key)};
}

Result<NewKey> make_new(Invocation& in, Household& household, KeyRole role) {
  const std::string what = "the new " + std::string(merkle::name(role)) + " key";
  const auto module = in.arguments.value("--token");
  if (!module) return wrap(in, household, crypto::SigningKey::generate(in.outside.entropy()), what);
  const store::TokenKey token{*module, in.arguments.value("--label").value_or(""),
                              in.arguments.value("--pin-file").value_or("")};
  if (token.label.empty()) return fail("usage", "--token needs --label");
  const auto pin = BAILEY_TRY(find_pin(in.outside, token));
  const auto key = BAILEY_TRY(in.outside.token_generate(token, pin));
  std::string text = BAILEY_TRY(store::write_token_key(token, key));
  auto signer = BAILEY_TRY(in.outside.token_signer(token, key, pin));
  return NewKey{std::move(text), std::move(signer)};
}

Result<NewKey> read_new(Invocation& in, Household& household, KeyRole role) {
  std::string bytes =
      BAILEY_TRY(in.outside.read_user_file(in.arguments.positionals()[1], store::kMaxKeyText));
  const store::SecretText given(std::move(bytes));
  const auto parsed = BAILEY_TRY(store::parse_key_text(given.text()));
  const std::string what = "the imported " + std::string(merkle::name(role)) + " key";
  switch (parsed.form) {
    case store::KeyForm::kPlain: {
      auto key = BAILEY_TRY(crypto::SigningKey::from_pem(given.text()));
      return wrap(in, household, std::move(key), what);
    }
    case store::KeyForm::kSealed: {
      const auto passphrase = BAILEY_TRY(
          find_passphrase(in.outside, in.arguments.value("--passphrase-file"), what, Typed::kOnce));
      auto key = BAILEY_TRY(store::open_sealed_key(parsed, passphrase.text()));
      household.add_passphrase(passphrase);
      return NewKey{given.text(), std::move(key)};
    }
    case store::KeyForm::kToken: {
      const auto pin = BAILEY_TRY(find_pin(in.outside, parsed.token));
      auto signer = BAILEY_TRY(in.outside.token_signer(parsed.token, parsed.public_key, pin));
      return NewKey{given.text(), std::move(signer)};
    }
  }
  return fail("key.syntax", "a key in no form that is known");
}

Result<std::unique_ptr<Household>> open_home(Invocation& in, Make make = Make::kNo) {
  return Household::open(in.outside, make);
}

// The ledger's first key, of which its log has no statement: the log begins with it.
Status put_first(Household& household, KeyRole role, const NewKey& fresh) {
  return store::put_first_file(household.home(), role, fresh.text);
}

Status begin_of(Invocation& in, KeyRole role, KeyAction action, Make make, std::int64_t overlap) {
  auto household = BAILEY_TRY(open_home(in, make));
  const std::string reason = BAILEY_TRY(reason_of(in));
  const auto fresh_key = [&]() -> Result<NewKey> {
    return action == KeyAction::kImport ? read_new(in, *household, role)
                                        : make_new(in, *household, role);
  };
  const auto before = BAILEY_TRY(store::read_key_ring(household->home()));
  if (before.keys.empty()) {
    if (role != KeyRole::kLedger)
      return fail("key.missing", "the home has no ledger key, which names every other",
                  "bailey key generate ledger, or import it, comes first");
    return put_first(*household, role, BAILEY_TRY(fresh_key()));
  }
  if (action == KeyAction::kGenerate && before.in_force(role) != nullptr)
    return fail("key.exists", "the home has a key of that role in force",
                "bailey key rotate " + std::string(merkle::name(role)) + " makes the next one");
  auto changing = BAILEY_TRY(KeyChanging::begin(*household, in.outside));
  const auto fresh = BAILEY_TRY(fresh_key());
  const WallTime until{in.outside.clock().wall().unix_ns + overlap};
  BAILEY_TRY(changing.archive_expired());
  const auto* old = changing.ring().in_force(role);
  const std::optional<merkle::NoteVerifier> old_key =
      old == nullptr ? std::nullopt : std::optional(old->key);
  BAILEY_TRY(changing.begin_key(role, action, fresh.signer, fresh.text, until, reason));
  if (old_key && overlap == 0)
    BAILEY_TRY(changing.end_key(*old_key, KeyAction::kArchive, std::nullopt, reason));
  return changing.commit();
}

int done(Invocation& in, const Status& status) {
  if (!status) return failed(in, status.error());
  return key_list(in);
}

Json to_json(const store::KeyRing& ring, const store::RingKey& key) {
  Json json{Json::Object{}};
  json.set("role", merkle::name(key.role));
  json.set("name", key.key.name());
  json.set("vkey", key.key.vkey());
  json.set("id", key_id(key.key));
  json.set("state", merkle::name(key.state));
  if (key.from.unix_ns != 0) json.set("from", rfc3339(key.from));
  if (key.until) json.set("until", rfc3339(*key.until));
  if (key.until_size) json.set("until_size", std::to_string(*key.until_size));
  if (!key.reason.empty()) json.set("reason", key.reason);
  json.set("in_ledger", key.told && ring.stored);
  return json;
}

std::string to_line(const store::RingKey& key) {
  std::string role(merkle::name(key.role));
  role.resize(10, ' ');
  std::string state(merkle::name(key.state));
  state.resize(12, ' ');
  std::string line = role + key_id(key.key) + "  " + state + key.key.vkey();
  if (key.until) line += "  until " + to_the_second(*key.until);
  return line + "\n";
}

}  // namespace

int key_failed(Invocation& in, const Error& error) {
  if (in.arguments.flag("--json")) {
    Json what{Json::Object{}};
    what.set("code", error.code);
    what.set("message", codec::valid_utf8(error.message));
    if (!error.hint.empty()) what.set("hint", codec::valid_utf8(error.hint));
    Json json{Json::Object{}};
    json.set("v", 1);
    json.set("error", std::move(what));
    in.outside.write(Stream::kOut, json_line(json));
  }
  tell(in.outside, error);
  return error.code == "usage" ? kUsage : kError;
}

int key_generate(Invocation& in) {
  if (!in.arguments.positionals().empty()) {
    const auto role = role_of(in.arguments.positionals().front());
    if (!role) return failed(in, role.error());
    return done(in, begin_of(in, *role, KeyAction::kGenerate, Make::kYes, 0));
  }
  auto household = open_home(in, Make::kYes);
  return done(in,
              household ? (*household)->make_keys() : Status(std::unexpected(household.error())));
}

int key_list(Invocation& in) {
  const auto household = open_home(in);
  if (!household) return failed(in, household.error());
  const auto ring = store::read_key_ring((*household)->home());
  if (!ring) return failed(in, ring.error());
  const bool all = in.spec.path == "key list" && in.arguments.flag("--all");
  if (in.arguments.flag("--json")) {
    Json json{Json::Object{}};
    json.set("v", 1);
    Json::Array keys;
    if (all) {
      for (const auto& each : ring->keys) keys.push_back(to_json(*ring, each));
    } else {
      for (const auto role : merkle::kKeyRoles)
        if (const auto* key = ring->in_force(role)) keys.push_back(to_json(*ring, *key));
    }
    json.set("keys", std::move(keys));
    in.outside.write(Stream::kOut, json_line(json));
  } else if (all) {
    for (const auto& each : ring->keys) in.outside.write(Stream::kOut, to_line(each));
  } else {
    in.outside.write(Stream::kOut, key_lines_text(*ring));
  }
  return kDone;
}

int key_show(Invocation& in) {
  if (const auto word = check_word(in.arguments.positionals().front()); !word)
    return failed(in, word.error());
  const auto household = open_home(in);
  if (!household) return failed(in, household.error());
  const auto shown = [&]() -> Status {
    const auto ring = BAILEY_TRY(store::read_key_ring((*household)->home()));
    const auto key = BAILEY_TRY(find_key(ring, in.arguments.positionals().front()));
    const auto text = store::read_key_file((*household)->home(), ring, key);
    const auto parsed = text ? store::parse_key_text(text->text())
                             : Result<store::KeyText>(std::unexpected(text.error()));
    Json json = to_json(ring, key);
    json.set("kept",
             parsed ? std::string(store::name(parsed->form)) : "lost: " + parsed.error().message);
    if (parsed && parsed->form == store::KeyForm::kToken) {
      json.set("module", parsed->token.module);
      json.set("label", parsed->token.label);
    }
    if (in.arguments.flag("--json")) {
      json.set("v", 1);
      in.outside.write(Stream::kOut, json_line(json));
      return {};
    }
    std::string page;
    for (const auto& [name, value] : json.as_object()) {
      std::string label = name;
      label.resize(std::max<std::size_t>(label.size() + 1, 12), ' ');
      page += label +
              (value.is_string() ? codec::for_terminal(value.as_string())
                                 : codec::canonical_json(value)) +
              "\n";
    }
    in.outside.write(Stream::kOut, page);
    return {};
  }();
  return shown ? kDone : failed(in, shown.error());
}

int key_rotate(Invocation& in) {
  const auto role = role_of(in.arguments.positionals().front());
  if (!role) return failed(in, role.error());
  std::int64_t overlap = kDefaultOverlapNs;
  if (const auto given = in.arguments.value("--overlap"); given && *given == "0") {
    overlap = 0;
  } else if (given) {
    const auto parsed = policy::parse_duration(*given);
    if (!parsed) return failed(in, Error{"usage", "--overlap: " + parsed.error().message, "7d"});
    overlap = *parsed;
  }
  return done(in, begin_of(in, *role, KeyAction::kRotate, Make::kNo, overlap));
}

int key_import(Invocation& in) {
  const auto role = role_of(in.arguments.positionals().front());
  if (!role) return failed(in, role.error());
  return done(in, begin_of(in, *role, KeyAction::kImport, Make::kYes, kDefaultOverlapNs));
}

int key_revoke(Invocation& in) {
  const auto revoked = [&]() -> Status {
    const std::string reason = BAILEY_TRY(reason_of(in));
    if (reason.empty())
      return fail("usage", "a revocation says why", "--reason 'the laptop was stolen'");
    std::optional<std::uint64_t> until_size;
    if (const auto given = in.arguments.value("--entries")) {
      if (*given == "0") {
        until_size = 0;
      } else {
        const auto count = policy::parse_count(*given);
        if (!count) return fail("usage", "--entries is a number of entries");
        until_size = *count;
      }
    }
    auto household = BAILEY_TRY(open_home(in));
    auto changing = BAILEY_TRY(KeyChanging::begin(*household, in.outside));
    const auto key = BAILEY_TRY(find_key(changing.ring(), in.arguments.positionals().front()));
    if (until_size) {
      auto* ledger = BAILEY_TRY(household->ledger());
      if (*until_size > BAILEY_TRY(ledger->size()))
        return fail("usage", "--entries: the ledger has not so many entries yet");
    }
    if (key.state == KeyState::kInForce) {
      // Somebody must go on: a revocation of the key in force is a rotation as well.
      const auto fresh = BAILEY_TRY(make_new(in, *household, key.role));
      BAILEY_TRY(changing.begin_key(key.role, KeyAction::kRotate, fresh.signer, fresh.text,
                                    in.outside.clock().wall(), reason));
    }
    BAILEY_TRY(changing.end_key(key.key, KeyAction::kRevoke, until_size, reason));
    return changing.commit();
  }();
  return done(in, revoked);
}

int key_archive(Invocation& in) {
  const auto archived = [&]() -> Status {
    const std::string reason = BAILEY_TRY(reason_of(in));
    auto household = BAILEY_TRY(open_home(in));
    auto changing = BAILEY_TRY(KeyChanging::begin(*household, in.outside));
    if (in.arguments.positionals().empty()) {
      BAILEY_TRY(changing.archive_expired());
    } else {
      const auto key = BAILEY_TRY(find_key(changing.ring(), in.arguments.positionals().front()));
      BAILEY_TRY(changing.end_key(key.key, KeyAction::kArchive, std::nullopt, reason));
    }
    return changing.commit();
  }();
  return done(in, archived);
}

int key_export(Invocation& in) {
  const std::string format = in.arguments.value("--format").value_or("vkey");
  if (format != "vkey" && format != "pem" && format != "history" && format != "secret")
    return failed(in, Error{"usage", "--format: there is no such format",
                            "use vkey, pem, history or secret"});
  if (const auto word = check_word(in.arguments.positionals().front()); !word)
    return failed(in, word.error());
  const auto household = open_home(in);
  if (!household) return failed(in, household.error());
  const auto exported = [&]() -> Result<store::SecretText> {
    if (format == "history") return store::SecretText(BAILEY_TRY(key_history_text(**household)));
    const auto ring = BAILEY_TRY(store::read_key_ring((*household)->home()));
    const auto key = BAILEY_TRY(find_key(ring, in.arguments.positionals().front()));
    if (format == "vkey") return store::SecretText(key.key.vkey() + "\n");
    if (format == "pem") return store::SecretText(crypto::to_spki_pem(key.key.key()));
    if (!in.arguments.value("--to"))
      return fail("usage", "a secret key goes to a file of yours", "--to FILE");
    auto text = BAILEY_TRY(store::read_key_file((*household)->home(), ring, key));
    const auto parsed = BAILEY_TRY(store::parse_key_text(text.text()));
    if (parsed.form != store::KeyForm::kPlain) return text;  // as closed as it is here
    auto plain = BAILEY_TRY(crypto::SigningKey::from_pem(text.text()));
    auto wrapped = BAILEY_TRY(wrap(in, **household, std::move(plain), "the exported key"));
    return store::SecretText(std::move(wrapped.text));
  }();
  if (!exported) return failed(in, exported.error());
  const auto to = in.arguments.value("--to");
  if (!to) {
    in.outside.write(Stream::kOut, exported->text());
    return kDone;
  }
  const auto written = in.outside.write_user_file(*to, exported->text());
  return written ? kDone : failed(in, written.error());
}

}  // namespace bailey::cli
