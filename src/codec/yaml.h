// Strict YAML into the same values as JSON, with the line and column of each.
//
// A deliberately small YAML: one document, UTF-8, maps with plain or quoted string
// keys, sequences, scalars of the YAML 1.2 core schema. Refused: anchors, aliases,
// tags, merge keys, duplicate keys, complex keys, a second document, anything past
// the limits (so no bomb can unfold). yaml-cpp reads; nothing of it leaves here.
#pragma once

#include <string_view>

#include "codec/json.h"

namespace bailey::codec {

// Errors: yaml.syntax, yaml.duplicate, yaml.unsupported, yaml.limit, json.encoding;
// the message ends in "at line L, column C".
[[nodiscard]] Result<Json> parse_yaml(std::string_view text, const JsonLimits& limits = {});

}  // namespace bailey::codec
