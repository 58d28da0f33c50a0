#include "witness/state.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>

#include "codec/text.h"
#include "crypto/hash.h"
#include "merkle/add_checkpoint.h"
#include "merkle/receipt.h"

namespace bailey::witness {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::size_t kMaxKeptBytes = std::size_t{1} << 20;

RelPath logs_path(std::string_view file) { return RelPath::known("logs") / file; }

std::string log_line(std::string_view text) { return std::string(text) + "\n"; }

}  // namespace

std::string origin_hash(std::string_view origin) {
  return codec::to_hex(crypto::sha256(as_bytes(origin)));
}

State::State(Dir folder, Fd lock, Logs logs, merkle::CosignatureVerifier verifier,
             const crypto::SigningKey& key, const Clock& clock)
    : folder_(std::move(folder)),
      lock_(std::move(lock)),
      logs_(std::move(logs)),
      verifier_(std::move(verifier)),
      key_(key),
      clock_(clock) {}

Result<std::unique_ptr<State>> State::open(Dir dir, Logs logs, const std::string& name,
                                           const crypto::SigningKey& key, const Clock& clock) {
  if (logs.empty()) {
    return fail("witness.no_log", "a witness watches at least one log",
                "name its public key: --log VKEY");
  }
  auto verifier = BAILEY_TRY(merkle::CosignatureVerifier::create(name, key.public_key()));
  auto lock = BAILEY_TRY(dir.open_file(RelPath::known("lock"), O_RDWR | O_CREAT));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail("witness.busy", "another process serves from this folder",
                "one witness has one folder and one process");
  }
  const auto folder = BAILEY_TRY(dir.make_dir(RelPath::known("logs")));
  BAILEY_TRY(dir.sync());
  std::unique_ptr<State> state(
      new State(std::move(dir), std::move(lock), std::move(logs), std::move(verifier), key, clock));
  for (const auto& file : BAILEY_TRY(folder.list())) {
    // What a replacement that was cut off left behind is no note, and has no such name.
    if (file.size() == 64 && codec::digest_from_hex(file)) BAILEY_TRY(state->load(file));
  }
  return state;
}

// A note that was kept must be one that we cosigned: of its log and with our line.
Status State::load(const std::string& file) {
  const auto damaged = [&](const std::string& why) {
    return fail("witness.state", "what was cosigned last is damaged (logs/" + file + "): " + why,
                "restore the newest copy of it; serving without it would forget what was seen");
  };
  auto text = BAILEY_TRY(folder_.read_file(logs_path(file), kMaxKeptBytes));
  const auto note = merkle::parse_note(text);
  if (!note) return damaged(note.error().message);
  const auto checkpoint = merkle::parse_checkpoint_text(note->text);
  if (!checkpoint) return damaged(checkpoint.error().message);
  if (origin_hash(checkpoint->origin) != file) return damaged("it is of another log");
  const auto time = merkle::cosigned_at(*note, verifier_);
  if (!time || !*time) return damaged("it does not bear this witness's cosignature");
  kept_[file] = {{checkpoint->size, checkpoint->root}, std::move(text)};
  return {};
}

Reply State::add_checkpoint(std::string_view body) {
  const std::lock_guard lock(mutex_);
  if (failed_) {
    return {500, std::string(kText), "the witness cannot keep what it sees\n", "", "stopped"};
  }
  const auto origin = origin_of(body, logs_);
  const std::string file = origin ? origin_hash(*origin) : std::string();
  const auto kept = kept_.find(file);
  const auto latest =
      kept == kept_.end() ? std::nullopt : std::optional<Latest>(kept->second.latest);
  const Judgement judged = judge(body, logs_, latest);
  Reply reply{static_cast<unsigned>(judged.answer), std::string(kText), log_line(judged.why),
              origin.value_or(""), judged.why};
  if (judged.answer == Answer::kOtherSize) {
    reply.content_type = "text/x.tlog.size";
    reply.body = merkle::write_tlog_size(judged.known_size);
  }
  if (judged.answer != Answer::kCosign) return reply;

  const auto note = merkle::parse_note(judged.note);
  const auto seconds = std::max<std::int64_t>(clock_.wall().unix_ns / 1'000'000'000, 0);
  const std::string line =
      merkle::cosign(note->text, verifier_.name(), static_cast<std::uint64_t>(seconds), key_);
  // Only the log's own lines are kept beside ours: a stranger's are not ours to spread.
  std::string text = note->text + "\n";
  for (const auto& signature : note->signatures) {
    for (const auto& log : logs_) {
      if (log.name() != signature.name || log.key_id() != signature.key_id) continue;
      text += merkle::signature_line(signature.name, signature.key_id, signature.signature);
      break;
    }
  }
  text += line;
  if (const auto written = folder_.replace_file(logs_path(file), as_bytes(text), Sync::kYes);
      !written) {
    failed_ = true;
    return {500, std::string(kText), "the witness cannot keep what it sees\n", *origin,
            written.error().message};
  }
  kept_[file] = {{judged.checkpoint.size, judged.checkpoint.root}, std::move(text)};
  reply.body = line;
  reply.why = "cosigned " + std::to_string(judged.checkpoint.size) + " entries";
  return reply;
}

std::optional<std::string> State::checkpoint(const std::string& hash) const {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(hash);
  if (found == kept_.end()) return std::nullopt;
  return found->second.note;
}

}  // namespace bailey::witness
