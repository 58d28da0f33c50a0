#include "ledger_short_run.h"

#include "base/fakes.h"
#include "ledger/ledger.h"
// The permits and outcomes of the tests' own stages: in the product only consent and effect
// make them, and here it is the ledger that is timed.
#include "ledger/street_for_test.h"
#include "ledger_ground.h"

namespace bailey::ledger {
namespace {

// The outcome of a run whose layers were all proven: 3.3 KB as a leaf.
model::Evidence whole_evidence() {
  model::Evidence evidence;
  for (const char* name : {"namespace.mount",
                           "root",
                           "proc",
                           "namespace.user",
                           "namespace.pid",
                           "namespace.net",
                           "namespace.ipc",
                           "namespace.uts",
                           "namespace.cgroup",
                           "nested_namespaces",
                           "keyring",
                           "descriptors",
                           "rlimits",
                           "capabilities",
                           "hidden",
                           "no_new_privs",
                           "landlock",
                           "seccomp",
                           "needs",
                           "namespace.time"}) {
    evidence.layers.push_back(
        {name, model::LayerState::kProven, "an act of some kind: ok before, EINVAL after"});
  }
  for (const auto kind :
       {model::LimitKind::kWall, model::LimitKind::kMemory, model::LimitKind::kProcesses,
        model::LimitKind::kOpenFiles, model::LimitKind::kOutput}) {
    model::LimitReport limit;
    limit.kind = kind;
    limit.requested = limit.effective = limit.used = 4'294'967'296;
    limit.mechanism = "counted by the warden";
    evidence.limits.push_back(limit);
  }
  for (const char* name : {"stdin", "stdout", "stderr"})
    evidence.streams.push_back({name, 12, Digest{1, 2, 3}});
  return evidence;
}

}  // namespace

ShortRuns measure_short_runs(const std::string& folder, int runs) {
  constexpr std::size_t kOutcomeBytes = 3400;
  std::filesystem::create_directories(folder);
  RawFile raw(folder + ".raw", RawFile::Kind::kOverwrites);
  const Bytes bytes(kOutcomeBytes, 'o');
  const MachineClock clock(kThisBoot);
  FakeEntropy entropy;
  ShortRuns times;
  for (int i = 0; i < runs; ++i) {
    FakeEntropy fixed;
    auto log_key = crypto::SigningKey::generate(fixed);
    auto receipts = crypto::SigningKey::generate(fixed);
    std::array<std::uint8_t, 32> secret{1};
    LedgerKeys keys{"bench.example/log", std::move(log_key), std::move(receipts),
                    crypto::SealKey(std::span<const std::uint8_t, 32>(secret))};
    auto dir = app::World::open(folder);
    const auto evidence = whole_evidence();
    const double begin = seconds_now();
    OpenReport report;
    auto ledger = Ledger::open(std::move(dir), std::move(keys), clock, entropy, report);
    check(ledger.has_value(), "the ledger does not open");
    check((*ledger)->recover().has_value(), "no recovery");
    const double opened = seconds_now();
    auto recorded = (*ledger)->record(a_permit((*ledger)->watch()));
    check(recorded.has_value(), "no intent");
    const double started = seconds_now();
    (*ledger)->prepare_close();
    const double prepared = seconds_now();
    auto outcome = effect::Effects::run(*std::move(recorded), evidence);
    const double ended = seconds_now();
    check((*ledger)->close(std::move(outcome)).has_value(), "no receipt");
    const double told = seconds_now();
    check((*ledger)->close_log().has_value(), "not closed");
    const double left = seconds_now();
    ledger->reset();
    const double before_raw = seconds_now();
    raw.commit(bytes);
    times.raw.push_back((seconds_now() - before_raw) * 1e6);
    times.open.push_back((opened - begin) * 1e6);
    times.intent.push_back((started - opened) * 1e6);
    times.prepare.push_back((prepared - started) * 1e6);
    times.outcome.push_back((told - ended) * 1e6);
    times.leave.push_back((left - told) * 1e6);
    times.end.push_back((left - ended) * 1e6);
  }
  return times;
}

}  // namespace bailey::ledger
