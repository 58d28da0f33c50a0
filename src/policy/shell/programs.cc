#include "policy/shell/programs.h"

#include <algorithm>
#include <iterator>

namespace bailey::policy::shell {
namespace {

constexpr std::string_view kHelp = "--help. --version.";
constexpr Role kStarts = Role::kStarter;

// Compilers and what drives them: options that load or start something.
constexpr std::string_view kCompilerOptions = "-specs=! --specs=! -wrapper! -load!";
constexpr std::string_view kCompilerForbidden = "plugin ^@ ^-B -fuse-ld=/";
constexpr Program compiler(std::string_view name) {
  return {.name = name,
          .handling = Handling::kGuarded,
          .options = kCompilerOptions,
          .forbidden = kCompilerForbidden,
          .strictness = Strictness::kLooseWords};
}
constexpr Program editor(std::string_view name) {
  return {
      .name = name,
      .handling = Handling::kGuarded,
      .options = "-c:! --cmd:! --cmd=! -S! -s:! -u:! -U:! -i:! -e! -E! --startuptime:> -w:> -W:>",
      .forbidden = "^+",
      .strictness = Strictness::kLoose};
}
constexpr Program guarded(std::string_view name, std::string_view options,
                          std::string_view forbidden = {},
                          Strictness strictness = Strictness::kLoose) {
  return {.name = name,
          .handling = Handling::kGuarded,
          .options = options,
          .forbidden = forbidden,
          .strictness = strictness};
}
constexpr Strictness kWords = Strictness::kLooseWords;

// Sorted by name.
constexpr Program kPrograms[] = {
    {"ash", Handling::kShell},
    {"at", Handling::kUnjudgedShell},
    {"awk", Handling::kAwk},
    {"bash", Handling::kShell},
    guarded("bat", "--pager=@ --config-file=!"),
    {"batch", Handling::kUnjudgedShell},
    {"bpftrace", Handling::kUnjudgedCode},
    {"bun", Handling::kInterpreter, "-e:# --eval=# -p:# --print=# -r:! --preload=! -h. -v."},
    {"busybox", Handling::kBox},
    {"bwrap", Handling::kUnknown},
    compiler("c++"),
    {"caffeinate", Handling::kStarter, "-d -i -m -s -u -t: -w:", 0, kStarts},
    guarded("cargo", "--config=!", {}, kWords),
    compiler("cc"),
    {"chroot", Handling::kUnknown},
    {"chrt", Handling::kStarter,
     "-a -b -d -f -i -o -r -R -v -T: -P: -D: --all-tasks --batch --deadline --fifo --idle --other "
     "--rr --reset-on-fork --verbose -m. --max. -p. --pid. -h. -V.",
     1, kStarts, "0123456789"},
    compiler("clang"),
    compiler("clang++"),
    {"clj", Handling::kUnjudgedCode},
    {"clojure", Handling::kUnjudgedCode},
    {"cmake", Handling::kCmake},
    {"crontab", Handling::kUnjudgedShell, "-l."},
    {"csh", Handling::kShell},
    guarded("ctest",
            "-S:! -SP:! --script=! --script-new-process=! --build-and-test! --test-command=! "
            "--build-makeprogram=! --overwrite=!"),
    guarded("curl",
            "-K:! --config=! -o:> --output=> -D:> --dump-header=> -c:> --cookie-jar=> --trace=> "
            "--trace-ascii=> --stderr=> --libcurl=> --hsts=> --etag-save=> --alt-svc=> --engine=!"),
    {"dash", Handling::kShell},
    {"dbus-run-session", Handling::kStarter, "--config-file=! --dbus-daemon=!", 0, kStarts},
    {"dc", Handling::kUnjudgedCode},
    {"deno", Handling::kSubcommands, "eval,repl"},
    {"distrobox", Handling::kUnknown},
    {"doas", Handling::kStarter, "-C:! -L. -n -s! -u:", 0},
    {"docker", Handling::kSubcommands,
     "run,exec,create,compose run,compose exec,container run,container exec,container create,"
     "stack deploy,plugin,sandbox"},
    {"docker-compose", Handling::kSubcommands, "run,exec"},
    {"dumb-init", Handling::kStarter, "-c -v -r: --rewrite= --single-child --verbose", 0, kStarts},
    {"eatmydata", Handling::kStarter, "", 0, kStarts},
    {"ed", Handling::kUnjudgedCode},
    {"elixir", Handling::kInterpreter, "-e:# --eval=# -r:! -S:! -v. -h."},
    {"elvish", Handling::kUnjudgedShell},
    {"emacs", Handling::kUnjudgedCode},
    {"emacsclient", Handling::kUnjudgedCode},
    {"entr", Handling::kStarter, "-a -c -d -n -p -r -s! -z", 0, kStarts},
    {"env",
     Handling::kEnv,
     "- -i -0 -v -u:$ -C:^ -S:% -s! --ignore-environment --null --unset=$ --chdir=^ "
     "--split-string=% --block-signal? --default-signal? --ignore-signal? "
     "--list-signal-handling --debug --help. --version.",
     0,
     kStarts,
     {},
     {},
     true},
    {"erl", Handling::kUnjudgedCode},
    {"ex", Handling::kUnjudgedCode},
    {"expect", Handling::kUnjudgedCode},
    {"fakeroot",
     Handling::kStarter,
     "-u --unknown-is-real -s:> -i: -h. -v. -l:! --lib=! --faked=!",
     0,
     kStarts,
     {},
     {},
     false,
     true},
    {"faketime", Handling::kUnknown},
    guarded("fd", "-x! -X! --exec! --exec-batch! --exec=! --exec-batch=!"),
    guarded("fdfind", "-x! -X! --exec! --exec-batch! --exec=! --exec-batch=!"),
    {"find", Handling::kFind},
    {"firejail", Handling::kUnknown},
    {"fish", Handling::kShell},
    {"flatpak", Handling::kUnknown},
    {"flock", Handling::kFlock,
     "-s -x -e -u -n -o -F -w: -E: --shared --exclusive --unlock --nonblock --nb --timeout= "
     "--wait= --conflict-exit-code= --close --no-fork --verbose -h. -V.",
     0, kStarts},
    {"fzf", Handling::kUnknown},
    compiler("g++"),
    {"gawk", Handling::kAwk},
    compiler("gcc"),
    {"gdb", Handling::kUnjudgedCode},
    {"gdbserver", Handling::kUnknown},
    {"gfind", Handling::kFind},
    compiler("gfortran"),
    {"ghc", Handling::kInterpreter, "-e:# -h. -V. --version."},
    {"ghci", Handling::kUnjudgedCode},
    {"git", Handling::kGit},
    {"gmake", Handling::kMake},
    {"gnuplot", Handling::kUnjudgedCode},
    guarded("go", "-exec:! -toolexec:! -vettool:! --exec=! --toolexec=! --vettool=! -overlay:! -w!",
            "extld", kWords),
    {"gosu", Handling::kStarter, "", 1},
    {"groovy", Handling::kInterpreter, "-e:# -h. -v."},
    {"gsed", Handling::kSed},
    {"gtar", Handling::kTar},
    {"gtime", Handling::kStarter,
     "-p -v -q -a -f: -o:> --portability --verbose --quiet --append --format= --output=> -V. -h.",
     0, kStarts},
    {"guile", Handling::kUnjudgedCode},
    {"heroku", Handling::kSubcommands, "run"},
    {"hyperfine", Handling::kTexts,
     "-w: --warmup= -m: --min-runs= -M: --max-runs= -r: --runs= -i --ignore-failure -N "
     "--show-output --style= --export-json=> --export-csv=> --export-markdown=> -n: "
     "--command-name= -u: --time-unit= -p:@ --prepare=@ -s:@ --setup=@ -c:@ --cleanup=@ "
     "--conclude=@ -S:! --shell=! --help. --version.",
     0, kStarts},
    guarded("install", "--strip-program=*"),
    {"ionice", Handling::kStarter,
     "-c: -n: -t --class= --classdata= --ignore -p. --pid=. -P. -u. -h. -V.", 0, kStarts},
    {"irb", Handling::kUnjudgedCode},
    guarded("java", "", "-agentlib -agentpath -javaagent OnOutOfMemoryError OnError ^@", kWords),
    {"jshell", Handling::kUnjudgedCode},
    {"julia", Handling::kInterpreter,
     "-e:# -E:# --eval=# --print=# -L:! --load=! -i! -v. -h. --project?"},
    {"kakoune", Handling::kUnjudgedCode},
    {"kotlin", Handling::kInterpreter, "-e:#"},
    {"ksh", Handling::kShell},
    {"ksh93", Handling::kShell},
    {"kubectl", Handling::kSubcommands, "exec,run,debug,attach,edit,plugin,cp"},
    {"ld.so", Handling::kUnknown},
    guarded("less", "-k:! --lesskey-file=! --lesskey-src=! --lesskey-content=! -o:> -O:>", "^+"),
    {"lksh", Handling::kShell},
    {"lldb", Handling::kUnjudgedCode},
    {"ltrace", Handling::kStarter,
     "-f -c -C -S -T -r -t -tt -ttt -i -L -o:> -e: -s: -n: -a: -u: -x: -l: -A: -D: -w: -p:. -h. "
     "-V.",
     0, kStarts},
    {"lua", Handling::kInterpreter, "-e:# -l:! -i! -v. -E -W"},
    {"luajit", Handling::kInterpreter, "-e:# -l:! -i! -v. -E -W -j? -O?"},
    {"lxc", Handling::kUnknown},
    {"m4", Handling::kUnjudgedCode},
    {"make", Handling::kMake},
    guarded("man", "-P:@ --pager=@ -H! --html! --html=! -C:! --config-file=! -T -p:"),
    {"mariadb", Handling::kUnjudgedCode},
    {"mawk", Handling::kAwk},
    {"mksh", Handling::kShell},
    {"mongosh", Handling::kUnjudgedCode},
    {"mysql", Handling::kUnjudgedCode},
    {"nawk", Handling::kAwk},
    guarded("nc", "-e! -c! --exec! --exec=! --sh-exec! --sh-exec=! --lua-exec!"),
    guarded("ncat", "-e! -c! --exec! --exec=! --sh-exec! --sh-exec=! --lua-exec!"),
    {"nerdctl", Handling::kSubcommands, "run,exec,create,compose run,compose exec"},
    guarded("netcat", "-e! -c! --exec! --exec=! --sh-exec! --sh-exec=! --lua-exec!"),
    {"nice", Handling::kStarter, "-n: -# --adjustment= --help. --version.", 0, kStarts},
    {"node", Handling::kInterpreter,
     "-e:# --eval=# --eval# -p# -pe# --print=# --print# -c -r:! --require=! --import=! --loader=! "
     "--experimental-loader=! -i! --interactive! -h. -v. --check --test. --test-only --watch "
     "--no-warnings --trace-warnings --trace-deprecation --no-deprecation --inspect? "
     "--inspect-brk? "
     "--max-old-space-size= --enable-source-maps --experimental-vm-modules "
     "--experimental-strip-types --expose-gc --prof --trace-uncaught --stack-trace-limit= "
     "--input-type=# --unhandled-rejections= --version. --help. --env-file= --run!"},
    {"nodejs", Handling::kInterpreter,
     "-e:# --eval=# -p# -pe# --print=# -c -r:! --require=! -h. -v. --check"},
    {"nohup", Handling::kStarter, kHelp, 0, kStarts},
    {"npm", Handling::kSubcommands,
     "config set,set,config edit,edit,explore,config delete,exec -c,exec --call,x -c,x --call"},
    guarded("npx", "-c:@ --call=@ --shell=! --script-shell=! --node-options=! --node-arg=! -n:!"),
    {"nsenter", Handling::kUnknown},
    {"nu", Handling::kUnjudgedShell},
    {"numactl", Handling::kStarter,
     "-N: -m: -C: -i: -p: -l --cpunodebind= --membind= --physcpubind= --interleave= "
     "--localalloc -H. -s.",
     0, kStarts},
    editor("nvim"),
    {"octave", Handling::kUnjudgedCode},
    guarded("openssl", "-engine:! -provider:! -provider-path:! -config:!", {}, kWords),
    {"osascript", Handling::kUnjudgedCode},
    {"osh", Handling::kShell},
    {"parallel", Handling::kUnjudgedShell},
    guarded("pdflatex", "-shell-escape! --shell-escape! -enable-write18! --enable-write18!", {},
            kWords),
    {"perf", Handling::kSubcommands, "record,stat,trace,sched,mem,c2c,kvm,lock"},
    {"perl", Handling::kInterpreter,
     "-e:# -E:# -n -p -i? -l? -a -F: -0? -w -W -X -c -t -T -u! -U -v. -V? -h. -I: -M:! -m:! -x! "
     "-d! -D: -s -S! -C? -f"},
    {"php", Handling::kInterpreter,
     "-r:# -f: -l -v. -m. -i. -d:! -c:! -n -a! -S:! -t: -B:# -R:# -F:# -E:# -z:! -s -w -q -h. "
     "--version. --ini. --help."},
    {"pkexec", Handling::kStarter, "--user= --disable-internal-agent --version. --help.", 0},
    {"podman", Handling::kSubcommands,
     "run,exec,create,compose run,compose exec,container run,container exec,container "
     "create,unshare"},
    {"posh", Handling::kShell},
    {"prlimit", Handling::kStarter,
     "-c? -d? -e? -f? -i? -l? -m? -n? -q? -r? -s? -t? -u? -v? -x? -y? --core? --data? --nice? "
     "--fsize? --sigpending? --memlock? --rss? --nofile? --msgqueue? --rtprio? --stack? --cpu? "
     "--nproc? --as? --locks? --rttime? --noheadings --raw --verbose -p. --pid=. -o. --output=. "
     "-h. -V.",
     0, kStarts},
    {"proxychains", Handling::kUnknown},
    {"psql", Handling::kUnjudgedCode},
    {"pwsh", Handling::kUnjudgedShell},
    {"pypy", Handling::kInterpreter, "-c:# -m:~ -u -B -E -s -S -O -V. -h. -i! -W: -X:"},
    {"python", Handling::kInterpreter,
     "-c:# -m:~ -u -B -b -d -E -I -O -OO -P -q -s -S -v -x -i! -W: -X: -h. -V. -VV. "
     "--version. --help. --check-hash-based-pycs="},
    {"r", Handling::kUnjudgedCode},
    {"racket", Handling::kUnjudgedCode},
    {"raku", Handling::kInterpreter, "-e:# -n -p -I: -v. -h."},
    {"rbash", Handling::kShell},
    {"rc", Handling::kUnjudgedShell},
    guarded("rg", "--pre=* --pre:* --hostname-bin=* --hostname-bin:*"),
    {"rlwrap", Handling::kUnknown},
    guarded("rsync",
            "-e:% --rsh=% --rsync-path=! -M:! --remote-option=! --daemon! --log-file=> --config=!"),
    {"ruby", Handling::kInterpreter,
     "-e:# -n -p -i? -l -a -F: -0? -w -W? -c -h. -v. -r:! -I: -x! -C:^ -S! -s -y -E: -U --yjit "
     "--jit --version. --help."},
    {"run-parts", Handling::kUnknown},
    {"runuser", Handling::kUnjudgedShell},
    guarded("rustc", "", "linker= ^@ plugin", kWords),
    {"scala", Handling::kInterpreter, "-e:#"},
    guarded("scp", "-S:! -o:& -F:! -J: -D:!"),
    {"screen", Handling::kUnjudgedShell},
    {"script", Handling::kFileAndText,
     "-c:@ --command=@ -q -a -e -f -E: -t? -T:> -O:> -I:> -B:> -m: -o: --quiet --append --return "
     "--flush --force --echo= --timing? --log-out=> --log-in=> --log-io=> --log-timing=> "
     "--logging-format= --output-limit= -h. -V.",
     0, kStarts},
    {"sed", Handling::kSed},
    {"setarch", Handling::kUnknown},
    {"setpriv", Handling::kStarter,
     "--reuid= --regid= --ruid= --rgid= --euid= --egid= --clear-groups --keep-groups "
     "--init-groups --groups= --no-new-privs --inh-caps= --bounding-set= --ambient-caps= "
     "--securebits= --pdeathsig= --reset-env -d. --dump. --list-caps.",
     0},
    {"setsid", Handling::kStarter, "-c -f -w --ctty --fork --wait -h. -V. --help. --version.", 0,
     kStarts},
    guarded("sftp", "-S:! -o:& -F:! -D:! -b:! -s:"),
    {"sh", Handling::kShell},
    guarded("socat", "", "EXEC exec SYSTEM system SHELL shell"),
    guarded("sort",
            "--compress-program=* -o:> --output=> -k: -t: -S: -T: --key= --field-separator= "
            "--buffer-size= --temporary-directory= --parallel= --batch-size= --files0-from="),
    guarded("split", "--filter=@"),
    {"sqlite3", Handling::kSqlite},
    {"ssh", Handling::kSsh,
     "-1 -2 -4 -6 -A -a -C -f -G -g -K -k -M -N -n -q -s -T -t -V. -v -X -x -Y -y -B: -b: -c: -D: "
     "-E:> -e: -F:! -I:! -i: -J: -L: -l: -m: -O: -o:& -P: -p: -Q: -R: -S: -W: -w:"},
    {"ssh-agent", Handling::kStarter, "-c. -s. -k. -d. -D. -a: -E: -P: -t: -O:", 0, kStarts},
    guarded("ssh-keygen", "-D:! -w:! -O:!"),
    {"sshpass", Handling::kStarter, "-p: -e -f: -d: -P: -v", 0, kStarts},
    {"start-stop-daemon", Handling::kUnknown},
    {"stdbuf", Handling::kStarter, "-i: -o: -e: --input= --output= --error= --help. --version.", 0,
     kStarts},
    {"strace", Handling::kStarter,
     "-f -ff -c -C -q -qq -r -t -tt -ttt -T -v -x -xx -y -yy -d -D -i -k -n -w -z -Z -e: -o:> -s: "
     "-u: -a: -b: -E:$ -I: -O: -S: -P: -X: --trace= --follow-forks --output=> --string-limit= "
     "--signal= --status= --seccomp-bpf --summary-only -p:. --attach=. -h. -V. --help. --version.",
     0, kStarts},
    {"su", Handling::kUnjudgedShell},
    {"su-exec", Handling::kStarter, "", 1},
    {"sudo",
     Handling::kStarter,
     "-A! -b -B -C: -D:^ -E -e! -g: -H -h! -i! -K. -k -l. -N -n -P -p: -R:! -r: -S -s! -T: -t: -U: "
     "-u: -V. -v. --askpass! --background --bell --chdir=^ --chroot=! --close-from= "
     "--command-timeout= "
     "--edit! --group= --help. --host=! --list. --login! --non-interactive --preserve-env? "
     "--preserve-groups --prompt= --remove-timestamp. --reset-timestamp --role= --set-home "
     "--shell! "
     "--stdin --type= --user= --validate. --version.",
     0,
     Role::kProgram,
     {},
     {},
     true},
    {"sudoedit", Handling::kUnknown},
    {"systemd-run", Handling::kStarter,
     "--user --scope --wait -q --quiet -P --pipe -t --pty -d --same-dir --collect -G -r -u: "
     "--unit= "
     "--description= --slice= --uid= --gid= --nice= --no-block --remain-after-exit --send-sighup "
     "-E:$ --setenv=$ --working-directory=^ -p:! --property=! -S! --shell! -H:! -M:! --help. "
     "--version.",
     0},
    {"tar", Handling::kTar},
    {"taskset", Handling::kStarter, "-a -c --all-tasks --cpu-list -p. --pid. -h. -V.", 1, kStarts,
     "0123456789abcdefABCDEFx,-:"},
    {"tclsh", Handling::kUnjudgedCode},
    guarded("tcpdump", "-z:! -w:>"),
    {"tcsh", Handling::kShell},
    {"time", Handling::kStarter,
     "-p -v -q -a -f: -o:> --portability --verbose --quiet --append --format= --output=> -V. -h. "
     "--help. --version.",
     0, kStarts},
    {"timeout", Handling::kStarter,
     "-k: -s: -v -f -p --kill-after= --signal= --foreground --preserve-status --verbose --help. "
     "--version.",
     1, kStarts, "0123456789.smhd"},
    {"tini", Handling::kStarter, "-s -g -v -w -p: -e:", 0, kStarts},
    {"tmux", Handling::kUnjudgedShell, "-V."},
    {"toybox", Handling::kBox},
    {"ts-node", Handling::kInterpreter, "-e:# --eval=# -p:# -r:! --require=! -T -P: --esm -h. -v."},
    {"tsx", Handling::kInterpreter,
     "-e:# --eval=# -p:# -r:! --require=! --import=! --tsconfig= -h. -v."},
    {"unbuffer", Handling::kStarter, "-p", 0, kStarts},
    {"unshare",
     Handling::kStarter,
     "-m? -u? -i? -n? -p? -U? -C? -T? -f -r -c --mount? --uts? --ipc? --net? --pid? --user? "
     "--cgroup? --time? --fork --map-root-user --map-current-user --mount-proc? --kill-child? "
     "--propagation= --setgroups= --map-user= --map-group= --keep-caps -S: -G: --setuid= --setgid= "
     "-w:^ --wd=^ -R:! --root=! -h. -V.",
     0,
     Role::kProgram,
     {},
     {},
     false,
     true},
    {.name = "valgrind",
     .handling = Handling::kStarter,
     .options = "--db-command=! --log-file=> --xml-file=> -h. --help. --version. -q -v -d",
     .role = kStarts,
     .strictness = Strictness::kLoose},
    editor("vi"),
    editor("view"),
    editor("vim"),
    editor("vimdiff"),
    {"watch", Handling::kText,
     "-b -c -C -d? -e -g -n: -p -q: -r -t -w -x* --beep --color --no-color --differences? "
     "--errexit "
     "--chgexit --equexit= --interval= --precise --no-rerun --no-title --no-wrap --exec* --help. "
     "--version. -h. -v.",
     0, kStarts},
    guarded(
        "wget",
        "--use-askpass=* -e:! --execute=! --config=! -O:> --output-document=> -o:> --output-file=> "
        "-a:> --append-output=>"),
    {"wish", Handling::kUnjudgedCode},
    {"xargs", Handling::kXargs,
     "-0 -r -t -p -x -o -n: -L: -P: -s: -I:$ -i! -l? -e? -E: -d: -a: --null --no-run-if-empty "
     "--verbose --max-args= --max-procs= --max-lines? --max-chars= --replace! --replace=$ "
     "--delimiter= --arg-file= --exit --open-tty --show-limits --interactive --eof? "
     "--process-slot-var=! --help. --version.",
     0, kStarts},
    guarded("xelatex", "-shell-escape! --shell-escape! -enable-write18! --enable-write18!", {},
            kWords),
    {"xonsh", Handling::kUnjudgedShell},
    {"xvfb-run", Handling::kStarter,
     "-a -l -n: -s:! -e:> -f: -p: -w: --auto-servernum --listen-tcp --server-num= --server-args=! "
     "--error-file=> --wait=",
     0, kStarts},
    {"yash", Handling::kShell},
    guarded("zip", "-TT! -T! --unzip-command! --unzip-command=!"),
    {"zsh", Handling::kShell},
};
static_assert(std::is_sorted(std::begin(kPrograms), std::end(kPrograms),
                             [](const Program& a, const Program& b) { return a.name < b.name; }));

const Program* find_exact(std::string_view name) noexcept {
  const auto* const found = std::lower_bound(
      std::begin(kPrograms), std::end(kPrograms), name,
      [](const Program& program, std::string_view key) { return program.name < key; });
  return found != std::end(kPrograms) && found->name == name ? found : nullptr;
}

constexpr Program kLoader{"ld.so", Handling::kUnknown};

}  // namespace

const Program* find_program(std::string_view name) noexcept {
  if (const Program* found = find_exact(name)) return found;
  if (name.starts_with("ld-linux") || name.starts_with("ld-musl")) return &kLoader;
  // "R" and "Rscript" are spelled with capitals.
  if (name == "R" || name == "Rscript") return find_exact("r");
  const std::size_t end = name.find_last_not_of("0123456789.");
  if (end == std::string_view::npos || end + 1 == name.size()) return nullptr;
  std::string_view stem = name.substr(0, end + 1);
  if (stem.ends_with('-') || stem.ends_with('_')) stem.remove_suffix(1);
  return find_exact(stem);
}

}  // namespace bailey::policy::shell
