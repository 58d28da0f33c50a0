#include "cli/key_lines.h"

#include "merkle/receipt.h"

namespace bailey::cli {

using codec::Json;

Json key_lines_json(const store::KeyRing& ring) {
  Json::Array list;
  for (const auto role : merkle::kKeyRoles) {
    const auto* key = ring.in_force(role);
    if (key == nullptr) continue;
    Json entry{Json::Object{}};
    entry.set("role", merkle::name(role));
    entry.set("name", key->key.name());
    entry.set("vkey", key->key.vkey());
    list.push_back(std::move(entry));
  }
  return list;
}

std::string key_lines_text(const store::KeyRing& ring) {
  std::string text;
  for (const auto role : merkle::kKeyRoles) {
    const auto* key = ring.in_force(role);
    if (key == nullptr) continue;
    std::string name(merkle::name(role));
    name.resize(10, ' ');
    text += name + key->key.vkey() + "\n";
  }
  return text;
}

std::vector<std::string> vkeys_for(const store::KeyRing& ring, std::string_view receipt) {
  std::uint64_t size = 0;
  const auto parsed = merkle::parse_receipt(receipt);
  const auto note = parsed ? merkle::parse_note(parsed->parts.proof.checkpoint)
                           : Result<merkle::Note>(fail("note.syntax", ""));
  if (note) {
    const auto checkpoint = merkle::parse_checkpoint_text(note->text);
    if (checkpoint) size = checkpoint->size;
  }
  std::vector<std::string> vkeys;
  for (const auto& key : ring.speaking_for(size)) vkeys.push_back(key.vkey());
  return vkeys;
}

}  // namespace bailey::cli
