// The body of an `events` leaf (spec/events.md). Pure; any thread.
//
// What a program touched is there as salted digests; names that it chose for itself are not
// there at all.
#pragma once

#include <vector>

#include "ledger/leaf_bodies.h"
#include "model/event.h"

namespace bailey::ledger {

[[nodiscard]] codec::Json events_body(const model::IntentId& intent,
                                      const std::vector<model::Event>& events,
                                      std::uint64_t dropped, const Discloser& discloser);

}  // namespace bailey::ledger
