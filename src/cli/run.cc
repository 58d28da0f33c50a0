#include <algorithm>
#include <iterator>
#include <stop_token>

#include "cli/blocked.h"
#include "cli/command_line_door.h"
#include "cli/commands.h"
#include "cli/event_rules.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/late_watch.h"
#include "cli/plan_surroundings.h"
#include "cli/policy_input.h"
#include "cli/records.h"
#include "cli/refused_files.h"
#include "cli/run_options.h"
#include "cli/run_plan.h"
#include "cli/run_report.h"
#include "cli/run_trace.h"
#include "cli/witness_round.h"
#include "codec/text.h"
#include "conduct/conductor.h"
#include "consent/answering.h"
#include "gate/kill_switch.h"
#include "store/approval_files.h"
#include "store/denied_actions.h"
#include "store/level_file.h"

namespace bailey::cli {
namespace {

using effect::process::CageSpec;

constexpr std::int64_t kPromptNs = 120'000'000'000;  // for an answer at the terminal
// The degradation by which a policy takes limits that the warden checks at intervals.
constexpr std::string_view kPolledLimits = "limits.polled";

// The kill switch as a cage's watch; armed when the verdict names its epoch.
class KillSwitchWatch final : public effect::process::Watch {
 public:
  explicit KillSwitchWatch(const Dir& home) : home_(home) {}
  void arm(std::uint64_t epoch) { watch_.emplace(home_, epoch); }
  bool must_stop() override { return !watch_ || watch_->must_stop(); }

 private:
  const Dir& home_;
  std::optional<gate::KillWatch> watch_;
};

CageSpec cage_spec(const RunPlan& plan, const RunOptions& options,
                   const model::Judgement& judgement) {
  CageSpec spec;
  spec.argv = plan.run.argv;
  spec.program = plan.run.found;
  spec.environment = plan.environment;
  spec.working_directory = plan.run.directory;
  spec.views = plan.view.views;
  spec.hidden = plan.view.hidden;
  spec.limits = judgement.limits;
  const auto& accepted = judgement.degradations;
  const bool takes_polled =
      std::find(accepted.begin(), accepted.end(), kPolledLimits) != accepted.end();
  spec.polled = takes_polled && plan.run.profile != model::Profile::kStrict
                    ? effect::process::PolledLimits::kAccepted
                    : effect::process::PolledLimits::kRefused;
  spec.unix_sockets = plan.run.profile == model::Profile::kPermissive
                          ? effect::process::UnixSockets::kAllowed
                          : effect::process::UnixSockets::kRefused;
  spec.terminal = options.terminal;
  spec.observe = options.observe;
  spec.asks = plan.asks;
  // What is left are layers of the cage by name.
  std::copy_if(accepted.begin(), accepted.end(), std::back_inserter(spec.accepted),
               [](const std::string& name) { return name != kPolledLimits; });
  return spec;
}

Result<store::CachedPolicy> choose_policy(const RunOptions& options, Household& household,
                                          Outside& outside) {
  const std::string workspace = BAILEY_TRY(workspace_of(options, outside));
  const auto project = BAILEY_TRY(project_policy(outside, workspace));
  if (options.policy_file) {
    const auto input = BAILEY_TRY(policy_file(outside, *options.policy_file, store::Trust::kOwn));
    auto compiled = BAILEY_TRY(household.policy_from(input.source(), project));
    BAILEY_TRY(require_outside(input, compiled.policy, workspace));
    return compiled;
  }
  if (options.profile)
    return household.policy_from(builtin_policy_input(*options.profile).source(), project);
  return household.policy(project);
}

// What to try when the program may have met something hidden.
std::vector<std::string> hidden_hints(const RunReport& report) {
  std::vector<std::string> lines;
  const bool ended_badly =
      report.status && (report.evidence.exit_code != 0 || report.reason_code == "run.not_runnable");
  const auto* hints = report.evidence.extra.find("hints");
  if (!ended_badly || hints == nullptr || !hints->is_array()) return lines;
  const auto saw = [&](std::string_view what) {
    return std::any_of(
        hints->as_array().begin(), hints->as_array().end(),
        [&](const codec::Json& hint) { return hint.is_string() && hint.as_string() == what; });
  };
  if (saw("missing_file") || saw("permission"))
    lines.emplace_back(
        "a file it wanted may be hidden here: 'files: {read: [...]}' in the policy opens a folder "
        "(bailey policy show), --profile permissive the usual toolchains below your home");
  if (saw("read_only"))
    lines.emplace_back(
        "it met a read-only place: only the workspace and /tmp are writable, "
        "'files: {write: [...]}' in the policy adds more");
  if (saw("network"))
    lines.emplace_back("it may have wanted the network: a cage has none in this build");
  return lines;
}

class Run {
 public:
  // `trace` may be null.
  Run(Outside& outside, RunOptions options, RunTrace* trace)
      : outside_(outside), options_(std::move(options)), trace_(trace) {
    report_.command = codec::for_terminal(options_.command.front(), 200);
  }

  int operator()() {
    auto done = run();
    if (household_) close_ledger();
    if (!done) {
      report_.end = RunEnd::kFailed;
      report_.error = std::move(done).error();
    }
    return finish();
  }

 private:
  Status run();
  Result<bool> ask_here(const consent::Ask& ask, consent::ApprovalStore& store);
  Status store_answer(const consent::Ask& ask, const consent::TerminalAnswer& answer,
                      consent::ApprovalStore& store);
  Result<consent::TerminalPrompt> live_terminal() const;
  void take(conduct::Conducted conducted);
  void take(const model::Receipt& receipt);
  void keep_denied(std::string_view text);
  void close_ledger();
  void ask_witnesses_later();
  int finish();

  Outside& outside_;
  RunOptions options_;
  RunTrace* trace_;
  RunReport report_;
  LateWatch abandoned_;
  std::unique_ptr<Household> household_;
  std::vector<std::string> view_notes_;  // told when the program ran
  std::string receipt_text_;
};

Status Run::run() {
  // First of all: the warden and the empty namespaces take longest and need no decision.
  auto cage = BAILEY_TRY(outside_.jail().raise());
  household_ = BAILEY_TRY(Household::open(outside_, Make::kYes));
  const auto cached = BAILEY_TRY(choose_policy(options_, *household_, outside_));
  const policy::CompiledPolicy& compiled = cached.policy;
  report_.policy = compiled.policy().name;
  BAILEY_TRY(compiled.require_enforceable());
  const RunPlan plan =
      BAILEY_TRY(plan_run(options_, compiled.policy(), household_->home().path(), outside_));

  if (trace_ != nullptr) {
    trace_->policy = compiled.policy();
    trace_->plan = plan;
  }

  std::array<std::uint8_t, 16> key{};
  outside_.entropy().fill(key);
  const CommandLineDoor door(BAILEY_TRY(to_action(plan.run)), codec::to_hex(key));
  const identity::Identifier identifier(identity::LocalUser::of_this_process(), outside_.entropy());
  report_.session = identifier.session().id;
  view_notes_ = plan.view.notes;
  if (compiled.project())
    view_notes_.push_back("the project's " + std::string(store::kProjectPolicy) +
                          " narrows your policy (sha256 " + codec::to_hex(*compiled.project()) +
                          ")");

  const PlanSurroundings surroundings(plan, compiled.policy(), outside_.host());
  const gate::Gate gate(outside_.clock());
  const auto matrix = store::read_matrix(household_->home());
  const auto* disclosure = BAILEY_TRY(household_->disclosure());
  auto approvals = BAILEY_TRY(store::ApprovalFiles::open(household_->home(), *disclosure,
                                                         outside_.clock(), outside_.entropy()));
  const std::stop_source stop;
  consent::Consent consent(outside_.clock(), approvals, abandoned_, stop.get_token());
  effect::Effects effects(outside_.clock());
  KillSwitchWatch watch(household_->home().dir());
  std::string user = outside_.home_directory();

  std::optional<policy::FileRules> file_rules;
  std::optional<conduct::LiveAsking> live;
  if (!plan.asks.empty()) {
    file_rules = BAILEY_TRY(policy::FileRules::create(compiled.policy(), plan.scene));
    live = conduct::LiveAsking{
        [&](const model::FileRead& read) -> Result<model::Request> {
          return CommandLineDoor(BAILEY_TRY(to_action(read)), codec::to_hex(key)).request();
        },
        [&] { return live_terminal(); },
        [&](const consent::Ask& ask, const consent::TerminalAnswer& answer) {
          return store_answer(ask, answer, approvals);
        },
        &outside_.files(), plan.run.workspace};
  }

  conduct::Conductor conductor(conduct::Stages{
      outside_.clock(), identifier, gate,
      [&] {
        return gate::Inputs{compiled,
                            matrix.matrix,
                            approvals,
                            store::read_level(household_->home()),
                            household_->kill_switch().notice(outside_.clock()),
                            user,
                            std::nullopt,
                            &surroundings,
                            file_rules ? &*file_rules : nullptr};
      },
      consent, effects,
      [&]() -> Result<ledger::Ledger*> {
        auto* ledger = BAILEY_TRY(household_->ledger());
        abandoned_.attach(ledger->watch());
        return ledger;
      },
      [&](const consent::Ask& ask) { return ask_here(ask, approvals); }, std::move(live)});
  take(BAILEY_TRY(conductor.run_process([&] { return door.request(); }, options_.ceiling,
                                        std::move(cage),
                                        [&](const model::Judgement& judgement) {
                                          watch.arm(judgement.kill_epoch);
                                          return cage_spec(plan, options_, judgement);
                                        },
                                        watch)));
  name_rules(report_.events, compiled.policy(), plan.scene);
  if (report_.end == RunEnd::kRefused) keep_denied(door.action().canonical());
  if (report_.end == RunEnd::kRan)
    keep_denied(refused_files_text(report_.events, plan.run.workspace));
  return {};
}

// For 'bailey policy suggest': the ledger has no arguments and no paths. No run fails because
// of it.
void Run::keep_denied(std::string_view text) {
  if (text.empty()) return;
  const bool halted = report_.denial && report_.denial->reason_code.starts_with("kill.");
  const auto disclosure = household_->disclosure();
  if (halted || !disclosure || !report_.receipt_index) return;
  const auto denied =
      store::DeniedActions::open(household_->home(), **disclosure, outside_.entropy());
  if (!denied || !denied->keep(*report_.receipt_index, report_.receipt_leaf_hash, text))
    report_.notes.emplace_back("what was denied is not kept for 'bailey policy suggest'");
}

Result<bool> Run::ask_here(const consent::Ask& ask, consent::ApprovalStore& store) {
  if (ask.who != consent::WhoAnswers::kSelf) return false;
  auto prompt = consent::TerminalPrompt::open();
  if (!prompt) return false;  // nobody is here: the ask stays for `bailey approve`
  const auto answer = prompt->put(ask, outside_.clock(), kPromptNs);
  // Enter alone is no for now, not for good: the ask stays and `bailey approve` ends it.
  if (answer.answer() == consent::Answer::kDeny) return false;
  BAILEY_TRY(store_answer(ask, answer, store));
  return true;
}

// Standard input that is no terminal belongs to a script or to another program, which may have
// the terminal; nobody is asked over its head.
Result<consent::TerminalPrompt> Run::live_terminal() const {
  if (!outside_.input_is_terminal())
    return fail("approval.no_terminal", "standard input is no terminal");
  return consent::TerminalPrompt::open();
}

Status Run::store_answer(const consent::Ask& ask, const consent::TerminalAnswer& answer,
                         consent::ApprovalStore& store) {
  const auto halted =
      household_->kill_switch().look().halted ? consent::Halt::kHalted : consent::Halt::kRunning;
  consent::Answering answering(store, outside_.clock());
  const auto by = identity::LocalUser::of_this_process().principal();
  const auto stored = BAILEY_TRY(answering.at_terminal(ask.id, answer, by, halted));
  auto* ledger = BAILEY_TRY(household_->ledger());
  const bool typed = answer.how() == consent::TerminalAnswer::How::kTyped;
  BAILEY_TRY(ledger->note(
      merkle::LeafType::kAnswer,
      answer_body(stored, by, typed ? "at the terminal" : "no answer at the terminal")));
  return {};
}

// The last thing of a run: what was dropped unused is written, and when nobody else has
// the ledger open, tiles and checkpoint cover everything.
void Run::close_ledger() {
  if (!abandoned_.has_news() && !household_->has_ledger()) return;
  auto ledger = household_->ledger();
  if (ledger) abandoned_.attach((*ledger)->watch());
  const auto closed = ledger ? (*ledger)->close_log() : Status(std::unexpected(ledger.error()));
  if (!closed) report_.notes.push_back("the ledger was not closed: " + closed.error().message);
  ask_witnesses_later();
}

// Witnesses are asked by a process of its own, so that a slow one costs a run nothing; what they
// say is for `bailey log witness status`.
void Run::ask_witnesses_later() {
  const auto folder = WitnessFolder::find(household_->home().dir());
  if (!folder || !*folder || !is_round_due(**folder, outside_.clock())) return;
  (void)outside_.start_again({"log", "witness", "submit", "--due"});
}

void Run::take(const model::Receipt& receipt) {
  report_.receipt_index = receipt.index();
  report_.receipt_leaf_hash = codec::to_hex(receipt.leaf_hash());
  receipt_text_ = receipt.text();
}

void Run::take(conduct::Conducted conducted) {
  if (auto* ran = std::get_if<conduct::Ran>(&conducted)) {
    report_.end = RunEnd::kRan;
    report_.level = model::number(ran->judgement.level);
    report_.status = ran->status;
    report_.reason_code = ran->reason_code;
    report_.evidence = std::move(ran->evidence);
    report_.events = std::move(ran->events);
    if (trace_ != nullptr) {
      trace_->ran = ran->status == model::OutcomeStatus::kDone;
      trace_->uses = std::move(ran->uses);
      trace_->refused = report_.events;
      trace_->dropped = event_count(report_.evidence.extra, "dropped");
    }
    if (ran->status != model::OutcomeStatus::kFailed) report_.notes = view_notes_;
    for (auto& note : report_.evidence.notes) report_.notes.push_back(note);
    report_.hidden_hint = hidden_hints(report_);
    take(ran->receipt);
    return;
  }
  auto& refused = std::get<conduct::Refused>(conducted);
  report_.end = refused.ask ? RunEnd::kWaiting : RunEnd::kRefused;
  report_.level = model::number(refused.judgement.level);
  report_.denial = std::move(refused.denial);
  if (refused.ask) {
    report_.ask_id = refused.ask->id;
    report_.other_answers = refused.ask->who == consent::WhoAnswers::kOther;
  }
  take(refused.receipt);
}

int Run::finish() {
  if (!options_.receipt_file.empty() && !receipt_text_.empty()) {
    auto written = outside_.write_user_file(options_.receipt_file, receipt_text_);
    if (written)
      report_.receipt_file = options_.receipt_file;
    else
      report_.notes.push_back("the receipt was not written: " + written.error().message);
  }
  const int code = exit_code(report_);
  const bool trouble = report_.end != RunEnd::kRan || report_.status != model::OutcomeStatus::kDone;
  if (options_.told == Told::kJson)
    outside_.write(Stream::kErr, json_line(to_json(report_)));
  else if (options_.told == Told::kText || trouble)
    outside_.write(Stream::kErr, to_text(report_));
  return code;
}

}  // namespace

int run_command(Invocation& in) {
  auto options = read_run_options(in.arguments, in.outside);
  if (!options) {
    tell(in.outside, options.error());
    return kRunUsage;
  }
  return Run(in.outside, *std::move(options), nullptr)();
}

int run_traced(Outside& outside, RunOptions options, RunTrace& trace) {
  return Run(outside, std::move(options), &trace)();
}

}  // namespace bailey::cli
