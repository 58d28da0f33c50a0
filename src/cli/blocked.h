// blocked: what a run's cage refused or watched, for its closing report. Pure.
//
// Objects are in the clear here, and nowhere else: the ledger has salted digests of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json.h"
#include "model/event.h"

namespace bailey::cli {

// Lines for people, or "". `extra` is the outcome's, with the counts.
[[nodiscard]] std::string blocked_text(const std::vector<model::Event>& all,
                                       const codec::Json& extra);
// How many, of `extra`: "kept", "repeated", "dropped".
[[nodiscard]] std::uint64_t event_count(const codec::Json& extra, std::string_view member);
// A list with every event that was kept.
[[nodiscard]] codec::Json blocked_json(const std::vector<model::Event>& events);

}  // namespace bailey::cli
