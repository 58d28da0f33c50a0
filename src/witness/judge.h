// What a witness says to an add-checkpoint request: C2SP tlog-witness, as one pure function.
//
// Given the logs that it watches and what it cosigned last of each, the answer is fixed: no
// clock, no disk, no network. Whoever calls it persists before replying (witness/state.h).
// Thread rule: values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "merkle/note.h"

namespace bailey::witness {

// The answers of the standard, with their HTTP status.
enum class Answer : std::uint16_t {
  kCosign = 200,
  kMalformed = 400,     // or an old size beyond the checkpoint's
  kNotSigned = 403,     // by no key of this log, or wrongly by one
  kUnknownLog = 404,    // an origin that is not watched
  kOtherSize = 409,     // the old size is not what was cosigned last
  kInconsistent = 422,  // the proof does not hold, or another root of the same size
};

struct Judgement {
  Answer answer = Answer::kMalformed;
  std::string why;                // one line, for the log and the answer's body
  merkle::Checkpoint checkpoint;  // with kCosign, kOtherSize and kInconsistent
  std::string note;               // the checkpoint's note as it came, with kCosign
  std::uint64_t known_size = 0;   // with kOtherSize
};

// Keys of the logs that are watched; several may be of one origin.
using Logs = std::vector<merkle::NoteVerifier>;

// What was cosigned last of an origin; nothing if never.
struct Latest {
  std::uint64_t size = 0;
  merkle::Hash root{};
};

// The origin that a request is about, if it can be read and is one of `logs`; the state of
// that origin is what judge() needs.
[[nodiscard]] std::optional<std::string> origin_of(std::string_view body, const Logs& logs);
[[nodiscard]] Judgement judge(std::string_view body, const Logs& logs,
                              const std::optional<Latest>& latest);

}  // namespace bailey::witness
