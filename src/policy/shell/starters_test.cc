// Programs that start programs: what is behind them, and when nobody can say.
#include <gtest/gtest.h>

#include "policy/shell/code_scripts.h"
#include "policy/shell/facts.h"
#include "policy/shell/options.h"
#include "policy/shell/parse.h"
#include "policy/shell/programs.h"

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

// The names of what is judged, builtins apart; "!" for each segment that is not judged.
std::string programs(std::string_view text) {
  std::string out;
  for (const Segment& segment : read(text).segments) {
    if (segment.role == Role::kBuiltin) continue;
    if (!out.empty()) out += ' ';
    if (segment.standing != Standing::kJudged) {
      out += '!';
    } else {
      out += segment.argv.front().text;
    }
  }
  return out;
}

std::string why(std::string_view text) {
  for (const Segment& segment : read(text).segments)
    if (segment.standing != Standing::kJudged) return std::string(segment.why);
  return "";
}

TEST(ShellStarters, TheCommandBehindOneIsASegment) {
  EXPECT_EQ(programs("env a; env -i X=1 -u Y b"), "env a env -u") << "options end at X=1";
  EXPECT_EQ(programs("env -i -u Y X=1 b"), "env b");
  EXPECT_EQ(programs("nice -n 5 a; nice -5 b; nohup c; setsid -f d; stdbuf -oL e"),
            "nice a nice b nohup c setsid d stdbuf e");
  EXPECT_EQ(programs("timeout 5 a; timeout -s KILL --kill-after=1 5m b"), "timeout a timeout b");
  EXPECT_EQ(programs("ionice -c3 a; chrt 5 b; taskset -c 0,1 c; time -p d; /usr/bin/time -v e"),
            "ionice a chrt b taskset c d /usr/bin/time e");
  EXPECT_EQ(programs("sudo -u x -- a; sudo X=1 b; doas -u x c"), "sudo a sudo b doas c");
  EXPECT_EQ(programs("strace -f -o x a; ltrace b; valgrind --leak-check=full -q c"),
            "strace a ltrace b valgrind c");
  EXPECT_EQ(programs("flock x a; flock -n x -c 'b; c'; flock 9"), "flock a flock sh b c flock");
  EXPECT_EQ(programs("script -qc 'a' x; watch -n1 a b; watch -x c; hyperfine 'a' 'b'"),
            "sh a script watch sh a watch c hyperfine sh a sh b");
  EXPECT_EQ(programs("env nice timeout 5 sh -c 'a | b'"), "env nice timeout sh a b");
  EXPECT_EQ(programs("busybox sh -c a; busybox ls"), "busybox sh a busybox ls");
  EXPECT_EQ(programs("env -S 'a b' c"), "env env a");
  EXPECT_EQ(programs("exec a; command b; command -p c; nice"), "a b c nice");
}

TEST(ShellStarters, AnOptionThatIsNotKnownMakesItUnknown) {
  for (const std::string_view text : {"env --nope a",
                                      "nice -x a",
                                      "timeout --nope 5 a",
                                      "timeout x a",
                                      "timeout $x a",
                                      "env $x a",
                                      "env \"$x\" a",
                                      "xargs --nope a",
                                      "sudo -s",
                                      "sudo -e x",
                                      "chrt evil a",
                                      "strace -o '|a' b",
                                      "flock $x a",
                                      "watch $x",
                                      "nsenter a",
                                      "chroot x a",
                                      "unshare",
                                      "env -S \"a 'b'\"",
                                      "find . -nope",
                                      "nice --adj=5 a",
                                      "setarch x a",
                                      "docker run x",
                                      "kubectl exec x -- y",
                                      "docker compose -f x run y",
                                      "ssh h a",
                                      "ssh -o ProxyCommand=a h",
                                      "ssh h -F x",
                                      "systemd-run -p x a"})
    EXPECT_NE(programs(text).find('!'), std::string::npos) << text;
}

TEST(ShellStarters, XargsAppendsWhatNobodyKnows) {
  const Facts found = read("xargs -n1 rm -f < l");
  ASSERT_EQ(found.segments.size(), 2U);
  EXPECT_EQ(found.segments[1].argv.size(), 3U);
  EXPECT_TRUE(found.segments[1].argv[2].many);
  EXPECT_EQ(programs("xargs -0 -P4 grep x"), "xargs grep");
  EXPECT_EQ(programs("xargs"), "xargs echo");
  EXPECT_EQ(programs("xargs -I{} cp {} x/{}"), "xargs cp");
  EXPECT_EQ(programs("xargs -I{} sh -c 'a {}'"), "xargs !");
  EXPECT_EQ(programs("xargs -I{} sh -c 'a \"$1\"' _ {}"), "xargs sh a");
  EXPECT_EQ(programs("xargs -I{} {}"), "xargs !");
  EXPECT_EQ(programs("xargs bash"), "xargs !");
  EXPECT_EQ(programs("xargs env"), "xargs !");
  EXPECT_EQ(programs("xargs sed -i s/a/b/"), "xargs !") << "a name may be an option";
  EXPECT_EQ(programs("xargs git"), "xargs !");
}

TEST(ShellStarters, FindRunsDeletesAndWrites) {
  EXPECT_EQ(programs("find . -name '*.c' -exec a {} \\; -o -execdir b {} + -ok c \\;"),
            "find a b c");
  EXPECT_EQ(programs("find . -exec sh -c 'a \"$1\"' _ {} \\;"), "find sh a");
  EXPECT_EQ(programs("find . -exec sh -c 'a {}' \\;"), "find !");
  EXPECT_EQ(programs("find . -exec sed -i s/a/b/ {} +"), "find sed") << "names begin with ./";
  EXPECT_EQ(programs("find \"$x\" -type f"), "!");
  EXPECT_EQ(programs("find src \"$x\"/y"), "!");
  EXPECT_EQ(programs("find \"./$x\" -type f"), "find");
  EXPECT_EQ(programs("find . -exec a"), "!");
  EXPECT_EQ(programs("find . $x"), "!");
  const Facts deletes = read("find a b -name x -delete -fprint log");
  ASSERT_EQ(deletes.files.size(), 3U);
  EXPECT_EQ(deletes.files[0].use, FileUse::kDelete);
  EXPECT_EQ(deletes.files[0].path.text, "a/");
  EXPECT_EQ(deletes.files[2].path.text, "log");
}

TEST(ShellStarters, AShellIsJudgedByItsTextOnly) {
  EXPECT_EQ(programs("bash -c 'a; b' c d; sh -ec a; dash -c 'a'; bash -euo pipefail -c a"),
            "bash a b sh a dash a bash a");
  EXPECT_EQ(programs("bash -n x.sh; bash --version"), "bash bash");
  EXPECT_EQ(programs("zsh -c 'a && b \"c\"'"), "zsh a b");
  for (const auto& [text, code] : std::initializer_list<std::pair<const char*, const char*>>{
           {"bash x.sh", "shell.unjudged.file"},
           {"sh ./x", "shell.unjudged.file"},
           {"source x", "shell.unjudged.file"},
           {". ./x", "shell.unjudged.file"},
           {"bash", "shell.unjudged.input"},
           {"a | sh", "shell.unjudged.input"},
           {"bash -s x", "shell.unjudged.input"},
           {"bash <(a)", "shell.unjudged.input"},
           {"bash /dev/stdin", "shell.unjudged.input"},
           {"bash -l -c a", "shell.unjudged.input"},
           {"bash -ic a", "shell.unjudged.input"},
           {"bash -c \"$x\"", "shell.unknown.option"},
           {"bash -c \"a $x\"", "shell.unjudged.text"},
           {"bash -O extglob -c a", "shell.unknown.option"},
           {"bash --rcfile x", "shell.unknown.option"},
           {"bash $x", "shell.unknown.option"},
           {"zsh -c 'a *'", "shell.unknown.text"},
           {"sh -c \"a $'b'\"", "shell.unknown.text"},
           {"sh -c 'a &> b'", "shell.unknown.text"},
           {"su -c a", "shell.unjudged.input"},
           {"parallel a", "shell.unjudged.input"},
           {"crontab x", "shell.unjudged.input"},
           {"tmux new a", "shell.unjudged.input"}})
    EXPECT_EQ(why(text), code) << text;
  EXPECT_EQ(programs("crontab -l; tmux -V"), "crontab tmux");
}

TEST(ShellStarters, CodeOfOtherLanguagesIsUnjudged) {
  for (const std::string_view text : {"python3 -c x",
                                      "python3.11 -uc x",
                                      "python3 -",
                                      "python3",
                                      "python3 <<< x",
                                      "python3 <(a)",
                                      "python3 /dev/stdin",
                                      "python -m timeit x",
                                      "node -e x",
                                      "node -pe x",
                                      "node",
                                      "perl -ne x f",
                                      "perl -pi -e x f",
                                      "ruby -e x",
                                      "php -r x",
                                      "lua -e x",
                                      "awk \"a$x\" f",
                                      "sed \"s$x\" f",
                                      "gdb a",
                                      "psql -c x",
                                      "ed f",
                                      "dc f",
                                      "expect f",
                                      "R -e x"})
    EXPECT_TRUE(why(text).starts_with("shell.unjudged.")) << text << " " << why(text);
  EXPECT_EQ(
      programs(
          "python3 x.py a; python3 -m pytest -q; node x.js; perl -w x.pl; ruby x.rb; python3 -V"),
      "python3 python3 node perl ruby python3");
  EXPECT_EQ(why("node -r ./x.js y"), "shell.unknown.option");
  EXPECT_EQ(why("perl -Mx y"), "shell.unknown.option");
  EXPECT_EQ(why("python3 $x"), "shell.unknown.option");
  EXPECT_EQ(why("awk \"$x\" f"), "shell.unknown.option");
  EXPECT_EQ(why("sed \"$x\" f"), "shell.unknown.option");
}

TEST(ShellStarters, GitStartsProgramsInManyWays) {
  EXPECT_EQ(
      programs("git status; git -C x log -3; git -c user.name=x commit -m y; git --no-pager diff"),
      "git git git git");
  EXPECT_EQ(programs("git rebase -x 'a; b' HEAD~2; git bisect run c d; git submodule foreach 'e'"),
            "sh a b git git c git sh e");
  EXPECT_EQ(programs("git fetch --upload-pack=a x; git push --receive-pack b; git clone -u c d e"),
            "a git b git c git");
  for (const std::string_view text : {"git -c core.pager=x log",
                                      "git -c alias.x=!y x",
                                      "git -c \"$x\" log",
                                      "git -c core.fsmonitor log",
                                      "git --exec-path=x log",
                                      "git --config-env=a=b log",
                                      "git x",
                                      "git $x",
                                      "git difftool",
                                      "git mergetool",
                                      "git grep -Ox y",
                                      "git grep --open-files y",
                                      "git log --ext-diff",
                                      "git clone ext::sh y",
                                      "git fetch 'ext::sh -c x'",
                                      "git config alias.x y",
                                      "git config core.editor y",
                                      "git config --add core.pager y",
                                      "git config -e",
                                      "git config set core.pager y",
                                      "git filter-branch",
                                      "git send-email",
                                      "git clone -c core.sshcommand=x y",
                                      "git clone --template=x y",
                                      "git init --template=x",
                                      "git push --exec",
                                      "git fast-import",
                                      "git log $x"})
    EXPECT_EQ(programs(text), "!") << text;
  EXPECT_EQ(programs("git config user.email x; git config --get a.b; git config core.pager; git "
                     "config -l; git config get a.b"),
            "git git git git git");
}

TEST(ShellStarters, BuildToolsRunWhatTheirVariablesName) {
  EXPECT_EQ(programs("make; make -j4 -C d all X=1; make CC=clang; make -f M"),
            "make make make clang make");
  EXPECT_EQ(programs("cmake -S . -B b -DX=1; cmake -DCMAKE_C_COMPILER=gcc-12 .; cmake --build b "
                     "-j2; cmake -E rm x"),
            "cmake cmake gcc-12 cmake cmake");
  for (const std::string_view text : {"make --eval=x",
                                      "make -E x",
                                      "make --ev=x",
                                      "make SHELL=x",
                                      "make 'X=$(shell y)'",
                                      "make X=`y`",
                                      "make 'X=a;b'",
                                      "make -f -",
                                      "make -f /dev/stdin",
                                      "make MAKEFLAGS=x",
                                      "make $x",
                                      "make X=$y",
                                      "cmake -E env x",
                                      "cmake -P /dev/stdin",
                                      "cmake -DCMAKE_TOOLCHAIN_FILE=/x .",
                                      "cmake \"$x\"",
                                      "tar --checkpoint-action=exec=x -cf y z",
                                      "tar cf x *",
                                      "tar -f h:x -c y",
                                      "tar -c --to-c=x",
                                      "rg --pre-foo --pr=x y",
                                      "sort --compress-prog=x y",
                                      "gcc -wrapper x y",
                                      "gcc -fplugin=x y",
                                      "gcc @x",
                                      "go test -exec x",
                                      "go build -toolexec=x",
                                      "cargo --config x run",
                                      "zip -TT x y",
                                      "vim -c x",
                                      "vim +x",
                                      "less +x",
                                      "curl -K x",
                                      "npm --script-shell=x test",
                                      "npm config set x y",
                                      "ssh-keygen -D x",
                                      "rsync -e 'sh x' a b",
                                      "rsync -e \"sh -c 'x y'\" a b",
                                      "sqlite3 x .shell"})
    EXPECT_NE(programs(text).find('!'), std::string::npos) << text;
  EXPECT_EQ(programs("tar xzf a -C b; tar -I 'zstd -3' -cf c d; rsync -av -e ssh a b:; rg -e x; "
                     "sort -o a b; go test ./...; npm run x"),
            "tar sh zstd tar ssh rsync rg sort go npm");
  EXPECT_EQ(
      programs("sqlite3 x 'SELECT 1'; sqlite3 x .tables; curl -sSLo f u; npx tsc; npx -c 'a | b'"),
      "sqlite3 sqlite3 curl npx sh a b npx");
  EXPECT_EQ(programs("rsync -e a x y; rsync -e 'sh -c x' y z; split --filter='b' f; rg --pre c x"),
            "a rsync sh x rsync sh b split c rg");
}

// --- sed ---------------------------------------------------------------------------------

TEST(SedScript, WhatItRunsAndWritesIsFound) {
  EXPECT_FALSE(effects_of_sed("e").known);
  for (const std::string_view script :
       {"1e ls",   "e ls",       "s/a/b/e",      "s/a/b/ge",   "$!{e}",
        "/x/e ls", "/x/,/y/ !e", "1{p;e\n}",     "v",          "s/a/b",
        "s",       "/x",         "y/a/b",        "s/[/]/b/e/", "s/a/b/k",
        "p;Q;e",   "\\cxcxe ls", "a\\\nx\ne ls", "0~3e",       "s\\a\\b\\"})
    EXPECT_FALSE(effects_of_sed(script).known) << script;
  for (const std::string_view script : {"",
                                        "p",
                                        "1,3p;$d",
                                        "s/a/b/g",
                                        "s|a/b|c|",
                                        "s/[[:space:]]*$//",
                                        "s/\\//x/",
                                        "s/[^\\/]*//",
                                        "/a/,/b/{s/c/d/;p}",
                                        "1!G;h;$!d",
                                        ":a;N;$!ba;s/\\n/ /g",
                                        "y/abc/xyz/",
                                        "a text e ls",
                                        "1~2d",
                                        "/x/I,+2p",
                                        "\\,a,d",
                                        "# e ls\np",
                                        "s/a/e/",
                                        "n;d",
                                        "=",
                                        "l 5",
                                        "10q",
                                        "{p}",
                                        "s/a/b/3gI",
                                        "b end; :end"}) {
    EXPECT_TRUE(effects_of_sed(script).known) << script;
  }
  EXPECT_EQ(effects_of_sed("s/a/b/w f1\nw f2\n/x/W f3").writes,
            (std::vector<std::string>{"f1", "f2", "f3"}));
  EXPECT_EQ(effects_of_sed("r f1\nR f2").reads, (std::vector<std::string>{"f1", "f2"}));
}

// --- awk ---------------------------------------------------------------------------------

TEST(AwkProgram, WhatItRunsAndWritesIsFound) {
  for (const std::string_view program : {"BEGIN{system(c)}",
                                         "BEGIN{system(\"a\" b)}",
                                         "{print | c}",
                                         "{print | \"a\" b}",
                                         "{c | getline}",
                                         "{\"a\" b | getline}",
                                         "{\"a\" \"b\" | getline}",
                                         "{print > $1}",
                                         "{print > \"a\" b}",
                                         "@load \"x\"",
                                         "BEGIN{@f()}",
                                         "{print |& \"a\"}",
                                         "{getline < $1}",
                                         "'x'",
                                         "{ x = \"a",
                                         "/a",
                                         "BEGIN{a=1; a / system(b) / c}",
                                         "BEGIN{case=1; case / system(b) / 1}",
                                         "{ \"a\" |& getline }",
                                         "BEGIN { printf \"x\" | sh }"})
    EXPECT_FALSE(effects_of_awk(program).known) << program;
  for (const std::string_view program :
       {"{print $1}", "", "NR==1", "$3 > 5 {print $1}", "/a|b/ {n++} END {print n+0}",
        "!seen[$0]++", "{ if ($1 > 2) print; else print $2 }", "BEGIN{FS=\"|\"} {print}",
        "$1 ~ /^[a-z|]+$/ || $2 == \"x|y\"", "{ gsub(/\\//, \"|\"); print }", "length > 80",
        "{ a[$1] += $2 } END { for (k in a) printf \"%s %d\\n\", k, a[k] }", "NR%2 # | system",
        "{ print a / b / c }", "{ print (a > b) }",
        "BEGIN { while ((getline line) > 0) n++; print n }",
        "function f(x) { return x / 2 } { print f($1) }", "{ print $1, $2 > \"/dev/stderr\" }"})
    EXPECT_TRUE(effects_of_awk(program).known) << program;
  EXPECT_EQ(effects_of_awk("BEGIN{system(\"a b\"); \"c\" | getline x; print | \"d\"}").texts,
            (std::vector<std::string>{"a b", "c", "d"}));
  EXPECT_EQ(effects_of_awk("{print > \"f\"; printf \"x\" >> \"g\"}").writes,
            (std::vector<std::string>{"f", "g"}));
  EXPECT_EQ(effects_of_awk("{getline x < \"f\"}").reads, (std::vector<std::string>{"f"}));
}

// --- options -----------------------------------------------------------------------------

std::vector<Value> words(std::initializer_list<std::string_view> texts) {
  std::vector<Value> out;
  for (const std::string_view text : texts) out.push_back(literal_value(text));
  return out;
}

TEST(ShellOptions, AreReadAsGetoptDoes) {
  constexpr std::string_view kGrammar = "-a -b: -c? --long --arg= --opt? -e:# -#";
  const auto operand = [&](std::initializer_list<std::string_view> texts) {
    const auto scan =
        scan_options(kGrammar, words(texts), 1, Strictness::kStrict, Order::kStopAtOperand);
    return scan.known ? static_cast<int>(scan.operand) : -1;
  };
  EXPECT_EQ(operand({"x", "-a", "-b", "1", "y"}), 4);
  EXPECT_EQ(operand({"x", "-ab1", "y"}), 2);
  EXPECT_EQ(operand({"x", "-ab", "1", "y"}), 3);
  EXPECT_EQ(operand({"x", "-c", "y"}), 2);
  EXPECT_EQ(operand({"x", "-cfoo", "--opt", "--opt=1", "--long", "--arg", "v", "y"}), 7);
  EXPECT_EQ(operand({"x", "--", "-z", "y"}), 2);
  EXPECT_EQ(operand({"x", "-5", "y"}), 2);
  EXPECT_EQ(operand({"x", "-"}), 1);
  EXPECT_EQ(operand({"x", "-e", "code", "-z"}), 3) << "what follows code is the code's";
  EXPECT_EQ(operand({"x", "-z", "y"}), -1);
  EXPECT_EQ(operand({"x", "--lon", "y"}), -1) << "abbreviations are not guessed";
  EXPECT_EQ(operand({"x", "--long=1", "y"}), -1);
  EXPECT_EQ(operand({"x", "-b"}), -1);
}

TEST(ShellOptions, AnUnknownWordMayBeAnOption) {
  auto argv = words({"x", "y"});
  argv[1] = unknown_value();
  EXPECT_FALSE(scan_options("-a", argv, 1, Strictness::kStrict, Order::kStopAtOperand).known);
  EXPECT_TRUE(scan_options("-a", argv, 1, Strictness::kLoose, Order::kPermute).known)
      << "-a does nothing";
  EXPECT_FALSE(scan_options("-a!", argv, 1, Strictness::kLoose, Order::kPermute).known);
  argv[1].traits = kNoDash;
  EXPECT_TRUE(scan_options("-a!", argv, 1, Strictness::kLoose, Order::kPermute).known);
  argv[1] = unknown_value("dir/");
  EXPECT_TRUE(scan_options("-a", argv, 1, Strictness::kStrict, Order::kStopAtOperand).known);
  argv[1] = unknown_value("--arg=");
  EXPECT_TRUE(scan_options("--arg=", argv, 1, Strictness::kStrict, Order::kStopAtOperand).known);
  EXPECT_FALSE(scan_options("-a", argv, 1, Strictness::kStrict, Order::kStopAtOperand).known);
}

TEST(ShellPrograms, AreKnownWithAVersion) {
  EXPECT_NE(find_program("python3.11"), nullptr);
  EXPECT_EQ(find_program("python3.11"), find_program("python"));
  EXPECT_EQ(find_program("clang-19"), find_program("clang"));
  EXPECT_EQ(find_program("git"), find_program("git"));
  EXPECT_EQ(find_program("sha256sum"), nullptr);
  EXPECT_EQ(find_program("ls"), nullptr);
  EXPECT_NE(find_program("ld-linux-x86-64.so.2"), nullptr);
}

}  // namespace
}  // namespace bailey::policy::shell
