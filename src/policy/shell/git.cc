// git: its own options, and those of its commands that start something.
#include <algorithm>
#include <iterator>

#include "policy/shell/reading.h"

namespace bailey::policy::shell {
namespace {

// Settings that neither name a program, nor a file to read, nor where to fetch from.
constexpr std::string_view kHarmlessSettings[] = {"advice.",
                                                  "blame.",
                                                  "branch.autosetupmerge",
                                                  "branch.autosetuprebase",
                                                  "branch.sort",
                                                  "checkout.",
                                                  "clean.",
                                                  "color.",
                                                  "column.",
                                                  "commit.cleanup",
                                                  "commit.gpgsign",
                                                  "commit.status",
                                                  "commit.verbose",
                                                  "core.abbrev",
                                                  "core.autocrlf",
                                                  "core.bigfilethreshold",
                                                  "core.commentchar",
                                                  "core.compression",
                                                  "core.eol",
                                                  "core.filemode",
                                                  "core.ignorecase",
                                                  "core.longpaths",
                                                  "core.precomposeunicode",
                                                  "core.preloadindex",
                                                  "core.quotepath",
                                                  "core.safecrlf",
                                                  "core.untrackedcache",
                                                  "core.whitespace",
                                                  "diff.algorithm",
                                                  "diff.colormoved",
                                                  "diff.context",
                                                  "diff.interhunkcontext",
                                                  "diff.mnemonicprefix",
                                                  "diff.noprefix",
                                                  "diff.renamelimit",
                                                  "diff.renames",
                                                  "diff.submodule",
                                                  "diff.wserrorhighlight",
                                                  "fetch.parallel",
                                                  "fetch.prune",
                                                  "format.pretty",
                                                  "gc.auto",
                                                  "grep.column",
                                                  "grep.extendedregexp",
                                                  "grep.linenumber",
                                                  "grep.patterntype",
                                                  "help.autocorrect",
                                                  "http.lowspeedlimit",
                                                  "http.lowspeedtime",
                                                  "http.postbuffer",
                                                  "http.version",
                                                  "i18n.",
                                                  "index.threads",
                                                  "init.defaultbranch",
                                                  "log.abbrevcommit",
                                                  "log.date",
                                                  "log.decorate",
                                                  "log.follow",
                                                  "log.showsignature",
                                                  "merge.conflictstyle",
                                                  "merge.ff",
                                                  "merge.log",
                                                  "merge.renames",
                                                  "merge.stat",
                                                  "notes.displayref",
                                                  "pack.threads",
                                                  "pack.windowmemory",
                                                  "pull.ff",
                                                  "pull.rebase",
                                                  "push.autosetupremote",
                                                  "push.default",
                                                  "push.followtags",
                                                  "rebase.autosquash",
                                                  "rebase.autostash",
                                                  "rebase.stat",
                                                  "rebase.updaterefs",
                                                  "rerere.",
                                                  "safe.directory",
                                                  "stash.show",
                                                  "status.",
                                                  "submodule.fetchjobs",
                                                  "submodule.recurse",
                                                  "tag.gpgsign",
                                                  "tag.sort",
                                                  "user.email",
                                                  "user.name",
                                                  "versionsort.suffix"};

// A command, and those of its options that start something or say where git's own
// programs are found; '#' as grammar: all of it is beyond judging.
struct Command {
  std::string_view name;
  std::string_view options;
};

constexpr std::string_view kUnjudgeable = "#";

constexpr Command kCommands[] = {
    {"add", ""},
    {"am", ""},
    {"annotate", ""},
    {"apply", ""},
    {"archive", "--exec=! -o:> --output=>"},
    {"bisect", ""},
    {"blame", ""},
    {"branch", ""},
    {"bugreport", ""},
    {"bundle", ""},
    {"cat-file", "--textconv --filters"},
    {"check-attr", ""},
    {"check-ignore", ""},
    {"check-mailmap", ""},
    {"check-ref-format", ""},
    {"checkout", ""},
    {"checkout-index", ""},
    {"cherry", ""},
    {"cherry-pick", ""},
    {"citool", kUnjudgeable},
    {"clean", ""},
    {"clone",
     "-u:* --upload-pack=* -c:& --config=& --template=! --reference= -o: -b: -j: "
     "--recurse-submodules? --recursive"},
    {"column", ""},
    {"commit", ""},
    {"commit-graph", ""},
    {"commit-tree", ""},
    {"config", ""},
    {"count-objects", ""},
    {"credential", kUnjudgeable},
    {"daemon", kUnjudgeable},
    {"describe", ""},
    {"diff", "--ext-diff! --output=>"},
    {"diff-files", "--ext-diff! --output=>"},
    {"diff-index", "--ext-diff! --output=>"},
    {"diff-tree", "--ext-diff! --output=>"},
    {"difftool", kUnjudgeable},
    {"fast-export", ""},
    {"fast-import", kUnjudgeable},
    {"fetch", "--upload-pack=* --exec=* --negotiation-tip="},
    {"fetch-pack", "--upload-pack=* --exec=*"},
    {"filter-branch", kUnjudgeable},
    {"fmt-merge-msg", ""},
    {"for-each-ref", ""},
    {"for-each-repo", kUnjudgeable},
    {"format-patch", "--ext-diff! -o: --output-directory="},
    {"fsck", ""},
    {"gc", ""},
    {"get-tar-commit-id", ""},
    {"grep", "-O! --open-files-in-pager! --open-files-in-pager?! --ext-grep"},
    {"gui", kUnjudgeable},
    {"hash-object", ""},
    {"help", "-w! --web! -i! -m!"},
    {"hook", kUnjudgeable},
    {"index-pack", ""},
    {"init", "--template=!"},
    {"instaweb", kUnjudgeable},
    {"interpret-trailers", ""},
    {"log", "--ext-diff! --output=>"},
    {"ls-files", ""},
    {"ls-remote", "--upload-pack=* --exec=*"},
    {"ls-tree", ""},
    {"mailinfo", ""},
    {"maintenance", ""},
    {"merge", ""},
    {"merge-base", ""},
    {"merge-file", ""},
    {"merge-tree", ""},
    {"mergetool", kUnjudgeable},
    {"mktag", ""},
    {"mktree", ""},
    {"mv", ""},
    {"name-rev", ""},
    {"notes", ""},
    {"p4", kUnjudgeable},
    {"pack-objects", ""},
    {"pack-refs", ""},
    {"patch-id", ""},
    {"prune", ""},
    {"pull", "--upload-pack=* --exec=*"},
    {"push", "--receive-pack=* --exec=*"},
    {"range-diff", ""},
    {"read-tree", ""},
    {"rebase", "-x:@ --exec=@"},
    {"reflog", ""},
    {"remote", ""},
    {"repack", ""},
    {"replace", ""},
    {"request-pull", ""},
    {"rerere", ""},
    {"reset", ""},
    {"restore", ""},
    {"rev-list", ""},
    {"rev-parse", ""},
    {"revert", ""},
    {"rm", ""},
    {"send-email", kUnjudgeable},
    {"send-pack", "--receive-pack=* --exec=*"},
    {"shell", kUnjudgeable},
    {"shortlog", ""},
    {"show", "--ext-diff! --output=>"},
    {"show-branch", ""},
    {"show-index", ""},
    {"show-ref", ""},
    {"sparse-checkout", ""},
    {"stage", ""},
    {"stash", ""},
    {"status", ""},
    {"stripspace", ""},
    {"submodule", ""},
    {"svn", kUnjudgeable},
    {"switch", ""},
    {"symbolic-ref", ""},
    {"tag", ""},
    {"unpack-objects", ""},
    {"update-index", ""},
    {"update-ref", ""},
    {"var", ""},
    {"verify-commit", ""},
    {"verify-pack", ""},
    {"verify-tag", ""},
    {"version", ""},
    {"whatchanged", "--ext-diff! --output=>"},
    {"worktree", ""},
    {"write-tree", ""}};
static_assert(std::is_sorted(std::begin(kCommands), std::end(kCommands),
                             [](const Command& a, const Command& b) { return a.name < b.name; }));

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_harmless_setting(std::string_view name) {
  const std::string key = lower(name);
  return std::any_of(std::begin(kHarmlessSettings), std::end(kHarmlessSettings),
                     [&](std::string_view known) {
                       return known.ends_with('.') ? key.starts_with(known) : key == known;
                     });
}

// "ext::sh -c ..." is an address that runs a command.
bool runs_by_address(const Value& word) {
  const std::string_view text = word.word.text;
  return text.starts_with("ext::") || text.starts_with("fd::") ||
         text.find("=ext::") != std::string_view::npos;
}

}  // namespace

void Reading::git(std::vector<Value>& argv, const Place& place) {
  const auto unknown = [&](std::string_view why) {
    add_unknown(why, argv, place.state, place.offset);
  };
  const auto judged = [&] {
    add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
  };
  static constexpr std::string_view kOwn =
      "-C:^ -c:& -p -P -v. -h. --git-dir= --work-tree= --namespace= --paginate --no-pager --bare "
      "--no-replace-objects --literal-pathspecs --glob-pathspecs --noglob-pathspecs "
      "--icase-pathspecs --no-optional-locks --no-lazy-fetch --version. --help. --html-path. "
      "--man-path. --info-path. --exec-path!";
  const OptionScan scan = scan_options(kOwn, argv, 1, Strictness::kStrict, Order::kStopAtOperand);
  if (!scan.known) return unknown("shell.unknown.option");
  for (const OptionUse& use : scan.uses) {
    if (use.act == '!') return unknown("shell.unknown.option");
    if (use.act == '&') {
      const std::string_view text = use.value.word.text;
      const std::size_t equals = text.find('=');
      // Without '=' it is true; of an unknown value the name must be known.
      if ((!use.value.is_literal() && equals == std::string_view::npos) ||
          !is_harmless_setting(text.substr(0, equals)))
        return unknown("shell.unknown.option");
    }
  }
  if (scan.operand >= argv.size()) return judged();
  const Value& name = argv[scan.operand];
  if (!name.is_literal()) return unknown("shell.unknown.words");
  const auto* const command =
      std::lower_bound(std::begin(kCommands), std::end(kCommands), name.word.text,
                       [](const Command& entry, std::string_view key) { return entry.name < key; });
  // Anything else is an alias or a program git-NAME.
  if (command == std::end(kCommands) || command->name != name.word.text ||
      command->options == kUnjudgeable)
    return unknown("shell.unknown.subcommand");
  const std::span<Value> rest = std::span(argv).subspan(scan.operand);
  if (std::any_of(rest.begin(), rest.end(), runs_by_address))
    return unknown("shell.unknown.option");
  Place inner = place;
  if (!command->options.empty()) {
    const OptionScan own =
        scan_options(command->options, rest, 1, Strictness::kLoose, Order::kPermute);
    if (!own.known) return unknown("shell.unknown.option");
    std::vector<OptionUse> uses;
    for (const OptionUse& use : own.uses) {
      if (use.act != '&') {
        uses.push_back(use);
        continue;
      }
      const std::string_view text = use.value.word.text;
      if (!is_harmless_setting(text.substr(0, text.find('='))))
        return unknown("shell.unknown.option");
    }
    if (!apply(uses, argv, inner)) return;
  }
  const auto words = rest.subspan(1);
  const auto is_word = [&](std::size_t index, std::string_view text) {
    return words.size() > index && words[index].is(text);
  };
  if (command->name == "config") {
    // Reading is harmless, and so are settings that start nothing.
    std::vector<const Value*> operands;
    bool reads = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const Value& word = words[i];
      if (!word.is_literal() && (word.may_be_option() || word.word.many))
        return unknown("shell.unknown.words");
      const std::string_view text = word.word.text;
      if (!text.starts_with('-')) {
        operands.push_back(&word);
      } else if (text == "-f" || text == "--file" || text == "--type" || text == "--default" ||
                 text == "--blob") {
        ++i;
      } else if (text == "-e" || text.starts_with("--e") || text.starts_with("--ren")) {
        return unknown("shell.unknown.option");
      } else {
        reads = reads || text == "-l" || text == "--list" || text.starts_with("--get");
      }
    }
    std::size_t key = 0;
    if (!operands.empty() && operands[0]->is_literal()) {
      const std::string_view verb = operands[0]->word.text;
      if (verb == "edit" || verb == "rename-section") return unknown("shell.unknown.option");
      reads = reads || verb == "get" || verb == "list";
      if (verb == "set") key = 1;
    }
    if (!reads && operands.size() > key + 1 &&
        (!operands[key]->is_literal() || !is_harmless_setting(operands[key]->word.text)))
      return unknown("shell.unknown.option");
  } else if (command->name == "bisect") {
    if (is_word(0, "run")) {
      judged();
      return start_rest(words.subspan(1), inner);
    }
    if (is_word(0, "visualize") || is_word(0, "view")) return unknown("shell.unknown.subcommand");
    if (!words.empty() && !words[0].is_literal()) return unknown("shell.unknown.words");
  } else if (command->name == "submodule") {
    const bool each = std::any_of(words.begin(), words.end(), [](const Value& word) {
      return word.is("foreach") || (!word.is_literal() && word.word.many);
    });
    if (each) {
      std::size_t at = 0;
      while (at < words.size() && !words[at].is("foreach")) ++at;
      ++at;
      while (at < words.size() &&
             (words[at].is("--recursive") || words[at].is("-q") || words[at].is("--quiet")))
        ++at;
      if (at + 1 != words.size() || !words[at].is_literal()) return unknown("shell.unknown.text");
      judged();
      State elsewhere = place.state;
      elsewhere.directory = kUnknownDirectory;
      run_text(words[at].word.text, elsewhere, place.offset);
      return;
    }
  } else if (command->name == "remote" || command->name == "maintenance" ||
             command->name == "stash") {
    if (!words.empty() && !words[0].is_literal() && words[0].may_be_option())
      return unknown("shell.unknown.words");
  }
  judged();
}

}  // namespace bailey::policy::shell
