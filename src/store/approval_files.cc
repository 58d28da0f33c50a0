#include "store/approval_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "codec/text.h"
#include "store/approval_json.h"
#include "store/private_file.h"

namespace bailey::store {
namespace {

using consent::AnswerRecord;
using consent::Ask;
using consent::StoredAsk;

constexpr std::string_view kAskHead = "bailey-ask/1\n";
constexpr std::string_view kAnswerHead = "bailey-answer/1\n";
constexpr std::size_t kMaxAskBytes = 4U << 20;
constexpr std::size_t kMaxAnswerBytes = 4'096;
constexpr std::size_t kIdBytes = 8;

bool is_id(std::string_view id) {
  return id.size() == 2 * kIdBytes && codec::from_hex(id).has_value();
}

RelPath ask_path(const std::string& id) { return RelPath::known(id + ".ask"); }
RelPath answer_path(const std::string& id) { return RelPath::known(id + ".answer"); }

std::unexpected<Error> unreadable(const std::string& id) {
  return fail("approval.unreadable", "the ask " + id + " cannot be read",
              "run the command again to ask anew");
}

std::string sealed(const crypto::SealKey& key, std::string_view head, const std::string& id,
                   const codec::Json& json, Entropy& entropy) {
  const std::string plain = codec::canonical_json(json);
  const std::string purpose = std::string(head) + id;
  const Bytes bytes = crypto::seal(key, purpose, as_bytes(plain), entropy);
  return std::string(head) + std::string(as_text(bytes));
}

Result<codec::Json> unsealed(const crypto::SealKey& key, std::string_view head,
                             const std::string& id, std::string_view text) {
  if (!text.starts_with(head)) return unreadable(id);
  const auto plain =
      crypto::open_sealed(key, std::string(head) + id, as_bytes(text.substr(head.size())));
  if (!plain) return unreadable(id);
  codec::JsonLimits limits;
  limits.max_bytes = kMaxAskBytes;
  auto json = codec::parse_json(as_text(*plain), limits);
  if (!json) return unreadable(id);
  return json;
}

}  // namespace

Result<ApprovalFiles> ApprovalFiles::open(const Home& home, const crypto::SealKey& disclosure,
                                          const Clock& clock, Entropy& entropy) {
  auto folder = BAILEY_TRY(home.dir().open_dir(RelPath::known("approvals")));
  return ApprovalFiles(home, std::move(folder),
                       crypto::derive_key(disclosure, "bailey/approvals/v1"), clock, entropy);
}

std::string ApprovalFiles::id_of(const model::ActionDigest& action, const Digest& policy) const {
  Bytes both(action.bytes.begin(), action.bytes.end());
  both.insert(both.end(), policy.begin(), policy.end());
  const Digest digest = crypto::keyed_digest(key_, both);
  return codec::to_hex(ByteView(digest).first(kIdBytes));
}

Result<Ask> ApprovalFiles::read_ask(const std::string& id) const {
  if (!is_id(id))
    return fail("approval.missing", "an ask is named by 16 hex digits",
                "see 'bailey approve list'");
  const auto text = read_private(folder_, ask_path(id), kMaxAskBytes, home_->owner(),
                                 {"approval.unreadable", "approval.unreadable"});
  if (!text && text.error().code == "disk.missing")
    return fail("approval.missing", "there is no ask " + id, "see 'bailey approve list'");
  if (!text) return unreadable(id);
  const auto json = BAILEY_TRY(unsealed(key_, kAskHead, id, *text));
  auto ask = ask_from_json(json);
  // Bound to its name twice: by the seal's purpose and by the digests inside.
  if (!ask || ask->id != id || id_of(ask->action, ask->policy) != id) return unreadable(id);
  return *std::move(ask);
}

Result<std::optional<AnswerRecord>> ApprovalFiles::read_answer(const Ask& ask) const {
  const auto fd = folder_.open_file(answer_path(ask.id), O_RDONLY | O_NONBLOCK);
  if (!fd && fd.error().code == "disk.missing") return std::optional<AnswerRecord>();
  if (!fd) return unreadable(ask.id);
  struct stat st{};
  if (::fstat(fd->get(), &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 022) != 0 ||
      st.st_size < 0 || static_cast<std::size_t>(st.st_size) > kMaxAnswerBytes)
    return unreadable(ask.id);
  std::string text(kMaxAnswerBytes, '\0');
  const ssize_t count = ::pread(fd->get(), text.data(), text.size(), 0);
  if (count < 0 || count != st.st_size) return unreadable(ask.id);
  text.resize(static_cast<std::size_t>(count));
  const auto json = BAILEY_TRY(unsealed(key_, kAnswerHead, ask.id, text));
  auto answer = answer_from_json(json);
  if (!answer || answer->record.by != "uid:" + std::to_string(st.st_uid)) return unreadable(ask.id);
  // For an earlier time that the same question was asked.
  if (answer->nonce != ask.nonce) return std::optional<AnswerRecord>();
  return std::optional(std::move(answer->record));
}

Status ApprovalFiles::remove(const std::string& id) const {
  BAILEY_TRY(folder_.remove_file(answer_path(id)));
  return folder_.remove_file(ask_path(id));
}

Result<Ask> ApprovalFiles::put(Ask ask) {
  ask.id = id_of(ask.action, ask.policy);
  if (auto before = read_ask(ask.id); before && !consent::is_expired(*before, *clock_)) {
    const auto answer = read_answer(*before);
    // What was answered is a new question now: the answer was used, or came too late.
    if (answer && !*answer) return before;
  }
  BAILEY_TRY(sweep());
  const auto names = BAILEY_TRY(folder_.list());
  if (names.size() >= 2 * kMaxAsks)
    return fail("approval.too_many", "too many asks are waiting for an answer",
                "deny what is not needed: 'bailey approve list'");
  std::array<std::uint8_t, 16> nonce{};
  entropy_->fill(nonce);
  ask.nonce = codec::to_hex(nonce);
  BAILEY_TRY(folder_.remove_file(answer_path(ask.id)));
  const std::string text = sealed(key_, kAskHead, ask.id, to_json(ask), *entropy_);
  if (text.size() > kMaxAskBytes) return fail("approval.too_big", "the ask is too large to store");
  BAILEY_TRY(folder_.replace_file(ask_path(ask.id), as_bytes(text), Sync::kYes));
  return ask;
}

Result<StoredAsk> ApprovalFiles::get(const std::string& id) const {
  StoredAsk stored;
  stored.ask = BAILEY_TRY(read_ask(id));
  stored.answer = BAILEY_TRY(read_answer(stored.ask));
  return stored;
}

Result<std::vector<StoredAsk>> ApprovalFiles::list() const {
  std::vector<StoredAsk> out;
  for (const auto& name : BAILEY_TRY(folder_.list())) {
    if (!name.ends_with(".ask")) continue;
    if (auto stored = get(name.substr(0, name.size() - 4))) out.push_back(*std::move(stored));
  }
  std::stable_sort(out.begin(), out.end(), [](const StoredAsk& a, const StoredAsk& b) {
    return a.ask.created < b.ask.created;
  });
  return out;
}

Status ApprovalFiles::answer(const Ask& ask, const AnswerRecord& record) {
  if (auto before = BAILEY_TRY(read_answer(ask)))
    return fail("approval.answered", "the ask was answered before, by " + before->by);
  const std::string text = sealed(key_, kAnswerHead, ask.id, to_json(record, ask.nonce), *entropy_);
  // The owner must be able to read what another user wrote; the folder keeps others out.
  const auto made = create_private(folder_, answer_path(ask.id).text(), as_bytes(text), 0644);
  if (!made && made.error().code == "disk.exists")
    return fail("approval.answered", "the ask was answered before");
  return made;
}

Status ApprovalFiles::use(const std::string& id) {
  const auto refuse = [] {
    return fail("approval.used", "the yes to this was used or withdrawn meanwhile");
  };
  const auto stored = get(id);
  if (!stored || !stored->answer || stored->answer->answer != consent::Answer::kGrant ||
      consent::is_expired(stored->ask, *clock_))
    return refuse();
  if (::unlinkat(folder_.fd(), answer_path(id).c_str(), 0) != 0) return refuse();
  BAILEY_TRY(folder_.remove_file(ask_path(id)));
  // Durable before anything starts: a crash must not bring the yes back.
  return folder_.sync();
}

Result<std::optional<gate::Approval>> ApprovalFiles::find(const model::ActionDigest& action,
                                                          const Digest& policy) const {
  const std::string id = id_of(action, policy);
  const auto stored = get(id);
  if (!stored && stored.error().code == "approval.missing") return std::optional<gate::Approval>();
  if (!stored) return std::unexpected(stored.error());
  if (stored->ask.action != action || stored->ask.policy != policy) return unreadable(id);
  if (!stored->answer || consent::is_expired(stored->ask, *clock_))
    return std::optional<gate::Approval>();
  // A yes from the owner to an ask for somebody else is no yes, however it got here.
  if (stored->answer->answer == consent::Answer::kGrant &&
      stored->ask.who == consent::WhoAnswers::kOther && stored->answer->by == stored->ask.owner)
    return unreadable(id);
  return std::optional(gate::Approval{id,
                                      stored->answer->answer == consent::Answer::kGrant
                                          ? gate::Answer::kGranted
                                          : gate::Answer::kDenied,
                                      stored->answer->by});
}

Status ApprovalFiles::sweep() {
  for (const auto& name : BAILEY_TRY(folder_.list())) {
    if (name.ends_with(".ask")) {
      const std::string id = name.substr(0, name.size() - 4);
      const auto ask = read_ask(id);
      if (!ask || consent::is_expired(*ask, *clock_)) BAILEY_TRY(remove(id));
    }
  }
  return {};
}

}  // namespace bailey::store
