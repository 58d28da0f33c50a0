// The form in which a document is cached: JSON with the marks of the source beside it, so
// that what is read from a cache is what the YAML said, places included.
//
// Pure; any thread. Does not protect: a cache against whoever may write the home.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/json.h"

namespace bailey::policy {

// A document of 1 MiB has at most half as many values, each with four short numbers.
inline constexpr std::size_t kMaxCachedBytes = 12U << 20;

// spec/policy.md, "Cached form". `source` is the SHA-256 of the text.
[[nodiscard]] std::string cached_form(codec::Json document, const Digest& source);
// Errors: policy.cache (anything that is not as cached_form() writes it).
[[nodiscard]] Result<codec::Json> from_cached_form(std::string_view text, const Digest& source);

}  // namespace bailey::policy
