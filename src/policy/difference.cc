#include "policy/difference.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "codec/json.h"
#include "policy/covers.h"
#include "policy/file_rules.h"
#include "policy/paths.h"
#include "policy/shell.h"
#include "policy/units.h"

namespace bailey::policy {
namespace {

using model::Decision;
using Kind = Difference::Kind;

constexpr std::size_t kMaxCompared = 1'000;

Effect turned(Effect effect) {
  return effect == Effect::kWidens    ? Effect::kNarrows
         : effect == Effect::kNarrows ? Effect::kWidens
                                      : effect;
}

Effect by_order(bool wider, bool narrower) {
  return wider == narrower ? (wider ? Effect::kIncomparable : Effect::kNothing)
         : wider           ? Effect::kWidens
                           : Effect::kNarrows;
}

// Both hold at once.
Effect together(Effect a, Effect b) {
  if (a == Effect::kNothing) return b;
  if (b == Effect::kNothing || a == b) return a;
  return Effect::kIncomparable;
}

std::string level_text(model::Level level) { return std::to_string(number(level)); }

// --- commands ----------------------------------------------------------------------------

std::string text_of(const CommandRule& rule) {
  codec::Json::Array words;
  for (const auto& word : rule.argv) words.emplace_back(codec::valid_utf8(word));
  std::string text =
      std::string(name(rule.decision)) + " " + codec::canonical_json(codec::Json(std::move(words)));
  if (rule.level) text += ", level " + level_text(*rule.level);
  if (rule.finality == Finality::kFinal) text += ", final";
  return text;
}

bool same(const CommandRule& a, const CommandRule& b) {
  return a.decision == b.decision && a.argv == b.argv && a.level == b.level &&
         a.finality == b.finality && a.trusted_names_only == b.trusted_names_only &&
         a.judges_no_text == b.judges_no_text;
}

using Rules = std::vector<CommandRule>;

// Does the pattern fix what a shell reads? Then it judges what a wider one does not.
bool judges_a_shell(const std::vector<std::string>& pattern) {
  return fixes_shell_text(pattern) && runs_shell(pattern, pattern.front(), pattern.front());
}

bool is_said_already(const CommandRule& rule, const Rules& rules) {
  return std::any_of(rules.begin(), rules.end(), [&](const CommandRule& other) {
    return other.id != rule.id && other.decision == rule.decision && !other.level &&
           covers(other.argv, rule.argv);
  });
}

bool is_covered(const CommandRule& rule, const Rules& rules, Decision by) {
  return std::any_of(rules.begin(), rules.end(), [&](const CommandRule& other) {
    return other.id != rule.id && other.decision == by && covers(other.argv, rule.argv);
  });
}

// What `rule` does to the others of `rules`, when what came before or after is `beside`.
Effect effect_of_adding(const CommandRule& rule, const Rules& rules, const Rules& beside) {
  if (rule.decision == Decision::kDeny)
    return is_covered(rule, beside, Decision::kDeny) ? Effect::kNothing : Effect::kNarrows;
  if (is_covered(rule, rules, Decision::kDeny)) return Effect::kNothing;
  // A level takes away from other rules and may give; so may a text that is judged now.
  if (rule.level) return Effect::kIncomparable;
  if ((is_said_already(rule, rules) || is_said_already(rule, beside)) && !judges_a_shell(rule.argv))
    return Effect::kNothing;
  if (rule.decision == Decision::kAllow) return Effect::kWidens;
  // An ask takes a yes away where there was one, and gives a way to one where there was none.
  const bool was_yes =
      is_covered(rule, rules, Decision::kAllow) || is_covered(rule, beside, Decision::kAllow);
  return was_yes ? Effect::kNarrows : Effect::kIncomparable;
}

Effect effect_of_change(const CommandRule& old, const CommandRule& now) {
  const bool wider = covers(now.argv, old.argv);
  const bool narrower = covers(old.argv, now.argv);
  Effect pattern = Effect::kIncomparable;
  if (wider && narrower)
    pattern = Effect::kNothing;
  else if (judges_a_shell(old.argv) == judges_a_shell(now.argv) && old.decision == now.decision &&
           old.decision != Decision::kAsk && (wider || narrower))
    pattern = (old.decision == Decision::kAllow) == wider ? Effect::kWidens : Effect::kNarrows;
  const Effect decision = by_order(strength(now.decision) < strength(old.decision),
                                   strength(now.decision) > strength(old.decision));
  const Effect level = by_order(now.level<old.level, now.level> old.level);
  const Effect names = by_order(old.trusted_names_only && !now.trusted_names_only,
                                !old.trusted_names_only && now.trusted_names_only);
  const Effect texts = by_order(old.judges_no_text && !now.judges_no_text,
                                !old.judges_no_text && now.judges_no_text);
  return together(together(pattern, decision), together(level, together(names, texts)));
}

// The effect of adding a rule to rules that have it, or that it is taken from.
using EffectOf = std::function<Effect(const CommandRule&, const Rules&, const Rules&)>;

void compare_rules(const std::string& section, const Rules& before, const Rules& after,
                   const EffectOf& effect_of, std::vector<Difference>& out) {
  std::map<std::string_view, const CommandRule*> old;
  for (const auto& rule : before) old.emplace(rule.id, &rule);
  std::map<std::string, const CommandRule*> gone;  // by what they say
  std::set<std::string_view> kept;
  for (const auto& rule : after) kept.insert(rule.id);
  for (const auto& rule : before)
    if (!kept.contains(rule.id)) gone.emplace(text_of(rule), &rule);
  // Comparing each with all the others takes too long for very many.
  const bool few = before.size() <= kMaxCompared && after.size() <= kMaxCompared;
  std::set<std::string_view> renamed;
  for (const auto& rule : after) {
    const auto found = old.find(rule.id);
    if (found != old.end()) {
      if (!same(*found->second, rule))
        out.push_back({section, rule.id, Kind::kChanged, effect_of_change(*found->second, rule),
                       text_of(*found->second), text_of(rule), found->second->origin, rule.origin});
      continue;
    }
    const std::string text = text_of(rule);
    if (const auto twin = gone.find(text); twin != gone.end() && same(*twin->second, rule)) {
      renamed.insert(twin->second->id);
      out.push_back({section, rule.id, Kind::kChanged, Effect::kNothing,
                     "'" + twin->second->id + "'", "'" + rule.id + "'", twin->second->origin,
                     rule.origin});
      gone.erase(twin);
      continue;
    }
    out.push_back({section,
                   rule.id,
                   Kind::kAdded,
                   few ? effect_of(rule, after, before) : Effect::kIncomparable,
                   "",
                   text,
                   {},
                   rule.origin});
  }
  for (const auto& rule : before)
    if (!kept.contains(rule.id) && !renamed.contains(rule.id))
      out.push_back({section,
                     rule.id,
                     Kind::kRemoved,
                     few ? turned(effect_of(rule, before, after)) : Effect::kIncomparable,
                     text_of(rule),
                     "",
                     rule.origin,
                     {}});
}

// What narrows: a deny or an ask only takes away; a list takes away all that it does not name.
void compare_narrowing(const Policy& before, const Policy& after, std::vector<Difference>& out) {
  const auto flat = [](const Policy& policy) {
    Rules rules;
    for (const auto& section : policy.narrowing)
      rules.insert(rules.end(), section.rules.begin(), section.rules.end());
    return rules;
  };
  const auto lists = [](const Policy& policy) {
    return std::count_if(policy.narrowing.begin(), policy.narrowing.end(),
                         [](const NarrowingRules& section) { return section.is_list; });
  };
  const bool as_many = lists(before) == lists(after);
  compare_rules(
      "commands (narrowing)", flat(before), flat(after),
      [&](const CommandRule& rule, const Rules&, const Rules&) {
        if (rule.decision != Decision::kAllow) return Effect::kNarrows;
        return as_many ? Effect::kWidens : Effect::kIncomparable;
      },
      out);
  if (!as_many)
    out.push_back({"commands (narrowing)",
                   "lists",
                   Kind::kChanged,
                   by_order(lists(after) < lists(before), lists(after) > lists(before)),
                   std::to_string(lists(before)) + " lists of what remains",
                   std::to_string(lists(after)) + " lists of what remains",
                   {},
                   {}});
}

// --- files -------------------------------------------------------------------------------

constexpr const char* kHome = "/home-of-the-person";
constexpr const char* kWorkspace = "/the-workspace";

struct PlaceAccess {
  int level = 0;  // 0 not there, 1 read, 2 write
  const Listed* rule = nullptr;
};

// Whatever `hide` says is compared apart.
Policy without_hiding(Policy policy) {
  policy.files.hide.clear();
  policy.files.ask.clear();
  return policy;
}

PlaceAccess access_at(const FileRules& rules, const std::string& path) {
  const auto write = rules.decide(path, FileUse::kWrite);
  if (write.decision == Decision::kAllow) return {2, write.rule};
  const auto read = rules.decide(path, FileUse::kRead);
  return {read.decision == Decision::kAllow ? 1 : 0, read.rule};
}

void compare_places(const Policy& before, const Policy& after, std::vector<Difference>& out) {
  const Policy old = without_hiding(before);
  const Policy now = without_hiding(after);
  const FileScene scene{kHome, kWorkspace};
  const auto old_rules = FileRules::create(old, scene);
  const auto now_rules = FileRules::create(now, scene);
  if (!old_rules || !now_rules) return;
  // The lists decide place by place, so comparing at every place that either names is enough.
  std::map<std::string, std::string> places;  // absolute -> as it was written
  for (const auto* policy : {&old, &now})
    for (const auto* list : {&policy->files.read, &policy->files.write})
      for (const auto& entry : *list) {
        std::string path = expand_path(entry.text, kHome, kWorkspace);
        if (path.ends_with("/**")) path.resize(path.size() - 3);
        places.emplace(path.empty() ? "/" : std::move(path), entry.text);
      }
  constexpr std::string_view kWords[] = {"", "read", "write"};
  for (const auto& [path, written] : places) {
    const auto was = access_at(*old_rules, path);
    const auto is = access_at(*now_rules, path);
    if (was.level == is.level) continue;
    out.push_back({"files", written,
                   was.level == 0  ? Kind::kAdded
                   : is.level == 0 ? Kind::kRemoved
                                   : Kind::kChanged,
                   by_order(is.level > was.level, is.level < was.level),
                   std::string(kWords[was.level]), std::string(kWords[is.level]),
                   was.rule == nullptr ? Origin{} : was.rule->origin,
                   is.rule == nullptr ? Origin{} : is.rule->origin});
  }
}

// --- lists of names ----------------------------------------------------------------------

void compare_lists(const std::string& section, const std::vector<Listed>& before,
                   const std::vector<Listed>& after, Effect of_adding,
                   std::vector<Difference>& out) {
  std::set<std::string_view> old;
  std::set<std::string_view> now;
  for (const auto& entry : before) old.insert(entry.text);
  for (const auto& entry : after) now.insert(entry.text);
  for (const auto& entry : after)
    if (!old.contains(entry.text))
      out.push_back(
          {section, entry.text, Kind::kAdded, of_adding, "", entry.text, {}, entry.origin});
  for (const auto& entry : before)
    if (!now.contains(entry.text))
      out.push_back({section,
                     entry.text,
                     Kind::kRemoved,
                     turned(of_adding),
                     entry.text,
                     "",
                     entry.origin,
                     {}});
}

// An ask takes a yes away where there was one, and gives a way to one where there was none.
Effect effect_of_ask(const AskRule& rule, const Files& beside) {
  const auto shows = [&](const std::vector<Listed>& list) {
    return std::any_of(list.begin(), list.end(),
                       [&](const Listed& one) { return covers_place(one.text, rule.place.text); });
  };
  if (shows(beside.read) || shows(beside.write)) return Effect::kNarrows;
  const bool in_workspace = !rule.place.text.starts_with('/') && !rule.place.text.starts_with('~');
  return in_workspace ? Effect::kNarrows : Effect::kWidens;
}

void compare_asks(const Policy& before, const Policy& after, std::vector<Difference>& out) {
  const auto with_path = [](const std::vector<AskRule>& rules, const std::string& path) {
    return std::find_if(rules.begin(), rules.end(),
                        [&](const AskRule& rule) { return rule.place.text == path; });
  };
  for (const auto& rule : after.files.ask) {
    const auto old = with_path(before.files.ask, rule.place.text);
    const std::string text = "ask " + rule.place.text;
    if (old == before.files.ask.end())
      out.push_back({"files.ask",
                     rule.id,
                     Kind::kAdded,
                     effect_of_ask(rule, before.files),
                     "",
                     text,
                     {},
                     rule.place.origin});
    else if (old->id != rule.id)
      out.push_back({"files.ask", rule.id, Kind::kChanged, Effect::kNothing, "'" + old->id + "'",
                     "'" + rule.id + "'", old->place.origin, rule.place.origin});
  }
  for (const auto& rule : before.files.ask)
    if (with_path(after.files.ask, rule.place.text) == after.files.ask.end())
      out.push_back({"files.ask",
                     rule.id,
                     Kind::kRemoved,
                     turned(effect_of_ask(rule, after.files)),
                     "ask " + rule.place.text,
                     "",
                     rule.place.origin,
                     {}});
}

void compare_names(const std::string& section, const std::vector<std::string>& before,
                   const std::vector<std::string>& after, Effect of_adding,
                   std::vector<Difference>& out) {
  const auto listed = [](const std::vector<std::string>& names) {
    std::vector<Listed> list;
    for (const auto& each : names) list.push_back({each, {}});
    return list;
  };
  compare_lists(section, listed(before), listed(after), of_adding, out);
}

// --- the rest ----------------------------------------------------------------------------

void compare_variables(const Policy& before, const Policy& after, std::vector<Difference>& out) {
  compare_lists("environment.pass", before.environment.pass, after.environment.pass,
                Effect::kWidens, out);
  std::map<std::string_view, const Variable*> old;
  std::set<std::string_view> kept;
  for (const auto& variable : before.environment.set) old.emplace(variable.name, &variable);
  // A value of the policy's own may do either; which, nobody can see.
  for (const auto& variable : after.environment.set) {
    kept.insert(variable.name);
    const auto found = old.find(variable.name);
    if (found != old.end() && found->second->value == variable.value) continue;
    out.push_back({"environment.set", variable.name,
                   found == old.end() ? Kind::kAdded : Kind::kChanged, Effect::kIncomparable,
                   found == old.end() ? "" : found->second->value, variable.value,
                   found == old.end() ? Origin{} : found->second->origin, variable.origin});
  }
  for (const auto& variable : before.environment.set)
    if (!kept.contains(variable.name))
      out.push_back({"environment.set",
                     variable.name,
                     Kind::kRemoved,
                     Effect::kIncomparable,
                     variable.value,
                     "",
                     variable.origin,
                     {}});
}

void compare_levels(const Levels& before, const Levels& after, std::vector<Difference>& out) {
  const auto add = [&](const char* section, model::Level was, model::Level is) {
    if (was != is)
      out.push_back({section,
                     "",
                     Kind::kChanged,
                     by_order(is > was, is < was),
                     level_text(was),
                     level_text(is),
                     {},
                     {}});
  };
  add("levels.start", before.start, after.start);
  add("levels.max", before.max, after.max);
  std::map<std::string, std::pair<std::optional<model::Level>, std::optional<model::Level>>> kinds;
  for (const auto& [kind, level] : before.actions) kinds[kind].first = level;
  for (const auto& [kind, level] : after.actions) kinds[kind].second = level;
  for (const auto& [kind, levels] : kinds) {
    const auto& [was, is] = levels;
    if (was == is) continue;
    // Running programs is held anyway; any other kind is granted by being named.
    Effect effect =
        kind == "process.run" || kind == "file.read" ? Effect::kNarrows : Effect::kWidens;
    if (was && is) effect = by_order(*is<*was, *is> * was);
    if (was && !is) effect = turned(effect);
    out.push_back({"levels.actions",
                   kind,
                   !was  ? Kind::kAdded
                   : !is ? Kind::kRemoved
                         : Kind::kChanged,
                   effect,
                   was ? level_text(*was) : "",
                   is ? level_text(*is) : "",
                   {},
                   {}});
  }
}

void compare_limits(const Policy& before, const Policy& after, std::vector<Difference>& out) {
  for (std::size_t i = 0; i < model::kLimitKinds; ++i) {
    const auto kind = static_cast<model::LimitKind>(i);
    const auto& was = before.limits.value[i];
    const auto& is = after.limits.value[i];
    if (was == is) continue;
    const bool wider = !is || (was && *is > *was);
    out.push_back({"limits." + std::string(limit_name(kind)), "",
                   !was  ? Kind::kAdded
                   : !is ? Kind::kRemoved
                         : Kind::kChanged,
                   wider ? Effect::kWidens : Effect::kNarrows, was ? format_limit(kind, *was) : "",
                   is ? format_limit(kind, *is) : "", was ? before.limit_origins[i] : Origin{},
                   is ? after.limit_origins[i] : Origin{}});
  }
}

void compare_approvals(const Policy& before, const Policy& after, std::vector<Difference>& out) {
  const Approvals was = before.approvals.value_or(Approvals{});
  const Approvals is = after.approvals.value_or(Approvals{});
  if (was.by != is.by)
    out.push_back({"approvals.by",
                   "",
                   Kind::kChanged,
                   by_order(is.by == "self", was.by == "self"),
                   was.by,
                   is.by,
                   {},
                   {}});
  if (was.timeout_ns != is.timeout_ns)
    out.push_back({"approvals.timeout",
                   "",
                   Kind::kChanged,
                   by_order(is.timeout_ns > was.timeout_ns, is.timeout_ns < was.timeout_ns),
                   format_duration(was.timeout_ns),
                   format_duration(is.timeout_ns),
                   {},
                   {}});
}

}  // namespace

std::string_view name(Effect effect) noexcept {
  switch (effect) {
    case Effect::kWidens:
      return "widens";
    case Effect::kNarrows:
      return "narrows";
    case Effect::kNothing:
      return "nothing";
    case Effect::kIncomparable:
      break;
  }
  return "incomparable";
}

std::vector<Difference> differences(const Policy& before, const Policy& after) {
  std::vector<Difference> out;
  if (before.name != after.name)
    out.push_back({"name", "", Kind::kChanged, Effect::kNothing, before.name, after.name, {}, {}});
  compare_levels(before.levels, after.levels, out);
  compare_places(before, after, out);
  compare_lists("files.hide", before.files.hide, after.files.hide, Effect::kNarrows, out);
  compare_asks(before, after, out);
  compare_variables(before, after, out);
  compare_rules("commands", before.commands, after.commands, effect_of_adding, out);
  compare_narrowing(before, after, out);
  compare_limits(before, after, out);
  compare_approvals(before, after, out);
  compare_names("degradations", before.degradations, after.degradations, Effect::kWidens, out);
  const auto sections = [](const Policy& policy) {
    std::vector<std::string> names;
    for (const auto& section : policy.not_enforced) names.push_back(section.section);
    return names;
  };
  // A policy with one of them runs nothing at all.
  compare_names("not_enforced", sections(before), sections(after), Effect::kNarrows, out);
  return out;
}

}  // namespace bailey::policy
