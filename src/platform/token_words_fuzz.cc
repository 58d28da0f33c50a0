// Messages of bailey-token: what is read is written back to the same bytes.
#include "base/check.h"
#include "platform/token/words.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey;
  const auto bytes = as_text(ByteView(data, size));
  const auto message = platform::token::parse_message(bytes);
  if (!message) return 0;
  check(platform::token::write_message(*message) == bytes, "a message has one spelling");
  return 0;
}
