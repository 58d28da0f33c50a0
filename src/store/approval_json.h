// Asks and answers as JSON, before they are sealed (spec/approvals.md). Strict both
// ways: anything unknown is an error. Pure; any thread.
#pragma once

#include <string>

#include "codec/json.h"
#include "consent/ask.h"

namespace bailey::store {

[[nodiscard]] codec::Json to_json(const consent::Ask& ask);
[[nodiscard]] Result<consent::Ask> ask_from_json(const codec::Json& json);

struct ParsedAnswer {
  consent::AnswerRecord record;
  std::string nonce;
};
[[nodiscard]] codec::Json to_json(const consent::AnswerRecord& record, const std::string& nonce);
[[nodiscard]] Result<ParsedAnswer> answer_from_json(const codec::Json& json);

}  // namespace bailey::store
