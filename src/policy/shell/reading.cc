// Control flow: what is visited, in which directory, with which functions.
#include "policy/shell/reading.h"

#include <algorithm>

#include "policy/shell/parse.h"

namespace bailey::policy::shell {

class Reading::Uncertain {
 public:
  explicit Uncertain(Reading& reading) : reading_(reading), before_(reading.certain_) {
    reading_.certain_ = false;
  }
  ~Uncertain() { reading_.certain_ = before_; }
  Uncertain(const Uncertain&) = delete;
  Uncertain& operator=(const Uncertain&) = delete;

 private:
  Reading& reading_;
  bool before_;
};

Reading::State Reading::merge(const State& a, const State& b) {
  return {a.directory == b.directory ? a.directory : kUnknownDirectory, a.functions & b.functions,
          a.stops && b.stops};
}

std::optional<Reading::State> Reading::merge(const std::optional<State>& a,
                                             const std::optional<State>& b) {
  if (!a) return b;
  if (!b) return a;
  return merge(*a, *b);
}

void Reading::run(const Script& script) {
  facts_.directories.emplace_back();
  script_ = &script;
  for (const Id id : script.functions)
    functions_.push_back({script.text(script.nodes[id].name), &script, id, std::nullopt});
  if (script.root != kNone) read(script.root, State{});
  read_bodies();
}

void Reading::run(std::span<const std::string> argv) {
  facts_.directories.emplace_back();
  from_words_ = true;
  std::vector<Value> words;
  words.reserve(argv.size());
  for (const std::string& word : argv) words.push_back(literal_value(word));
  start(std::move(words), Place{});
  // Behind the command, which stays the first segment.
  const std::size_t before = facts_.segments.size() + facts_.variables.size();
  for (const auto& [name, value] : environment_.given)
    note_variable(name, literal_value(value), State{});
  facts_.given_matters = facts_.segments.size() + facts_.variables.size() > before;
  read_bodies();
}

Segment& Reading::add(Standing standing, Role role, std::span<const Value> argv,
                      std::string_view why, std::uint32_t directory, std::uint32_t offset) {
  if (facts_.segments.size() >= kMaxSegments) {
    too_many_ = true;
    return facts_.segments.back();
  }
  Segment& segment = facts_.segments.emplace_back();
  segment.standing = standing;
  segment.role = role;
  segment.why = why;
  segment.directory = directory;
  segment.offset = offset;
  segment.argv.reserve(argv.size());
  for (const Value& value : argv) segment.argv.push_back(value.word);
  return segment;
}

void Reading::add_file(FileUse use, const Value& path, const State& state, std::uint32_t offset) {
  if (facts_.files.size() >= kMaxSegments) {
    too_many_ = true;
    return;
  }
  if (path.is_literal() && path.word.text.starts_with("/dev/") &&
      (path.word.text.starts_with("/dev/tcp/") || path.word.text.starts_with("/dev/udp/")))
    use = FileUse::kConnect;
  facts_.files.push_back({use, path.word, state.directory, offset});
}

void Reading::forget_directory_since(std::size_t segments, std::size_t files) {
  for (std::size_t i = segments; i < facts_.segments.size(); ++i)
    facts_.segments[i].directory = kUnknownDirectory;
  for (std::size_t i = files; i < facts_.files.size(); ++i)
    facts_.files[i].directory = kUnknownDirectory;
}

std::uint32_t Reading::enter(std::uint32_t directory, std::string_view path) {
  if (directory == kUnknownDirectory && !path.starts_with('/')) return kUnknownDirectory;
  // As the shell does without -P: by the text.
  std::vector<std::string_view> parts;
  std::string base;
  if (!path.starts_with('/')) base = facts_.directories[directory];
  const bool absolute = path.starts_with('/') || base.starts_with('/');
  const auto add_parts = [&](std::string_view text) {
    while (!text.empty()) {
      const std::size_t cut = std::min(text.find('/'), text.size());
      const std::string_view part = text.substr(0, cut);
      text.remove_prefix(std::min(cut + 1, text.size()));
      if (part.empty() || part == ".") continue;
      if (part == ".." && !parts.empty() && parts.back() != "..") {
        parts.pop_back();
      } else if (part != ".." || !absolute) {
        parts.push_back(part);
      }
    }
  };
  add_parts(base);
  add_parts(path);
  std::string joined;
  for (const std::string_view part : parts) {
    if (!joined.empty() || absolute) joined += '/';
    joined += part;
  }
  if (absolute && joined.empty()) joined = "/";
  for (std::size_t i = 0; i < facts_.directories.size(); ++i)
    if (facts_.directories[i] == joined) return static_cast<std::uint32_t>(i);
  if (facts_.directories.size() >= 256) return kUnknownDirectory;
  facts_.directories.push_back(std::move(joined));
  return static_cast<std::uint32_t>(facts_.directories.size() - 1);
}

Reading::Flow Reading::read(Id id, State state) {
  const Node& node = script_->nodes[id];
  now_ = offset_of(node.offset);
  switch (node.kind) {
    case NodeKind::kSimple:
      return read_simple(node, state);
    case NodeKind::kList:
      return read_list(node, state);
    case NodeKind::kAndOr:
      return read_and_or(node, state);
    case NodeKind::kPipeline: {
      const Uncertain uncertain(*this);
      for (Id child = node.child; child != kNone; child = script_->nodes[child].next)
        read(child, state);
      return both(state);
    }
    case NodeKind::kNot: {
      ++conditions_;
      Flow flow = read(node.child, state);
      --conditions_;
      std::swap(flow.ok, flow.failed);
      return flow;
    }
    case NodeKind::kGroup: {
      read_redirections(node, state);
      return read(node.child, state);
    }
    case NodeKind::kSubshell: {
      read_redirections(node, state);
      read_aside(node.child, state);
      return both(state);
    }
    case NodeKind::kIf:
      return read_if(node, state);
    case NodeKind::kWhile:
    case NodeKind::kFor:
    case NodeKind::kForArithmetic:
      return read_loop(node, state);
    case NodeKind::kCase:
      return read_case(node, state);
    case NodeKind::kFunction:
      return read_function(id, state);
    case NodeKind::kTest:
      read_redirections(node, state);
      read_test(node, state);
      return both(state);
    case NodeKind::kArithmetic:
      read_redirections(node, state);
      read_arithmetic(node.words, state);
      return both(state);
    case NodeKind::kCoprocess:
      return read_coprocess(node, state);
    case NodeKind::kCaseItem:
    case NodeKind::kTestTerm:
      break;
  }
  return both(state);
}

void Reading::read_aside(Id node, State state) {
  if (node == kNone) return;
  const Uncertain uncertain(*this);
  const std::uint32_t before = now_;
  read(node, state);
  now_ = before;
}

Reading::Flow Reading::read_list(const Node& node, State state) {
  Flow flow = both(state);
  State now = state;
  for (Id child = node.child; child != kNone; child = script_->nodes[child].next) {
    const Node& item = script_->nodes[child];
    if ((item.flags & kBackground) != 0) {
      read_aside(child, now);
      flow = both(now);
      continue;
    }
    flow = read(child, now);
    // Under `set -e` what follows runs only after success, where bash says so for sure.
    const bool stops = flow.ok && flow.ok->stops && now.stops && conditions_ == 0 && !in_body_ &&
                       (item.kind == NodeKind::kSimple || item.kind == NodeKind::kSubshell);
    const auto next = stops ? flow.ok : merge(flow.ok, flow.failed);
    if (next) now = *next;  // else what follows is never reached; it is read all the same
  }
  return flow;
}

Reading::Flow Reading::read_and_or(const Node& node, State state) {
  Id child = node.child;
  const bool last_alone = script_->nodes[child].next == kNone;
  if (!last_alone) ++conditions_;
  Flow flow = read(child, state);
  const Uncertain uncertain(*this);
  for (child = script_->nodes[child].next; child != kNone; child = script_->nodes[child].next) {
    const bool if_failed = (script_->nodes[child].flags & kIfFailed) != 0;
    if (script_->nodes[child].next == kNone) --conditions_;
    const auto& from = if_failed ? flow.failed : flow.ok;
    const bool reached = from.has_value();
    const Flow next = read(child, from.value_or(state));
    if (!reached) continue;
    if (if_failed) {
      flow.ok = merge(flow.ok, next.ok);
      flow.failed = next.failed;
    } else {
      flow.failed = merge(flow.failed, next.failed);
      flow.ok = next.ok;
    }
  }
  return flow;
}

Reading::Flow Reading::read_if(const Node& node, State state) {
  read_redirections(node, state);
  State now = state;
  std::optional<State> out;
  Id child = node.child;
  bool first = true;
  const bool certain = certain_;
  while (child != kNone) {
    const Id body = script_->nodes[child].next;
    if (body == kNone) break;  // the else
    certain_ = certain && first;
    first = false;
    ++conditions_;
    const Flow condition = read(child, now);
    --conditions_;
    certain_ = false;
    const Flow then = read(body, condition.ok.value_or(now));
    if (condition.ok) out = merge(out, merge(then.ok, then.failed));
    if (condition.failed) now = *condition.failed;
    child = script_->nodes[body].next;
  }
  certain_ = false;
  if (child != kNone) {
    const Flow otherwise = read(child, now);
    out = merge(out, merge(otherwise.ok, otherwise.failed));
  } else {
    out = merge(out, now);
  }
  certain_ = certain;
  return {out, out};
}

Reading::Flow Reading::read_loop(const Node& node, State state) {
  const State in = state;
  read_redirections(node, state);
  const Uncertain uncertain(*this);
  const std::size_t segments = facts_.segments.size();
  const std::size_t files = facts_.files.size();
  std::optional<State> out = state;
  Id body = node.child;
  if (node.kind == NodeKind::kWhile) {
    ++conditions_;
    const Flow condition = read(node.child, state);
    --conditions_;
    out = merge(out, merge(condition.ok, condition.failed));
    body = script_->nodes[node.child].next;
    state = condition.ok.value_or(state);
  } else if (node.kind == NodeKind::kFor) {
    const std::string_view name = script_->text(node.name);
    if ((node.flags & kEmptyIsArguments) != 0 || (node.flags & kSelect) != 0) {
      set_variable(name, state);
      if ((node.flags & kSelect) != 0) set_variable("REPLY", state);
    }
    std::vector<Value> values;
    for (Id word = node.words; word != kNone; word = script_->words[word].next) {
      values.clear();
      expand(word, Use::kArgument, state, values);
      for (const Value& value : values) set_variable(name, value, word, true, state);
    }
  } else {
    for (Id word = node.words; word != kNone; word = script_->words[word].next)
      read_arithmetic(word, state);
  }
  const Flow flow = read(body, state);
  out = merge(out, merge(flow.ok, flow.failed));
  // Then the next turn begins elsewhere than this one did.
  if (out->directory != in.directory) {
    forget_directory_since(segments, files);
    out->directory = kUnknownDirectory;
  }
  return {out, out};
}

Reading::Flow Reading::read_case(const Node& node, State state) {
  read_redirections(node, state);
  read_effects(node.words, state);
  const Uncertain uncertain(*this);
  std::optional<State> out = state;
  for (Id item = node.child; item != kNone; item = script_->nodes[item].next) {
    const Node& branch = script_->nodes[item];
    for (Id word = branch.words; word != kNone; word = script_->words[word].next)
      read_effects(word, state);
    // With ";&" a branch may follow another one.
    const Flow flow = read(branch.child, *out);
    out = merge(out, merge(flow.ok, flow.failed));
  }
  return {out, out};
}

Reading::Flow Reading::read_function(Id id, State state) {
  for (std::size_t i = 0; i < functions_.size(); ++i)
    if (functions_[i].script == script_ && functions_[i].node == id && i < kMaxFunctions)
      state.functions |= std::uint64_t{1} << i;
  return {state, std::nullopt};
}

// Bodies are read once, last: they run in whatever directory the calls are made in, and
// with the functions that every call found defined.
void Reading::read_bodies() {
  const bool moves = std::any_of(functions_.begin(), functions_.end(), [](const Function& f) {
    return (f.script->nodes[f.node].flags & kMovesDirectory) != 0;
  });
  State state;
  state.directory = moved_ || moves ? kUnknownDirectory : kStartDirectory;
  certain_ = false;
  in_body_ = true;
  const std::size_t segments = facts_.segments.size();
  const std::size_t files = facts_.files.size();
  for (std::size_t i = 0; i < functions_.size(); ++i) {
    if (i >= kMaxFunctions) {
      too_many_ = true;
      return;
    }
    state.functions = premises_.functions ? at_calls_ : 0;
    script_ = functions_[i].script;
    fixed_offset_ = functions_[i].offset;
    const Node& node = script_->nodes[functions_[i].node];
    if (node.child != kNone) read(node.child, state);
  }
  if (moved_) forget_directory_since(segments, files);
}

Reading::Flow Reading::read_coprocess(const Node& node, State state) {
  const std::string_view name = node.name.size == 0 ? "COPROC" : script_->text(node.name);
  set_variable(name, state);
  read_aside(node.child, state);
  return both(state);
}

void Reading::read_redirections(const Node& node, const State& state) {
  for (Id id = node.redirections; id != kNone; id = script_->redirections[id].next)
    read_redirection(script_->redirections[id], state);
}

void Reading::read_redirection(const Redirection& redirection, const State& state) {
  if (redirection.variable.size != 0) set_variable(script_->text(redirection.variable), state);
  if (redirection.target == kNone) return;
  if (redirection.kind == RedirectionKind::kHereDocument ||
      redirection.kind == RedirectionKind::kHereString) {
    read_effects(redirection.target, state);
    return;
  }
  Value target = expand_one(redirection.target, Use::kArgument, state);
  const std::uint32_t offset = offset_of(script_->words[redirection.target].offset);
  FileUse use = FileUse::kWrite;
  switch (redirection.kind) {
    case RedirectionKind::kRead:
      use = FileUse::kRead;
      break;
    case RedirectionKind::kAppend:
    case RedirectionKind::kAppendBoth:
      use = FileUse::kAppend;
      break;
    case RedirectionKind::kReadWrite:
      use = FileUse::kReadWrite;
      break;
    case RedirectionKind::kDuplicateIn:
      return;  // never a file
    case RedirectionKind::kDuplicateOut: {
      if (!target.is_literal()) {
        if (!target.word.many && target.has(kNumeric)) return;
        break;
      }
      std::string_view digits = target.word.text;
      if (digits.ends_with('-')) digits.remove_suffix(1);
      if (!target.word.text.empty() &&
          std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return;
      break;
    }
    default:
      break;
  }
  if (target.process) return;  // the other end is a command that is read
  add_file(use, target, state, offset);
}

void Reading::read_assignments(Id first, const State& state, bool lasting) {
  for (Id id = first; id != kNone; id = script_->assignments[id].next) {
    const Assignment& assignment = script_->assignments[id];
    const std::string_view name = script_->text(assignment.name);
    if (assignment.subscript != kNone) read_subscript(assignment.subscript, name, state);
    if (assignment.array) {
      for (Id element = assignment.elements; element != kNone;
           element = script_->assignments[element].next) {
        const Assignment& item = script_->assignments[element];
        if (item.subscript != kNone) read_subscript(item.subscript, name, state);
        if (item.value == kNone) continue;
        std::vector<Value> values;
        expand(item.value, Use::kArgument, state, values);
        for (Value& value : values) {
          // One of several: not the value of the variable.
          if (value.is_literal()) value.word.kind = WordKind::kUnknown;
          set_variable(name, value, item.value, lasting, state);
        }
      }
      continue;
    }
    Value value = assignment.value == kNone ? literal_value({})
                                            : expand_one(assignment.value, Use::kAssignment, state);
    if (assignment.append || assignment.subscript != kNone) {
      value.word.kind = WordKind::kUnknown;
      value.word.text.clear();
    }
    set_variable(name, value, assignment.value, lasting, state);
  }
}

void Reading::read_test(const Node& node, const State& state) {
  for (Id id = node.child; id != kNone; id = script_->nodes[id].next) {
    const Node& term = script_->nodes[id];
    for (Id word = term.words; word != kNone; word = script_->words[word].next) {
      if ((term.flags & kTestArithmetic) != 0) {
        read_arithmetic(word, state);
        continue;
      }
      const Value value = expand_one(word, Use::kText, state);
      if ((term.flags & kTestVariable) != 0 &&
          (!value.is_literal() || value.word.text.find('[') != std::string::npos))
        add_unknown("shell.unknown.subscript", state, now_);
    }
  }
}

Reading::Flow Reading::read_simple(const Node& node, State state) {
  const std::uint32_t offset = offset_of(node.offset);
  std::vector<Value> argv;
  for (Id word = node.words; word != kNone; word = script_->words[word].next)
    expand(word, Use::kArgument, state, argv);
  now_ = offset;
  read_redirections(node, state);
  if (node.words == kNone) {
    read_assignments(node.assignments, state, true);
    return both(state);
  }
  const bool declares =
      !argv.empty() && argv.front().is_literal() &&
      (argv.front().is("declare") || argv.front().is("typeset") || argv.front().is("local") ||
       argv.front().is("export") || argv.front().is("readonly"));
  if (declares && std::any_of(argv.begin() + 1, argv.end(), [](const Value& value) {
        return value.is_literal() && value.word.text.starts_with('-') &&
               value.word.text.find('A') != std::string::npos;
      })) {
    for (Id id = node.assignments; id != kNone; id = script_->assignments[id].next)
      associative_.emplace_back(script_->text(script_->assignments[id].name));
  }
  // `IFS= read x` splits for read only.
  const bool lasting = declares || (!argv.empty() && !argv.front().is_literal());
  read_assignments(node.assignments, state, lasting);
  if (declares && node.assignments != kNone) read_attributes(argv, node, state);
  now_ = offset;
  // All of it may expand to nothing; then its assignments stay, which is worse.
  if (argv.empty()) return both(state);
  return call(std::move(argv), state, offset);
}

// declare -u and the like make another value of what is assigned, -i evaluates it, now and
// whenever the variable is assigned again.
void Reading::read_attributes(const std::vector<Value>& argv, const Node& node,
                              const State& state) {
  bool other = false;
  bool integer = false;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string& text = argv[i].word.text;
    if (!text.starts_with('-') && !text.starts_with('+')) continue;
    other = other || text.find_first_not_of("-+xrgaAi") != std::string::npos;
    integer = integer || text.find('i') != std::string::npos;
  }
  for (Id id = node.assignments; id != kNone; id = script_->assignments[id].next) {
    const std::string_view name = script_->text(script_->assignments[id].name);
    if (other) variables_.add_anything(name);
    if (integer && !is_numeric(name)) add_unknown("shell.unknown.arithmetic", state, now_);
  }
}

Reading::Flow Reading::call(std::vector<Value> argv, State state, std::uint32_t offset) {
  const Value& name = argv.front();
  if (!name.is_literal() || name.word.text.empty()) {
    add_unknown("shell.unknown.program", argv, state, offset);
    moved_ = true;
    state.directory = kUnknownDirectory;
    return both(state);
  }
  bool defined = false;
  bool may_be_function = false;
  for (std::size_t i = 0; i < functions_.size(); ++i) {
    if (functions_[i].name != name.word.text) continue;
    may_be_function = true;
    defined =
        defined || (i < kMaxFunctions && (state.functions >> i & 1) != 0 && premises_.functions);
  }
  Flow flow;
  if (may_be_function) {
    if (!in_body_) at_calls_ &= state.functions;
    State after = state;
    after.stops = false;
    const bool moves = std::any_of(functions_.begin(), functions_.end(), [](const Function& f) {
      return (f.script->nodes[f.node].flags & kMovesDirectory) != 0;
    });
    if (moves) after.directory = kUnknownDirectory;
    flow = both(after);
    if (defined) return flow;
  }
  std::optional<Flow> own = builtin(argv, state, offset);
  if (!own) {
    start(std::move(argv), Place{state, offset, 0});
    own = both(state);
  }
  if (!may_be_function) return *own;
  return {merge(flow.ok, own->ok), merge(flow.failed, own->failed)};
}

Reading::Flow Reading::read_text(std::string_view text, Dialect dialect, Process process,
                                 const State& state, std::uint32_t offset) {
  if (text_depth_ >= kMaxNestedScripts || text_bytes_ + text.size() > kMaxNestedBytes) {
    add_unknown("shell.unknown.nesting", state, offset);
    return both(state);
  }
  text_bytes_ += text.size();
  auto parsed = parse(text, dialect);
  if (!parsed) {
    const Value shown = literal_value(text);
    add_unknown("shell.unknown.text", std::span(&shown, 1), state, offset);
    moved_ = true;
    return both(state);
  }
  const Script& inner = texts_.emplace_back(*std::move(parsed));
  if (inner.root == kNone) return both(state);
  for (const Id id : inner.functions)
    functions_.push_back({inner.text(inner.nodes[id].name), &inner, id,
                          process == Process::kItself ? std::nullopt : std::optional(offset)});
  const Script* const outer = script_;
  const auto outer_offset = fixed_offset_;
  const bool outer_certain = certain_;
  const int outer_conditions = conditions_;
  script_ = &inner;
  State begin = state;
  if (process == Process::kItself) {
    from_words_ = false;  // read as a line of its own from here on
  } else {
    fixed_offset_ = offset;
    certain_ = false;
    ++text_depth_;
  }
  if (process == Process::kChild) {
    ++process_depth_;
    begin.functions = 0;
    begin.stops = false;
    conditions_ = 0;
  }
  const Flow flow = read(inner.root, begin);
  if (process == Process::kChild) --process_depth_;
  if (process != Process::kItself) --text_depth_;
  script_ = outer;
  fixed_offset_ = outer_offset;
  certain_ = outer_certain;
  conditions_ = outer_conditions;
  return process != Process::kSame ? both(state) : flow;
}

bool Facts::is_judged() const noexcept {
  return std::all_of(segments.begin(), segments.end(),
                     [](const Segment& segment) { return segment.standing == Standing::kJudged; });
}

namespace {

// `what`: a Script, or the words of a command.
template <class What>
Result<Facts> facts_of(const What& what, const Environment& environment) {
  constexpr int kMaxRuns = 6;
  Premises premises;
  Variables known;
  for (int run = 0; run < kMaxRuns; ++run) {
    Reading reading(environment, premises);
    reading.run(what);
    if (reading.too_many()) return fail("shell.too_many", "the line does too many things");
    const Premises found = reading.found();
    const bool stood = (found.home || !premises.home) && (found.directory || !premises.directory) &&
                       (found.splitting || !premises.splitting) &&
                       (found.functions || !premises.functions);
    reading.variables().settle();
    const bool kept =
        premises.variables == nullptr ? !reading.asked() : reading.variables().keeps(known);
    if (stood && kept) return std::move(reading.facts());
    if (premises.variables == nullptr) {
      known = std::move(reading.variables());
    } else {
      known.merge(reading.variables());
      known.settle();
    }
    premises.variables = &known;
    premises.home = premises.home && found.home;
    premises.directory = premises.directory && found.directory;
    premises.splitting = premises.splitting && found.splitting;
    premises.functions = premises.functions && found.functions;
  }
  Facts out;
  out.directories.emplace_back();
  Segment& segment = out.segments.emplace_back();
  segment.standing = Standing::kUnknown;
  segment.why = "shell.unknown.variables";
  segment.directory = kUnknownDirectory;
  return out;
}

}  // namespace

Result<Facts> facts(const Script& script, const Environment& environment) {
  return facts_of(script, environment);
}

Result<Facts> facts(std::span<const std::string> argv, const Environment& environment) {
  if (argv.size() > kMaxWordsOfCommand)
    return fail("shell.too_many", "the command has too many words");
  return facts_of(argv, environment);
}

bool reads_arguments(std::string_view program) noexcept { return find_program(program) != nullptr; }

bool reads_alike(std::string_view name, std::string_view file) noexcept {
  const Program* const behind = find_program(file);
  if (behind == nullptr || behind->handling == Handling::kBox) return true;  // it looks at `name`
  const Program* const named = find_program(name);
  return named != nullptr && named->handling == behind->handling &&
         named->options == behind->options;
}

}  // namespace bailey::policy::shell
