// Base64 (RFC 4648 section 4, padded, canonical only) and lower-case hex.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace bailey::codec {

[[nodiscard]] std::string to_base64(ByteView bytes);
// Refuses missing padding, stray bytes, newlines and non-zero trailing bits.
// Errors: base64.syntax.
[[nodiscard]] Result<Bytes> from_base64(std::string_view text);

// Foreign envelopes may also use the URL-safe alphabet (section 5) and leave the padding
// out; one text uses one alphabet. Errors: base64.syntax.
[[nodiscard]] Result<Bytes> from_any_base64(std::string_view text);

[[nodiscard]] std::string to_hex(ByteView bytes);
// Lower case only. Errors: hex.syntax.
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);
[[nodiscard]] Result<Digest> digest_from_hex(std::string_view text);

// Text from somebody else made safe for one line of a terminal: control characters,
// ESC, line and paragraph separators, bidirectional controls, invisible and zero-width
// characters and invalid UTF-8 are
// shown as \xNN or \u{NNNN}. At most `max_bytes` of output, then "...".
[[nodiscard]] std::string for_terminal(std::string_view text, std::size_t max_bytes = 4096);

}  // namespace bailey::codec
