#include "report/metrics.h"

#include <cstdio>

namespace bailey::report {
namespace {

std::string decimal(double value) {
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%.3f", value);
  return {text, static_cast<std::size_t>(length)};
}

void add(std::string& out, const char* name, const char* help, const std::string& value) {
  out += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " gauge\n" + name + " " +
         value + "\n";
}

}  // namespace

std::string prometheus_text(const LedgerMetrics& metrics) {
  std::string out;
  add(out, "bailey_ledger_entries", "Entries under the newest signed head.",
      std::to_string(metrics.entries));
  add(out, "bailey_ledger_open_intents", "Intents without an ending.",
      std::to_string(metrics.open_intents));
  add(out, "bailey_ledger_journal_bytes", "Size of the journal with what is reserved.",
      std::to_string(metrics.journal_bytes));
  add(out, "bailey_ledger_published_entries", "Entries that the published checkpoint covers.",
      std::to_string(metrics.published_entries));
  add(out, "bailey_kill_switch_engaged", "1 while Bailey is halted.", metrics.halted ? "1" : "0");
  // A value that is not known has no line: an alert on its absence is possible, on a lie not.
  if (metrics.checkpoint_age) {
    add(out, "bailey_ledger_checkpoint_age_seconds", "Since the checkpoint was published.",
        decimal(*metrics.checkpoint_age));
  }
  if (metrics.cosignature_age) {
    add(out, "bailey_ledger_cosignature_age_seconds",
        "Since the newest cosignature of the checkpoint, by the witness's clock.",
        decimal(*metrics.cosignature_age));
  }
  if (metrics.newest_entry) {
    add(out, "bailey_ledger_newest_entry_timestamp_seconds", "When the newest entry was written.",
        decimal(*metrics.newest_entry));
  }
  if (metrics.verified) {
    add(out, "bailey_ledger_verification_failed", "1 when the ledger did not verify.",
        *metrics.verified ? "0" : "1");
  }
  return out;
}

}  // namespace bailey::report
