// What was redacted once stays as it is, and text that is valid UTF-8 stays so.
#include "base/bytes.h"
#include "base/check.h"
#include "codec/redaction.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = bailey::as_text({data, size});
  const auto once = bailey::codec::redacted(text);
  bailey::check(bailey::codec::redacted(once) == once, "redaction is done once and for all");
  if (bailey::codec::is_valid_utf8(text)) {
    bailey::check(bailey::codec::is_valid_utf8(once), "no character is cut");
  }
  return 0;
}
