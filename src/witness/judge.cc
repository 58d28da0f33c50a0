#include "witness/judge.h"

#include <algorithm>

#include "merkle/add_checkpoint.h"
#include "merkle/receipt.h"

namespace bailey::witness {
namespace {

struct Read {
  merkle::AddCheckpoint request;
  merkle::Checkpoint checkpoint;
};

Result<Read> read(std::string_view body) {
  Read out;
  out.request = BAILEY_TRY(merkle::parse_add_checkpoint(body));
  const auto note = BAILEY_TRY(merkle::parse_note(out.request.checkpoint));
  out.checkpoint = BAILEY_TRY(merkle::parse_checkpoint_text(note.text));
  return out;
}

bool is_watched(const std::string& origin, const Logs& logs) {
  return std::ranges::any_of(logs, [&](const auto& log) { return log.name() == origin; });
}

}  // namespace

std::optional<std::string> origin_of(std::string_view body, const Logs& logs) {
  auto parsed = read(body);
  if (!parsed || !is_watched(parsed->checkpoint.origin, logs)) return std::nullopt;
  return std::move(parsed->checkpoint.origin);
}

Judgement judge(std::string_view body, const Logs& logs, const std::optional<Latest>& latest) {
  Judgement out;
  const auto refuse = [&](Answer answer, std::string why) {
    out.answer = answer;
    out.why = std::move(why);
    return out;
  };
  auto parsed = read(body);
  if (!parsed) return refuse(Answer::kMalformed, parsed.error().message);
  const auto& [request, checkpoint] = *parsed;
  if (!is_watched(checkpoint.origin, logs)) {
    return refuse(Answer::kUnknownLog, "this log is not watched here");
  }
  if (const auto good = merkle::verify_checkpoint(request.checkpoint, logs); !good) {
    return refuse(Answer::kNotSigned, good.error().message);
  }
  out.checkpoint = checkpoint;
  if (request.old_size > checkpoint.size) {
    return refuse(Answer::kMalformed, "the old size is beyond the checkpoint's");
  }
  const std::uint64_t known = latest ? latest->size : 0;
  if (request.old_size != known) {
    out.known_size = known;
    return refuse(Answer::kOtherSize, "the last checkpoint cosigned here has another size");
  }
  const merkle::Hash root = latest ? latest->root : merkle::empty_root();
  // Between equal sizes, 0 among them, this compares the roots; from 0 nothing is proven.
  if (const auto proven =
          merkle::verify_consistency(known, checkpoint.size, request.proof, root, checkpoint.root);
      !proven) {
    return refuse(Answer::kInconsistent, proven.error().message);
  }
  out.note = std::move(parsed->request.checkpoint);
  return refuse(Answer::kCosign, "cosigned");
}

}  // namespace bailey::witness
