// TerminalPrompt: the person at the terminal answers an ask, on /dev/tty.
//
// Shows what, why and the digest with every strange byte made visible, throws away what
// was typed before, and takes "y" or "yes" and Enter as yes. Anything else, the end of
// the input, a terminal that is not ours to read and the timeout are no. The terminal's
// mode is put back. put() blocks the calling thread; a TerminalQuestion never waits for
// anybody, so that whoever has a program running goes on looking after it. One thread.
// Does not protect: against another program of the same user that types into the same
// terminal from outside the cage.
#pragma once

#include <termios.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/fd.h"
#include "base/pass_key.h"
#include "base/result.h"
#include "consent/ask.h"

namespace bailey::consent {

class TerminalQuestion;

// The proof that exactly this ask was put to a person at a terminal, and what came of it.
class TerminalAnswer {
 public:
  enum class How { kTyped, kSilence };  // silence is always a no
  TerminalAnswer(PassKey<TerminalQuestion>, const Ask& ask, Answer answer, How how)
      : nonce_(ask.nonce), answer_(answer), how_(how) {}
  [[nodiscard]] const std::string& nonce() const noexcept { return nonce_; }
  [[nodiscard]] Answer answer() const noexcept { return answer_; }
  [[nodiscard]] How how() const noexcept { return how_; }

 private:
  std::string nonce_;
  Answer answer_;
  How how_;
};

// kBefore: nothing runs yet. kDuring: a program waits for the answer, and the person may have
// been typing into it: nothing counts until the keys were quiet for a moment.
enum class Moment { kBefore, kDuring };

// A question that stands on the terminal. Its end, however it comes, gives the mode back.
class TerminalQuestion {
 public:
  TerminalQuestion(Fd terminal, Ask ask, Moment moment, MonoTime now, std::int64_t timeout_ns);
  TerminalQuestion(const TerminalQuestion&) = delete;
  TerminalQuestion& operator=(const TerminalQuestion&) = delete;
  ~TerminalQuestion();

  // To be polled for reading; look() also wants to be called now and then.
  [[nodiscard]] int fd() const noexcept { return terminal_.get(); }
  // The answer, once: nothing while the question stands.
  [[nodiscard]] std::optional<TerminalAnswer> look(MonoTime now);
  // No, because it does not matter any more; `why` is shown.
  [[nodiscard]] TerminalAnswer give_up(std::string_view why);

 private:
  enum class Phase { kSettling, kAsking, kOver };

  enum class Keys { kOneByOne, kLines };
  [[nodiscard]] bool set_mode(Keys keys);
  [[nodiscard]] bool show(std::string_view text);
  void ask_for_answer();
  [[nodiscard]] TerminalAnswer end(Answer answer, TerminalAnswer::How how, std::string_view shown);

  Fd terminal_;
  Ask ask_;
  Moment moment_;
  Phase phase_ = Phase::kSettling;
  termios before_{};
  bool has_before_ = false;
  bool broken_ = false;
  std::int64_t quiet_since_ns_ = 0;
  std::int64_t until_ns_ = 0;
  std::string line_;
};

class TerminalPrompt {
 public:
  // Opens /dev/tty. Errors: approval.no_terminal (none, or we are in the background).
  [[nodiscard]] static Result<TerminalPrompt> open();
  // The same on an opened terminal. Errors: approval.no_terminal.
  [[nodiscard]] static Result<TerminalPrompt> on(Fd terminal);

  [[nodiscard]] TerminalAnswer put(const Ask& ask, const Clock& clock, std::int64_t timeout_ns);
  // The same without waiting; the prompt is used up.
  [[nodiscard]] std::unique_ptr<TerminalQuestion> begin(Ask ask, Moment moment, const Clock& clock,
                                                        std::int64_t timeout_ns) &&;

 private:
  explicit TerminalPrompt(Fd terminal) noexcept : terminal_(std::move(terminal)) {}
  Fd terminal_;
};

}  // namespace bailey::consent
