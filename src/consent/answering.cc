#include "consent/answering.h"

namespace bailey::consent {

Result<StoredAsk> Answering::open_ask(const std::string& id, Answer answer,
                                      const model::Principal& by, Halt halt) const {
  auto stored = BAILEY_TRY(store_.get(id));
  if (is_expired(stored.ask, clock_))
    return fail("approval.expired", "the ask has expired", "run the command again to ask anew");
  if (stored.answer)
    return fail("approval.answered", "the ask was answered before, by " + stored.answer->by);
  if (by.kind != model::PrincipalKind::kPerson || by.name == stored.ask.requester)
    return fail("approval.requester", "who asks does not answer");
  if (halt == Halt::kHalted && answer == Answer::kGrant)
    return fail("kill.active", "the kill switch is on: an ask can only be denied",
                "see 'bailey kill status'");
  return stored;
}

Result<StoredAsk> Answering::record(StoredAsk stored, Answer answer, const model::Principal& by) {
  const AnswerRecord record{answer, by.name, clock_.wall()};
  BAILEY_TRY(store_.answer(stored.ask, record));
  stored.answer = record;
  return stored;
}

Result<StoredAsk> Answering::by_command(const std::string& id, Answer answer,
                                        const model::Principal& by, Halt halt) {
  auto stored = BAILEY_TRY(open_ask(id, answer, by, halt));
  const bool is_owner = by.name == stored.ask.owner;
  if (is_owner && answer == Answer::kGrant && stored.ask.who == WhoAnswers::kOther)
    return fail("approval.requester",
                "your own session asked: somebody else has to say yes (approvals.by: other)",
                "let another user of this machine run: bailey approve grant " + id);
  if (is_owner && answer == Answer::kGrant)
    return fail("approval.terminal", "your own yes counts at the terminal only",
                "run 'bailey approve grant " + id + "' from a terminal");
  return record(std::move(stored), answer, by);
}

Result<StoredAsk> Answering::at_terminal(const std::string& id, const TerminalAnswer& answer,
                                         const model::Principal& by, Halt halt) {
  auto stored = BAILEY_TRY(open_ask(id, answer.answer(), by, halt));
  if (answer.nonce() != stored.ask.nonce)
    return fail("approval.missing", "the answer is for another ask");
  if (by.name == stored.ask.owner && stored.ask.who == WhoAnswers::kOther &&
      answer.answer() == Answer::kGrant)
    return fail("approval.requester",
                "your own session asked: somebody else has to say yes (approvals.by: other)",
                "let another user of this machine run: bailey approve grant " + id);
  return record(std::move(stored), answer.answer(), by);
}

}  // namespace bailey::consent
