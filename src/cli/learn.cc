// bailey learn: a command is run once in a cage that tells what it uses, and the narrowest
// policy under which it would have worked is written.
//
// It is a run like any other: judged by the policy in force, caged by it, recorded. So
// nothing can be learned that this policy does not allow already, and what it hides stays
// hidden; what was wanted and refused stands in the new policy as a remark.
#include <algorithm>

#include "cli/commands.h"
#include "cli/home_path.h"
#include "cli/json_line.h"
#include "cli/policy_changes.h"
#include "cli/policy_input.h"
#include "cli/run_trace.h"
#include "codec/text.h"
#include "policy/learned.h"
#include "policy/paths.h"
#include "policy/sensitive.h"

namespace bailey::cli {
namespace {

using codec::Json;
using policy::FileUse;

// What the kernel itself reads to start a program, and so nobody is heard to open.
constexpr std::string_view kLoaders[] = {"/lib64/ld-linux-x86-64.so.2",
                                         "/lib/ld-linux-aarch64.so.1"};
constexpr std::size_t kMaxRemarks = 100;

struct Learned {
  policy::Policy policy;
  std::vector<std::string> remarks;  // what a person should look at
};

std::string rule_id(const std::string& program) {
  std::string id;
  for (const char c : program.substr(0, 40)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    id += plain ? c : '-';
  }
  return id.empty() ? "command" : id;
}

// The command, word for word. A word that must not stand in a file becomes "*".
policy::CommandRule rule_of(const RunPlan& plan, const std::string& home,
                            std::vector<std::string>& remarks) {
  policy::CommandRule rule;
  rule.decision = model::Decision::kAllow;
  rule.id = rule_id(std::string(policy::base_name(plan.run.found)));
  rule.argv.push_back(program_pattern(plan.run.found, plan.run.workspace, home));
  for (std::size_t i = 1; i < plan.run.argv.size(); ++i) {
    const std::string& word = plan.run.argv[i];
    const bool shown = !policy::is_deceptive(word) && word.size() <= 1'000;
    if (shown && !policy::looks_secret(word)) {
      rule.argv.push_back(literal_pattern(word));
      continue;
    }
    rule.argv.emplace_back("*");
    remarks.push_back("word " + std::to_string(i) + " of the command " +
                      (shown ? "looks like a secret" : "cannot be shown as it is") +
                      ": any word is taken there");
  }
  return rule;
}

std::vector<policy::FileUseSeen> seen_of(const RunTrace& trace, const Outside& outside,
                                         std::vector<std::string>& remarks) {
  std::vector<policy::FileUseSeen> seen;
  std::size_t unknown = 0;
  // By its name and by its real one. A link of the top level ("/lib") is a place of its own,
  // and nothing can be placed behind it.
  const auto read = [&](std::string path) {
    const std::string top = path.substr(0, path.find('/', 1));
    if (outside.host().kind(top) == effect::process::FileKind::kSymlink) {
      seen.push_back({top, FileUse::kRead});
      if (const auto real = outside.host().real_path(top)) path.replace(0, top.size(), *real);
    }
    if (auto real = outside.host().real_path(path); real && *real != path)
      seen.push_back({*std::move(real), FileUse::kRead});
    if (outside.host().kind(path) != effect::process::FileKind::kMissing)
      seen.push_back({std::move(path), FileUse::kRead});
  };
  // Python looks at a source's date before it reads what was compiled from it.
  const auto source_of = [](const std::string& path) -> std::string {
    const auto folder = path.rfind("/__pycache__/");
    const auto end = path.find(".cpython-", folder == std::string::npos ? 0 : folder);
    if (folder == std::string::npos || end == std::string::npos) return {};
    const auto name = folder + std::string_view("/__pycache__").size();
    return path.substr(0, folder) + path.substr(name, end - name) + ".py";
  };
  read(trace.plan->run.found);
  read(trace.plan->run.program);
  for (const auto loader : kLoaders) read(std::string(loader));
  for (const auto& event : trace.uses) {
    if (event.cut || event.object.empty()) {
      ++unknown;
      continue;
    }
    if (event.writes) {
      seen.push_back({event.object, FileUse::kWrite});
    } else {
      read(event.object);
      if (auto source = source_of(event.object); !source.empty()) read(std::move(source));
    }
  }
  if (unknown > 0)
    remarks.push_back(std::to_string(unknown) + " files have names that are too long to learn");
  if (trace.dropped > 0)
    remarks.push_back(std::to_string(trace.dropped) +
                      " acts were beyond what one run can tell; this policy is not whole");
  return seen;
}

std::vector<policy::Listed> listed(const std::vector<std::string>& places) {
  std::vector<policy::Listed> out;
  for (const auto& place : places) out.push_back({place, {}});
  return out;
}

void add_missing(std::vector<policy::Listed>& to, const std::vector<policy::Listed>& from) {
  for (const auto& each : from)
    if (std::none_of(to.begin(), to.end(),
                     [&](const policy::Listed& other) { return other.text == each.text; }))
      to.push_back({each.text, {}});
}

// A rule beside others: not again what one of them says, and with an id of its own.
void add_rule(std::vector<policy::CommandRule>& rules, policy::CommandRule rule) {
  for (const auto& other : rules)
    if (other.argv == rule.argv && other.decision == rule.decision) return;
  const std::string base = rule.id;
  for (int n = 2; std::any_of(rules.begin(), rules.end(),
                              [&](const auto& other) { return other.id == rule.id; });
       ++n)
    rule.id = base + "-" + std::to_string(n);
  rules.push_back(std::move(rule));
}

Result<Learned> learn(const RunTrace& trace, const Outside& outside, policy::Collapse collapse,
                      const policy::Policy* before) {
  Learned out;
  const policy::Policy& over = *trace.policy;
  const auto& scene = trace.plan->scene;
  const auto rules = BAILEY_TRY(policy::FileRules::create(over, scene));
  const auto files = policy::learned_files(seen_of(trace, outside, out.remarks), rules, scene,
                                           collapse, before == nullptr ? nullptr : &before->files);
  if (before != nullptr) out.policy = *before;
  out.policy.documents.clear();
  out.policy.files.read = listed(files.read);
  out.policy.files.write = listed(files.write);
  add_missing(out.policy.files.hide, over.files.hide);
  for (const auto& ask : over.files.ask)
    if (std::none_of(out.policy.files.ask.begin(), out.policy.files.ask.end(),
                     [&](const policy::AskRule& other) { return other.id == ask.id; }))
      out.policy.files.ask.push_back(ask);
  add_rule(out.policy.commands, rule_of(*trace.plan, scene.home, out.remarks));
  if (before == nullptr) {
    out.policy.name = "learned-" + rule_id(std::string(policy::base_name(trace.plan->run.found)));
    out.policy.environment = over.environment;
    out.policy.limits = over.limits;
    out.policy.degradations = over.degradations;
  }
  for (const auto& [path, kept] : files.left_out)
    out.remarks.push_back("left out, used: " + path + " (" + kept + ")");
  for (const auto& event : trace.refused)
    if (event.kind == model::EventKind::kOpen || event.kind == model::EventKind::kExec)
      out.remarks.push_back("refused while it was watched: " + event.object + " (" + event.error +
                            ")");
  return out;
}

void write_value(std::string& out, const Json& value, std::size_t indent);

void write_scalar(std::string& out, const Json& value) {
  out += value.is_string() ? quoted(value.as_string()) : codec::canonical_json(value);
}

// The rules one a line, lists one a line, everything else nested.
void write_value(std::string& out, const Json& value, std::size_t indent) {
  const std::string margin(indent, ' ');
  if (value.is_object()) {
    for (const auto& [name, member] : value.as_object()) {
      const bool empty = (member.is_array() && member.as_array().empty()) ||
                         (member.is_object() && member.as_object().empty());
      if (empty) continue;
      out += margin + name + ":";
      if (member.is_object() || member.is_array()) {
        out += "\n";
        write_value(out, member, indent + 2);
      } else {
        out += " ";
        write_scalar(out, member);
        out += "\n";
      }
    }
    return;
  }
  for (const auto& item : value.as_array()) {
    out += margin + "- ";
    if (item.is_object()) {
      out += "{";
      std::string_view between;
      for (const auto& [name, member] : item.as_object()) {
        out += std::string(between) + name + ": ";
        between = ", ";
        if (!member.is_array()) {
          write_scalar(out, member);
          continue;
        }
        out += "[";
        for (std::size_t i = 0; i < member.as_array().size(); ++i) {
          if (i > 0) out += ", ";
          write_scalar(out, member.as_array()[i]);
        }
        out += "]";
      }
      out += "}";
    } else {
      write_scalar(out, item);
    }
    out += "\n";
  }
}

std::string document_of(const Learned& learned) {
  std::string out =
      "# Learned from watching; what another run needs and these did not use is missing.\n"
      "# Look through it before you trust it: 'bailey policy check', 'bailey policy diff'.\n";
  std::size_t told = 0;
  for (const auto& remark : learned.remarks) {
    if (++told > kMaxRemarks) {
      out += "# and " + std::to_string(learned.remarks.size() - kMaxRemarks) + " more\n";
      break;
    }
    out += "# " + codec::for_terminal(remark, 300) + "\n";
  }
  write_value(out, policy::to_json(learned.policy), 0);
  return out;
}

// Beside the home's policy, where no workspace can be.
Result<std::string> default_output(const RunPlan& plan, Outside& outside) {
  const std::string folder = BAILEY_TRY(home_path(outside)) + "/learned";
  BAILEY_TRY(outside.open_directory(folder, Make::kYes));
  return folder + "/" + rule_id(std::string(policy::base_name(plan.run.found))) + ".yaml";
}

struct LearnOptions {
  std::optional<std::string> output;
  std::optional<std::string> merge;
  policy::Collapse collapse = policy::Collapse::kNo;
  bool dry_run = false;
  bool json = false;
};

void report(Invocation& in, const LearnOptions& options, const std::string& path,
            const Learned& learned, const std::string& text) {
  const auto& files = learned.policy.files;
  if (options.json) {
    Json json{Json::Object{}};
    json.set("v", 1);
    json.set("written", options.dry_run ? Json(nullptr) : Json(codec::valid_utf8(path)));
    json.set("policy", policy::to_json(learned.policy));
    Json::Array remarks;
    for (const auto& remark : learned.remarks) remarks.emplace_back(codec::valid_utf8(remark));
    json.set("remarks", std::move(remarks));
    in.outside.write(Stream::kErr, json_line(json));
    return;
  }
  std::string out;
  for (std::size_t i = 0; i < std::min<std::size_t>(learned.remarks.size(), 10); ++i)
    out += "bailey:   look at this: " + codec::for_terminal(learned.remarks[i], 300) + "\n";
  out += "bailey: learned " + std::to_string(files.read.size()) + " places to read, " +
         std::to_string(files.write.size()) + " to write\n";
  if (files.read.size() > 200 && options.collapse == policy::Collapse::kNo)
    out += "bailey:   --collapse joins folders of which several files were used\n";
  if (options.dry_run) {
    out += "bailey: not written (--dry-run); it would be:\n" + text;
  } else {
    out += "bailey: written to " + codec::for_terminal(path) + "\n" +
           "bailey:   try: bailey run --policy " + codec::for_terminal(path) + " -- ...\n";
  }
  in.outside.write(Stream::kErr, out);
}

// Or cannot be told not to be. A path of the person's, relative to where they are.
bool is_there(Outside& outside, const std::string& path) {
  if (path == "-") return false;
  const auto read = outside.read_user_file(path, policy::kMaxPolicyBytes);
  return read || read.error().code != "disk.missing";
}

Status finish(Invocation& in, const LearnOptions& options, const RunTrace& trace) {
  std::optional<policy::Policy> before;
  if (options.merge) {
    const auto input = BAILEY_TRY(policy_file(in.outside, *options.merge, store::Trust::kOwn));
    auto compiled = BAILEY_TRY(
        policy::CompiledPolicy::from_chain(input.source(), std::nullopt, policy::read_uncached));
    if (compiled.policy().documents.size() > 1 || !compiled.policy().not_enforced.empty())
      return fail("learn.merge",
                  "'" + *options.merge + "' has parents or sections that would be lost",
                  "write to another file with --to, and let one policy extend the other");
    before = compiled.policy();
  }
  const Learned learned =
      BAILEY_TRY(learn(trace, in.outside, options.collapse, before ? &*before : nullptr));
  const std::string text = document_of(learned);
  // What a run would refuse is not written.
  BAILEY_TRY(policy::CompiledPolicy::from_source(text));
  std::string path;
  if (!options.dry_run) {
    path = options.output  ? *options.output
           : options.merge ? *options.merge
                           : BAILEY_TRY(default_output(*trace.plan, in.outside));
    const bool replaces = options.merge && path == *options.merge;
    if (!replaces && is_there(in.outside, path))
      return fail("learn.exists", "'" + path + "' is there already",
                  "add to it with --merge " + path + ", or name another file with --to");
    BAILEY_TRY(in.outside.write_user_file(path, text));
  }
  report(in, options, path, learned, text);
  return {};
}

}  // namespace

int learn_command(Invocation& in) {
  auto options = read_run_options(in.arguments, in.outside);
  if (!options) {
    tell(in.outside, options.error());
    return kRunUsage;
  }
  options->observe = effect::process::Observe::kUse;
  options->told = in.arguments.flag("--json") ? Told::kOnlyTrouble : Told::kText;
  LearnOptions learn_options;
  learn_options.output = in.arguments.value("--to");
  learn_options.merge = in.arguments.value("--merge");
  if (in.arguments.flag("--collapse")) learn_options.collapse = policy::Collapse::kYes;
  learn_options.dry_run = in.arguments.flag("--dry-run");
  learn_options.json = in.arguments.flag("--json");

  RunTrace trace;
  const int code = run_traced(in.outside, *std::move(options), trace);
  if (!trace.ran) {
    if (trace.plan)
      tell(in.outside, Error{"learn.incomplete",
                             "nothing was learned: the command did not run to "
                             "its end under Bailey",
                             "see above why"});
    return code;
  }
  if (const auto done = finish(in, learn_options, trace); !done) {
    tell(in.outside, done.error());
    return kRunUsage;
  }
  return code;
}

}  // namespace bailey::cli
