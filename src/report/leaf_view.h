// Leaves for people and for programs: `bailey log tail`, `show` and `export`.
//
// Every text that is somebody else's passes codec::for_terminal before it reaches a line
// for people. Pure; any thread.
#pragma once

#include <string>

#include "codec/json.h"
#include "merkle/leaf.h"

namespace bailey::report {

// One line without its newline: index, time (UTC, seconds), type and what matters most of
// the body: "41  2026-11-21 08:41:00Z  outcome  of 40  done, exit 0".
[[nodiscard]] std::string leaf_line(const merkle::LeafEnvelope& leaf);

// Several lines, each ended by a newline: the line above, then the body, indented.
[[nodiscard]] std::string leaf_page(const merkle::LeafEnvelope& leaf,
                                    const merkle::Hash& leaf_hash);

// {"leaf_hash":"<hex>","leaf":{the envelope}}: canonical, it is one line of JSON Lines.
[[nodiscard]] codec::Json leaf_json(const merkle::LeafEnvelope& leaf,
                                    const merkle::Hash& leaf_hash);

}  // namespace bailey::report
