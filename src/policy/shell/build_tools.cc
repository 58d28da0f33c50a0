// sed, awk, make, cmake and tar: what their arguments run and write.
#include <algorithm>

#include "policy/shell/code_scripts.h"
#include "policy/shell/reading.h"

namespace bailey::policy::shell {
namespace {

constexpr std::string_view kSedOptions =
    "-n -E -r -s -u -z -b -l: -i? -e:$ -f:* --quiet --silent --expression=$ --file=* --in-place? "
    "--regexp-extended --separate --unbuffered --null-data --zero-terminated --posix --debug "
    "--sandbox --follow-symlinks --line-length= --binary --version. --help.";

constexpr std::string_view kAwkOptions =
    "-F: -v: -f:* -b -c -C. -k -M -n -N -O -P -r -s -S -t -V. --field-separator= --assign= "
    "--file=* --characters-as-bytes --csv --posix --re-interval --sandbox --traditional "
    "--non-decimal-data --optimize --bignum --lint? --version. --help.";

constexpr std::string_view kMakeOptions =
    "-b -m -B -C: -d -e -E:! -f:* -h. -i -I: -j? -k -l? -L -n -o: -O? -p -q -r -R -s -S -t -v. -w "
    "-W: --always-make --directory= --debug? --environment-overrides --eval=! --file=* "
    "--makefile=* --ignore-errors --include-dir= --jobs? --keep-going --load-average? "
    "--check-symlink-times --just-print --dry-run --recon --old-file= --assume-old= "
    "--output-sync? --print-data-base --question --no-builtin-rules --no-builtin-variables "
    "--silent --quiet --no-silent --no-keep-going --stop --touch --trace --version. "
    "--print-directory --no-print-directory --what-if= --new-file= --assume-new= --shuffle? "
    "--warn-undefined-variables --help.";

constexpr std::string_view kTarOptions =
    "-c -x -t -r -u -A -d -v -z -j -J -Z -a -p -P -k -h -m -w! -O -S -W -G -o -l -U -s -n -i -B "
    "-M! -R -q -f:$ -C: -b: -T: -X: -K: -V: -L: -g: -N: -H: -I:@ -F:@ "
    "--extract --get --create --list --append --update --concatenate --catenate --diff --compare "
    "--delete --verbose --file=$ --directory= --gzip --gunzip --ungzip --bzip2 --xz --lzma --lzip "
    "--lzop --zstd --compress --uncompress --auto-compress --no-auto-compress --strip-components= "
    "--strip= --exclude= --exclude-from= --exclude-vcs --exclude-vcs-ignores --exclude-caches "
    "--exclude-tag= --exclude-ignore= --files-from= --null --no-null --verbatim-files-from "
    "--wildcards --no-wildcards --anchored --no-anchored --ignore-case --overwrite "
    "--no-overwrite-dir --keep-old-files --skip-old-files --keep-newer-files "
    "--keep-directory-symlink --unlink-first --recursive-unlink --same-owner --no-same-owner "
    "--same-permissions --preserve-permissions --no-same-permissions --owner= --group= --mode= "
    "--mtime= --clamp-mtime --sort= --numeric-owner --format= --one-file-system --one-top-level? "
    "--dereference --hard-dereference --totals? --checkpoint? --checkpoint-action=! --to-stdout "
    "--touch --transform= --xform= --show-transformed-names --absolute-names --remove-files "
    "--use-compress-program=@ --to-command=@ --info-script=@ --new-volume-script=@ "
    "--rsh-command=@ --rmt-command=@ --listed-incremental= --incremental --newer= --newer-mtime= "
    "--warning= --ignore-failed-read --no-recursion --recursion --acls --xattrs --selinux "
    "--pax-option= --posix --old-archive --portability --label= --verify --block-number "
    "--quoting-style= --utc --full-time --level= --sparse --occurrence? --backup? --suffix= "
    "--help. --version.";

// Variables of a makefile that name programs.
bool names_program(std::string_view name) {
  for (const std::string_view known :
       {"AR",     "AS",      "AWK",    "BASH", "CARGO",   "CC",      "CMAKE", "CPP", "CXX",
        "DOCKER", "FC",      "FIND",   "GO",   "GREP",    "INSTALL", "LD",    "LEX", "LN",
        "MV",     "NM",      "NODE",   "NPM",  "OBJCOPY", "OBJDUMP", "PERL",  "PIP", "PKG_CONFIG",
        "PYTHON", "PYTHON3", "RANLIB", "RM",   "RUBY",    "SED",     "STRIP", "TAR", "YACC"})
    if (name == known) return true;
  return name.ends_with("_CC") || name.ends_with("_CXX") || name.ends_with("CMD") ||
         name.ends_with("COMMAND") || name.ends_with("RUNNER") || name.ends_with("COMPILER");
}

bool is_safe_script_file(const Value& file) {
  return file.is_literal() && !file.is("-") && !file.process &&
         !file.word.text.starts_with("/dev/") && !file.word.text.starts_with("/proc/");
}

}  // namespace

void Reading::sed(std::vector<Value>& argv, const Place& place) {
  const auto segment = [&](Standing standing, std::string_view why) {
    add(standing, Role::kProgram, argv, why, place.state.directory, place.offset);
  };
  const OptionScan scan = scan_options(kSedOptions, argv, 1, Strictness::kStrict, Order::kPermute);
  if (!scan.known) return segment(Standing::kUnknown, "shell.unknown.option");
  std::string script;
  bool has_script = false;
  for (const OptionUse& use : scan.uses) {
    if (use.act == '.') return segment(Standing::kJudged, {});
    if (use.act == '*') {
      if (!is_safe_script_file(use.value))
        return segment(Standing::kUnjudgedInterpreter, "shell.unjudged.input");
    } else if (!use.value.is_literal()) {
      return segment(Standing::kUnjudgedInterpreter, "shell.unjudged.code");
    } else {
      if (!script.empty()) script += '\n';
      script += use.value.word.text;
    }
    has_script = true;
  }
  if (!has_script) {
    if (scan.operands.empty()) return segment(Standing::kJudged, {});
    const Value& first = argv[scan.operands.front()];
    if (!first.is_literal()) return segment(Standing::kUnjudgedInterpreter, "shell.unjudged.code");
    script = first.word.text;
  }
  const ScriptEffects effects = effects_of_sed(script);
  if (!effects.known) return segment(Standing::kUnknown, "shell.unknown.script");
  segment(Standing::kJudged, {});
  for (const std::string& file : effects.writes)
    if (file != "/dev/stdout" && file != "/dev/stderr")
      add_file(FileUse::kWrite, literal_value(file), place.state, place.offset);
  for (const std::string& file : effects.reads)
    add_file(FileUse::kRead, literal_value(file), place.state, place.offset);
}

void Reading::awk(std::vector<Value>& argv, const Place& place) {
  const auto segment = [&](Standing standing, std::string_view why) {
    add(standing, Role::kProgram, argv, why, place.state.directory, place.offset);
  };
  const OptionScan scan =
      scan_options(kAwkOptions, argv, 1, Strictness::kStrict, Order::kStopAtOperand);
  if (!scan.known) return segment(Standing::kUnknown, "shell.unknown.option");
  bool has_program = false;
  for (const OptionUse& use : scan.uses) {
    if (use.act == '.') return segment(Standing::kJudged, {});
    if (!is_safe_script_file(use.value))
      return segment(Standing::kUnjudgedInterpreter, "shell.unjudged.input");
    has_program = true;
  }
  if (has_program || scan.operand >= argv.size()) return segment(Standing::kJudged, {});
  const Value& program = argv[scan.operand];
  if (!program.is_literal()) return segment(Standing::kUnjudgedInterpreter, "shell.unjudged.code");
  const ScriptEffects effects = effects_of_awk(program.word.text);
  if (!effects.known) return segment(Standing::kUnknown, "shell.unknown.script");
  segment(Standing::kJudged, {});
  for (const std::string& file : effects.writes)
    if (file != "/dev/stdout" && file != "/dev/stderr")
      add_file(FileUse::kWrite, literal_value(file), place.state, place.offset);
  for (const std::string& file : effects.reads)
    add_file(FileUse::kRead, literal_value(file), place.state, place.offset);
  for (const std::string& text : effects.texts) run_text(text, place.state, place.offset);
}

void Reading::make(std::vector<Value>& argv, const Place& place) {
  const auto unknown = [&](std::string_view why) {
    add_unknown(why, argv, place.state, place.offset);
  };
  const OptionScan scan = scan_options(kMakeOptions, argv, 1, Strictness::kStrict, Order::kPermute);
  if (!scan.known) return unknown("shell.unknown.option");
  for (const OptionUse& use : scan.uses) {
    if (use.act == '!') return unknown("shell.unknown.option");
    if (use.act == '*' && !is_safe_script_file(use.value)) return unknown("shell.unjudged.input");
  }
  std::vector<std::pair<std::string, const Value*>> programs;
  for (const std::uint32_t i : scan.operands) {
    const Value& word = argv[i];
    const std::string_view text = word.word.text;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
      // Whether it assigns cannot be said of a word that ends elsewhere.
      if (!word.is_literal() && (word.word.many || !word.has(kNumeric)))
        return unknown("shell.unknown.words");
      if (text.find('$') != std::string_view::npos) return unknown("shell.unknown.option");
      continue;
    }
    std::string_view name = text.substr(0, equals);
    while (!name.empty() && std::string_view(":+?!").find(name.back()) != std::string_view::npos)
      name.remove_suffix(1);
    const std::string_view value = text.substr(equals + 1);
    if (word.word.many || name == "SHELL" || name == ".SHELLFLAGS" || name == "MAKEFLAGS" ||
        name == "MAKEFILES" || name == "MAKE" || name == "GNUMAKEFLAGS" || name == "MFLAGS" ||
        text.substr(0, equals).ends_with('!') || name.find('$') != std::string_view::npos)
      return unknown("shell.unknown.option");
    // make expands it, and a shell reads what it pastes into recipes.
    if (value.find_first_of("$`;|&<>\n\\\"'(){}") != std::string_view::npos)
      return unknown("shell.unknown.option");
    if (!word.is_literal()) return unknown("shell.unknown.words");
    if (names_program(name)) programs.emplace_back(value, &word);
  }
  add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
  for (const auto& [line, word] : programs)
    if (!line.empty()) run_line(literal_value(line), place);
}

void Reading::cmake(std::vector<Value>& argv, const Place& place) {
  const auto unknown = [&](std::string_view why) {
    add_unknown(why, argv, place.state, place.offset);
  };
  std::vector<std::string> programs;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const Value& word = argv[i];
    std::string_view text = word.word.text;
    if (word.is("--")) {
      // Options of the build tool. A word of them is a program's where make takes it so.
      for (std::size_t j = i + 1; j < argv.size(); ++j)
        if (argv[j].word.text.find('=') != std::string::npos ||
            argv[j].word.text.starts_with("--eval") || !argv[j].is_literal())
          return unknown("shell.unknown.option");
      break;
    }
    if (!word.is_literal() && (text.empty() || word.word.many) && word.may_be_option())
      return unknown("shell.unknown.words");
    if (word.word.many && word.word.kind != WordKind::kPattern)
      return unknown("shell.unknown.words");
    if (word.is("-E")) {
      static constexpr std::string_view kTools[] = {"capabilities",
                                                    "cat",
                                                    "compare_files",
                                                    "copy",
                                                    "copy_directory",
                                                    "copy_if_different",
                                                    "create_symlink",
                                                    "echo",
                                                    "environment",
                                                    "make_directory",
                                                    "md5sum",
                                                    "remove",
                                                    "remove_directory",
                                                    "rename",
                                                    "rm",
                                                    "sha1sum",
                                                    "sha256sum",
                                                    "sleep",
                                                    "tar",
                                                    "touch",
                                                    "touch_nocreate",
                                                    "true",
                                                    "false"};
      const bool known = i + 1 < argv.size() &&
                         std::any_of(std::begin(kTools), std::end(kTools),
                                     [&](std::string_view tool) { return argv[i + 1].is(tool); });
      if (!known) return unknown("shell.unknown.option");
      break;
    }
    if (word.is("-P") || word.is("-C")) {
      if (i + 1 >= argv.size() || !is_safe_script_file(argv[i + 1]))
        return unknown("shell.unjudged.input");
      continue;
    }
    if (!text.starts_with("-D")) continue;
    const Value* definition = &word;
    text.remove_prefix(2);
    if (text.empty()) {
      if (!word.is_literal() || i + 1 >= argv.size()) return unknown("shell.unknown.words");
      definition = &argv[++i];
      text = definition->word.text;
    }
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return unknown("shell.unknown.words");
    std::string_view name = text.substr(0, equals);
    name = name.substr(0, name.find(':'));
    const std::string_view value = text.substr(equals + 1);
    const auto has = [&](std::string_view part) {
      return name.find(part) != std::string_view::npos;
    };
    const bool program = name.ends_with("_COMPILER") || has("LAUNCHER") || has("MAKE_PROGRAM") ||
                         has("EXECUTABLE") || has("EMULATOR") || has("_COMMAND") ||
                         name == "CMAKE_LINKER" || name == "CMAKE_AR" || name == "CMAKE_RANLIB" ||
                         name == "CMAKE_STRIP" || name == "CMAKE_NM" || has("CLANG_TIDY") ||
                         has("CPPCHECK") || has("WHAT_YOU_USE") || has("CPPLINT");
    const bool script = has("TOOLCHAIN_FILE") || has("_INCLUDE") || has("MODULE_PATH");
    if (!program && !script) continue;
    if (!definition->is_literal() || definition->word.many) return unknown("shell.unknown.words");
    if (script) {
      if (value.starts_with('/') || value.find("..") != std::string_view::npos)
        return unknown("shell.unknown.option");
    } else if (!value.empty() && value != "ON" && value != "OFF") {
      programs.emplace_back(value.substr(0, value.find(';')));
    }
  }
  add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
  for (const std::string& line : programs) run_line(literal_value(line), place);
}

void Reading::tar(std::vector<Value>& argv, const Place& place) {
  const auto unknown = [&](std::string_view why) {
    add_unknown(why, argv, place.state, place.offset);
  };
  std::size_t from = 1;
  std::vector<OptionUse> uses;
  if (argv.size() > 1 && argv[1].is_literal() && !argv[1].word.text.starts_with('-')) {
    // `tar xzf a.tgz`: the arguments of the letters stand behind, in their order.
    from = 2;
    for (const char c : argv[1].word.text) {
      if (std::string_view("cxtruAdvzjJZapPkhmOSWGolUsniBR").find(c) != std::string_view::npos)
        continue;
      if (std::string_view("fCbTXKVLgNH").find(c) == std::string_view::npos)
        return unknown("shell.unknown.option");
      if (from >= argv.size() || argv[from].word.many) return unknown("shell.unknown.words");
      if (c == 'f') uses.push_back({'$', "-f", argv[from]});
      ++from;
    }
  }
  OptionScan scan = scan_options(kTarOptions, argv, from, Strictness::kStrict, Order::kPermute);
  if (!scan.known) return unknown("shell.unknown.option");
  for (OptionUse& use : scan.uses) uses.push_back(std::move(use));
  std::vector<OptionUse> others;
  for (OptionUse& use : uses) {
    if (use.act != '$') {
      if (use.act == '.') continue;
      others.push_back(std::move(use));
      continue;
    }
    // host:file is fetched by a program.
    if (use.value.word.text.find(':') != std::string::npos ||
        (!use.value.is_literal() && use.value.word.kind != WordKind::kUnknown))
      return unknown("shell.unknown.option");
  }
  Place inner = place;
  if (!apply(others, argv, inner)) return;
  add(Standing::kJudged, Role::kProgram, argv, {}, place.state.directory, place.offset);
}

}  // namespace bailey::policy::shell
