// Ask: a question to a person, as data that outlives the process that asked.
//
// Bound to one action under one policy. Its id is derived from both (keyed, so it tells
// nothing), so asking the same again finds the same ask. The words in it may hold secrets
// of the command line: a store keeps them sealed. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "model/action.h"

namespace bailey::consent {

enum class WhoAnswers { kSelf, kOther };
[[nodiscard]] constexpr std::string_view name(WhoAnswers who) noexcept {
  return who == WhoAnswers::kSelf ? "self" : "other";
}

enum class Answer { kGrant, kDeny };
[[nodiscard]] constexpr std::string_view name(Answer answer) noexcept {
  return answer == Answer::kGrant ? "grant" : "deny";
}

struct Ask {
  std::string id;     // 16 hex digits
  std::string nonce;  // 32 hex digits, new for each time it is asked
  model::ActionDigest action;
  Digest policy{};
  std::string what;  // for people; not safe for a terminal
  std::string why;
  std::string rule;
  WhoAnswers who = WhoAnswers::kOther;
  WallTime created;
  WallTime expires;
  BootId boot;            // that it was asked in
  MonoTime expires_mono;  // within that boot
  std::string requester;  // "session:..."
  std::string owner;      // "uid:..."
};

struct AnswerRecord {
  Answer answer = Answer::kDeny;
  std::string by;  // "uid:..."
  WallTime at;
};

struct StoredAsk {
  Ask ask;
  std::optional<AnswerRecord> answer;
};

// Past its end, or the clock is before its beginning.
[[nodiscard]] bool is_expired(const Ask& ask, const Clock& clock);

}  // namespace bailey::consent
