// Result<T>: a value, or the reason there is none.
//
// An Error means "could not decide" or "could not record" and always ends
// closed; a denial is not an Error but a Verdict (see model/verdict.h).
// `code` is stable, dotted and lower case ("policy.syntax"); the API, the CLI,
// the log and the manual share it. `message` says what happened, `hint` what to
// do next; neither holds a secret. Thread rule: plain values, no sharing.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace bailey {

struct Error {
  std::string_view code;  // a literal with static storage
  std::string message;    // one sentence, no trailing newline
  std::string hint;       // the next step for the user; may be empty
};

template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  using std::expected<T, Error>::operator=;
};

using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(std::string_view code, std::string message,
                                                 std::string hint = {}) {
  return std::unexpected<Error>(Error{code, std::move(message), std::move(hint)});
}

}  // namespace bailey

// Evaluates to the value of a Result, or returns its Error from this function. Not inside the
// braces of an aggregate, behind other members: g++ would not destroy those (tools/check tries).
#define BAILEY_TRY(expression)                                                            \
  __extension__({                                                                         \
    auto bailey_try_result = (expression);                                                \
    if (!bailey_try_result) return std::unexpected(std::move(bailey_try_result).error()); \
    ::bailey::detail::take(std::move(bailey_try_result));                                 \
  })

namespace bailey::detail {
template <class T>
T take(Result<T>&& result) {
  return *std::move(result);
}
inline void take(Result<void>&&) {}
}  // namespace bailey::detail
