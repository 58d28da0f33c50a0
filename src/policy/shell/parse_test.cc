// What is read as a shell text, what is refused, and with which code.
#include "policy/shell/parse.h"

#include <gtest/gtest.h>

#include <string>

#include "policy/shell/braces.h"
#include "policy/shell/limits.h"
#include "test_cpu_time.h"

namespace bailey::policy::shell {
namespace {

std::string code_of(std::string_view text, Dialect dialect = Dialect::kBash) {
  const auto script = parse(text, dialect);
  return script ? "" : std::string(script.error().code);
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

TEST(ShellParse, TakesEveryConstructOfTheGrammar) {
  for (const std::string_view text : {
           "",
           "# nothing",
           "\n\n",
           "ls",
           "ls;",
           "ls &",
           "ls && cat || rm; wait",
           "! ls | sort |& uniq",
           "! ! ls",
           "time -p -- ls",
           "time",
           "{ ls; }",
           "( ls )",
           "if a; then b; elif c; then d; else e; fi",
           "while a; do b; done",
           "until a\ndo b\ndone",
           "for i in a b; do c; done",
           "for i; do c; done",
           "for i do c; done",
           "for i in; do c; done",
           "for ((i=0; i<3; i++)) do c; done",
           "for ((;;)); do c; done",
           "select i in a; do c; done",
           "case a in b) c;; (d|e) f;& g) ;;& esac",
           "case a in b) c\nesac",
           "f() { a; }",
           "f () ( a )",
           "function f { a; }",
           "function f() { a; } > x",
           "f() [[ a ]]",
           "coproc a",
           "coproc N { a; }",
           "[[ -f a && ( b == c* || ! d =~ ^(e|f g)$ ) && 1 -lt 2 && x ]]",
           "[[ a < b ]]",
           "(( a = 1 + (2 * 3) ))",
           "a=1 b+=2 c[3]=4 d=(5 [6]=7 'e f') g",
           "declare -A a=([b]=c) d=e",
           "a > b >> c 2>&1 < d <> e >| f &> g &>> h <& 3 >& - {i}> j <<< k",
           "2>x a",
           "echo 'a' \"b $c ${d} $(e) `f` $((1))\" $'g\\n' $\"h\" i\\ j",
           "echo $a $1 $@ $* $# $? $- $$ $! $0 $_ $",
           "echo ${a} ${a[1]} ${a[@]} ${#a} ${#} ${!a} ${!a*} ${!a[@]} ${a:-b} ${a-b} ${a:=b}",
           "echo ${a:?b} ${a:+b} ${a#b} ${a##b} ${a%b} ${a%%b} ${a/b/c} ${a//b} ${a/#b/c}",
           "echo ${a:1:2} ${a: -1} ${a^} ${a,,} ${a@Q}",
           "echo \"${a:-\"b c\"}\" ${a:-'}'}",
           "diff <(a) <(b) > >(c)",
           "echo `a \\`b\\``",
           "echo {a,b}{1..3} ~ ~/a *.c [ab]?",
           "a#b c#d",
           "cat <<A <<'B' <<-C\n$x\nA\n$(\nB\n\tx\n\tC\nls",
           "cat <<A | sort\nx\nA",
           "echo \"$(cat <<'A'\nit's\nA\n)\"",
           "a \\\n b",
           "a &&\n b ||\n\n c |\n d",
       })
    EXPECT_EQ(code_of(text), "") << text;
}

TEST(ShellParse, RefusesWhatNoShellTakes) {
  for (const std::string_view text : {"fi",
                                      "done",
                                      "}",
                                      ")",
                                      "a )",
                                      "a }; )",
                                      "a && || b",
                                      "&& a",
                                      "| a",
                                      "a | | b",
                                      "; a",
                                      "a ;; b",
                                      "a & & b",
                                      "a & ; b",
                                      "()",
                                      "{ }",
                                      "if then fi",
                                      "if a; fi",
                                      "while do a; done",
                                      "for 1 in a; do b; done",
                                      "for i in a b do c; done",
                                      "case a b) c;; esac",
                                      "f() a",
                                      "f ( a )",
                                      "a ( b )",
                                      "( a ) b",
                                      "a > ; b",
                                      "a > > b",
                                      "x=(a) b=(c)(d)",
                                      "[[ ]]",
                                      "[[ -f ]]",
                                      "[[ a b ]]",
                                      "((1)",
                                      "echo ${a b}",
                                      "echo ${}",
                                      "echo ${-x",
                                      "if a; then b; fi c",
                                      "echo a=(b)",
                                      "{ a; } b",
                                      "function { a; }",
                                      "a |& & b",
                                      "in",
                                      "a; in b",
                                      "]]",
                                      "a | ]] b",
                                      "a > 2>b",
                                      "a <<< 2>&1",
                                      "a <<2>b\n2",
                                      "a > {b}>c",
                                      "<<A"})
    EXPECT_NE(code_of(text), "") << text;
}

TEST(ShellParse, SaysWhatHasNoEnd) {
  for (const std::string_view text : {"echo '",
                                      "echo \"",
                                      "echo \"a$(b",
                                      "echo $(",
                                      "echo $(a",
                                      "echo `a",
                                      "echo ${a",
                                      "echo ${a:-",
                                      "echo $((1",
                                      "a \\",
                                      "if a; then b",
                                      "if a",
                                      "while a; do b",
                                      "for",
                                      "for i in a",
                                      "case a in",
                                      "case a in b) c",
                                      "{ a",
                                      "( a",
                                      "f() {",
                                      "a |",
                                      "a &&",
                                      "a ||",
                                      "a >",
                                      "cat <<A",
                                      "cat <<A\nx",
                                      "[[ a",
                                      "((1",
                                      "x=(a",
                                      "echo $'a",
                                      "cat <<A\n$(b\nA",
                                      "a <(b",
                                      "!"})
    EXPECT_EQ(code_of(text), "shell.unterminated") << text;
}

TEST(ShellParse, RefusesBytesThatNobodyCouldHaveRead) {
  using namespace std::string_literals;
  EXPECT_EQ(code_of("ls\0x"s), "shell.nul");
  EXPECT_EQ(code_of("ls\r\nrm"), "shell.carriage_return");
  EXPECT_EQ(code_of("ls \x1b[2K"), "shell.control");
  EXPECT_EQ(code_of("ls \x7f"), "shell.control");
  EXPECT_EQ(code_of("ls \xff"), "shell.utf8");
  EXPECT_EQ(code_of("ls \xc0\xaf"), "shell.utf8");
  EXPECT_EQ(code_of("ls \xed\xa0\x80"), "shell.utf8");
  // Put together here: one that stood in the source would mislead its readers, too.
  EXPECT_EQ(code_of(std::string("ls \xe2\x80") + '\xae'), "shell.bidi");
  EXPECT_EQ(code_of(std::string("ls \xe2\x81") + "\xa6x"), "shell.bidi");
  EXPECT_EQ(code_of("r\xe2\x80\x8bm"), "shell.invisible");
  EXPECT_EQ(code_of("ls\xc2\x85rm"), "shell.invisible");
  EXPECT_EQ(code_of("echo '\xe2\x9c\x93 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb'"), "");
  EXPECT_EQ(code_of("printf '\\x00'"), "") << "printf's business";
  EXPECT_EQ(code_of("echo $'a\\0b'"), "shell.nul");
  EXPECT_EQ(code_of("echo $'a\\x00'"), "shell.nul");
}

TEST(ShellParse, RefusesWhatShellsReadDifferently) {
  for (const std::string_view text : {"i\\\nf a; then b; fi",
                                      "l\\\ns",
                                      "ls &\\\n& b",
                                      "echo $\\\n(a)",
                                      "echo $\\\nx",
                                      "a |\\\n| b",
                                      "echo $[1+1]",
                                      "echo $((a) ; (b))",
                                      "echo \"${a:-'}'}\"",
                                      "echo $((1 + '2'))",
                                      "cat <<$x\na\n$x",
                                      "cat <<A \"b\nc\"\nA",
                                      "cat <<A\nx\\\nA\nA",
                                      "echo $'\\cA'",
                                      "echo $'\\x{41}'",
                                      "echo ${a:-<(b)}",
                                      "a[1]",
                                      "cat <<A\n${x:-\"y\"}\nA",
                                      "time -x ls",
                                      "echo $(\\\n(a))",
                                      "cat <<A $(b\n)\nA",
                                      "echo $(time (a))",
                                      "echo <( time ! a)",
                                      "echo a 2\\\n>x",
                                      "echo a {b}\\\n>x",
                                      "echo > 2\\\n>x"})
    EXPECT_EQ(code_of(text), "shell.ambiguous") << text;
}

TEST(ShellParse, ADialectTakesOnlyWhatItsShellsReadAlike) {
  for (const std::string_view text : {"echo $'a'",
                                      "echo $\"a\"",
                                      "[[ a ]]",
                                      "((1))",
                                      "for ((;;)); do a; done",
                                      "a &> b",
                                      "a &>> b",
                                      "a |& b",
                                      "a <<< b",
                                      "diff <(a) b",
                                      "a > >(b)",
                                      "function f { a; }",
                                      "select i in a; do b; done",
                                      "coproc a",
                                      "x=(a)",
                                      "x+=a",
                                      "x[1]=a",
                                      "echo ${a/b/c}",
                                      "echo ${a:1}",
                                      "echo ${a^}",
                                      "echo ${!a}",
                                      "echo ${a[1]}",
                                      "case a in b) c;& esac",
                                      "{a}> b",
                                      "a >& b",
                                      "(a) &> b"})
    EXPECT_EQ(code_of(text, Dialect::kPosix), "shell.dialect") << text;
  for (const std::string_view text :
       {"a && b || c; d | e &", "if a; then b; fi", "for i in a; do b; done", "x=1 a", "f() { a; }",
        "echo \"$a ${b:-c} $(d) `e` $((1))\"", "a > b 2>&1 < c", "cat <<A\nx\nA",
        "case a in b) c;; esac"})
    EXPECT_EQ(code_of(text, Dialect::kPosix), "") << text;
  for (const std::string_view text : {"a b --c=d 'e f' \"g\" && h | i; j"})
    EXPECT_EQ(code_of(text, Dialect::kPlain), "") << text;
  for (const std::string_view text :
       {"$a", "a `b`", "(a)", "a > b", "a *", "=a", "~/a", "a & b", "not a", "begin; a; end",
        "a \\b", "a '$b'", "noglob a", "x=1 a", "'a'"})
    EXPECT_EQ(code_of(text, Dialect::kPlain), "shell.dialect") << text;
}

// --- limits, and time --------------------------------------------------------------------

TEST(ShellParse, AMegabyteIsRefusedAtOnce) {
  const std::string line(std::size_t{1} << 20U, 'a');
  EXPECT_LT(test::cpu_time_of([&] { EXPECT_EQ(code_of(line), "shell.too_big"); }), 100);
  EXPECT_EQ(code_of(std::string(kMaxLineBytes, 'a')), "");
  EXPECT_EQ(code_of(std::string(kMaxLineBytes + 1, 'a')), "shell.too_big");
}

TEST(ShellParse, TenThousandSegmentsAreRefused) {
  EXPECT_LT(
      test::cpu_time_of([] { EXPECT_EQ(code_of(repeated("ls;", 10'000)), "shell.too_many"); }),
      500);
  EXPECT_LT(
      test::cpu_time_of([] { EXPECT_EQ(code_of(repeated("a|", 10'000) + "a"), "shell.too_many"); }),
      500);
  EXPECT_LT(test::cpu_time_of(
                [] { EXPECT_EQ(code_of(repeated("a&&", 10'000) + "a"), "shell.too_many"); }),
            500);
}

TEST(ShellParse, FiveHundredLevelsAreRefused) {
  struct Nest {
    const char* before;
    const char* open;
    const char* close;
  };
  for (const auto& [before, open, close] : std::initializer_list<Nest>{
           {"", "( ", ")"},
           {"", "((", "))"},
           {"", "{ ", ";}"},
           {"echo ", "$(", ")"},
           {"echo ", "\"$(", ")\""},
           {"echo ", "${x:-", "}"},
           {"echo ", "\"${x:-", "}\""},
           {"echo ", "$((", "))"},
           {"echo ", "$(((", ")))"},
           {"echo ", "${x[", "]}"},
           {"cat ", "<(", ")"},
           {"", "if a; then ", "; fi"},
           {"", "while a; do ", "; done"},
           {"", "for i in b; do ", "; done"},
           {"", "case a in b) ", ";; esac"},
           {"", "f() { ", "; }"},
       }) {
    const std::string text = before + repeated(open, 500) + "a" + repeated(close, 500);
    std::string code;
    EXPECT_LT(test::cpu_time_of([&] { code = code_of(text); }), 500) << open;
    EXPECT_EQ(code, "shell.too_deep") << open;
  }
  EXPECT_EQ(code_of("(( " + repeated("(", 500) + "1" + repeated(")", 500) + " ))"),
            "shell.too_deep");
  EXPECT_EQ(code_of("a[" + repeated("x[", 500) + "1" + repeated("]", 500) + "]=1"),
            "shell.too_deep");
  EXPECT_EQ(code_of("[[ " + repeated("( ", 500) + "a" + repeated(" )", 500) + " ]]"),
            "shell.too_deep");
}

TEST(ShellParse, NestingThatIsAllowedIsRead) {
  EXPECT_EQ(code_of(repeated("(", 60) + "a" + repeated(")", 60)), "");
  EXPECT_EQ(code_of("echo " + repeated("$(echo ", 60) + "a" + repeated(")", 60)), "");
}

TEST(ShellParse, LongTextsTakeLinearTime) {
  for (const std::string& piece :
       {std::string("$x"), std::string("\"a\""), std::string("'a'"), std::string("\\a"),
        std::string("$(a)"), std::string("${a:-b}"), std::string("`a`"), std::string("{a,b}"),
        std::string("a\\\n"), std::string("$((1))"), std::string("["), std::string("<(a)"),
        std::string("~"), std::string("$"), std::string("a[")}) {
    const std::string text = "echo " + repeated(piece, 120'000 / piece.size());
    EXPECT_LT(test::cpu_time_of([&] { (void)code_of(text); }), 1'000) << piece;
  }
  // Unterminated, so that each level looks to the end.
  for (const std::string& piece :
       {std::string("$(("), std::string("(("), std::string("`"), std::string("\"$("),
        std::string("${"), std::string("<<A "), std::string("x=("), std::string("[[ "),
        std::string("case a in ")}) {
    std::string code;
    EXPECT_LT(test::cpu_time_of([&] { code = code_of(repeated(piece, 60'000 / piece.size())); }),
              1'000)
        << piece;
    EXPECT_NE(code, "") << piece;
  }
  std::string documents;
  for (int i = 0; i < 64; ++i) documents += "<<'E" + std::to_string(i) + "' ";
  EXPECT_LT(test::cpu_time_of([&] {
              EXPECT_EQ(code_of("cat " + documents + repeated("\nx", 40'000)),
                        "shell.unterminated");
            }),
            1'000);
}

// --- braces ------------------------------------------------------------------------------

std::string expanded(std::string_view text) {
  Atoms atoms;
  for (const char c : text) atoms.push_back(Atom{c, false, kNone});
  const auto words = expand_braces(atoms);
  if (!words) return "?";
  std::string out;
  for (const Atoms& word : *words) {
    if (!out.empty()) out += ' ';
    for (const Atom& atom : word) out += atom.c;
  }
  return out;
}

// Each answer is what bash 5.2 prints.
TEST(ShellBraces, ExpandAsInBash) {
  EXPECT_EQ(expanded("x{,}"), "x x");
  EXPECT_EQ(expanded("{{a,b}}"), "{a} {b}");
  EXPECT_EQ(expanded("{a,{b,c}"), "{a,b {a,c");
  EXPECT_EQ(expanded("{x..{a,b}}"), "x..a x..b");
  EXPECT_EQ(expanded("{1..5..2}"), "1 3 5");
  EXPECT_EQ(expanded("{5..1..2}"), "5 3 1");
  EXPECT_EQ(expanded("{01..3}"), "01 02 03");
  EXPECT_EQ(expanded("{-1..2}"), "-1 0 1 2");
  EXPECT_EQ(expanded("{a..c}"), "a b c");
  EXPECT_EQ(expanded("{c..a}"), "c b a");
  EXPECT_EQ(expanded("{}"), "{}");
  EXPECT_EQ(expanded("{a}"), "{a}");
  EXPECT_EQ(expanded("a{b"), "a{b");
  EXPECT_EQ(expanded("{a,b}{c,d}"), "ac ad bc bd");
  EXPECT_EQ(expanded("{1..3}x{y,z}"), "1xy 1xz 2xy 2xz 3xy 3xz");
  EXPECT_EQ(expanded("{--1..2}"), "{--1..2}");
  EXPECT_EQ(expanded("a{b,c,}d"), "abd acd ad");
}

TEST(ShellBraces, SayNothingWhereTheyCannotTell) {
  EXPECT_EQ(expanded("{1..1000}"), "?");
  EXPECT_EQ(expanded("{A..z}"), "?");
  EXPECT_EQ(expanded(repeated("{a,b}", 9)), "?");
  EXPECT_LT(test::cpu_time_of([] { (void)expanded(repeated("{", 60'000)); }), 2'000);
  EXPECT_LT(
      test::cpu_time_of([] { (void)expanded(repeated("{a,", 20'000) + repeated("}", 20'000)); }),
      2'000);
}

}  // namespace
}  // namespace bailey::policy::shell
