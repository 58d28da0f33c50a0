// What a line is said to run, write and change.
#include "policy/shell/facts.h"

#include <gtest/gtest.h>

#include <string>

#include "policy/shell/parse.h"
#include "test_cpu_time.h"

namespace bailey::policy::shell {
namespace {

Facts read(std::string_view text) {
  const auto script = parse(text);
  EXPECT_TRUE(script) << text << ": " << (script ? "" : script.error().message);
  if (!script) return {};
  auto found = facts(*script, Environment{"/home/u", "/work"});
  EXPECT_TRUE(found) << text;
  return found ? *std::move(found) : Facts{};
}

std::string show(const FactWord& word) {
  std::string out = word.kind == WordKind::kLiteral   ? ""
                    : word.kind == WordKind::kPattern ? "~"
                                                      : "?";
  out += word.text;
  if (word.many) out += "..";
  return out;
}

// One segment: "ls -l ?..", with "!why" in front when it is not judged, "=" for starters,
// "." for builtins.
std::string show(const Segment& segment) {
  std::string out;
  if (segment.standing != Standing::kJudged) out += "!" + std::string(segment.why) + " ";
  if (segment.role == Role::kStarter) out += "=";
  if (segment.role == Role::kBuiltin) out += ".";
  for (const FactWord& word : segment.argv) {
    if (&word != &segment.argv.front()) out += ' ';
    out += show(word);
  }
  return out;
}

std::string segments(std::string_view text) {
  std::string out;
  for (const Segment& segment : read(text).segments) {
    if (!out.empty()) out += "; ";
    out += show(segment);
  }
  return out;
}

// Program and directory of each segment that is no builtin.
std::string places(std::string_view text) {
  const Facts found = read(text);
  std::string out;
  for (const Segment& segment : found.segments) {
    if (segment.role == Role::kBuiltin) continue;
    if (!out.empty()) out += "; ";
    out += segment.argv.empty() ? "" : segment.argv.front().text;
    out += '@';
    out += segment.directory == kUnknownDirectory ? "?" : found.directories[segment.directory];
  }
  return out;
}

std::string files(std::string_view text) {
  static constexpr const char* kUses[] = {"<", ">", ">>", "<>", "-", "="};
  const Facts found = read(text);
  std::string out;
  for (const FileAccess& file : found.files) {
    if (!out.empty()) out += ' ';
    out += kUses[static_cast<std::size_t>(file.use)];
    if (file.directory == kUnknownDirectory) {
      out += "(?)";
    } else if (!found.directories[file.directory].empty()) {
      out += "(" + found.directories[file.directory] + ")";
    }
    out += show(file.path);
  }
  return out;
}

std::string variables(std::string_view text) {
  std::string out;
  for (const VariableChange& change : read(text).variables) {
    if (!out.empty()) out += ' ';
    out += change.name + "=" + show(change.value);
  }
  return out;
}

bool is_judged(std::string_view text) { return read(text).is_judged(); }

// --- segments ----------------------------------------------------------------------------

TEST(ShellFacts, EveryPartOfAListIsASegment) {
  EXPECT_EQ(segments("a; b && c || d | e & f"), "a; b; c; d; e; f");
  EXPECT_EQ(segments("{ a; }; (b); ! c; time d"), "a; b; c; d");
  EXPECT_EQ(segments("if a; then b; elif c; then d; else e; fi"), "a; b; c; d; e");
  EXPECT_EQ(segments("while a; do b; done; until c; do d; done"), "a; b; c; d");
  EXPECT_EQ(segments("for i in x; do a; done; select i in x; do b; done"), "a; b");
  EXPECT_EQ(segments("case x in y) a;; z) b;& w) c;; esac"), "a; b; c");
  EXPECT_EQ(segments("coproc a; coproc N { b; }"), "a; b");
}

TEST(ShellFacts, EverySubstitutionIsRead) {
  EXPECT_EQ(segments("x $(a) `b` \"$(c)\" <(d) > >(e)"), "a; b; c; d; e; x ?.. ?.. ? ?");
  EXPECT_EQ(segments("x=$(a) y=(b $(c)) z[$(d)]=1 w"), "a; c; d; !shell.unknown.arithmetic ; w");
  EXPECT_EQ(segments("echo ${x:-$(a)} ${x/$(b)/$(c)} ${x:$(d)}"),
            "a; b; c; d; !shell.unknown.arithmetic ; .echo ?.. ?.. ?..");
  EXPECT_EQ(segments("cat <<E\n$(a) `b`\nE"), "a; b; cat");
  EXPECT_EQ(segments("cat <<'E'\n$(a)\nE"), "cat");
  EXPECT_EQ(segments("[[ $(a) == $(b) && -f $(c) ]]"), "a; b; c");
  EXPECT_EQ(segments("case $(a) in $(b)) c;; esac"), "a; b; c");
  EXPECT_EQ(segments("for i in $(a); do b; done"), "a; b");
}

TEST(ShellFacts, WordsAreLiteralsPatternsOrUnknown) {
  EXPECT_EQ(segments("x 'a b' \"c\" d\\ e $'f\\x67' '' \"\""), "x a b c d e fg  ");
  EXPECT_EQ(segments("x *.c '*' \"?\" a[bc] \\[d] e\\*f*"), "x ~*.c.. * ? ~a[bc].. [d] ~e\\*f*..");
  EXPECT_EQ(segments("x $a \"$a\" b$a\"c\" \"$@\" $1 \"${a[@]}\""), "x ?.. ? ?b.. ?.. ?.. ?..");
  EXPECT_EQ(segments("x ~ ~/a ~root $HOME \"$HOME/b\" $PWD/c"),
            "x /home/u /home/u/a ? /home/u /home/u/b /work/c");
  EXPECT_EQ(segments("HOME=/x; y ~ $HOME"), "y ? /x");
  EXPECT_EQ(segments("x {a,b}{1..2} {c} pre{,.bak}"), "x a1 a2 b1 b2 {c} pre pre.bak");
}

TEST(ShellFacts, AProgramThatIsNotInTheTextIsUnknown) {
  for (const std::string_view text :
       {"$x",         "\"$x\"",  "${x}ls", "$(a)",        "`a`",
        "l*",         "./?",     "[l]s",   "$1",          "\"$@\"",
        "{ $x; }",    "~root/x", "\"\"",   "$\"ls\"",     "x=(ls); ${x[0]}",
        "command $x", "exec $x", "env $x", "nice \"$x\"", "x | $y"})
    EXPECT_FALSE(is_judged(text)) << text;
}

TEST(ShellFacts, AVariableWithOneLiteralValueIsThatValue) {
  EXPECT_EQ(segments("P=bin/py; $P -m x"), "bin/py -m x");
  EXPECT_EQ(segments("A=a; if x; then $A; fi"), "x; a");
  EXPECT_EQ(segments("A=ls; f() { $A; }; f"), "ls");
  // Set twice, set perhaps, set later, set elsewhere, set as something else.
  for (const std::string_view text : {"A=a; A=b; $A",
                                      "if x; then A=a; fi; $A",
                                      "$A; A=a",
                                      "x && A=a; $A",
                                      "A=a | $A",
                                      "(A=a); $A",
                                      "A=a x; $A",
                                      "A=a; read A; $A",
                                      "A=a; for A in b; do $A; done",
                                      "A=a; unset A; $A",
                                      "A=a; ((A=1)); $A",
                                      "A=a; printf -v A x; $A",
                                      "declare -u A=a; $A",
                                      "declare -u A; A=a; $A",
                                      "A=a; A+=b; $A",
                                      "f() { A=b; }; A=a; f; $A",
                                      "A=a; eval 'A=b'; $A",
                                      "A=a; local A; $A",
                                      "A='a b'; IFS=x; $A",
                                      "A=a; bash -c '$A'",
                                      "UID=ls; $UID",
                                      "x() { local A=a; }; $A",
                                      "A=a; : ${A:=b}; $A",
                                      "A=a; let A=1; $A"})
    EXPECT_FALSE(is_judged(text)) << text;
}

TEST(ShellFacts, CallsOfFunctionsAreTheirBodies) {
  EXPECT_EQ(segments("f() { a; }; f x"), "a");
  EXPECT_EQ(segments("f() { g; }; g() { a; }; f"), "a");
  EXPECT_EQ(segments("f() { f; a; }; f"), "a");
  // Perhaps not defined yet, or no more, or in another process.
  EXPECT_EQ(segments("f; f() { a; }"), "f; a");
  EXPECT_EQ(segments("if x; then f() { a; }; fi; f"), "x; f; a");
  EXPECT_EQ(segments("(f() { a; }); f"), "f; a");
  EXPECT_EQ(segments("f() { a; } | x; f"), "x; f; a");
  EXPECT_EQ(segments("f() { a; }; unset -f f; f"), ".unset -f f; f; a");
  EXPECT_EQ(segments("f() { a; }; unset f; f"), ".unset f; f; a");
  EXPECT_EQ(segments("f() { a; }; bash -c f"), "=bash -c f; f; a");
  EXPECT_EQ(segments("m() { g; }; m; g() { a; }"), "g; a");
  EXPECT_EQ(segments("cd() { a; }; cd x"), "a");
  EXPECT_EQ(segments("f() { \"$@\"; }; f ls"), "!shell.unknown.program ?..");
}

TEST(ShellFacts, TextsInsideTheLineAreRead) {
  EXPECT_EQ(segments("eval 'a; b' c"), "a; b c");
  EXPECT_EQ(segments("eval eval \"'a'\""), "a");
  EXPECT_EQ(segments("bash -c 'a; sh -c b' x y"), "=bash -c a; sh -c b x y; a; =sh -c b; b");
  EXPECT_EQ(segments("trap 'a; b' EXIT"), ".trap a; b EXIT; a; b");
  EXPECT_EQ(segments("trap - EXIT; trap '' INT; trap"), ".trap - EXIT; .trap  INT; .trap");
  EXPECT_FALSE(is_judged("eval $x"));
  EXPECT_FALSE(is_judged("eval 'a; ('"));
  EXPECT_FALSE(is_judged("bash -c \"$x\""));
  EXPECT_FALSE(is_judged("trap \"rm $x\" EXIT"));
  EXPECT_TRUE(is_judged("trap 'rm \"$x\"' EXIT"));
  std::string nested = "a";
  for (int i = 0; i < 12; ++i) nested = "eval eval " + nested;
  EXPECT_FALSE(is_judged(nested)) << "too deep to follow";
}

TEST(ShellFacts, BuiltinsThatChangeTheRestAreUnknown) {
  for (const std::string_view text :
       {"alias l=ls", "shopt -s expand_aliases", "shopt -s extglob", "set -o posix", "set -k",
        "set -P x", "enable -n echo", "hash -p /x ls", "bind -x x", "complete -C x y",
        "compgen -W x", "fc -s", "history -s x", "builtin eval $x", "command eval $x",
        "declare -n r=x", "set \"$x\"", "suspend"})
    EXPECT_FALSE(is_judged(text)) << text;
  for (const std::string_view text :
       {"alias", "shopt -s nullglob", "set -euo pipefail", "set -x", "set -- a b", "hash -r",
        "history 5", "type ls", "command -v ls", "exec 3>x", "wait", "shift 2", "umask 022",
        "ulimit -n", "builtin cd x", "unalias -a"})
    EXPECT_TRUE(is_judged(text)) << text;
}

// --- arithmetic, subscripts, test -v -----------------------------------------------------

TEST(ShellFacts, ArithmeticOnWhatTheLineDoesNotKnowIsUnknown) {
  for (const std::string_view text : {"echo $((x))",
                                      "y='a[$(id)]'; echo $((y))",
                                      "y=$(cat f); echo $((y+1))",
                                      "read y; ((y > 1))",
                                      "for y in $(a); do echo $((y)); done",
                                      "[[ $x -gt 1 ]]",
                                      "[[ 1 -lt x ]]",
                                      "echo ${HOME:x}",
                                      "a=(1); echo ${a[x]}",
                                      "a[x]=1",
                                      "let z=x",
                                      "declare -i z=x",
                                      "y=x; z=y; echo $((z))",
                                      "echo $(( $1 ))",
                                      "for ((i=x;;)); do a; done",
                                      "y='x[1]' bash -c 'echo $((y))'",
                                      "env y='x[1]' bash -c 'echo $((y))'",
                                      "echo $((a$x))",
                                      "x=1; x+=y; echo $((x))",
                                      "n=5; n=$(cat f); echo $((n))",
                                      "wc() { echo 'a[$(id)]'; }; n=$(wc -l); echo $((n))",
                                      "((i++))",
                                      "mapfile -t a; echo $((a[0]))"})
    EXPECT_FALSE(is_judged(text)) << text;
  for (const std::string_view text :
       {"echo $((1 + 2))", "x=1; echo $((x * 2))", "i=0; while [ $i -lt 3 ]; do i=$((i+1)); done",
        "i=0; ((i++)); echo $i", "n=$(wc -l < f); [ \"$n\" -gt 3 ]; echo $((n - 1))",
        "for ((i=0; i<3; i++)); do echo $i; done", "for i in {1..3}; do echo $((i)); done",
        "for i in $(seq 1 5); do echo $((i)); done", "[[ $# -gt 0 ]]", "[[ $? -eq 0 ]]",
        "echo ${HOME:0:3}", "a=(1 2); echo ${a[0]} ${a[@]:1}",
        "s=$(date +%s); e=$(date +%s); echo $((e - s))", "echo $((RANDOM % 6))",
        "declare -A m; m[key]=1; echo ${m[key]}", "x=5; y=$((x + 1)); echo $((y))",
        "local n=0; ((n += 2))"})
    EXPECT_TRUE(is_judged(text)) << text;
}

TEST(ShellFacts, WhatEvaluatesSubscriptsNeedsPlainNames) {
  for (const std::string_view text :
       {"test -v \"$x\"", "[ -v 'a[$(id)]' ]", "[[ -v $x ]]", "printf -v \"$x\" y", "printf \"$x\"",
        "read \"$x\"", "read -a 'a[1]'", "mapfile $x", "unset \"$x\"", "unset 'a[$(id)]'",
        "declare \"$x\"", "export $x", "export $(cat .env)", "getopts ab \"$x\"", "wait -p 'a[1]'",
        "[ $x = y ]", "[ \"$x\" \"$y\" ]", "test $x"})
    EXPECT_FALSE(is_judged(text)) << text;
  for (const std::string_view text :
       {"test -v x", "printf '%s' \"$x\"", "printf -v x %s \"$y\"", "read -r a b",
        "while IFS= read -r l; do :; done", "[ \"$x\" = y ]", "[ -f \"$f\" ]",
        "[ -n \"$x\" -a \"$y\" = z ]", "test -z \"$(a)\"", "export X=\"$y\"", "local a=$1 b",
        "unset x"})
    EXPECT_TRUE(is_judged(text)) << text;
}

// --- directories -------------------------------------------------------------------------

TEST(ShellFacts, DirectoriesAreFollowed) {
  EXPECT_EQ(places("a; cd x && b; cd x/y && c"), "a@; b@x; c@?");
  EXPECT_EQ(places("cd x && cd .. && a && cd /t/./u/../v && b"), "a@; b@/t/v");
  EXPECT_EQ(places("cd x || exit; a"), "a@x");
  EXPECT_EQ(places("cd x || { echo no; exit 1; }; a"), "a@x");
  EXPECT_EQ(places("cd x; a"), "a@?");
  EXPECT_EQ(places("set -e; cd x; a"), "a@x");
  EXPECT_EQ(places("(cd x && a); b"), "a@x; b@");
  EXPECT_EQ(places("cd x | a; cd x & b"), "a@; b@");
  EXPECT_EQ(places("if cd x; then a; else b; fi; c"), "a@x; b@; c@?");
  EXPECT_EQ(places("! cd x && a"), "a@");
  EXPECT_EQ(places("for i in 1; do a; cd x; done; b"), "a@?; b@?");
  EXPECT_EQ(places("for i in 1; do (cd x && a); done; b"), "a@x; b@");
  EXPECT_EQ(places("cd && a; cd ~/x && b"), "a@/home/u; b@/home/u/x");
  EXPECT_EQ(places("cd -P x && a; cd - && b"), "a@?; b@?");
  EXPECT_EQ(places("cd \"$x\" && a; pushd y && b"), "a@?; b@?");
  EXPECT_EQ(places("CDPATH=/; cd x && a"), "a@?");
  EXPECT_EQ(places("f() { cd x; }; f; a"), "a@?");
  EXPECT_EQ(places("f() { b; }; f; a"), "a@; b@");
  EXPECT_EQ(places("f() { ./b; }; cd x && f"), "./b@?");
  EXPECT_EQ(places("cd x && f() { ./b; }; f"), "f@?; ./b@?") << "perhaps it is not defined";
  EXPECT_EQ(places("cd ../y && a"), "a@../y");
  EXPECT_EQ(places("env -C x a; env --chdir=/y b"), "env@; a@x; env@; b@/y");
  EXPECT_EQ(places("while cd ..; do a; done"), "a@?");
  EXPECT_EQ(places("eval 'cd x' && a"), "a@x");
  EXPECT_EQ(places("bash -c 'cd x && a' && b"), "bash@; a@x; b@");
}

TEST(ShellFacts, RedirectionsAreFiles) {
  EXPECT_EQ(files("a > b >> c < d <> e >| f 2> g &> h &>> i"), ">b >>c <d <>e >f >g >h >>i");
  EXPECT_EQ(files("a 2>&1 >&- <&3 3>&4-"), "");
  EXPECT_EQ(files("a >& b; a >&\"$x\""), ">b >?");
  EXPECT_EQ(
      files(
          "{ a; } > b; (a) > c; if a; then b; fi > d; for i in 1; do a; done > e; f() { a; } > g"),
      ">b >c >d >e >g");
  EXPECT_EQ(files("> x; exec > y; {fd}> z"), ">x >y >z");
  EXPECT_EQ(files("a > \"$x\" > *.c > ~/y > {a,b}"), ">? >~*.c.. >/home/u/y >?..");
  EXPECT_EQ(files("cd x && a > y; cd $z && a > w"), ">(x)y >(?)w");
  EXPECT_EQ(files("a > /dev/tcp/1.2.3.4/80 < /dev/udp/x/1"), "=/dev/tcp/1.2.3.4/80 =/dev/udp/x/1");
  EXPECT_EQ(files("a < <(b) > >(c) <<< d <<E\nE"), "");
}

// --- variables ---------------------------------------------------------------------------

TEST(ShellFacts, VariablesThatChangeWhatRunsAreListed) {
  EXPECT_EQ(variables("PATH=x ls; export PATH=y:$PATH; PATH+=z"), "PATH=x PATH=?y: PATH=?");
  EXPECT_EQ(variables("LD_PRELOAD=x a; BASH_ENV=y b; GIT_DIR=z git status"),
            "LD_PRELOAD=x BASH_ENV=y GIT_DIR=z");
  EXPECT_EQ(variables("read PATH; for PATH in a; do b; done; printf -v PATH c; : ${PATH:=d}"),
            "PATH=? PATH=a PATH=? PATH=d");
  EXPECT_EQ(variables("env PATH=x ls; env -i LD_LIBRARY_PATH=y ls; sudo PATH=z ls; env -u PATH ls"),
            "PATH=x LD_LIBRARY_PATH=y PATH=z PATH=");
  EXPECT_EQ(variables("HOME=x a; IFS=,; unset PATH; ((PATH=1))"), "HOME=x IFS=, PATH= PATH=?");
  EXPECT_EQ(variables("FOO=1 a; export BAR=x; x=$(y)"), "");
}

TEST(ShellFacts, HarmlessValuesAreNot) {
  EXPECT_EQ(variables("GIT_TERMINAL_PROMPT=0 GIT_AUTHOR_DATE=now git commit"), "");
  EXPECT_EQ(variables("PYTHONPATH=src:. pytest; PYTHONPATH=$PWD/lib pytest"), "");
  EXPECT_EQ(variables("NODE_OPTIONS=--max-old-space-size=4096 npm test"), "");
  EXPECT_EQ(
      variables(
          "MAKEFLAGS=-j4 make; CFLAGS='-O2 -g -DX=1' make; RUSTFLAGS='-D warnings' cargo build"),
      "");
  EXPECT_EQ(variables("PYTHONPATH=/x pytest"), "PYTHONPATH=/x");
  EXPECT_EQ(variables("PYTHONPATH=../x pytest"), "PYTHONPATH=../x");
  EXPECT_EQ(variables("NODE_OPTIONS=-r./x node y"), "NODE_OPTIONS=-r./x");
  EXPECT_EQ(variables("CFLAGS='-O2;x' make"), "CFLAGS=-O2;x");
  EXPECT_EQ(variables("RUSTFLAGS='-C linker=x' cargo build"), "RUSTFLAGS=-C linker=x");
}

TEST(ShellFacts, AValueThatIsACommandIsASegment) {
  EXPECT_EQ(segments("PAGER='less -R' git log"), "=sh -c less -R; less -R; git log");
  EXPECT_EQ(segments("EDITOR=true git commit"), "=sh -c true; .true; git commit");
  EXPECT_EQ(segments("CC='gcc -O2' make"), "=sh -c gcc -O2; gcc -O2; make");
  EXPECT_EQ(variables("PAGER=$x git log"), "PAGER=?");
}

// --- limits ------------------------------------------------------------------------------

TEST(ShellFacts, ReadingIsBounded) {
  std::string text;
  for (int i = 0; i < 2'500; ++i) text += "ls\n";
  const auto script = parse(text);
  ASSERT_TRUE(script);
  const auto found = facts(*script);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "shell.too_many");
}

TEST(ShellFacts, ChainsOfNestedThingsTakeLinearTime) {
  const auto time_of = [](const std::string& text) {
    return test::cpu_time_of([&] {
      if (const auto script = parse(text)) (void)facts(*script);
    });
  };
  const auto repeated = [](std::string_view piece, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += piece;
    return out;
  };
  EXPECT_LT(time_of(repeated("command ", 8'000) + "ls"), 1'000);
  EXPECT_LT(time_of(repeated("env ", 8'000) + "ls"), 1'000);
  EXPECT_LT(time_of(repeated("builtin ", 8'000) + "eval x"), 1'000);
  EXPECT_LT(time_of(repeated("x=$x ", 8'000)), 2'000);
  EXPECT_LT(time_of("find . " + repeated("-exec ls {} \\; ", 1'900)), 2'000);
  EXPECT_LT(time_of("echo " + repeated("{a,b} ", 8'000)), 2'000);
  EXPECT_LT(time_of(repeated("f() { f; }\n", 500) + repeated("f\n", 500)), 2'000);
  EXPECT_LT(time_of(repeated("cd a && ", 1'500) + "ls"), 2'000);
  std::string chain;
  for (int i = 0; i < 900; ++i)
    chain += "v" + std::to_string(i) + "=$v" + std::to_string(i + 1) + "; ";
  EXPECT_LT(time_of(chain + "echo $((v0))"), 500);
  std::string references;
  for (int i = 0; i < 1'000; ++i) references += "v" + std::to_string(i) + "=1\n";
  EXPECT_LT(time_of(references + "echo " + repeated("$v999", 20'000)), 2'000);
}

}  // namespace
}  // namespace bailey::policy::shell
