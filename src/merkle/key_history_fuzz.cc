// Key records and history files: what is read is written back to the same bytes.
#include "base/check.h"
#include "merkle/key_history.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey;
  const auto text = as_text(ByteView(data, size));
  const auto file = merkle::parse_history_file(text);
  if (file) {
    check(merkle::write_history_file(*file) == text, "a history file has one spelling");
    // Nobody is trusted: nothing that a stranger made up is believed.
    check(!merkle::verify_history_file(*file, {}).has_value(), "a history without a trusted key");
  }
  const auto body = codec::parse_json(text);
  if (!body) return 0;
  const auto record = merkle::read_key_record(*body);
  if (!record) return 0;
  check(codec::canonical_json(merkle::to_json(*record)) == codec::canonical_json(*body),
        "a record has one meaning");
  merkle::KeyHistory history(record->authority.name(), {});
  (void)history.add(0, *body);
  check(history.believed_at(1).empty(), "a key is believed out of nothing");
  return 0;
}
