// Strict YAML into the same values as JSON, with the line and column of each.
//
// A deliberately small YAML: one document, UTF-8, maps with plain or quoted string
// keys, sequences, scalars of the YAML 1.2 core schema (so `yes` and `on` are text).
// Refused: anchors, aliases, tags, directives, merge keys, duplicate keys, complex and
// null keys, integers with leading zeros, .inf and .nan, control characters, a second
// document, anything past the limits (so no bomb can unfold). An empty document is
// null. yaml-cpp reads; nothing of it leaves here.
#pragma once

#include <string_view>

#include "codec/json.h"

namespace bailey::codec {

// Errors: yaml.syntax, yaml.duplicate, yaml.unsupported, yaml.number, yaml.limit,
// json.encoding; the message ends in "at line L, column C".
[[nodiscard]] Result<Json> parse_yaml(std::string_view text, const JsonLimits& limits = {});

}  // namespace bailey::codec
