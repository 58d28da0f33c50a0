// TerminalPrompt: the person at the terminal answers an ask, on /dev/tty.
//
// Shows what, why and the digest with every strange byte made visible, throws away what
// was typed before, and takes "y" or "yes" and Enter as yes. Anything else, the end of
// the input, a terminal that is not ours to read and the timeout are no. The terminal's
// mode is put back. Blocks the calling thread; one thread.
// Does not protect: against another program of the same user that types into the same
// terminal from outside the cage.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/fd.h"
#include "base/pass_key.h"
#include "base/result.h"
#include "consent/ask.h"

namespace bailey::consent {

class TerminalPrompt;

// The proof that a person at a terminal answered exactly this ask.
class TerminalAnswer {
 public:
  TerminalAnswer(PassKey<TerminalPrompt>, const Ask& ask, Answer answer)
      : nonce_(ask.nonce), answer_(answer) {}
  [[nodiscard]] const std::string& nonce() const noexcept { return nonce_; }
  [[nodiscard]] Answer answer() const noexcept { return answer_; }

 private:
  std::string nonce_;
  Answer answer_;
};

class TerminalPrompt {
 public:
  // Opens /dev/tty. Errors: approval.no_terminal (none, or we are in the background).
  [[nodiscard]] static Result<TerminalPrompt> open();
  // The same on an opened terminal. Errors: approval.no_terminal.
  [[nodiscard]] static Result<TerminalPrompt> on(Fd terminal);

  [[nodiscard]] TerminalAnswer put(const Ask& ask, const Clock& clock, std::int64_t timeout_ns);

 private:
  explicit TerminalPrompt(Fd terminal) noexcept : terminal_(std::move(terminal)) {}
  Fd terminal_;
};

}  // namespace bailey::consent
