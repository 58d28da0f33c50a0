// blocked: what a run's cage refused or watched, for its closing report. Pure.
//
// Objects are in the clear here, and nowhere else: the ledger has salted digests of them.
#pragma once

#include <string>
#include <vector>

#include "codec/json.h"
#include "model/event.h"

namespace bailey::cli {

// Lines for people, or "". `extra` is the outcome's, with the counts.
[[nodiscard]] std::string blocked_text(const std::vector<model::Event>& all,
                                       const codec::Json& extra);
// A list with every event that was kept.
[[nodiscard]] codec::Json blocked_json(const std::vector<model::Event>& events);

}  // namespace bailey::cli
