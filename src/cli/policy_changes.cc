#include "cli/policy_changes.h"

#include <algorithm>
#include <map>
#include <set>

#include "codec/text.h"
#include "policy/document.h"
#include "policy/paths.h"
#include "policy/sensitive.h"

namespace bailey::cli {
namespace {

using model::Decision;
using model::Judgement;
using model::Level;
using policy::CommandRule;
using policy::CompiledPolicy;
using policy::Document;

constexpr int kMaxSteps = 12;
constexpr const char* kSystemPlaces[] = {"/usr/bin/", "/bin/",           "/usr/sbin/",
                                         "/sbin/",    "/usr/local/bin/", "/usr/local/sbin/"};

// What is thought of as changed, by the document's digest.
struct Edits {
  static void add(std::optional<policy::SaidList>& list, const std::vector<std::string>& places) {
    if (!list && !places.empty()) list.emplace();
    for (const auto& place : places) list->push_back({place, {}});
  }
  struct OfDocument {
    std::vector<CommandRule> added;
    std::set<std::string> dropped;
    std::set<std::string> allowed;  // rules that would say allow
    std::vector<std::string> read;
    std::vector<std::string> write;
    std::optional<Level> max;
    bool unenforced_removed = false;
  };
  std::map<Digest, OfDocument> documents;

  void apply(Document& document, const Digest& digest) const {
    const auto found = documents.find(digest);
    if (found == documents.end()) return;
    const OfDocument& edits = found->second;
    if (edits.unenforced_removed) document.not_enforced.clear();
    add(document.read, edits.read);
    add(document.write, edits.write);
    if (edits.max) document.max = {*edits.max, {}};
    if (!document.commands && !edits.added.empty()) document.commands.emplace();
    if (!document.commands) return;
    auto& rules = document.commands->value;
    std::erase_if(rules, [&](const CommandRule& rule) { return edits.dropped.contains(rule.id); });
    for (auto& rule : rules)
      if (edits.allowed.contains(rule.id)) rule.decision = Decision::kAllow;
    rules.insert(rules.end(), edits.added.begin(), edits.added.end());
  }
};

std::string rule_id(const CompiledPolicy& compiled, std::string_view program,
                    const std::set<std::string>& more) {
  std::string id = "allow-";
  for (const char c : program.substr(0, 40)) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    id += word ? c : '-';
  }
  std::set<std::string_view> taken(more.begin(), more.end());
  for (const auto& rule : compiled.policy().commands) taken.insert(rule.id);
  for (const auto& section : compiled.policy().narrowing)
    for (const auto& rule : section.rules) taken.insert(rule.id);
  if (!taken.contains(id)) return id;
  for (int n = 2;; ++n)
    if (const std::string next = id + "-" + std::to_string(n); !taken.contains(next)) return next;
}

class Search {
 public:
  Search(Outside& outside, const PolicyScene& scene, const RunPlan& plan)
      : outside_(outside), scene_(scene), plan_(plan), home_(outside.home_directory()) {}

  PolicyChanges run(Judgement judgement) {
    PolicyChanges changes = search(std::move(judgement));
    changes.warning = warning_;
    return changes;
  }

 private:
  PolicyChanges search(Judgement judgement) {
    PolicyChanges changes;
    const bool was_ask = judgement.decision == Decision::kAsk;
    for (int i = 0; i < kMaxSteps; ++i) {
      changes.after = judgement.decision;
      if (judgement.decision == Decision::kAllow) return changes;
      if (judgement.decision == Decision::kAsk && !was_ask) return changes;
      if (judgement.reasons.empty()) break;
      const model::Reason reason = judgement.reasons.front();
      if (auto done = step(reason, judgement, changes.steps); !done) {
        changes.left = done.error().message;
        return changes;
      }
      auto compiled = build(edits_);
      auto next = compiled ? ask(*compiled) : Result<Judgement>(std::unexpected(compiled.error()));
      if (!next) {
        changes.left = next.error().message;
        return changes;
      }
      judgement = *std::move(next);
    }
    if (!judgement.reasons.empty()) changes.left = judgement.reasons.front().text;
    return changes;
  }

  Result<CompiledPolicy> build(const Edits& edits) const {
    return CompiledPolicy::from_chain(
        scene_.input.source(), scene_.project,
        [&](std::string_view text, const Digest& digest) -> Result<Document> {
          auto document = BAILEY_TRY(policy::read_uncached(text, digest));
          edits.apply(document, digest);
          return document;
        });
  }

  Result<Judgement> ask(const CompiledPolicy& compiled) const {
    PolicyScene scene{{},
                      std::nullopt,
                      compiled,
                      scene_.workspace,
                      scene_.bailey_home,
                      scene_.matrix,
                      level_ ? *level_ : scene_.level,
                      scene_.kill,
                      level_ ? Level::kRoot : scene_.ceiling};
    if (lifted_) scene.kill.halted = false;
    return ask_gate(outside_, scene, compiled, plan_);
  }

  const policy::DocumentInfo& document(policy::Origin origin) const {
    return scene_.compiled.policy().documents[origin.document];
  }
  std::string place(policy::Origin origin) const {
    return policy::place(scene_.compiled.policy().documents, origin);
  }

  Status step(const model::Reason& reason, const Judgement& judgement,
              std::vector<PolicyChange>& steps) {
    using Kind = PolicyChange::Kind;
    if (reason.code == "kill.active") {
      if (lifted_) return fail("policy.change", reason.text);
      lifted_ = true;
      steps.push_back({Kind::kType, "", "bailey kill off"});
      return {};
    }
    if (reason.code == "policy.section_not_enforced") return remove_sections(steps);
    if (reason.code == "level.too_low") return raise(reason, judgement, steps);
    if (reason.code == "policy.no_match") return add_rule(reason, steps);
    if (reason.code == "files.out_of_reach") return add_places(reason, steps);
    if (reason.decision == Decision::kAsk || reason.code == "policy.rule")
      return change_rules(reason, steps);
    return fail("policy.change", reason.text);
  }

  Status remove_sections(std::vector<PolicyChange>& steps) {
    for (const auto& section : scene_.compiled.policy().not_enforced) {
      steps.push_back({PolicyChange::Kind::kRemove, place(section.origin),
                       "remove '" + section.section + "', which this build does not enforce"});
      edits_.documents[document(section.origin).digest].unenforced_removed = true;
    }
    return {};
  }

  // Rules that deny, or ask, and match.
  Status change_rules(const model::Reason& reason, std::vector<PolicyChange>& steps) {
    const auto compiled = build(edits_);
    if (!compiled) return std::unexpected(compiled.error());
    bool any = false;
    auto rules = matching_rules(*compiled, plan_, home_);
    const auto judged = judge_parts(outside_, *compiled, plan_);
    if (judged.line)
      for (const auto& part : judged.line->segments)
        if (part.rule != nullptr && std::find(rules.begin(), rules.end(), part.rule) == rules.end())
          rules.push_back(part.rule);
    for (const auto* rule : rules) {
      if (rule->decision != reason.decision || rule->origin.mark.line == 0) continue;
      any = true;
      auto& edits = edits_.documents[document(rule->origin).digest];
      const bool asks = rule->decision == Decision::kAsk;
      (asks ? edits.allowed : edits.dropped).insert(rule->id);
      steps.push_back({PolicyChange::Kind::kChangeRule, place(rule->origin),
                       "rule '" + rule->id + "' would have to " +
                           (asks ? "say allow instead of ask" : "go, or match less")});
    }
    if (!any) return fail("policy.change", reason.text);
    return {};
  }

  CommandRule exact_rule(const CompiledPolicy& compiled, const std::string& found,
                         const std::vector<std::string>& arguments) const {
    CommandRule rule;
    rule.decision = Decision::kAllow;
    rule.argv.push_back(program_pattern(found, plan_.run.workspace, home_));
    for (const auto& word : arguments) rule.argv.push_back(literal_pattern(word));
    rule.id = rule_id(compiled, std::string_view(found).substr(found.rfind('/') + 1), taken_);
    return rule;
  }

  // One rule for each part that none allows; none at all when one of them cannot be named.
  std::vector<CommandRule> rules_of_parts(const CompiledPolicy& compiled) {
    const auto judged = judge_parts(outside_, compiled, plan_);
    std::vector<CommandRule> rules;
    if (!judged.line) return rules;
    taken_.clear();
    for (std::size_t i = 0; i < judged.line->segments.size(); ++i) {
      const auto& part = judged.line->segments[i];
      if (part.standing == policy::Part::Standing::kUnjudged) return {};
      if (part.standing != policy::Part::Standing::kNoMatch) continue;
      const auto& argv = judged.line->facts.segments[i].argv;
      std::vector<std::string> words;
      for (const auto& word : argv) {
        if (word.kind != policy::shell::WordKind::kLiteral || word.many) return {};
        words.push_back(word.text);
      }
      if (words.empty() || part.program.found.empty()) return {};
      words.erase(words.begin());
      auto rule = exact_rule(compiled, part.program.found, words);
      const bool known = std::any_of(rules.begin(), rules.end(),
                                     [&](const CommandRule& one) { return one.argv == rule.argv; });
      if (known || !rule_text(rule)) continue;
      taken_.insert(rule.id);
      rules.push_back(std::move(rule));
    }
    return rules;
  }

  // The files that are out of reach, each as an entry of its own.
  Status add_places(const model::Reason& reason, std::vector<PolicyChange>& steps) {
    const auto compiled = build(edits_);
    if (!compiled) return std::unexpected(compiled.error());
    const auto judged = judge_parts(outside_, *compiled, plan_);
    const auto& policy = scene_.compiled.policy();
    const auto& document = policy.documents[main_document(policy)];
    bool any = false;
    for (std::size_t i = 0; judged.line && i < judged.line->files.size(); ++i) {
      if (judged.line->files[i].standing != policy::Part::Standing::kDenied) continue;
      const auto& file = judged.line->facts.files[i];
      const auto path = path_of(judged.line->facts, file);
      if (!path || !policy::check_path(*path, policy::PathUse::kPlace)) continue;
      const bool reads = file.use == policy::shell::FileUse::kRead;
      auto& edits = edits_.documents[document.digest];
      auto& list = reads ? edits.read : edits.write;
      if (std::find(list.begin(), list.end(), *path) != list.end()) continue;
      list.push_back(*path);
      any = true;
      steps.push_back({reads ? PolicyChange::Kind::kAddRead : PolicyChange::Kind::kAddWrite,
                       document.name, *path});
      if (const auto what = policy::sensitive_place(*path, home_))
        warning_ = "think twice: by its name " + *path + " is " + std::string(*what);
    }
    if (!any) return fail("policy.change", reason.text);
    return {};
  }

  std::optional<std::string> path_of(const policy::shell::Facts& facts,
                                     const policy::shell::FileAccess& file) const {
    if (file.path.kind != policy::shell::WordKind::kLiteral || file.path.text.empty())
      return std::nullopt;
    if (file.path.text.starts_with('/')) return policy::plain_path(file.path.text);
    if (file.directory >= facts.directories.size()) return std::nullopt;
    const std::string& below = facts.directories[file.directory];
    const std::string start = below.starts_with('/') ? below : plan_.run.directory + "/" + below;
    return policy::plain_path(start + "/" + file.path.text);
  }

  // The documents in which a rule may help: the policy itself before its parents, and a
  // project's when that is what narrows. The first in which it changes the answer counts.
  Status add_rule(const model::Reason& reason, std::vector<PolicyChange>& steps) {
    const auto compiled = build(edits_);
    if (!compiled) return std::unexpected(compiled.error());
    if (auto parts = rules_of_parts(*compiled); !parts.empty())
      if (add_rules(reason, parts, steps)) return {};
    taken_.clear();
    const std::vector<std::string> words(plan_.run.argv.begin() + 1, plan_.run.argv.end());
    CommandRule rule = exact_rule(*compiled, plan_.run.found, words);
    if (auto readable = rule_text(rule); !readable)
      return fail("policy.change",
                  "no rule can name exactly this command: " + readable.error().message);
    if (auto added = add_rules(reason, {rule}, steps)) return added;
    rule.argv.front() = literal_pattern(plan_.run.found);
    return add_rules(reason, {rule}, steps);
  }

  Status add_rules(const model::Reason& reason, const std::vector<CommandRule>& rules,
                   std::vector<PolicyChange>& steps) {
    const auto& documents = scene_.compiled.policy().documents;
    std::string refused = reason.text;
    for (std::size_t i = documents.size(); i-- > 0;) {
      Edits edits = edits_;
      auto& added = edits.documents[documents[i].digest].added;
      added.insert(added.end(), rules.begin(), rules.end());
      const auto changed = build(edits);
      if (!changed) {
        refused = changed.error().message;
        continue;
      }
      const auto next = ask(*changed);
      if (!next || (!next->reasons.empty() && next->reasons.front().code == reason.code)) continue;
      edits_ = std::move(edits);
      for (const auto& rule : rules)
        steps.push_back({PolicyChange::Kind::kAddRule, documents[i].name, *rule_text(rule)});
      return {};
    }
    return fail("policy.change", refused);
  }

  Status raise(const model::Reason& reason, const Judgement& judgement,
               std::vector<PolicyChange>& steps) {
    using Kind = PolicyChange::Kind;
    // A rule that says exactly this may make the level unnecessary.
    if (!tried_rule_) {
      tried_rule_ = true;
      if (add_rule(reason, steps)) return {};
    }
    if (level_) return fail("policy.change", reason.text);
    const Level needed = judgement.required;
    const auto& policy = scene_.compiled.policy();
    const std::string number = std::to_string(model::number(needed));
    if (scene_.matrix.clamp(Level::kRoot) < needed) return fail("policy.change", reason.hint);
    if (policy.levels.max < needed) {
      const std::size_t main = main_document(policy);
      edits_.documents[policy.documents[main].digest].max = needed;
      steps.push_back(
          {Kind::kSetMax, policy.documents[main].name, "levels: {max: " + number + "}"});
    }
    if (scene_.ceiling < needed)
      steps.push_back({Kind::kOther, "", "leave --level out, or give --level " + number});
    if (scene_.level.unreadable || !stored_suffices(needed))
      steps.push_back({Kind::kType, "", "bailey level set " + number + " --for 1h"});
    const Clock& clock = outside_.clock();
    constexpr std::int64_t kHour = 3'600'000'000'000;
    level_ = gate::LevelState{
        gate::StoredLevel{needed, clock.wall(), WallTime{clock.wall().unix_ns + kHour},
                          clock.boot_id(), MonoTime{clock.monotonic().ns + kHour}},
        false};
    return {};
  }

  bool stored_suffices(Level needed) const {
    const auto& stored = scene_.level.stored;
    if (stored && gate::is_in_force(*stored, outside_.clock())) return stored->level >= needed;
    return scene_.compiled.policy().levels.start >= needed;
  }

  Outside& outside_;
  const PolicyScene& scene_;
  const RunPlan& plan_;
  std::string home_;
  Edits edits_;
  std::set<std::string> taken_;  // ids of rules that are proposed together
  std::string warning_;
  std::optional<gate::LevelState> level_;
  bool lifted_ = false;
  bool tried_rule_ = false;
};

}  // namespace

std::string_view name(PolicyChange::Kind kind) noexcept {
  using Kind = PolicyChange::Kind;
  switch (kind) {
    case Kind::kAddRule:
      return "add_rule";
    case Kind::kChangeRule:
      return "change_rule";
    case Kind::kSetMax:
      return "set_level_max";
    case Kind::kAddRead:
      return "add_read";
    case Kind::kAddWrite:
      return "add_write";
    case Kind::kType:
      return "type";
    case Kind::kRemove:
      return "remove";
    case Kind::kOther:
      break;
  }
  return "other";
}

std::size_t main_document(const policy::Policy& policy) {
  std::size_t main = policy.documents.size() - 1;
  while (main > 0 && policy.documents[main].role == policy::Role::kProject) --main;
  return main;
}

std::string literal_pattern(std::string_view word) {
  std::string pattern;
  for (const char c : word) {
    if (c == '*' || c == '?' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

std::string program_pattern(const std::string& found, const std::string& workspace,
                            const std::string& home) {
  const auto below = [&](const std::string& base, const char* sign) -> std::string {
    return !base.empty() && found.starts_with(base + "/")
               ? sign + literal_pattern(found.substr(base.size() + 1))
               : "";
  };
  if (auto word = below(workspace, "./"); !word.empty()) return word;
  for (const std::string_view place : kSystemPlaces)
    if (found.starts_with(place) && found.find('/', place.size()) == std::string::npos)
      return literal_pattern(found.substr(place.size()));
  if (auto word = below(home, "~/"); !word.empty()) return word;
  return literal_pattern(found);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

Result<std::string> rule_text(const CommandRule& rule) {
  std::string text =
      "{id: " + rule.id + ", decision: " + std::string(name(rule.decision)) + ", argv: [";
  for (std::size_t i = 0; i < rule.argv.size(); ++i) {
    if (codec::valid_utf8(rule.argv[i]) != rule.argv[i])
      return fail("policy.pattern", "a word is not UTF-8");
    text += (i == 0 ? "" : ", ") + quoted(rule.argv[i]);
  }
  text += "]}";
  // What a policy refuses is not offered.
  BAILEY_TRY(policy::parse_document("version: 1\ncommands:\n  - " + text + "\n"));
  return text;
}

PolicyChanges narrowest_changes(Outside& outside, const PolicyScene& scene, const RunPlan& plan,
                                const model::Judgement& judgement) {
  return Search(outside, scene, plan).run(judgement);
}

PolicyChanges narrowest_changes(Outside& outside, const PolicyScene& scene,
                                const FileAnswer& answer, policy::FileUse use) {
  using Kind = PolicyChange::Kind;
  using policy::FileGround;
  PolicyChanges changes;
  const auto& policy = scene.compiled.policy();
  const auto* rule = answer.decision.rule;
  if (answer.decision.ground == FileGround::kHidden && rule != nullptr) {
    changes.steps.push_back({Kind::kChangeRule, place(policy.documents, rule->origin),
                             "'" + rule->text + "' would have to go, or hide less; hiding wins"});
    changes.after = Decision::kAllow;
    return changes;
  }
  if (answer.decision.ground == FileGround::kAsked) {
    changes.steps.push_back({Kind::kChangeRule, place(policy.documents, rule->origin),
                             "rule '" + answer.decision.ask->id +
                                 "' of files.ask would have to go; asking wins over the lists"});
    changes.after = Decision::kAllow;
    return changes;
  }
  if (answer.decision.ground != FileGround::kNotListed &&
      answer.decision.ground != FileGround::kReadOnly) {
    changes.left = "no list of a policy says otherwise";
    return changes;
  }
  if (auto good = policy::check_path(answer.real, policy::PathUse::kPlace); !good) {
    changes.left = "no entry can name this path: " + good.error().message;
    return changes;
  }
  const std::string governed = scene.workspace + "/.bailey";
  if (answer.real == governed || answer.real.starts_with(governed + "/")) {
    changes.left = "what runs in a project does not write the project's own rules";
    return changes;
  }
  const bool reads = use == policy::FileUse::kRead;
  const auto& document = policy.documents[main_document(policy)];
  const auto changed = CompiledPolicy::from_chain(
      scene.input.source(), scene.project,
      [&](std::string_view text, const Digest& digest) -> Result<Document> {
        auto read = BAILEY_TRY(policy::read_uncached(text, digest));
        if (digest != document.digest) return read;
        auto& list = reads ? read.read : read.write;
        if (!list) list.emplace();
        list->push_back({answer.real, {}});
        return read;
      });
  if (!changed) {
    changes.left = changed.error().message;
    return changes;
  }
  const auto again = ask_about_file(outside, scene, *changed, answer.real, use);
  if (!again || again->decision.decision != Decision::kAllow) {
    changes.left = "no list of a policy says otherwise";
    return changes;
  }
  changes.steps.push_back({reads ? Kind::kAddRead : Kind::kAddWrite, document.name, answer.real});
  if (const auto what = policy::sensitive_place(answer.real, outside.home_directory()))
    changes.warning = "think twice: by its name this is " + std::string(*what);
  changes.after = Decision::kAllow;
  return changes;
}

}  // namespace bailey::cli
