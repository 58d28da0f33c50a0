#include "ledger/inspect.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>

#include "crypto/hash.h"
#include "ledger/control.h"
#include "ledger/frame_reader.h"
#include "ledger/segment_heads.h"
#include "merkle/leaf_glance.h"
#include "merkle/receipt.h"
#include "merkle/verify_log.h"

namespace bailey::ledger {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{32} << 20;
constexpr std::uint64_t kTellEvery = 4096;

// What the shared page told of the disk, and whether anybody is present.
struct PageWord {
  std::uint64_t synced = 0;
  bool in_use = false;
};

Result<PageWord> read_page(const Dir& dir, const std::vector<merkle::NoteVerifier>& keys) {
  PageWord word;
  const auto file = dir.open_file(RelPath::known("control"), O_RDONLY);
  if (!file) {
    if (file.error().code == "disk.missing") return word;
    return std::unexpected(file.error());
  }
  struct flock range{};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(LogLock::kPresent);
  range.l_len = 1;
  if (::fcntl(file->get(), F_OFD_GETLK, &range) == 0) word.in_use = range.l_type != F_UNLCK;
  std::array<std::uint8_t, sizeof(ControlPage)> page{};
  const ssize_t got = ::pread(file->get(), page.data(), page.size(), 0);
  if (got < 0) return std::unexpected(disk_error("disk.read", "read the control file", errno));
  if (static_cast<std::size_t>(got) < page.size()) return word;
  for (const auto& key : keys) {
    const Digest id = crypto::sha256(as_bytes(key.vkey()));
    if (std::memcmp(page.data() + offsetof(ControlPage, log_id), id.data(), id.size()) == 0) {
      std::memcpy(&word.synced, page.data() + offsetof(ControlPage, synced), sizeof word.synced);
    }
  }
  return word;
}

class Inspector {
 public:
  Inspector(const Dir& dir, const std::vector<merkle::NoteVerifier>& keys, const Progress& progress)
      : dir_(dir), keys_(keys), progress_(progress) {}

  Result<Inspection> run() {
    const auto word = BAILEY_TRY(read_page(dir_, keys_));
    result_.in_use = word.in_use;
    told_ = std::max(word.synced, BAILEY_TRY(published_size()));
    auto journal = dir_.open_dir(RelPath::known("journal"));
    if (!journal) {
      if (journal.error().code != "disk.missing") return std::unexpected(journal.error());
      if (told_ > 0) damage("the journal", "it is missing");
      return std::move(result_);
    }
    BAILEY_TRY(read_journal(*journal));
    if (result_.size < told_ && !result_.damaged()) {
      damage("the journal", "it has " + std::to_string(result_.size) + " entries, but " +
                                std::to_string(told_) + " were published or told to be on disk");
    }
    if (!result_.damaged()) BAILEY_TRY(read_published());
    return std::move(result_);
  }

 private:
  void damage(std::string where, std::string what) {
    result_.findings.push_back({Finding::Kind::kDamage, std::move(where), std::move(what)});
  }
  void mendable(std::string where, std::string what) {
    // What others are about to write looks unfinished.
    if (result_.in_use) return;
    result_.findings.push_back({Finding::Kind::kMendable, std::move(where), std::move(what)});
  }

  bool is_ours(const Head& head) const {
    return std::any_of(keys_.begin(), keys_.end(), [&](const merkle::NoteVerifier& key) {
      return key.key_id() == head.key_id &&
             key.key().verify_raw(
                 as_bytes(merkle::checkpoint_text({key.name(), head.size, head.root})),
                 head.signature);
    });
  }

  Result<std::uint64_t> published_size() {
    const auto text = dir_.read_file(RelPath::known("checkpoint"), kMaxFileBytes);
    if (!text) {
      if (text.error().code == "disk.missing") return std::uint64_t{0};
      return std::unexpected(text.error());
    }
    const auto checkpoint = merkle::verify_checkpoint(*text, keys_);
    return checkpoint ? checkpoint->size : std::uint64_t{0};  // read_published() says more
  }

  // A signed head for more entries, at or behind this place: bytes before it were on disk.
  Result<std::optional<std::uint64_t>> signed_behind(const Dir& journal, std::uint32_t number,
                                                     std::uint32_t offset) {
    std::optional<std::uint64_t> size;
    for (const auto other : BAILEY_TRY(list_segments(journal))) {
      if (other < number) continue;
      const auto segment = BAILEY_TRY(Segment::open(journal, other));
      for (const auto& head : BAILEY_TRY(heads_in(segment, other == number ? offset : 0))) {
        if (head.head.size > result_.size && is_ours(head.head)) size = head.head.size;
      }
    }
    return size;
  }

  // The bytes from here on are no whole frame that may stand here.
  Status judge_stop(const Dir& journal, std::uint32_t number, std::uint32_t at,
                    const std::string& why) {
    const std::string where = "segment " + std::to_string(number) + ", byte " + std::to_string(at);
    const auto behind = BAILEY_TRY(signed_behind(journal, number, at));
    if (behind) {
      damage(where, why + ", and a signed head for " + std::to_string(*behind) +
                        " entries lies behind it: entries that were on disk are damaged");
    } else if (result_.size < told_) {
      damage(where, why + ", before the " + std::to_string(told_) + " entries that were told");
    } else {
      mendable(where, why + "; no entry that anybody was told of lies there");
    }
    return {};
  }

  Status read_journal(const Dir& journal) {
    const auto numbers = BAILEY_TRY(list_segments(journal));
    for (std::uint32_t number = 0; number < numbers.size(); ++number) {
      if (numbers[number] != number) {
        damage("segment " + std::to_string(number), "it is missing");
        return {};
      }
      const auto segment = BAILEY_TRY(Segment::open(journal, number));
      const auto ended = BAILEY_TRY(read_segment(journal, segment));
      if (!ended) return {};
    }
    return check_end(journal);
  }

  // All segments were read; behind the newest head lies what nobody was told of.
  Status check_end(const Dir&) {
    if (result_.heads == 0) {
      if (frontier_.size() > 0 || told_ > 0) damage("the journal", "it holds no signed head");
      return {};
    }
    if (frontier_.size() > result_.size) {
      mendable("the journal's end", std::to_string(frontier_.size() - result_.size) +
                                        " entries have no signed head; nobody was told of them");
    }
    return {};
  }

  // False when the journal ends here, or is damaged here.
  Result<bool> read_segment(const Dir& journal, const Segment& segment) {
    FrameReader reader(segment);
    const std::uint32_t number = segment.number();
    for (std::uint32_t at = 0;;) {
      const auto parsed = BAILEY_TRY(reader.at(at, FrameCheck::kContent));
      if (parsed.kind == ParsedFrame::Kind::kEnd) {
        if (at == 0) {  // prepared, not begun; but an erased beginning looks the same
          if (const auto behind = BAILEY_TRY(signed_behind(journal, number, 0))) {
            BAILEY_TRY(judge_stop(journal, number, 0, "the segment has no beginning"));
          }
          return false;
        }
        BAILEY_TRY(check_rest(journal, segment, at));
        return !result_.damaged();
      }
      std::string why;
      if (parsed.kind != ParsedFrame::Kind::kFrame) {
        why = "the frame is torn or damaged";
      } else {
        why = BAILEY_TRY(take(parsed.frame, number, at));
      }
      if (!why.empty()) {
        BAILEY_TRY(judge_stop(journal, number, at, why));
        return false;
      }
      if (at == 0) ++result_.segments;
      at += static_cast<std::uint32_t>(parsed.frame.bytes());
    }
  }

  // Zeros are the end; something behind them was torn, or a frame was erased.
  Status check_rest(const Dir& journal, const Segment& segment, std::uint32_t at) {
    Bytes rest(std::size_t{1} << 16);
    for (std::uint64_t offset = at;;) {
      const auto got = BAILEY_TRY(segment.read(static_cast<std::uint32_t>(offset), rest));
      if (got == 0) return {};
      const bool zero = std::all_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(got),
                                    [](std::uint8_t byte) { return byte == 0; });
      if (!zero) return judge_stop(journal, segment.number(), at, "bytes lie behind the end");
      offset += got;
    }
  }

  // What is wrong with the frame, or nothing.
  Result<std::string> take(const Frame& frame, std::uint32_t number, std::uint32_t at) {
    if (frame.index != frontier_.size()) return "the frame is out of order";
    if ((at == 0) != (frame.type == FrameType::kSegment)) {
      return "a segment begins in the wrong place";
    }
    if (frame.type == FrameType::kLeaf) return take_leaf(frame);
    TreeState state;
    std::optional<Head> head;
    if (frame.type == FrameType::kSegment) {
      auto start = parse_segment(frame);
      if (!start || start->number != number) return "it is not the beginning of this segment";
      state = std::move(start->state);
    } else {
      auto found = parse_head(frame);
      if (!found) return "the head is damaged";
      state = std::move(found->state);
      head = found->head;
    }
    if (state.frontier.subtrees() != frontier_.subtrees()) {
      return "its subtrees are not those of the leaves before it";
    }
    if (state.open != open_) return "its open intents are not those of the leaves";
    if (!head) return std::string();
    if (!is_ours(*head)) return "the head is not signed by a key of the log";
    result_.size = head->size;
    result_.root = head->root;
    ++result_.heads;
    return std::string();
  }

  Result<std::string> take_leaf(const Frame& frame) {
    const auto leaf = merkle::look_at_leaf(frame.content);
    if (!leaf) return "entry " + std::to_string(frame.index) + ": " + leaf.error().message;
    if (leaf->index != frame.index) return "the entry says another index";
    const bool opens = leaf->type == merkle::LeafType::kIntent;
    const bool closes = merkle::closes_intent(leaf->type) && leaf->intent.has_value();
    const Mark mark = opens ? Mark::kOpens : closes ? Mark::kCloses : Mark::kNone;
    if (frame.mark != mark || (closes && leaf->intent->index != frame.closes)) {
      return "its frame says something else about intents than the entry";
    }
    if (opens) open_.push_back(frame.index);
    if (closes && std::erase(open_, frame.closes) == 0) {
      return "it closes an intent that is not open";
    }
    frontier_.append(frame.hash);
    if (progress_ && frontier_.size() % kTellEvery == 0) progress_(frontier_.size(), told_);
    return std::string();
  }

  // Derived, so whatever is wrong is mended by writing it anew from the journal.
  Status read_published() {
    const merkle::LogFiles files = [&](const std::string& path) -> Result<std::string> {
      const auto name = BAILEY_TRY(RelPath::create(path));
      auto text = dir_.read_file(name, kMaxFileBytes);
      if (!text && text.error().code == "disk.missing") {
        return fail("log.missing", path + " is missing");
      }
      return text;
    };
    const auto published = merkle::verify_log(files, keys_);
    if (!published) {
      if (published.error().code.starts_with("disk.")) return std::unexpected(published.error());
      const bool none = published.error().code == "log.missing" && told_ == 0;
      if (!none) mendable("the published files", published.error().message);
      return {};
    }
    const auto& checkpoint = published->checkpoint;
    if (checkpoint.size == result_.size && checkpoint.root != result_.root) {
      damage("the published checkpoint",
             "its root is not the journal's, though both are signed: two histories of one log");
    }
    if (checkpoint.size < result_.size) {
      mendable("the published checkpoint", "it is of " + std::to_string(checkpoint.size) +
                                               " entries, the journal has " +
                                               std::to_string(result_.size));
    }
    return {};
  }

  const Dir& dir_;
  const std::vector<merkle::NoteVerifier>& keys_;
  const Progress& progress_;
  Inspection result_;
  std::uint64_t told_ = 0;
  merkle::Frontier frontier_;
  std::vector<std::uint64_t> open_;
};

}  // namespace

bool Inspection::damaged() const noexcept {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.kind == Finding::Kind::kDamage; });
}

Result<Inspection> inspect(const Dir& ledger, const std::vector<merkle::NoteVerifier>& keys,
                           const Progress& progress) {
  return Inspector(ledger, keys, progress).run();
}

}  // namespace bailey::ledger
