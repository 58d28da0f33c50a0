#include "witness/submit.h"

#include <algorithm>

#include "codec/text.h"
#include "merkle/add_checkpoint.h"
#include "merkle/receipt.h"
#include "net/http_client.h"
#include "witness/state.h"

namespace bailey::witness {
namespace {

constexpr int kQuestions = 3;

Submission nothing(std::string_view code, std::string message) {
  Submission out;
  out.code = code;
  out.message = std::move(message);
  return out;
}

// The first line of what a witness says, for people.
std::string said(const net::HttpResponse& response) {
  const std::string_view line = std::string_view(response.body).substr(0, response.body.find('\n'));
  return line.empty() ? "" : ": " + codec::for_terminal(line, 200);
}

Submission cosigned(const Question& question, std::uint64_t size,
                    const net::HttpResponse& response) {
  const auto note = merkle::parse_note(std::string(question.note) + response.body);
  if (!note) return nothing("witness.answer", "the answer is no signature line");
  // The text must be ours still: an answer cannot lengthen it.
  if (!question.note.starts_with(note->text + "\n")) {
    return nothing("witness.answer", "the answer is no signature line");
  }
  const auto time = merkle::cosigned_at(*note, question.witness.key);
  if (!time) return nothing(time.error().code, time.error().message);
  if (!*time) return nothing("witness.answer", "the answer holds no cosignature of this witness");
  Submission out;
  out.came = Came::kCosigned;
  out.size = size;
  out.time = **time;
  for (const auto& line : note->signatures) {
    if (line.name != question.witness.key.name() || line.key_id != question.witness.key.key_id()) {
      continue;
    }
    out.line = merkle::signature_line(line.name, line.key_id, line.signature);
  }
  return out;
}

// What the witness shows as the last checkpoint of ours that it cosigned; believed for our own
// signature on it, by a key in force: whoever has an old one must not be able to stop the log.
Submission look_for_evidence(const Question& question, LogSide& log, const net::HttpUrl& url,
                             const net::HttpLimits& limits, Submission otherwise) {
  const std::string& origin = question.signing.front().name();
  const auto shown =
      net::http_call(url, {"GET", "/" + origin_hash(origin) + "/checkpoint", ""}, limits);
  if (!shown || shown->status != 200) return otherwise;
  const auto theirs = merkle::verify_checkpoint(shown->body, question.signing);
  if (!theirs || theirs->origin != origin) return otherwise;
  const auto size = log.size();
  if (!size) return nothing(size.error().code, size.error().message);
  Submission out;
  out.size = theirs->size;
  out.other = *theirs;
  out.evidence = shown->body;
  if (theirs->size > *size) {
    out.came = Came::kRolledBack;
    out.code = "ledger.rolled_back";
    out.message = "the witness holds a checkpoint of " + std::to_string(theirs->size) +
                  " entries with our signature; this log has " + std::to_string(*size);
    return out;
  }
  const auto root = log.root_at(theirs->size);
  if (!root) return nothing(root.error().code, root.error().message);
  if (*root != theirs->root) {
    out.came = Came::kForked;
    out.code = "ledger.forked";
    out.message = "the witness holds another log of " + std::to_string(theirs->size) +
                  " entries with our signature";
    return out;
  }
  return otherwise;
}

}  // namespace

Submission submit(const Question& question, LogSide& log, const net::HttpLimits& limits) {
  const auto url = net::parse_http_url(question.witness.url);
  if (!url) return nothing(url.error().code, url.error().message);
  const auto checkpoint = merkle::verify_checkpoint(question.note, question.log);
  if (!checkpoint) return nothing(checkpoint.error().code, checkpoint.error().message);
  std::uint64_t old_size = std::min(question.old_size, checkpoint->size);
  for (int i = 0; i < kQuestions; ++i) {
    auto proof = log.consistency(old_size, checkpoint->size);
    if (!proof) return nothing(proof.error().code, proof.error().message);
    const auto response = net::http_call(
        *url,
        {"POST", "/add-checkpoint",
         merkle::write_add_checkpoint({old_size, *std::move(proof), std::string(question.note)})},
        limits);
    if (!response) return nothing(response.error().code, response.error().message);
    switch (response->status) {
      case 200:
        return cosigned(question, checkpoint->size, *response);
      case 400:
        return nothing("witness.malformed", "the witness could not read it" + said(*response));
      case 403:
        return nothing("witness.not_signed",
                       "the witness does not know our key for this log" + said(*response));
      case 404:
        return nothing("witness.unknown_log", "the witness does not watch this log");
      case 422:
        return look_for_evidence(
            question, log, *url, limits,
            nothing("witness.inconsistent",
                    "the witness says that the log does not extend what it saw, and does not "
                    "show it" +
                        said(*response)));
      case 409:
        break;
      default:
        return nothing("witness.status", "the witness answered " +
                                             std::to_string(response->status) + said(*response));
    }
    const auto known = merkle::parse_tlog_size(response->body);
    if (!known || *known == old_size) {
      // Older witnesses answer so when a tree of the same size has another root.
      return look_for_evidence(question, log, *url, limits,
                               nothing("witness.answer", "a 409 without another size"));
    }
    if (*known > checkpoint->size) {
      const auto now = log.size();
      if (!now) return nothing(now.error().code, now.error().message);
      auto unproven =
          nothing("witness.claims_more", "the witness says that it saw " + std::to_string(*known) +
                                             " entries, and does not show it");
      unproven.size = *known;
      if (*known <= *now) {
        unproven = nothing("witness.overtaken", "a newer checkpoint of this log was there first");
        unproven.came = Came::kOvertaken;
        unproven.size = *known;
      }
      return look_for_evidence(question, log, *url, limits, std::move(unproven));
    }
    old_size = *known;
  }
  return nothing("witness.conflict", "the witness named another size each time");
}

}  // namespace bailey::witness
