#include "ledger/selection.h"

#include <algorithm>
#include <map>
#include <vector>

#include "merkle/attestation.h"

namespace bailey::ledger {
namespace {

constexpr std::uint64_t kPart = 256;

struct Read {
  merkle::LeafEnvelope leaf;
  merkle::Hash hash;
};

// The intents that later entries may name: in the range as they come, older ones by
// looking them up once.
class Intents {
 public:
  explicit Intents(Ledger& ledger) : ledger_(ledger) {}

  void opened(const merkle::LeafEnvelope& leaf) { known_.insert_or_assign(leaf.index, leaf); }
  void closed(std::uint64_t index) { known_.erase(index); }
  Result<const merkle::LeafEnvelope*> find(const merkle::IntentRef& named) {
    const auto known = known_.find(named.index);
    if (known != known_.end()) return &known->second;
    const Bytes bytes = BAILEY_TRY(ledger_.leaf(named.index));
    auto leaf = BAILEY_TRY(merkle::parse_leaf(bytes));
    if (leaf.type != merkle::LeafType::kIntent || merkle::leaf_hash(bytes) != named.leaf_hash) {
      return fail("log.intent", "entry " + std::to_string(named.index) +
                                    " is not the intent "
                                    "that a later one names");
    }
    return &known_.emplace(named.index, std::move(leaf)).first->second;
  }

 private:
  Ledger& ledger_;
  std::map<std::uint64_t, merkle::LeafEnvelope> known_;
};

}  // namespace

Status visit_selected(Ledger& ledger, const Selection& selection, const VisitSelected& visit) {
  Intents intents(ledger);
  const auto consider = [&](const Read& read) -> Status {
    const auto& leaf = read.leaf;
    SelectedEntry entry{leaf, read.hash, nullptr, {}};
    const auto named = BAILEY_TRY(merkle::intent_of(leaf));
    if (named) entry.intent = BAILEY_TRY(intents.find(*named));
    entry.session = merkle::session_of(leaf, entry.intent);
    if (leaf.type == merkle::LeafType::kIntent) intents.opened(leaf);
    const bool wanted = selection.session.empty() || entry.session == selection.session;
    const Status visited = wanted ? visit(entry) : Status();
    if (named && merkle::closes_intent(leaf.type)) intents.closed(named->index);
    return visited;
  };
  // By parts: while the ledger reads it is locked, and who visits may ask it for proofs.
  for (std::uint64_t next = selection.first; next <= selection.last; next += kPart) {
    std::vector<Read> part;
    const std::uint64_t end = std::min(next + kPart, selection.last + 1);
    BAILEY_TRY(ledger.read(
        next, end,
        [&](std::uint64_t, const merkle::LeafEnvelope& leaf, const merkle::Hash& hash) -> Status {
          part.push_back({leaf, hash});
          return {};
        }));
    for (const auto& read : part) BAILEY_TRY(consider(read));
  }
  return {};
}

}  // namespace bailey::ledger
