#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/records.h"
#include "cli/words.h"
#include "codec/redaction.h"
#include "codec/text.h"
#include "consent/answering.h"
#include "identity/identifier.h"
#include "store/approval_files.h"
#include "store/key_files.h"

namespace bailey::cli {
namespace {

using codec::Json;

constexpr std::int64_t kPromptNs = 120'000'000'000;

struct Desk {
  std::unique_ptr<Household> household;
  std::unique_ptr<crypto::SealKey> key;
  std::optional<store::ApprovalFiles> asks;
};

int failed(Invocation& in, const Error& error) {
  tell(in.outside, error);
  return kError;
}

Result<std::unique_ptr<Desk>> open_desk(Invocation& in) {
  auto desk = std::make_unique<Desk>();
  desk->household = BAILEY_TRY(Household::open(in.outside, Make::kNo, store::HomeUse::kVisitor));
  desk->key = std::make_unique<crypto::SealKey>(
      BAILEY_TRY(store::existing_disclosure_key(desk->household->home())));
  desk->asks.emplace(BAILEY_TRY(store::ApprovalFiles::open(
      desk->household->home(), *desk->key, in.outside.clock(), in.outside.entropy())));
  return desk;
}

std::string status_of(const consent::StoredAsk& stored, const Clock& clock) {
  if (stored.answer) return stored.answer->answer == consent::Answer::kGrant ? "granted" : "denied";
  return consent::is_expired(stored.ask, clock) ? "expired" : "waiting";
}

Json to_json(const consent::StoredAsk& stored, const Clock& clock) {
  const auto& ask = stored.ask;
  Json json{Json::Object{}};
  json.set("id", ask.id);
  json.set("status", status_of(stored, clock));
  json.set("what", codec::valid_utf8(ask.what));
  json.set("why", codec::valid_utf8(ask.why));
  json.set("rule", codec::valid_utf8(ask.rule));
  json.set("by", consent::name(ask.who));
  json.set("digest", codec::to_hex(ask.action.bytes));
  json.set("requester", ask.requester);
  json.set("owner", ask.owner);
  json.set("created", rfc3339(ask.created));
  json.set("expires", rfc3339(ask.expires));
  if (stored.answer) json.set("answered_by", stored.answer->by);
  return json;
}

std::string to_text(const consent::StoredAsk& stored, const Clock& clock) {
  const auto& ask = stored.ask;
  std::string text = "ask       " + ask.id + ", " + status_of(stored, clock) + "\n";
  text += "what      " + codec::for_terminal(ask.what) + "\n";
  text += "why       " + codec::for_terminal(ask.why) + "\n";
  text += "digest    " + codec::to_hex(ask.action.bytes) + "\n";
  text += "asked by  " + codec::for_terminal(ask.requester) + " of " +
          codec::for_terminal(ask.owner) + " at " + to_the_second(ask.created) + "\n";
  text += "answer by " +
          std::string(ask.who == consent::WhoAnswers::kSelf
                          ? "the owner at the terminal, or somebody else"
                          : "somebody other than the owner") +
          ", until " + to_the_second(ask.expires) + "\n";
  if (stored.answer) text += "answered  by " + codec::for_terminal(stored.answer->by) + "\n";
  return text;
}

// A yes of the owner to an ask of their own session is given at the terminal, where a
// program of the agent cannot type it; every other answer is given by the command.
Result<consent::StoredAsk> give(Invocation& in, const store::ApprovalFiles& asks,
                                consent::Answering& answering, const std::string& id,
                                consent::Answer answer, const model::Principal& by,
                                consent::Halt halt) {
  const auto waiting = BAILEY_TRY(asks.get(id));
  const bool own = waiting.ask.who == consent::WhoAnswers::kSelf && waiting.ask.owner == by.name;
  if (!own || answer == consent::Answer::kDeny || waiting.answer)
    return answering.by_command(id, answer, by, halt);
  auto prompt = BAILEY_TRY(consent::TerminalPrompt::open());
  const auto typed = prompt.put(waiting.ask, in.outside.clock(), kPromptNs);
  if (typed.answer() == consent::Answer::kDeny)
    return fail("approval.not_given", "no answer was given; the ask still waits",
                "bailey approve deny " + id + " refuses it for good");
  return answering.at_terminal(id, typed, by, halt);
}

int answer(Invocation& in, consent::Answer answer) {
  auto desk = open_desk(in);
  if (!desk) return failed(in, desk.error());
  const auto halt = (*desk)->household->kill_switch().notice(in.outside.clock()).halted
                        ? consent::Halt::kHalted
                        : consent::Halt::kRunning;
  consent::Answering answering(*(*desk)->asks, in.outside.clock());
  const auto by = identity::LocalUser::of_this_process().principal();
  const std::string& id = in.arguments.positionals().front();
  const auto stored = give(in, *(*desk)->asks, answering, id, answer, by, halt);
  if (!stored) {
    tell(in.outside, stored.error());
    if (stored.error().code == "kill.active") return kHalted;
    return stored.error().code == "approval.missing" ? kError : kDenied;
  }
  in.outside.write(Stream::kOut, in.arguments.flag("--json")
                                     ? json_line(to_json(*stored, in.outside.clock()))
                                     : to_text(*stored, in.outside.clock()));
  // A visitor cannot write the owner's ledger; the run that uses the answer records it.
  if ((*desk)->household->home().owner() != in.outside.uid()) return kDone;
  auto ledger = (*desk)->household->ledger();
  const auto noted =
      ledger ? (*ledger)->note(
                   merkle::LeafType::kAnswer,
                   answer_body(*stored, by,
                               codec::redacted(in.arguments.value("--reason").value_or(""))))
             : Result<model::Receipt>(std::unexpected(ledger.error()));
  // Denying must work whatever state the ledger is in; granting must be on record.
  if (!noted && answer == consent::Answer::kGrant) return failed(in, noted.error());
  if (!noted)
    in.outside.write(Stream::kErr, "bailey: denied, but not recorded: " +
                                       codec::for_terminal(noted.error().message) + "\n");
  return kDone;
}

}  // namespace

int approve_list(Invocation& in) {
  auto desk = open_desk(in);
  if (!desk) {
    // A home that never asked anything has nothing to list.
    if (desk.error().code != "key.missing") return failed(in, desk.error());
  }
  const auto asks = desk ? (*desk)->asks->list() : std::vector<consent::StoredAsk>{};
  if (!asks) return failed(in, asks.error());
  const Clock& clock = in.outside.clock();
  if (in.arguments.flag("--json")) {
    Json::Array list;
    for (const auto& stored : *asks) list.push_back(to_json(stored, clock));
    Json json{Json::Object{}};
    json.set("v", 1);
    json.set("asks", std::move(list));
    in.outside.write(Stream::kOut, json_line(json));
    return kDone;
  }
  std::string text;
  for (const auto& stored : *asks)
    text += stored.ask.id + "  " + status_of(stored, clock) + "  " +
            codec::for_terminal(stored.ask.what, 100) + "\n";
  in.outside.write(Stream::kOut, text.empty() ? "nothing waits for an answer\n" : text);
  return kDone;
}

int approve_show(Invocation& in) {
  auto desk = open_desk(in);
  if (!desk) return failed(in, desk.error());
  const auto stored = (*desk)->asks->get(in.arguments.positionals().front());
  if (!stored) return failed(in, stored.error());
  in.outside.write(Stream::kOut, in.arguments.flag("--json")
                                     ? json_line(to_json(*stored, in.outside.clock()))
                                     : to_text(*stored, in.outside.clock()));
  return kDone;
}

int approve_grant(Invocation& in) { return answer(in, consent::Answer::kGrant); }
int approve_deny(Invocation& in) { return answer(in, consent::Answer::kDeny); }

}  // namespace bailey::cli
