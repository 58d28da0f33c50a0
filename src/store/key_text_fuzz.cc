// Key files: what parses as a token's is written back to the same bytes.
#include "base/check.h"
#include "store/key_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey;
  const auto text = as_text(ByteView(data, size));
  const auto key = store::parse_key_text(text);
  if (!key || key->form != store::KeyForm::kToken) return 0;
  const auto again = store::write_token_key(key->token, key->public_key);
  check(again && *again == text, "a token's key file has one spelling");
  return 0;
}
