// Text: for_terminal leaves nothing that acts on a terminal; base64 and hex have one
// spelling each.
#include "base/bytes.h"
#include "base/check.h"
#include "codec/json.h"
#include "codec/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey::codec;
  const auto text = bailey::as_text({data, size});
  const std::string shown = for_terminal(text, 1U << 20);
  bailey::check(is_valid_utf8(shown), "shown text is UTF-8");
  for (const char c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    bailey::check(byte >= 0x20 && byte != 0x7F, "shown text holds no control character");
  }
  bailey::check(for_terminal(shown, 1U << 20) == shown, "shown text is shown as it is");
  bailey::check(is_valid_utf8(valid_utf8(text)), "repaired text is UTF-8");
  if (const auto bytes = from_base64(text)) {
    bailey::check(to_base64(*bytes) == text, "base64 has one spelling");
  }
  if (const auto bytes = from_hex(text)) bailey::check(to_hex(*bytes) == text, "hex has one");
  bailey::check(*from_base64(to_base64({data, size})) == bailey::Bytes(data, data + size),
                "base64 comes back");
  return 0;
}
