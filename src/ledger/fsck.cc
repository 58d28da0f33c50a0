// The full check of a log: the journal against itself, the leaves against their frames,
// the published files against both.
#include <map>

#include "ledger/ledger.h"
#include "merkle/leaf_glance.h"
#include "merkle/verify_log.h"

namespace bailey::ledger {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{32} << 20;  // a full bundle has at most 16 MiB
constexpr int kTries = 3;
constexpr std::uint64_t kTellEvery = 1024;

std::unexpected<Error> damaged(const std::string& where, const std::string& what) {
  return fail("log.corrupt", where + ": " + what,
              "stop all bailey processes and restore ledger/journal from a copy");
}

}  // namespace

Result<Log::JournalCheck> Log::check_journal(const Visit& visit) {
  const std::lock_guard lock(cursor_mutex_);
  BAILEY_TRY(catch_up());
  JournalCheck result;
  result.head = durable_head_;
  merkle::Frontier frontier;
  std::vector<std::uint64_t> open;
  bool found = false;
  for (std::uint32_t number = 0; !found; ++number) {
    const std::string where = "segment " + std::to_string(number);
    if (number > current_->number()) return damaged(where, "the newest head is not in the journal");
    const auto here = BAILEY_TRY(segment(number));
    FrameReader reader(*here);
    std::optional<Head> last;
    ++result.segments;
    for (std::uint32_t at = 0; !found;) {
      const std::string place = where + ", byte " + std::to_string(at);
      const auto parsed = BAILEY_TRY(reader.at(at, FrameCheck::kContent));
      if (parsed.kind == ParsedFrame::Kind::kEnd && at != 0) break;
      if (parsed.kind != ParsedFrame::Kind::kFrame) return damaged(place, "the frame is damaged");
      const Frame& frame = parsed.frame;
      if (frame.index != frontier.size()) return damaged(place, "the frame is out of order");
      if ((at == 0) != (frame.type == FrameType::kSegment)) {
        return damaged(place, "a segment begins in the wrong place");
      }
      if (frame.type == FrameType::kLeaf) {
        if (frame.mark == Mark::kOpens) open.push_back(frame.index);
        if (frame.mark == Mark::kCloses && std::erase(open, frame.closes) == 0) {
          return damaged(place, "it closes an intent that is not open");
        }
        BAILEY_TRY(visit(frame));
        frontier.append(frame.hash);
      } else {
        TreeState state;
        if (frame.type == FrameType::kSegment) {
          auto start = BAILEY_TRY(parse_segment(frame));
          if (start.number != number || start.log_id != log_id_) {
            return damaged(place, "the segment is of another log or place");
          }
          state = std::move(start.state);
        } else {
          auto head = BAILEY_TRY(parse_head(frame));
          state = std::move(head.state);
          last = head.head;
          ++result.heads;
          found = head.head.size == result.head.size && head.head.root == result.head.root;
        }
        if (state.frontier.subtrees() != frontier.subtrees()) {
          return damaged(place, "its subtrees are not those of the leaves before it");
        }
        if (state.open != open)
          return damaged(place, "its open intents are not those of the leaves");
      }
      at += static_cast<std::uint32_t>(frame.bytes());
    }
    if (!last) {
      if (number == current_->number()) continue;  // begun, its first commit not on disk yet
      return damaged(where, "it holds no head");
    }
    if (!is_ours(*last)) return damaged(where, "its last head is not signed by the log's key");
  }
  return result;
}

Status Log::republish() {
  control_.page().published.store(0);
  return publish();
}

Result<VerifyReport> Ledger::verify(const Progress& progress) {
  VerifyReport report;
  // Every entry is read twice: in the journal, and in what is published.
  const std::uint64_t size = BAILEY_TRY(this->size());
  const Log::Visit check_leaf = [&](const Frame& frame) -> Status {
    const std::string where = "leaf " + std::to_string(frame.index);
    const auto leaf = BAILEY_TRY(merkle::look_at_leaf(frame.content));
    if (leaf.index != frame.index) return damaged(where, "it says another index");
    const auto& intent = leaf.intent;
    const bool opens = leaf.type == merkle::LeafType::kIntent;
    const bool closes = merkle::closes_intent(leaf.type) && intent.has_value();
    const Mark mark = opens ? Mark::kOpens : closes ? Mark::kCloses : Mark::kNone;
    if (frame.mark != mark || (closes && intent->index != frame.closes)) {
      return damaged(where, "its frame says something else about intents than the leaf");
    }
    report.intents += opens;
    report.closed += closes;
    if (progress && frame.index % kTellEvery == 0) progress(frame.index, 2 * size);
    return {};
  };
  const auto journal = BAILEY_TRY(log_->check_journal(check_leaf));
  report.size = journal.head.size;
  report.root = journal.head.root;
  report.heads = journal.heads;
  report.segments = journal.segments;
  BAILEY_TRY(publish());
  const merkle::LogFiles files = [&](const std::string& path) -> Result<std::string> {
    const auto name = RelPath::create(path);
    auto text = name ? log_->dir().read_file(*name, kMaxFileBytes)
                     : Result<std::string>(std::unexpected(name.error()));
    if (!text) {
      return std::unexpected(
          Error{text.error().code == "disk.missing" ? "log.missing" : text.error().code,
                text.error().message, text.error().hint});
    }
    return text;
  };
  merkle::LogCheck check;
  check.progress = [&](std::uint64_t done, std::uint64_t) {
    if (progress) progress(size + done, 2 * size);
  };
  // Others may publish meanwhile and sweep a partial tile away: then once more.
  for (int tries = 1;; ++tries) {
    const auto published = merkle::verify_log(files, verifiers(), check);
    if (published) {
      const bool same =
          published->checkpoint.size != report.size || published->checkpoint.root == report.root;
      if (!same || published->checkpoint.size < report.size) {
        return damaged("checkpoint", "it is not of the journal's tree");
      }
      report.open = published->open_intents;
      return report;
    }
    if (tries == kTries) return std::unexpected(published.error());
    report.rewritten = published.error().message;
    BAILEY_TRY(log_->republish());
  }
}

}  // namespace bailey::ledger
