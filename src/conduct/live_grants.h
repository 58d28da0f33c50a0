// LiveGrants: what a running program wishes for, taken down the street (spec/live-grants.md).
//
//   wish -> identity -> gate -> consent: the person at the terminal -> gate again
//        -> ledger (intent) -> effect: a copy -> ledger (outcome) -> the program
//
// One question stands at a time, while the cage goes on turning; the others wait. What was
// decided for a path counts until the run ends: a yes gives the same copy again, a no is not
// asked again. Bounded: 16 questions, 64 judgements a run. How it fails: closed. Whatever cannot
// be found, judged, asked, recorded or copied is a no, with a reason in the report.
// Thread rule: one thread, that of the run.
// Does not protect: a copy that was given can be read as often as the program likes.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "consent/terminal_prompt.h"
#include "effect/file/file_source.h"
#include "effect/process/jail.h"
#include "ledger/ledger.h"
#include "model/file_read.h"
#include "model/request.h"

namespace bailey::conduct {

struct Stages;

// What is needed to ask while a program runs, besides the stages.
struct LiveAsking {
  // The door's request for a file, anew for each judgement.
  std::function<Result<model::Request>(const model::FileRead&)> request;
  // The terminal to ask on. Errors: approval.no_terminal.
  std::function<Result<consent::TerminalPrompt>()> terminal;
  // Stores what the person said to the ask, and notes it in the ledger.
  std::function<Status(const consent::Ask&, const consent::TerminalAnswer&)> answered;
  const effect::file::FileSource* files = nullptr;  // not null
  std::string workspace;
};

class LiveGrants final : public effect::process::WishDesk {
 public:
  LiveGrants(const Stages& stages, const LiveAsking& asking, ledger::Ledger& ledger,
             const model::IntentId& run, model::Level ceiling, effect::process::Watch& watch,
             effect::process::EventSink& events);

  void take(effect::process::Wish wish) override;
  void withdraw(std::uint64_t id) override;
  void delivered(std::uint64_t id, int error) override;
  [[nodiscard]] bool wants_silence() const override;
  void hushed() override;
  [[nodiscard]] int listens_on() const override;
  [[nodiscard]] std::optional<effect::process::WishAnswer> next() override;
  void interrupt() override;
  void close() override;
  [[nodiscard]] Report report() const override;

 private:
  using Wish = effect::process::Wish;
  // The wish whose turn it is, from the first judgement to the answer.
  struct Open {
    Wish wish;
    effect::file::Found found;
    model::FileRead read;
    consent::TerminalPrompt prompt;
    std::optional<consent::Ask> ask;
    std::unique_ptr<consent::TerminalQuestion> question;
  };
  // What was decided for a path.
  struct Known {
    std::size_t reported = 0;
    std::optional<Fd> copy;  // of a yes
  };
  enum class Memory { kKept, kNone };

  void begin(const Wish& wish);
  [[nodiscard]] Status judge_first(const Wish& wish);
  [[nodiscard]] Result<consent::Ask> store_question();
  [[nodiscard]] Result<model::Verdict> judge(const model::FileRead& read);
  // The person answered, or will not.
  void conclude(const consent::TerminalAnswer& answer, Memory memory);
  [[nodiscard]] Result<Fd> give(const Open& open, const consent::TerminalAnswer& answer);
  void refuse(const Wish& wish, const std::string& file, const std::string& rule,
              std::string reason_code, Memory memory);
  [[nodiscard]] Status record(model::Refusal refusal);
  void hand_out(const Wish& wish, const Known& known);

  const Stages& stages_;
  const LiveAsking& asking_;
  ledger::Ledger& ledger_;
  model::IntentId run_;
  model::Level ceiling_;
  effect::process::Watch& watch_;
  effect::process::EventSink& events_;

  std::deque<Wish> waiting_;
  std::optional<Open> open_;
  std::deque<effect::process::WishAnswer> answers_;
  std::map<std::string, Known> known_;
  std::map<std::uint64_t, std::pair<Wish, std::size_t>> on_its_way_;
  std::vector<model::LiveGrant> grants_;
  std::uint64_t uncounted_ = 0;
  unsigned judged_ = 0;
  unsigned asked_ = 0;
  bool closed_ = false;
};

}  // namespace bailey::conduct
