// A glance at a leaf: what checking a whole log needs of it, without building a document.
//
// Most leaves are plain: ASCII text without escapes, integers, keys in order. For those one
// pass over the bytes tells that parse_leaf() would accept them, and gives the three things
// that the log's own rules ask for. Whatever is not that plain gives nothing, which does not
// mean that the leaf is wrong: ask parse_leaf(), which also says why. It refuses nothing by
// itself and turns no number of a body into a value. Pure; any thread.
//
// Held against parse_leaf() by leaf_glance_test and leaf_glance_fuzz: whatever is glanced at
// is accepted there, with the same values (decision 0023).
#pragma once

#include <optional>

#include "base/bytes.h"
#include "merkle/leaf.h"

namespace bailey::merkle {

struct LeafGlance {
  LeafType type = LeafType::kIntent;
  std::uint64_t index = 0;
  std::optional<IntentRef> intent;
};

[[nodiscard]] std::optional<LeafGlance> glance_at_leaf(ByteView bytes);

// The same by glancing where that suffices, and by parse_leaf() where not.
// Errors: those of parse_leaf().
[[nodiscard]] Result<LeafGlance> look_at_leaf(ByteView bytes);

}  // namespace bailey::merkle
