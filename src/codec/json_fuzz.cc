// JSON: what parses must print, parse again and print the same; pretty text too.
#include "base/bytes.h"
#include "base/check.h"
#include "codec/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey::codec;
  const auto value = parse_json(bailey::as_text({data, size}));
  if (!value) {
    bailey::check(!value.error().message.empty(), "a refusal says why");
    return 0;
  }
  const std::string canonical = canonical_json(*value);
  const auto again = parse_json(canonical);
  bailey::check(again.has_value(), "canonical text parses");
  bailey::check(canonical_json(*again) == canonical, "canonical text is a fix point");
  const auto pretty = parse_json(pretty_json(*value), {.max_bytes = 64U << 20});
  bailey::check(pretty.has_value() && canonical_json(*pretty) == canonical,
                "pretty text has the same value");
  return 0;
}
