// The ledger's state as metrics in the text format of Prometheus, for a textfile collector.
//
// One process of many looks from outside: what only a writer sees while it writes (its queue,
// how long its commits took) is not here. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bailey::report {

struct LedgerMetrics {
  std::uint64_t entries = 0;
  std::uint64_t open_intents = 0;
  std::uint64_t journal_bytes = 0;        // of all segments, with what is reserved
  std::uint64_t published_entries = 0;    // that the published checkpoint covers
  std::optional<double> checkpoint_age;   // seconds since it was published; none: never
  std::optional<double> cosignature_age;  // seconds since the newest word of a witness
  std::optional<double> newest_entry;     // POSIX seconds
  bool halted = false;
  std::optional<bool> verified;  // whether the whole ledger verified; none: not looked
};

[[nodiscard]] std::string prometheus_text(const LedgerMetrics& metrics);

}  // namespace bailey::report
