#include "conduct/live_grants.h"

#include <algorithm>
#include <cstring>

#include "conduct/conductor.h"

namespace bailey::conduct {
namespace {

constexpr unsigned kMostQuestions = 16;
constexpr unsigned kMostJudged = 64;
constexpr std::size_t kMostWaiting = 16;    // as the warden holds
constexpr std::uint64_t kEventsAGrant = 4;  // the other uses are counted
constexpr std::int64_t kQuestionNs = 120'000'000'000;

std::string rule_of(const model::Judgement& judgement) {
  return judgement.reasons.empty() ? std::string() : judgement.reasons.front().rule;
}

}  // namespace

LiveGrants::LiveGrants(const Stages& stages, const LiveAsking& asking, ledger::Ledger& ledger,
                       const model::IntentId& run, model::Level ceiling,
                       effect::process::Watch& watch, effect::process::EventSink& events)
    : stages_(stages),
      asking_(asking),
      ledger_(ledger),
      run_(run),
      ceiling_(ceiling),
      watch_(watch),
      events_(events) {}

// --- from the cage -----------------------------------------------------------------------

void LiveGrants::take(Wish wish) {
  if (waiting_.size() < kMostWaiting && !closed_) return waiting_.push_back(std::move(wish));
  ++uncounted_;
  answers_.push_back({wish.id, Fd()});
}

void LiveGrants::withdraw(std::uint64_t id) {
  std::erase_if(waiting_, [&](const Wish& wish) { return wish.id == id; });
  on_its_way_.erase(id);
  if (!open_ || open_->wish.id != id) return;
  // Not remembered: the same open may come again, from a caller that a signal had interrupted.
  if (open_->question)
    return conclude(open_->question->give_up("nobody waits for it any more"), Memory::kNone);
  open_.reset();
}

void LiveGrants::delivered(std::uint64_t id, int error) {
  const auto found = on_its_way_.find(id);
  if (found == on_its_way_.end()) return;
  const auto [wish, reported] = std::move(found->second);
  on_its_way_.erase(found);
  auto& grant = grants_[reported];
  if (error == 0) {
    ++grant.uses;
    grant.reason_code = "grant.given";
  }
  if (grant.uses > kEventsAGrant) return;
  model::Event event;
  event.kind = model::EventKind::kOpen;
  event.act = "open";
  event.object = wish.path;
  event.layer = "grant";
  if (error != 0)
    if (const char* name = strerrorname_np(error); name != nullptr) event.error = name;
  event.mono_ns = static_cast<std::uint64_t>(stages_.clock.monotonic().ns);
  event.pid = wish.pid;
  event.program = wish.program;
  events_.take(std::move(event));
}

bool LiveGrants::wants_silence() const { return open_.has_value(); }

int LiveGrants::listens_on() const { return open_ && open_->question ? open_->question->fd() : -1; }

std::optional<effect::process::WishAnswer> LiveGrants::next() {
  if (open_ && open_->question)
    if (const auto answer = open_->question->look(stages_.clock.monotonic()))
      conclude(*answer, Memory::kKept);
  while (!open_ && !waiting_.empty()) {
    const Wish wish = std::move(waiting_.front());
    waiting_.pop_front();
    begin(wish);
  }
  if (answers_.empty()) return std::nullopt;
  auto answer = std::move(answers_.front());
  answers_.pop_front();
  return answer;
}

void LiveGrants::interrupt() {
  if (open_ && open_->question) conclude(open_->question->give_up("no"), Memory::kKept);
}

void LiveGrants::close() {
  if (std::exchange(closed_, true)) return;
  if (open_ && open_->question) {
    conclude(open_->question->give_up("the run is over"), Memory::kNone);
  } else if (open_) {
    ++uncounted_;
    open_.reset();
  }
  uncounted_ += waiting_.size();
  waiting_.clear();
}

effect::process::WishDesk::Report LiveGrants::report() const { return {grants_, uncounted_}; }

// --- down the street ---------------------------------------------------------------------

Result<model::Verdict> LiveGrants::judge(const model::FileRead& read) {
  auto caller = stages_.identifier.identify(BAILEY_TRY(asking_.request(read)), ceiling_);
  return stages_.gate.judge(std::move(caller), stages_.inputs());
}

Status LiveGrants::record(model::Refusal refusal) {
  BAILEY_TRY(ledger_.close(std::move(refusal), run_));
  return {};
}

void LiveGrants::begin(const Wish& wish) {
  if (const auto known = known_.find(wish.path); known != known_.end()) {
    if (known->second.copy) return hand_out(wish, known->second);
    answers_.push_back({wish.id, Fd()});
    return;
  }
  if (judged_ == kMostJudged) {
    ++uncounted_;
    answers_.push_back({wish.id, Fd()});
    return;
  }
  ++judged_;
  if (const auto begun = judge_first(wish); !begun)
    refuse(wish, "", "", std::string(begun.error().code), Memory::kKept);
}

// Finds the file, and either refuses or opens the question's turn.
Status LiveGrants::judge_first(const Wish& wish) {
  auto found = BAILEY_TRY(asking_.files->find(wish.path));
  model::FileRead read{run_.leaf_hash, asking_.workspace, wish.path,    found.real,
                       found.device,   found.inode,       wish.program, wish.pid};
  auto verdict = BAILEY_TRY(judge(read));
  const auto judgement = verdict.judgement();
  std::string why;
  if (verdict.decision() == model::Decision::kAsk) {
    if (judgement.approvals_by != "self") {
      why = "grant.other";
    } else if (asked_ == kMostQuestions) {
      why = "grant.too_many";
    } else if (auto prompt = asking_.terminal(); prompt) {
      open_.emplace(
          Open{wish, std::move(found), std::move(read), *std::move(prompt), std::nullopt, nullptr});
      return {};
    } else {
      why = "grant.no_terminal";
    }
  }
  auto denial = model::denial_of(verdict.caller(), judgement);
  if (!why.empty()) {
    denial.decision = model::Decision::kDeny;
    denial.reason_code = why;
    denial.phase = "consent";
  }
  const std::string reason = denial.reason_code;
  BAILEY_TRY(record({std::move(verdict), std::move(denial)}));
  refuse(wish, found.real, rule_of(judgement), reason, Memory::kKept);
  return {};
}

Result<consent::Ask> LiveGrants::store_question() {
  auto verdict = BAILEY_TRY(judge(open_->read));
  auto granted = BAILEY_TRY(stages_.consent.grant(std::move(verdict)));
  if (auto* pending = std::get_if<consent::PendingAsk>(&granted)) return std::move(pending->ask);
  auto* refusal = std::get_if<model::Refusal>(&granted);
  // Nothing but an answer to this very question may give: a permit is dropped, and noted so.
  if (refusal == nullptr) return fail("grant.not_asked", "nobody was asked");
  const bool halted = refusal->denial.reason_code == "kill.active";
  BAILEY_TRY(record(std::move(*refusal)));
  return fail(halted ? "kill.active" : "grant.not_asked", "denied meanwhile");
}

// The program is silent: judged again, stored as a question, and put.
void LiveGrants::hushed() {
  if (!open_ || open_->question) return;
  auto ask = store_question();
  if (!ask) {
    refuse(open_->wish, open_->read.file, "", std::string(ask.error().code), Memory::kKept);
    open_.reset();
    return;
  }
  ++asked_;
  const std::int64_t left = ask->expires_mono.ns - stages_.clock.monotonic().ns;
  open_->ask = *std::move(ask);
  open_->question =
      std::move(open_->prompt)
          .begin(*open_->ask, consent::Moment::kDuring, stages_.clock, std::min(kQuestionNs, left));
}

void LiveGrants::conclude(const consent::TerminalAnswer& answer, Memory memory) {
  Open open = std::move(*open_);
  open_.reset();
  open.question.reset();  // the terminal is as it was
  auto copy = give(open, answer);
  if (!copy)
    return refuse(open.wish, open.read.file, open.ask->rule, std::string(copy.error().code),
                  memory);
  grants_.push_back(
      {open.wish.path, open.read.file, open.ask->rule, true, "grant.not_delivered", 0});
  auto& known = known_[open.wish.path];
  known = {grants_.size() - 1, *std::move(copy)};
  hand_out(open.wish, known);
}

Result<Fd> LiveGrants::give(const Open& open, const consent::TerminalAnswer& answer) {
  BAILEY_TRY(asking_.answered(*open.ask, answer));
  auto verdict = BAILEY_TRY(judge(open.read));
  auto granted = BAILEY_TRY(stages_.consent.grant(std::move(verdict)));
  auto* permit = std::get_if<model::Permit>(&granted);
  if (permit == nullptr) {
    auto* refusal = std::get_if<model::Refusal>(&granted);
    if (refusal == nullptr) refusal = &std::get<consent::PendingAsk>(granted).refusal;
    const std::string code = refusal->denial.reason_code;
    BAILEY_TRY(record(std::move(*refusal)));
    if (code == "kill.active") return fail("kill.active", "the kill switch is on");
    return fail(code == "approval.denied" ? "approval.denied" : "grant.not_asked",
                "the answer was no");
  }
  auto recorded = BAILEY_TRY(ledger_.record(std::move(*permit), run_));
  auto done = stages_.effects.read_file(std::move(recorded), *asking_.files, open.found, watch_);
  const bool too_big = done.outcome.reason_code() == "grant.too_big";
  BAILEY_TRY(ledger_.close(std::move(done.outcome), run_));
  if (!done.copy)
    return fail(too_big ? "grant.too_big" : "grant.unreadable", "the file could not be copied");
  return *std::move(done.copy);
}

void LiveGrants::hand_out(const Wish& wish, const Known& known) {
  auto file = asking_.files->again(*known.copy);
  if (!file) {
    answers_.push_back({wish.id, Fd()});
    return;
  }
  on_its_way_.insert_or_assign(wish.id, std::pair(wish, known.reported));
  answers_.push_back({wish.id, *std::move(file)});
}

void LiveGrants::refuse(const Wish& wish, const std::string& file, const std::string& rule,
                        std::string reason_code, Memory memory) {
  answers_.push_back({wish.id, Fd()});
  grants_.push_back({wish.path, file, rule, false, std::move(reason_code), 0});
  if (memory == Memory::kKept)
    known_.insert_or_assign(wish.path, Known{grants_.size() - 1, std::nullopt});
}

}  // namespace bailey::conduct
