// Selection: which entries leave the ledger, and reading them in order.
//
// A range, and in it one session or all. An entry belongs to the session that its own
// caller or that of the intent it names says. Thread rule: one thread; memory does not
// grow with the log, save the intents of the session that are still open.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "ledger/ledger.h"

namespace bailey::ledger {

struct Selection {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // included
  std::string session;     // or empty for all
};

struct SelectedEntry {
  const merkle::LeafEnvelope& leaf;
  const merkle::Hash& hash;
  // The intent that the entry names, or null.
  const merkle::LeafEnvelope* intent = nullptr;
  std::string session;  // it belongs to, or empty
};

// Errors: those of Ledger::read and of `visit`; log.intent when an entry names an intent
// that is none.
using VisitSelected = std::function<Status(const SelectedEntry& entry)>;
[[nodiscard]] Status visit_selected(Ledger& ledger, const Selection& selection,
                                    const VisitSelected& visit);

}  // namespace bailey::ledger
