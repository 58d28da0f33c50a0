// bailey log metrics: the ledger's state for Prometheus.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "cli/commands.h"
#include "cli/household.h"
#include "merkle/note.h"
#include "report/metrics.h"

namespace bailey::cli {
namespace {

constexpr std::size_t kMaxNoteBytes = std::size_t{1} << 20;
constexpr double kNs = 1e9;
// A timestamped cosignature: eight bytes of time before the 64 of the signature.
constexpr std::size_t kCosignatureBytes = 72;

double age_of(std::int64_t unix_ns, const Clock& clock) {
  return static_cast<double>(clock.wall().unix_ns - unix_ns) / kNs;
}

// The newest word that is claimed to be a witness's. It is not verified here.
std::optional<std::uint64_t> newest_cosignature(const merkle::Note& note) {
  std::optional<std::uint64_t> newest;
  for (const auto& each : note.signatures) {
    if (each.signature.size() != kCosignatureBytes) continue;
    std::uint64_t time = 0;
    for (int i = 0; i < 8; ++i) time = time << 8U | each.signature[static_cast<std::size_t>(i)];
    if (time <= INT64_MAX / 1'000'000'000) newest = std::max(newest.value_or(0), time);
  }
  return newest;
}

Status look_at_checkpoint(const Dir& ledger, const Clock& clock, report::LedgerMetrics& metrics) {
  const auto name = RelPath::known("checkpoint");
  const auto file = ledger.open_file(name, O_RDONLY | O_NONBLOCK);
  if (!file && file.error().code == "disk.missing") return {};
  if (!file) return std::unexpected(file.error());
  struct stat found{};
  if (::fstat(file->get(), &found) != 0) {
    return std::unexpected(disk_error("disk.stat", "look at the checkpoint", errno));
  }
  const auto note = merkle::parse_note(BAILEY_TRY(ledger.read_file(name, kMaxNoteBytes)));
  if (!note) return std::unexpected(note.error());
  metrics.published_entries = BAILEY_TRY(merkle::parse_checkpoint_text(note->text)).size;
  metrics.checkpoint_age =
      age_of(found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec, clock);
  if (const auto time = newest_cosignature(*note)) {
    metrics.cosignature_age = age_of(static_cast<std::int64_t>(*time) * 1'000'000'000, clock);
  }
  return {};
}

Result<std::uint64_t> journal_bytes(const Dir& journal) {
  std::uint64_t bytes = 0;
  for (const auto& name : BAILEY_TRY(journal.list())) {
    struct stat found{};
    if (::fstatat(journal.fd(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
    bytes += static_cast<std::uint64_t>(found.st_size);
  }
  return bytes;
}

Result<report::LedgerMetrics> look(Invocation& in) {
  report::LedgerMetrics metrics;
  const auto household = BAILEY_TRY(Household::open(in.outside, Make::kNo));
  auto* ledger = BAILEY_TRY(household->ledger());
  const Clock& clock = in.outside.clock();
  metrics.entries = BAILEY_TRY(ledger->size());
  metrics.open_intents = BAILEY_TRY(ledger->log().open_intents()).size();
  metrics.journal_bytes = BAILEY_TRY(journal_bytes(ledger->log().journal()));
  BAILEY_TRY(look_at_checkpoint(ledger->log().dir(), clock, metrics));
  metrics.halted = household->kill_switch().notice(clock).halted;
  if (metrics.entries > 0) {
    const Bytes newest = BAILEY_TRY(ledger->leaf(metrics.entries - 1));
    const auto leaf = BAILEY_TRY(merkle::parse_leaf(newest));
    metrics.newest_entry = static_cast<double>(leaf.time.unix_ns) / kNs;
  }
  if (in.arguments.flag("--verify")) metrics.verified = ledger->verify().has_value();
  return metrics;
}

}  // namespace

int log_metrics(Invocation& in) {
  const auto metrics = look(in);
  const auto written = metrics
                           ? in.outside.write_user_file(in.arguments.value("--out").value_or("-"),
                                                        report::prometheus_text(*metrics))
                           : Status(std::unexpected(metrics.error()));
  if (written) return kDone;
  tell(in.outside, written.error());
  return kError;
}

}  // namespace bailey::cli
