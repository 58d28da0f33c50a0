// Redaction: secrets of well-known shapes taken out of a text before it is written down.
//
// What must not be kept is first of all not written at all (spec/ledger.md: arguments,
// environment and output are digests). This is for what is left: names, paths and what a
// person typed as a reason. The secret is replaced by "[redacted:KIND]", the rest stays;
// the result holds nothing that would be redacted again. No backtracking; a few passes, each
// in time proportional to the length. Pure; any thread.
// Does not protect: a secret without a shape, in pieces, or encoded, is not seen.
#pragma once

#include <string>
#include <string_view>

#include "codec/json.h"

namespace bailey::codec {

// Kinds: "private-key" (PEM), "aws", "github", "gitlab", "slack", "google", "stripe", "key"
// (sk-...), "npm", "pypi", "huggingface", "jwt", "url-password", "bearer", "value" (of a name
// like password= or --token).
[[nodiscard]] std::string redacted(std::string_view text);
// Every string of a value; names of members stay.
[[nodiscard]] Json redacted_strings(Json value);

}  // namespace bailey::codec
