#include "policy/defaults.h"

namespace bailey::policy {
namespace {

constexpr std::string_view kBase =
    R"yaml(# base: what strict, balanced and permissive have in common. The system is readable
# without its secrets, the workspace writable, the environment clean. No command is
# allowed here: a policy that extends this one says which.
version: 1
name: base

files:
  read:
    - "/usr/**"
    - "/bin/**"
    - "/sbin/**"
    - "/lib/**"
    - "/lib32/**"
    - "/lib64/**"
    - "/libx32/**"
    - "/opt/**"
    - "/etc/**"
  write:
    - "./**"
  # Inside what is readable, these stay hidden.
  hide:
    - "/etc/shadow*"
    - "/etc/gshadow*"
    - "/etc/sudoers*"
    - "/etc/security/opasswd"
    - "/etc/ssh/*_key"
    - "/etc/ssl/private"
    - "/etc/krb5.keytab"
    - "/etc/ppp/*-secrets"
    - "/etc/wireguard"
    - "/etc/openvpn"
    - "/etc/letsencrypt"
    - "/etc/kubernetes"
    - "/etc/rancher"
    - "/etc/NetworkManager/system-connections"
    - "/etc/wpa_supplicant"
    - "/usr/local/etc/**/*.key"

environment:
  pass: [TERM, COLORTERM, NO_COLOR, LANG, LC_ALL, LC_CTYPE, TZ]
  set:
    PATH: "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
    HOME: "/tmp"
)yaml";

constexpr std::string_view kStrict =
    R"yaml(# strict: only the commands listed here run, a few of them after somebody else said
# yes, under tight limits that the kernel itself holds. Nothing may be missing
# from the cage.
version: 1
name: strict
extends: builtin:base

levels: {start: 30, max: 30}

commands:
  - {id: list, decision: allow, argv: ["ls", "**"]}
  - {id: print, decision: allow, argv: ["cat", "**"]}
  - {id: head, decision: allow, argv: ["head", "**"]}
  - {id: tail, decision: allow, argv: ["tail", "**"]}
  - {id: count, decision: allow, argv: ["wc", "**"]}
  - {id: search, decision: allow, argv: ["grep", "**"]}
  - {id: echo, decision: allow, argv: ["echo", "**"]}
  - {id: succeed, decision: allow, argv: ["true"]}
  - {id: compare, decision: allow, argv: ["diff", "**"]}
  - {id: git-status, decision: allow, argv: ["git", "status", "**"]}
  - {id: git-diff, decision: allow, argv: ["git", "diff", "**"]}
  - {id: git-log, decision: allow, argv: ["git", "log", "**"]}
  - {id: git-show, decision: allow, argv: ["git", "show", "**"]}
  - {id: git-add, decision: allow, argv: ["git", "add", "**"]}
  - {id: git-commit, decision: ask, argv: ["git", "commit", "**"], reason: a commit is kept}
  - {id: make, decision: allow, argv: ["make", "**"]}
  - {id: ninja, decision: allow, argv: ["ninja", "**"]}
  - {id: cmake, decision: allow, argv: ["cmake", "**"]}
  - {id: ctest, decision: allow, argv: ["ctest", "**"]}
  - {id: cargo-build, decision: allow, argv: ["cargo", "build", "**"]}
  - {id: cargo-test, decision: allow, argv: ["cargo", "test", "**"]}
  - {id: go-build, decision: allow, argv: ["go", "build", "**"]}
  - {id: go-test, decision: allow, argv: ["go", "test", "**"]}
  - {id: pytest, decision: allow, argv: ["pytest", "**"]}
  - {id: npm-test, decision: allow, argv: ["npm", "test", "**"]}

limits:
  time: 30m
  memory: 2G
  processes: 256
  open_files: 1024
  output: 64M

approvals: {by: other, timeout: 1h}
)yaml";

constexpr std::string_view kBalanced =
    R"yaml(# balanced: the default. Any command may run, and the cage is what holds it: the
# workspace is writable, the system readable without its secrets, the environment
# clean, no network. A shell whose text cannot be judged (a script that no rule names,
# "curl ... | sh") needs level 40: name the script in a rule, or raise the level for a
# time with "bailey level set 40 --for 1h".
version: 1
name: balanced
extends: builtin:base

levels: {start: 30, max: 40}

# The system without its secrets and a writable workspace come from builtin:base
# (bailey policy show --profile base). Toolchains below your home are hidden until
# you list them, for example "~/.cargo/**", "~/.rustup/**", "~/.nvm/**".
files:
  read: []

commands:
  - id: any-command
    decision: allow
    argv: ["**"]
    reason: the cage holds what runs; narrow this rule when you know what you need

limits:
  time: 12h
  memory: 8G
  processes: 2048
  open_files: 4096
  output: 4G

approvals: {by: self, timeout: 1h}

# What may be missing from the cage; a run says so in its report.
degradations: [limits.polled]
)yaml";

constexpr std::string_view kPermissive =
    R"yaml(# permissive: balanced with toolchains below your home readable, looser limits, and
# with cage layers that some machines lack allowed to be missing. Still no network,
# no secrets, and an unjudged shell still needs level 40.
version: 1
name: permissive
extends: builtin:base

levels: {start: 30, max: 40}

files:
  read:
    - "/srv/**"
    - "/nix/**"
    - "/snap/**"
    - "~/.cargo/**"
    - "~/.rustup/**"
    - "~/.nvm/**"
    - "~/.pyenv/**"
    - "~/.local/bin/**"
    - "~/.local/lib/**"
    - "~/go/**"
  hide:
    - "~/.cargo/credentials*"

commands:
  - id: any-command
    decision: allow
    argv: ["**"]
    reason: the cage holds what runs

limits:
  time: 7d
  processes: 8192

approvals: {by: self, timeout: 1h}

degradations: [limits.polled, namespace.time, namespace.cgroup]
)yaml";

}  // namespace

std::string_view default_policy(model::Profile profile) noexcept {
  switch (profile) {
    case model::Profile::kStrict:
      return kStrict;
    case model::Profile::kBalanced:
      return kBalanced;
    case model::Profile::kPermissive:
      return kPermissive;
  }
  return kStrict;
}

std::optional<std::string_view> builtin_policy(std::string_view name) noexcept {
  if (name == "base") return kBase;
  for (const auto profile :
       {model::Profile::kStrict, model::Profile::kBalanced, model::Profile::kPermissive})
    if (name == model::name(profile)) return default_policy(profile);
  return std::nullopt;
}

}  // namespace bailey::policy
