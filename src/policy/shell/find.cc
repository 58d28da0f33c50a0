// find: its expression, which may run, delete and write.
#include <algorithm>
#include <iterator>

#include "policy/shell/reading.h"

namespace bailey::policy::shell {
namespace {

struct Predicate {
  std::string_view name;
  int arguments;
};

// Sorted. Everything that neither runs nor writes.
constexpr Predicate kPredicates[] = {
    {"!", 0},           {"(", 0},          {")", 0},          {",", 0},           {"-H", 0},
    {"-L", 0},          {"-P", 0},         {"-a", 0},         {"-amin", 1},       {"-and", 0},
    {"-anewer", 1},     {"-atime", 1},     {"-cmin", 1},      {"-cnewer", 1},     {"-ctime", 1},
    {"-daystart", 0},   {"-depth", 0},     {"-empty", 0},     {"-executable", 0}, {"-false", 0},
    {"-follow", 0},     {"-fstype", 1},    {"-gid", 1},       {"-group", 1},      {"-help", 0},
    {"-ilname", 1},     {"-iname", 1},     {"-inum", 1},      {"-ipath", 1},      {"-iregex", 1},
    {"-iwholename", 1}, {"-links", 1},     {"-lname", 1},     {"-ls", 0},         {"-maxdepth", 1},
    {"-mindepth", 1},   {"-mmin", 1},      {"-mount", 0},     {"-mtime", 1},      {"-name", 1},
    {"-newer", 1},      {"-newermt", 1},   {"-nogroup", 0},   {"-noleaf", 0},     {"-not", 0},
    {"-nouser", 0},     {"-o", 0},         {"-or", 0},        {"-path", 1},       {"-perm", 1},
    {"-print", 0},      {"-print0", 0},    {"-printf", 1},    {"-prune", 0},      {"-quit", 0},
    {"-readable", 0},   {"-regex", 1},     {"-regextype", 1}, {"-samefile", 1},   {"-size", 1},
    {"-true", 0},       {"-type", 1},      {"-uid", 1},       {"-used", 1},       {"-user", 1},
    {"-version", 0},    {"-wholename", 1}, {"-writable", 0},  {"-xdev", 0},       {"-xtype", 1}};
static_assert(std::is_sorted(std::begin(kPredicates), std::end(kPredicates),
                             [](const Predicate& a, const Predicate& b) {
                               return a.name < b.name;
                             }));

const Predicate* find_predicate(std::string_view name) {
  const auto* const found = std::lower_bound(
      std::begin(kPredicates), std::end(kPredicates), name,
      [](const Predicate& predicate, std::string_view key) { return predicate.name < key; });
  return found != std::end(kPredicates) && found->name == name ? found : nullptr;
}

}  // namespace

void Reading::find(std::vector<Value>& argv, const Place& place) {
  const auto unknown = [&](std::string_view why) {
    add_unknown(why, argv, place.state, place.offset);
  };
  struct Command {
    std::size_t begin;
    std::size_t end;
    bool in_directory;
  };
  std::vector<Command> commands;
  std::vector<std::pair<FileUse, Value>> files;
  std::vector<Value> roots;
  bool deletes = false;
  bool in_expression = false;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const Value& word = argv[i];
    if (!word.is_literal()) {
      // A path to begin with, as long as it cannot be part of the expression.
      const bool path = !word.may_be_option() &&
                        (!word.word.many || word.word.kind == WordKind::kPattern) &&
                        word.word.text.find_first_of("(!),") == std::string::npos;
      if (!path) return unknown("shell.unknown.words");
      roots.push_back(word);
      continue;
    }
    const std::string& text = word.word.text;
    if (!in_expression) {
      in_expression = text.starts_with('-') || text == "(" || text == "!";
      if (!in_expression) roots.push_back(word);
      // Options before the paths.
      if (text == "-H" || text == "-L" || text == "-P" || text == "-D" || text.starts_with("-O"))
        in_expression = false;
    }
    if (text == "-exec" || text == "-execdir" || text == "-ok" || text == "-okdir") {
      std::size_t end = i + 1;
      for (; end < argv.size(); ++end) {
        if (argv[end].word.many) return unknown("shell.unknown.words");
        if (!argv[end].is_literal()) continue;
        if (argv[end].is(";")) break;
        if (argv[end].is("+") && argv[end - 1].is("{}")) break;
      }
      if (end >= argv.size() || end == i + 1) return unknown("shell.unknown.option");
      commands.push_back({i + 1, end, text.ends_with("dir")});
      i = end;
    } else if (text == "-delete") {
      deletes = true;
    } else if (text == "-fprint" || text == "-fprint0" || text == "-fls" || text == "-fprintf") {
      if (i + 1 >= argv.size() || argv[i + 1].word.many) return unknown("shell.unknown.option");
      files.emplace_back(FileUse::kWrite, argv[i + 1]);
      i += text == "-fprintf" ? 2U : 1U;
    } else if (text.starts_with("-O") || text.starts_with("-newer")) {
      i += text.starts_with("-newer") ? 1U : 0U;
    } else if (text == "-D") {
      ++i;
    } else if (const Predicate* predicate = find_predicate(text)) {
      for (int argument = 0; argument < predicate->arguments; ++argument)
        if (++i < argv.size() && argv[i].word.many) return unknown("shell.unknown.words");
    } else if (text.starts_with('-')) {
      return unknown("shell.unknown.option");
    }
  }
  add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
  if (deletes && roots.empty()) roots.push_back(literal_value("."));
  for (const Value& root : roots) {
    if (!deletes) break;
    Value below = unknown_values();
    below.word.text = root.word.text;
    if (root.is_literal()) below.word.text += '/';
    add_file(FileUse::kDelete, below, place.state, place.offset);
  }
  for (const auto& [use, path] : files) add_file(use, path, place.state, place.offset);
  for (const Command& command : commands) {
    std::vector<Value> inner;
    for (std::size_t i = command.begin; i < command.end; ++i) {
      Value word = argv[i];
      const std::size_t braces = word.word.text.find("{}");
      if (braces != std::string::npos) {
        const bool whole = word.is("{}");
        const bool rest = whole && i + 1 == command.end && argv[command.end].is("+");
        word = unknown_value(std::string_view(word.word.text).substr(0, braces));
        word.word.many = rest;
        // The names begin with the path that find was given, or with "./".
        word.traits = kNoDash;
        if (argv.size() > 1 && argv[1].may_be_option() && !argv[1].is_literal())
          word.traits = kNoTraits;
      }
      inner.push_back(std::move(word));
    }
    Place where = place;
    if (command.in_directory) where.state.directory = kUnknownDirectory;
    start_rest(inner, where);
  }
}

}  // namespace bailey::policy::shell
