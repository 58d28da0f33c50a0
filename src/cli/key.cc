#include <algorithm>

#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/key_lines.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "store/key_files.h"

namespace bailey::cli {
namespace {

using codec::Json;

constexpr store::KeyUse kUses[] = {store::KeyUse::kLedger, store::KeyUse::kReceipts,
                                   store::KeyUse::kApproval};

Result<std::vector<KeyLine>> existing_keys(Outside& outside) {
  auto household = BAILEY_TRY(Household::open(outside, Make::kNo));
  return key_lines(household->home(), outside.entropy());
}

}  // namespace

std::string ledger_origin(const crypto::PublicKey& key) {
  return "bailey/" + codec::to_hex(crypto::sha256(key.bytes())).substr(0, 16);
}

Result<std::vector<KeyLine>> key_lines(const store::Home& home, Entropy& entropy) {
  std::vector<KeyLine> lines;
  std::string origin;
  for (const auto use : kUses) {
    const auto file = RelPath::known("keys/" + std::string(store::name(use)) + ".pem");
    if (!BAILEY_TRY(home.dir().exists(file))) continue;
    const auto key = BAILEY_TRY(store::signing_key(home, use, entropy));
    if (use == store::KeyUse::kLedger) origin = ledger_origin(key.key.public_key());
    if (origin.empty())
      return fail("key.missing", "the home has no ledger key, so its other keys have no name",
                  "bailey key generate makes the keys that are missing");
    // The ledger's key signs under the bare origin; every other names its role.
    const std::string role(store::name(use));
    const std::string name = use == store::KeyUse::kLedger ? origin : origin + "/" + role;
    auto verifier = BAILEY_TRY(merkle::NoteVerifier::create(name, key.key.public_key()));
    lines.push_back({role, std::move(verifier)});
  }
  return lines;
}

Json to_json(const std::vector<KeyLine>& keys) {
  Json::Array list;
  for (const auto& key : keys) {
    Json entry{Json::Object{}};
    entry.set("role", key.role);
    entry.set("name", key.verifier.name());
    entry.set("vkey", key.verifier.vkey());
    list.push_back(std::move(entry));
  }
  return list;
}

std::string to_text(const std::vector<KeyLine>& keys) {
  std::string text;
  for (const auto& key : keys) {
    std::string role = key.role;
    role.resize(10, ' ');
    text += role + key.verifier.vkey() + "\n";
  }
  return text;
}

int key_generate(Invocation& in) {
  auto household = Household::open(in.outside, Make::kYes);
  auto made = household ? (*household)->make_keys() : Status(std::unexpected(household.error()));
  if (!made) {
    tell(in.outside, made.error());
    return kError;
  }
  return key_list(in);
}

int key_list(Invocation& in) {
  const auto keys = existing_keys(in.outside);
  if (!keys) {
    tell(in.outside, keys.error());
    return kError;
  }
  if (in.arguments.flag("--json")) {
    Json json{Json::Object{}};
    json.set("v", 1);
    json.set("keys", to_json(*keys));
    in.outside.write(Stream::kOut, json_line(json));
  } else {
    in.outside.write(Stream::kOut, to_text(*keys));
  }
  return kDone;
}

int key_export(Invocation& in) {
  const std::string format = in.arguments.value("--format").value_or("vkey");
  if (format != "vkey" && format != "pem") {
    tell(in.outside, Error{"usage", "--format: there is no such format", "use vkey or pem"});
    return kUsage;
  }
  const std::string& role = in.arguments.positionals().front();
  if (std::none_of(std::begin(kUses), std::end(kUses),
                   [&](store::KeyUse use) { return role == store::name(use); })) {
    tell(in.outside, Error{"usage", "there is no such role", "use ledger, receipts or approval"});
    return kUsage;
  }
  const auto keys = existing_keys(in.outside);
  if (!keys) {
    tell(in.outside, keys.error());
    return kError;
  }
  for (const auto& key : *keys) {
    if (key.role != role) continue;
    in.outside.write(Stream::kOut, format == "pem" ? crypto::to_spki_pem(key.verifier.key())
                                                   : key.verifier.vkey() + "\n");
    return kDone;
  }
  tell(in.outside, Error{"key.missing", "the home has no key of that role yet",
                         "bailey key generate makes the keys that are missing"});
  return kError;
}

}  // namespace bailey::cli
