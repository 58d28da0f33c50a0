#include "policy/shell/variable_table.h"

#include <algorithm>
#include <iterator>

namespace bailey::policy::shell {
namespace {

struct Entry {
  std::string_view name;
  VariableKind kind;
};

// Sorted. What a shell, the dynamic loader, interpreters, compilers, build tools, git,
// editors and pagers take from the environment as code, as the name of a program, as
// where to find either, or as a configuration that names one.
constexpr Entry kNames[] = {
    {"ANT_OPTS", VariableKind::kFlags},
    {"AR", VariableKind::kText},
    {"AS", VariableKind::kText},
    {"AWKLIBPATH", VariableKind::kCode},
    {"AWKPATH", VariableKind::kPaths},
    {"AWS_CONFIG_FILE", VariableKind::kCode},
    {"BASHOPTS", VariableKind::kLookup},
    {"BROWSER", VariableKind::kText},
    {"CARGO", VariableKind::kText},
    {"CARGO_BUILD_RUSTC", VariableKind::kText},
    {"CARGO_BUILD_RUSTC_WRAPPER", VariableKind::kText},
    {"CARGO_ENCODED_RUSTFLAGS", VariableKind::kFlags},
    {"CARGO_HOME", VariableKind::kPaths},
    {"CC", VariableKind::kText},
    {"CDPATH", VariableKind::kDirectory},
    {"CFLAGS", VariableKind::kFlags},
    {"CLASSPATH", VariableKind::kPaths},
    {"CMAKE_CXX_COMPILER_LAUNCHER", VariableKind::kText},
    {"CMAKE_C_COMPILER_LAUNCHER", VariableKind::kText},
    {"CMAKE_MODULE_PATH", VariableKind::kPaths},
    {"CMAKE_PREFIX_PATH", VariableKind::kPaths},
    {"CMAKE_PROGRAM_PATH", VariableKind::kPaths},
    {"CMAKE_TOOLCHAIN_FILE", VariableKind::kPaths},
    {"COMPILER_PATH", VariableKind::kPaths},
    {"CONFIG_SHELL", VariableKind::kText},
    {"CPP", VariableKind::kText},
    {"CPPFLAGS", VariableKind::kFlags},
    {"CXX", VariableKind::kText},
    {"CXXFLAGS", VariableKind::kFlags},
    {"DOCKER_CONFIG", VariableKind::kCode},
    {"DOTNET_STARTUP_HOOKS", VariableKind::kCode},
    {"EDITOR", VariableKind::kText},
    {"EMACSLOADPATH", VariableKind::kCode},
    {"ENV", VariableKind::kCode},
    {"EXECIGNORE", VariableKind::kLookup},
    {"EXINIT", VariableKind::kCode},
    {"FC", VariableKind::kText},
    {"FCEDIT", VariableKind::kText},
    {"FIGNORE", VariableKind::kLookup},
    {"FPATH", VariableKind::kCode},
    {"FZF_DEFAULT_COMMAND", VariableKind::kText},
    {"FZF_DEFAULT_OPTS", VariableKind::kCode},
    {"GCC_EXEC_PREFIX", VariableKind::kCode},
    {"GCONV_PATH", VariableKind::kCode},
    {"GEM_HOME", VariableKind::kPaths},
    {"GEM_PATH", VariableKind::kPaths},
    {"GETCONF_DIR", VariableKind::kCode},
    {"GLOBIGNORE", VariableKind::kSplitting},
    {"GNUMAKEFLAGS", VariableKind::kFlags},
    {"GOENV", VariableKind::kPaths},
    {"GOFLAGS", VariableKind::kFlags},
    {"GOPATH", VariableKind::kPaths},
    {"GOROOT", VariableKind::kCode},
    {"GOTOOLCHAIN", VariableKind::kPaths},
    {"GOTOOLDIR", VariableKind::kCode},
    {"GPG_AGENT_INFO", VariableKind::kCode},
    {"GRADLE_OPTS", VariableKind::kFlags},
    {"GREP_OPTIONS", VariableKind::kFlags},
    {"GTK_MODULES", VariableKind::kCode},
    {"GTK_PATH", VariableKind::kCode},
    {"HISTFILE", VariableKind::kCode},
    {"HOME", VariableKind::kHome},
    {"HOSTALIASES", VariableKind::kCode},
    {"IFS", VariableKind::kSplitting},
    {"INPUTRC", VariableKind::kCode},
    {"JAVA_HOME", VariableKind::kCode},
    {"JAVA_OPTS", VariableKind::kFlags},
    {"JAVA_TOOL_OPTIONS", VariableKind::kFlags},
    {"JDK_JAVA_OPTIONS", VariableKind::kFlags},
    {"JULIA_LOAD_PATH", VariableKind::kPaths},
    {"KUBECONFIG", VariableKind::kPaths},
    {"KUBE_EDITOR", VariableKind::kText},
    {"LD", VariableKind::kText},
    {"LDFLAGS", VariableKind::kFlags},
    {"LESS", VariableKind::kFlags},
    {"LESSCLOSE", VariableKind::kCode},
    {"LESSEDIT", VariableKind::kCode},
    {"LESSKEY", VariableKind::kCode},
    {"LESSKEYIN", VariableKind::kCode},
    {"LESSOPEN", VariableKind::kCode},
    {"LIBPATH", VariableKind::kCode},
    {"LOCPATH", VariableKind::kCode},
    {"LUA_CPATH", VariableKind::kPaths},
    {"LUA_INIT", VariableKind::kCode},
    {"LUA_PATH", VariableKind::kPaths},
    {"MAILPATH", VariableKind::kCode},
    {"MAKE", VariableKind::kText},
    {"MAKEFILES", VariableKind::kPaths},
    {"MAKEFLAGS", VariableKind::kFlags},
    {"MALLOC_TRACE", VariableKind::kCode},
    {"MANOPT", VariableKind::kCode},
    {"MANPAGER", VariableKind::kText},
    {"MANPATH", VariableKind::kPaths},
    {"MAVEN_OPTS", VariableKind::kFlags},
    {"MERGE_TOOL", VariableKind::kText},
    {"MFLAGS", VariableKind::kFlags},
    {"MYVIMRC", VariableKind::kCode},
    {"NIX_PATH", VariableKind::kPaths},
    {"NLSPATH", VariableKind::kCode},
    {"NM", VariableKind::kText},
    {"NODE", VariableKind::kText},
    {"NODE_EXTRA_CA_CERTS", VariableKind::kPaths},
    {"NODE_OPTIONS", VariableKind::kFlags},
    {"NODE_PATH", VariableKind::kPaths},
    {"NODE_REPL_EXTERNAL_MODULE", VariableKind::kCode},
    {"OBJCOPY", VariableKind::kText},
    {"OLDPWD", VariableKind::kDirectory},
    {"OPENSSL_CONF", VariableKind::kCode},
    {"OPENSSL_ENGINES", VariableKind::kCode},
    {"OPENSSL_MODULES", VariableKind::kCode},
    {"PAGER", VariableKind::kText},
    {"PATH", VariableKind::kLookup},
    {"PERL5DB", VariableKind::kCode},
    {"PERL5LIB", VariableKind::kPaths},
    {"PERL5OPT", VariableKind::kCode},
    {"PERLLIB", VariableKind::kPaths},
    {"PERL_HASH_SEED_DEBUG", VariableKind::kSwitch},
    {"PERL_UNICODE", VariableKind::kSwitch},
    {"PHPRC", VariableKind::kCode},
    {"PHP_INI_SCAN_DIR", VariableKind::kCode},
    {"PIP_CONFIG_FILE", VariableKind::kCode},
    {"PKG_CONFIG", VariableKind::kText},
    {"PKG_CONFIG_PATH", VariableKind::kPaths},
    {"PROMPT_COMMAND", VariableKind::kCode},
    {"PS0", VariableKind::kCode},
    {"PS1", VariableKind::kCode},
    {"PS2", VariableKind::kCode},
    {"PS3", VariableKind::kCode},
    {"PS4", VariableKind::kCode},
    {"PSQLRC", VariableKind::kCode},
    {"PSQL_EDITOR", VariableKind::kText},
    {"PSQL_PAGER", VariableKind::kText},
    {"PWD", VariableKind::kDirectory},
    {"PYTEST_ADDOPTS", VariableKind::kFlags},
    {"PYTEST_PLUGINS", VariableKind::kCode},
    {"PYTHONBREAKPOINT", VariableKind::kSwitch},
    {"PYTHONEXECUTABLE", VariableKind::kCode},
    {"PYTHONHOME", VariableKind::kCode},
    {"PYTHONINSPECT", VariableKind::kSwitch},
    {"PYTHONPATH", VariableKind::kPaths},
    {"PYTHONPLATLIBDIR", VariableKind::kCode},
    {"PYTHONPYCACHEPREFIX", VariableKind::kPaths},
    {"PYTHONSTARTUP", VariableKind::kCode},
    {"PYTHONUSERBASE", VariableKind::kCode},
    {"PYTHONWARNINGS", VariableKind::kFlags},
    {"QT_PLUGIN_PATH", VariableKind::kCode},
    {"RANLIB", VariableKind::kText},
    {"RIPGREP_CONFIG_PATH", VariableKind::kCode},
    {"RLWRAP_HOME", VariableKind::kPaths},
    {"RSYNC_CONNECT_PROG", VariableKind::kText},
    {"RSYNC_RSH", VariableKind::kText},
    {"RUBYLIB", VariableKind::kPaths},
    {"RUBYOPT", VariableKind::kCode},
    {"RUBYPATH", VariableKind::kCode},
    {"RUBYSHELL", VariableKind::kCode},
    {"RUSTC", VariableKind::kText},
    {"RUSTC_WORKSPACE_WRAPPER", VariableKind::kText},
    {"RUSTC_WRAPPER", VariableKind::kText},
    {"RUSTDOC", VariableKind::kText},
    {"RUSTDOCFLAGS", VariableKind::kFlags},
    {"RUSTFLAGS", VariableKind::kFlags},
    {"RUSTUP_HOME", VariableKind::kCode},
    {"RUSTUP_TOOLCHAIN", VariableKind::kPaths},
    {"R_ENVIRON", VariableKind::kCode},
    {"R_PROFILE", VariableKind::kCode},
    {"SBT_OPTS", VariableKind::kFlags},
    {"SHELL", VariableKind::kText},
    {"SHELLOPTS", VariableKind::kLookup},
    {"SQLITE_HISTORY", VariableKind::kCode},
    {"SSH_ASKPASS", VariableKind::kText},
    {"SSH_SK_HELPER", VariableKind::kCode},
    {"SSLKEYLOGFILE", VariableKind::kPaths},
    {"STRIP", VariableKind::kText},
    {"SUDO_ASKPASS", VariableKind::kText},
    {"SUDO_EDITOR", VariableKind::kText},
    {"SYSTEMD_EDITOR", VariableKind::kText},
    {"SYSTEMD_PAGER", VariableKind::kText},
    {"TAR_OPTIONS", VariableKind::kCode},
    {"TCLLIBPATH", VariableKind::kCode},
    {"TERMCAP", VariableKind::kCode},
    {"TERMINFO", VariableKind::kCode},
    {"TERMINFO_DIRS", VariableKind::kCode},
    {"TEXINPUTS", VariableKind::kPaths},
    {"TEXTDOMAINDIR", VariableKind::kCode},
    {"UNZIP", VariableKind::kCode},
    {"UV_PYTHON", VariableKind::kPaths},
    {"VIM", VariableKind::kCode},
    {"VIMINIT", VariableKind::kCode},
    {"VIMRUNTIME", VariableKind::kCode},
    {"VISUAL", VariableKind::kText},
    {"WATCH_INTERVAL", VariableKind::kSwitch},
    {"WGETRC", VariableKind::kCode},
    {"XAUTHORITY", VariableKind::kCode},
    {"XDG_CONFIG_DIRS", VariableKind::kCode},
    {"XDG_CONFIG_HOME", VariableKind::kCode},
    {"XDG_DATA_DIRS", VariableKind::kCode},
    {"XDG_DATA_HOME", VariableKind::kCode},
    {"XDG_RUNTIME_DIR", VariableKind::kCode},
    {"ZDOTDIR", VariableKind::kCode},
    {"ZIPOPT", VariableKind::kCode},
    {"_JAVA_OPTIONS", VariableKind::kFlags},
    {"http_proxy", VariableKind::kCode},
    {"https_proxy", VariableKind::kCode},
};
static_assert(std::is_sorted(std::begin(kNames), std::end(kNames),
                             [](const Entry& a, const Entry& b) { return a.name < b.name; }));

// Of families; the first that fits.
constexpr Entry kPrefixes[] = {
    {"GIT_AUTHOR_", VariableKind::kHarmless},
    {"GIT_COMMITTER_", VariableKind::kHarmless},
    {"GIT_TERMINAL_PROMPT", VariableKind::kSwitch},
    {"GIT_OPTIONAL_LOCKS", VariableKind::kSwitch},
    {"GIT_MERGE_AUTOEDIT", VariableKind::kSwitch},
    {"GIT_LFS_SKIP_SMUDGE", VariableKind::kSwitch},
    {"GIT_CONFIG_NOSYSTEM", VariableKind::kSwitch},
    {"GIT_TRACE", VariableKind::kSwitch},
    {"GIT_CURL_VERBOSE", VariableKind::kSwitch},
    {"GIT_ADVICE", VariableKind::kSwitch},
    {"GIT_LITERAL_PATHSPECS", VariableKind::kSwitch},
    {"GIT_INDEX_FILE", VariableKind::kPaths},
    {"GIT_PAGER", VariableKind::kText},
    {"GIT_EDITOR", VariableKind::kText},
    {"GIT_SEQUENCE_EDITOR", VariableKind::kText},
    {"GIT_SSH_COMMAND", VariableKind::kText},
    {"GIT_ASKPASS", VariableKind::kText},
    {"GIT_", VariableKind::kCode},
    {"LD_", VariableKind::kCode},
    {"DYLD_", VariableKind::kCode},
    {"BASH_FUNC_", VariableKind::kCode},
    {"BASH_CMDS", VariableKind::kLookup},
    {"BASH_ALIASES", VariableKind::kLookup},
    {"BASH_", VariableKind::kCode},
    {"npm_config_", VariableKind::kCode},
    {"NPM_CONFIG_", VariableKind::kCode},
    {"GLIBC_TUNABLES", VariableKind::kCode},
    {"PERL_MM_", VariableKind::kCode},
    {"PERL_MB_", VariableKind::kCode},
    {"CARGO_TARGET_", VariableKind::kCode},
    {"CARGO_ALIAS_", VariableKind::kCode},
    {"CGO_ENABLED", VariableKind::kSwitch},
    {"CGO_", VariableKind::kFlags},
    {"COREPACK_", VariableKind::kCode},
    {"LUA_INIT_", VariableKind::kCode},
    {"LUA_PATH_", VariableKind::kPaths},
    {"LUA_CPATH_", VariableKind::kPaths},
    {"CLASSPATH_", VariableKind::kHarmless},
    {"COR_", VariableKind::kCode},
    {"CORECLR_", VariableKind::kCode},
};

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == ',' || c == '+' || c == '-' || c == '=';
}

// Below the working directory, whatever that is: "src", "./lib", "".
bool is_below(std::string_view path) {
  if (path.starts_with('/') || path.starts_with('~') || path.find("..") != path.npos) return false;
  return std::all_of(path.begin(), path.end(),
                     [](char c) { return is_plain(c) || c == '/' || c == '@'; });
}

bool are_below(std::string_view value, std::string_view directory) {
  while (true) {
    const std::size_t cut = std::min(value.find(':'), value.size());
    std::string_view path = value.substr(0, cut);
    if (!directory.empty() && path.starts_with(directory) &&
        (path.size() == directory.size() || path[directory.size()] == '/'))
      path.remove_prefix(std::min(directory.size() + 1, path.size()));
    if (!is_below(path)) return false;
    if (cut == value.size()) return true;
    value.remove_prefix(cut + 1);
  }
}

// A flag that only says how much, how loud, how fast or which standard.
bool is_harmless_flag(std::string_view flag) {
  for (const std::string_view known : {"--max-old-space-size=",
                                       "--max-semi-space-size=",
                                       "--no-warnings",
                                       "--trace-warnings",
                                       "--no-deprecation",
                                       "--trace-deprecation",
                                       "--unhandled-rejections=",
                                       "--dns-result-order=",
                                       "--enable-source-maps",
                                       "--stack-trace-limit=",
                                       "--experimental-vm-modules",
                                       "--no-print-directory",
                                       "--output-sync",
                                       "--jobs=",
                                       "--keep-going",
                                       "-Xmx",
                                       "-Xms",
                                       "-Xss",
                                       "--silent",
                                       "--tb=",
                                       "--maxfail=",
                                       "--durations=",
                                       "--strict-markers",
                                       "--cov",
                                       "--no-cov",
                                       "--color=",
                                       "-Wno-",
                                       "-std=",
                                       "-march=",
                                       "-mtune=",
                                       "-fsanitize=",
                                       "-fno-",
                                       "-ftrapv",
                                       "-fPIC",
                                       "-fpic",
                                       "-fPIE",
                                       "-fstack-",
                                       "-ffunction-sections",
                                       "-fdata-sections",
                                       "-fprofile-",
                                       "-fcoverage-",
                                       "--coverage",
                                       "-mod=",
                                       "-count=",
                                       "-timeout=",
                                       "-buildvcs=",
                                       "-trimpath",
                                       "target-cpu=",
                                       "opt-level=",
                                       "debuginfo=",
                                       "instrument-coverage",
                                       "warnings",
                                       "error",
                                       "ignore",
                                       "default"})
    if (flag.starts_with(known)) return true;
  for (const std::string_view known : {"-C", "-pipe", "-R", "-F", "-X", "-FX", "-FRX", "-n"})
    if (flag == known) return true;
  if (flag.size() < 2 || flag[0] != '-') return false;
  // -g -O2 -DX=1 -Wall -Iinclude -j4 -v -q -s -k
  const std::string_view rest = flag.substr(2);
  if (std::string_view("jvqsk").find(flag[1]) != std::string_view::npos)
    return std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
  return std::string_view("gODWI").find(flag[1]) != std::string_view::npos &&
         flag.find("..") == std::string_view::npos && !flag.starts_with("-I/") &&
         !flag.starts_with("-Wl") && !flag.starts_with("-Wp") && !flag.starts_with("-Wa");
}

}  // namespace

VariableKind variable_kind(std::string_view name) noexcept {
  const auto* const found =
      std::lower_bound(std::begin(kNames), std::end(kNames), name,
                       [](const Entry& entry, std::string_view key) { return entry.name < key; });
  if (found != std::end(kNames) && found->name == name) return found->kind;
  for (const Entry& entry : kPrefixes)
    if (name.starts_with(entry.name)) return entry.kind;
  return VariableKind::kHarmless;
}

bool is_harmless_value(VariableKind kind, std::string_view value,
                       std::string_view directory) noexcept {
  if (value.empty()) return kind != VariableKind::kLookup;
  switch (kind) {
    case VariableKind::kSwitch:
      return value.size() <= 8 && value != "2" &&
             std::all_of(value.begin(), value.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
             });
    case VariableKind::kPaths:
      return are_below(value, directory);
    case VariableKind::kFlags: {
      // Build tools paste them into shell texts.
      if (!std::all_of(value.begin(), value.end(),
                       [](char c) { return is_plain(c) || c == '/' || c == ':' || c == ' '; }))
        return false;
      while (!value.empty()) {
        const std::size_t cut = std::min(value.find(' '), value.size());
        if (cut > 0 && !is_harmless_flag(value.substr(0, cut))) return false;
        value.remove_prefix(std::min(cut + 1, value.size()));
      }
      return true;
    }
    default:
      return false;
  }
}

}  // namespace bailey::policy::shell
