// `bailey policy suggest`: the narrowest rules that would have allowed what was denied.
//
// Denials are read from the ledger: refusals of the gate, and files that a run's cage refused.
// Their arguments and paths are not in it; what the home kept of them (store/denied_actions.h)
// is believed only when it has the digest that the entry names. Each is put before the gate again,
// under the policy as it is now, and what is still denied gets the narrowest change, tried as
// `policy explain` tries it. The output is one document that stands on the policy of today. What
// looks sensitive is in it as a comment only, without the words that look like secrets. Writes
// nothing but its output.
#include <deque>
#include <map>

#include "cli/commands.h"
#include "cli/home_path.h"
#include "cli/household.h"
#include "cli/policy_changes.h"
#include "cli/policy_question.h"
#include "cli/refused_files.h"
#include "cli/suggestion.h"
#include "codec/text.h"
#include "gate/process_arguments.h"
#include "merkle/leaf.h"
#include "merkle/rfc3339.h"
#include "policy/defaults.h"
#include "policy/units.h"
#include "store/denied_actions.h"

namespace bailey::cli {
namespace {

using codec::Json;
using model::Decision;

const Json* member(const Json& json, std::initializer_list<const char*> path) {
  const Json* at = &json;
  for (const char* name : path) {
    if (at == nullptr || !at->is_object()) return nullptr;
    at = at->find(name);
  }
  return at;
}

std::string text_at(const Json& json, std::initializer_list<const char*> path) {
  const Json* at = member(json, path);
  return at != nullptr && at->is_string() ? at->as_string() : std::string();
}

struct Filter {
  std::string session;                     // empty: every
  std::optional<std::int64_t> not_before;  // unix, ns
};

// Null: the leaf is no denial of a program, or is not asked for.
std::optional<RecordedDenial> denial_of(std::uint64_t index, const merkle::LeafEnvelope& leaf,
                                        const merkle::Hash& hash, const Filter& filter) {
  if (leaf.type != merkle::LeafType::kRefusal) return std::nullopt;
  if (text_at(leaf.body, {"action", "kind"}) != model::kProcessRun) return std::nullopt;
  if (text_at(leaf.body, {"denial", "decision"}) != "deny") return std::nullopt;
  if (!filter.session.empty() && text_at(leaf.body, {"caller", "session"}) != filter.session)
    return std::nullopt;
  if (filter.not_before && leaf.time.unix_ns < *filter.not_before) return std::nullopt;
  const auto digest = codec::digest_from_hex(text_at(leaf.body, {"action", "digest"}));
  if (!digest) return std::nullopt;
  return RecordedDenial{index,
                        codec::to_hex(hash),
                        rfc3339(leaf.time).substr(0, 19) + "Z",
                        text_at(leaf.body, {"denial", "reason_code"}),
                        text_at(leaf.body, {"action", "program"}),
                        *digest,
                        leaf.nonce};
}

// What was kept of it, if it is what the ledger says was denied.
std::optional<model::Action> action_of(const RecordedDenial& denial,
                                       const store::DeniedActions& kept,
                                       const crypto::SealKey& disclosure) {
  const auto text = kept.find(denial.index, denial.leaf_hash);
  if (!text || !*text) return std::nullopt;
  const auto salt = merkle::salt_for(disclosure, denial.nonce, "action.digest");
  if (merkle::salted_digest(salt, as_bytes(**text)) != denial.digest) return std::nullopt;
  const auto json = codec::parse_json(**text);
  if (!json || !json->is_object()) return std::nullopt;
  const Json* arguments = json->find("arguments");
  if (arguments == nullptr) return std::nullopt;
  auto action =
      model::Action::create(text_at(*json, {"kind"}), text_at(*json, {"resource"}), *arguments);
  if (!action) return std::nullopt;
  return *std::move(action);
}

// A run whose cage refused files.
struct RefusedRun {
  RecordedDenial denial;  // its outcome
  std::vector<merkle::LeafEnvelope> events;
};

// Follows the leaves in their order: an intent, events of it, the outcome that closes it.
class RunsWithEvents {
 public:
  void see(std::uint64_t index, const merkle::LeafEnvelope& leaf, const merkle::Hash& hash,
           const Filter& filter) {
    using merkle::LeafType;
    if (leaf.type == LeafType::kIntent) {
      const bool wanted =
          (filter.session.empty() || text_at(leaf.body, {"caller", "session"}) == filter.session) &&
          (!filter.not_before || leaf.time.unix_ns >= *filter.not_before);
      if (wanted) running_[index].denial.program = text_at(leaf.body, {"action", "program"});
      return;
    }
    const Json* named = member(leaf.body, {"intent", "index"});
    if (named == nullptr || !named->is_int()) return;
    const auto intent = running_.find(static_cast<std::uint64_t>(named->as_int()));
    if (intent == running_.end()) return;
    if (leaf.type == LeafType::kEvents) {
      intent->second.events.push_back(leaf);
      return;
    }
    if (leaf.type == LeafType::kOutcome && !intent->second.events.empty()) {
      intent->second.denial.index = index;
      intent->second.denial.leaf_hash = codec::to_hex(hash);
      intent->second.denial.time = rfc3339(leaf.time).substr(0, 19) + "Z";
      ended_.push_back(std::move(intent->second));
      if (ended_.size() > store::kMaxDenied) ended_.pop_front();
    }
    running_.erase(intent);
  }
  [[nodiscard]] const std::deque<RefusedRun>& ended() const { return ended_; }

 private:
  std::map<std::uint64_t, RefusedRun> running_;
  std::deque<RefusedRun> ended_;
};

struct Counts {
  std::size_t seen = 0;
  std::size_t allowed = 0;  // by the policy of today
};

class Suggesting {
 public:
  Suggesting(Invocation& in, Household& household) : in_(in), household_(household) {}

  Result<int> run() {
    const auto filter = BAILEY_TRY(read_filter());
    auto* ledger = BAILEY_TRY(household_.ledger());
    const std::uint64_t size = BAILEY_TRY(ledger->size());
    input_ = BAILEY_TRY(input_of_today());
    std::vector<RecordedDenial> denials;
    RunsWithEvents runs;
    BAILEY_TRY(ledger->read(0, size,
                            [&](std::uint64_t index, const merkle::LeafEnvelope& leaf,
                                const merkle::Hash& hash) -> Status {
                              if (auto one = denial_of(index, leaf, hash, filter))
                                denials.push_back(*std::move(one));
                              runs.see(index, leaf, hash, filter);
                              return {};
                            }));
    // Older ones are not kept with their arguments anyway.
    if (denials.size() > store::kMaxDenied)
      denials.erase(denials.begin(),
                    denials.end() - static_cast<std::ptrdiff_t>(store::kMaxDenied));
    const auto* disclosure = BAILEY_TRY(household_.disclosure());
    const auto kept = BAILEY_TRY(
        store::DeniedActions::open(household_.home(), *disclosure, in_.outside.entropy()));
    Suggestion suggestion(in_.outside.home_directory());
    Counts counts;
    for (const auto& denial : denials) {
      ++counts.seen;
      const auto action = action_of(denial, kept, *disclosure);
      if (!action) {
        suggestion.lacks(denial);
        continue;
      }
      if (!ask_again(denial, *action, suggestion)) ++counts.allowed;
    }
    for (const auto& run : runs.ended()) {
      const auto text = kept.find(run.denial.index, run.denial.leaf_hash);
      const auto files = text && *text ? parse_refused_files(**text) : std::nullopt;
      if (files) take(run, *files, *disclosure, suggestion, counts);
    }
    return tell_all(suggestion, counts);
  }

 private:
  Result<Filter> read_filter() {
    Filter filter;
    filter.session = in_.arguments.value("--session").value_or("");
    if (const auto since = in_.arguments.value("--since")) {
      const auto span = policy::parse_duration(*since);
      if (!span)
        return fail("usage", "--since: " + span.error().message, "write --since 2h, or 7d");
      filter.not_before = in_.outside.clock().wall().unix_ns - *span;
    }
    return filter;
  }

  RunOptions options_for(const gate::ProcessArguments& arguments) const {
    RunOptions options;
    options.policy_file = in_.arguments.value("--policy");
    options.workspace = arguments.workspace;
    options.command = arguments.argv;
    return options;
  }

  // False: it would be allowed today.
  bool ask_again(const RecordedDenial& denial, const model::Action& action,
                 Suggestion& suggestion) {
    auto& outside = in_.outside;
    const auto arguments = gate::process_arguments(action);
    if (!arguments) {
      suggestion.lacks(denial);
      return true;
    }
    const RunOptions options = options_for(*arguments);
    auto scene = scene_of_run(outside, options);
    auto plan = scene ? plan_question(outside, *scene, options)
                      : Result<RunPlan>(std::unexpected(scene.error()));
    auto judgement = plan ? ask_gate(outside, *scene, scene->compiled, *plan)
                          : Result<model::Judgement>(std::unexpected(plan.error()));
    if (!judgement) {
      PolicyChanges none;
      none.left = judgement.error().message;
      suggestion.take(denial, none, "");
      return true;
    }
    if (judgement->decision != Decision::kDeny) return false;
    const auto& policy = scene->compiled.policy();
    suggestion.take(denial, narrowest_changes(outside, *scene, *plan, *judgement),
                    policy.documents[main_document(policy)].name);
    return true;
  }

  // What its cage refused, by the ledger and by what is kept, and is still refused.
  void take(const RefusedRun& run, const RefusedFiles& kept, const crypto::SealKey& disclosure,
            Suggestion& suggestion, Counts& counts) {
    std::vector<RefusedFile> files;
    for (const auto& leaf : run.events) {
      auto more = recognise(kept, leaf, disclosure);
      files.insert(files.end(), more.begin(), more.end());
    }
    if (files.empty()) return;
    RunOptions options;
    options.policy_file = in_.arguments.value("--policy");
    options.workspace = kept.workspace;
    const auto scene = scene_of_run(in_.outside, options);
    for (const auto& file : files) {
      ++counts.seen;
      const auto answer =
          scene ? ask_about_file(in_.outside, *scene, scene->compiled, file.path, file.use)
                : Result<FileAnswer>(std::unexpected(scene.error()));
      if (!answer) {
        PolicyChanges none;
        none.left = answer.error().message;
        suggestion.take(run.denial, none, "");
      } else if (answer->decision.decision == Decision::kAllow) {
        ++counts.allowed;
      } else {
        const auto& policy = scene->compiled.policy();
        suggestion.take(run.denial, narrowest_changes(in_.outside, *scene, *answer, file.use),
                        policy.documents[main_document(policy)].name);
      }
    }
  }

  int tell_all(const Suggestion& suggestion, const Counts& counts) {
    auto& outside = in_.outside;
    const auto say = [&](const std::string& text) {
      outside.write(Stream::kErr, "bailey: " + codec::for_terminal(text) + "\n");
    };
    if (counts.seen == 0) {
      say("the ledger holds no denial, so there is nothing to suggest");
      return kDone;
    }
    if (suggestion.is_empty()) {
      say("everything that was denied would be allowed by the policy of today");
      return kDone;
    }
    const std::string extends = input_.path;
    std::string head = "# Proposed by 'bailey policy suggest' from " + std::to_string(counts.seen) +
                       (counts.seen == 1 ? " recorded denial, " : " recorded denials, ") +
                       std::to_string(counts.allowed) +
                       " of which would be allowed today.\n"
                       "# Each rule allows exactly what was denied. That something was tried does "
                       "not say that it should be allowed.\n";
    if (!extends.starts_with(policy::kBuiltinPrefix))
      head += "# Keep this file beside " + codec::for_terminal(input_.name) + ".\n";
    const std::string text = head + suggestion.document(extends);
    // What is printed is a policy that can be used, or it says why it is not.
    const policy::PolicySource source{"the suggestion", text, "", input_.folder.get()};
    const auto good =
        policy::CompiledPolicy::from_chain(source, std::nullopt, policy::read_uncached);
    outside.write(
        Stream::kOut,
        good ? text : head + refused(suggestion.document(extends), extends, good.error()));
    return kDone;
  }

  // As comments: a parent that holds on to something is changed by whoever keeps it.
  static std::string refused(const std::string& text, const std::string& extends,
                             const Error& error) {
    std::string out = "# It cannot stand below that policy: " + codec::for_terminal(error.message) +
                      "\n# Whoever keeps it may add there:\n";
    for (std::size_t start = 0; start < text.size();) {
      const auto end = std::min(text.find('\n', start), text.size());
      out += "#   " + text.substr(start, end - start) + "\n";
      start = end + 1;
    }
    return out + "version: 1\nextends: " + quoted(extends) + "\n";
  }

  Result<PolicyInput> input_of_today() const {
    auto& outside = in_.outside;
    if (const auto named = in_.arguments.value("--policy"))
      return policy_by_name(outside, *named, store::Trust::kOwn);
    auto input = policy_file(outside, household_.home().path() + "/" + std::string(kPolicyFile),
                             store::Trust::kOwn);
    if (input || input.error().code != "disk.missing") return input;
    return builtin_policy_input(model::Profile::kBalanced);
  }

  Invocation& in_;
  Household& household_;
  PolicyInput input_;
};

}  // namespace

int policy_suggest(Invocation& in) {
  auto household = Household::open(in.outside, Make::kNo);
  if (!household) {
    tell(in.outside, household.error());
    return kError;
  }
  const auto done = Suggesting(in, **household).run();
  if (!done) {
    tell(in.outside, done.error());
    return done.error().code == "usage" ? kUsage : kError;
  }
  return *done;
}

}  // namespace bailey::cli
