// A leaf of the ledger as people and programs read it: one line, or one JSON object.
//
// Text from leaves is made safe for a terminal here: whoever wrote it, no entry can
// move the cursor, start a new line or hide a word. Pure; any thread.
#pragma once

#include <string>

#include "codec/json.h"
#include "merkle/leaf.h"

namespace bailey::report {

// "12  2026-11-21T08:41:00Z  outcome      done, code 0, of entry 11"
[[nodiscard]] std::string leaf_line(const merkle::LeafEnvelope& leaf);

// The envelope's members, and "leaf_hash".
[[nodiscard]] codec::Json leaf_json(const merkle::LeafEnvelope& leaf, const merkle::Hash& hash);

}  // namespace bailey::report
