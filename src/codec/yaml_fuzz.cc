// YAML: what parses is a value that canonical JSON can hold, and JSON text within the
// common subset means the same in both.
#include "base/bytes.h"
#include "base/check.h"
#include "codec/text.h"
#include "codec/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey::codec;
  const auto text = bailey::as_text({data, size});
  const auto value = parse_yaml(text);
  if (!value) {
    bailey::check(!value.error().message.empty(), "a refusal says why");
    return 0;
  }
  const auto again = parse_json(canonical_json(*value));
  bailey::check(again.has_value(), "a YAML value is a JSON value");
  bailey::check(canonical_json(*again) == canonical_json(*value), "and the same one");
  return 0;
}
