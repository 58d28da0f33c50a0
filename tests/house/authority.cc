// The values of the street: who may make them, and that nobody copies them. Each case
// is compiled by tools/does-not-compile and must fail for the reason beside it.
#include <type_traits>
#include <utility>

#include "model/outcome.h"
#include "model/permit.h"
#include "model/request.h"
#include "model/verdict.h"

namespace bailey::model {

// The positive control: moving on is what these values are for.
static_assert(std::is_nothrow_move_constructible_v<Permit>);
static_assert(std::is_nothrow_move_constructible_v<Recorded<Permit>>);

// Stands for every effect: it takes recorded authority, by value.
void effect(Recorded<Permit> authority);

void street(Recorded<Permit> authority) { effect(std::move(authority)); }

#ifdef CASE_PERMIT_IS_NOT_AUTHORITY_TO_ACT
// expect-error: could not convert|cannot convert|no matching function
void unrecorded(Permit permit) { effect(std::move(permit)); }
#endif

#ifdef CASE_RECORDED_CANNOT_BE_COPIED
// expect-error: use of deleted function
void twice(Recorded<Permit>& authority) { effect(authority); }
#endif

#ifdef CASE_RECORDED_CANNOT_BE_FORGED
// expect-error: is private within this context
Recorded<Permit> forged(Permit permit) {
  return Recorded<Permit>(PassKey<ledger::Ledger>(), std::move(permit), IntentId{});
}
#endif

#ifdef CASE_RECORDED_HAS_NO_DEFAULT
// expect-error: no matching function
Recorded<Permit> nothing() { return Recorded<Permit>(); }
#endif

#ifdef CASE_KEY_FROM_BRACES
// expect-error: is private within this context|explicit constructor|no matching function
Recorded<Permit> forged(Permit permit) { return {{}, std::move(permit), IntentId{}}; }
#endif

#ifdef CASE_PERMIT_CANNOT_BE_COPIED
// expect-error: use of deleted function
Permit twice(const Permit& permit) { return permit; }
#endif

#ifdef CASE_PERMIT_CANNOT_BE_ASSIGNED
// expect-error: use of deleted function
void replace(Permit& old, Permit&& fresh) { old = std::move(fresh); }
#endif

#ifdef CASE_PERMIT_CANNOT_BE_FORGED
// expect-error: is private within this context
Permit forged(Verdict verdict, Leash leash, AuthorityWatch& watch) {
  return Permit(PassKey<consent::Consent>(), std::move(verdict), std::move(leash), MonoTime{},
                Reservation(), watch);
}
#endif

#ifdef CASE_VERDICT_CANNOT_BE_FORGED
// expect-error: is private within this context
Verdict forged(Caller caller) {
  return Verdict(PassKey<gate::Gate>(), std::move(caller), Judgement{.decision = Decision::kAllow});
}
#endif

#ifdef CASE_VERDICT_CANNOT_BE_COPIED
// expect-error: use of deleted function
Verdict twice(const Verdict& verdict) { return verdict; }
#endif

#ifdef CASE_VERDICT_CANNOT_BE_CHANGED
// expect-error: assignment of member .* in read-only object
void soften(Verdict& verdict) { verdict.judgement().decision = Decision::kAllow; }
#endif

#ifdef CASE_CALLER_CANNOT_BE_FORGED
// expect-error: is private within this context
Caller forged(Request request, Session session) {
  return Caller(PassKey<identity::Identifier>(), std::move(request), std::move(session),
                Level::kRoot);
}
#endif

#ifdef CASE_CALLER_CANNOT_BE_COPIED
// expect-error: use of deleted function
Caller twice(const Caller& caller) { return caller; }
#endif

#ifdef CASE_REQUEST_CANNOT_BE_COPIED
// expect-error: use of deleted function
Request twice(const Request& request) { return request; }
#endif

#ifdef CASE_OUTCOME_NEEDS_THE_KEY_OF_EFFECT
// expect-error: is private within this context
Outcome forged(Permit permit) {
  return Outcome(PassKey<effect::Effects>(), std::move(permit), IntentId{}, OutcomeStatus::kDone,
                 "done", Evidence{});
}
#endif

#ifdef CASE_OUTCOME_CANNOT_BE_COPIED
// expect-error: use of deleted function
Outcome twice(const Outcome& outcome) { return outcome; }
#endif

#ifdef CASE_RESULT_MUST_BE_LOOKED_AT
// expect-error: ignoring returned value|nodiscard
#pragma GCC diagnostic error "-Wunused-result"
Result<int> asked();
void ignored() { asked(); }
#endif

}  // namespace bailey::model
