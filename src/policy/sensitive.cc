#include "policy/sensitive.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "base/name_pattern.h"

namespace bailey::policy {
namespace {

struct Known {
  std::string_view pattern;  // components may hold '*' and '?'
  std::string_view what;
};

// Below anybody's home.
constexpr std::array kAtHome = {
    Known{".ssh", "keys of SSH"},
    Known{".gnupg", "keys of GnuPG"},
    Known{".pki", "certificates and their keys"},
    Known{".aws", "credentials of AWS"},
    Known{".azure", "credentials of Azure"},
    Known{".oci", "credentials of Oracle Cloud"},
    Known{".config/gcloud", "credentials of Google Cloud"},
    Known{".config/doctl", "credentials of DigitalOcean"},
    Known{".config/gh", "credentials of GitHub"},
    Known{".config/glab-cli", "credentials of GitLab"},
    Known{".config/hub", "credentials of GitHub"},
    Known{".config/git/credentials", "passwords of git"},
    Known{".config/op", "a password store"},
    Known{".config/Bitwarden*", "a password store"},
    Known{".config/rclone", "credentials of rclone"},
    Known{".config/sops", "keys of sops"},
    Known{".config/age", "keys of age"},
    Known{".config/containers", "credentials of registries"},
    Known{".config/google-chrome*", "a browser's sessions"},
    Known{".config/chromium*", "a browser's sessions"},
    Known{".config/BraveSoftware", "a browser's sessions"},
    Known{".mozilla", "a browser's sessions"},
    Known{".thunderbird", "mail and its passwords"},
    Known{".kube", "credentials of Kubernetes"},
    Known{".docker", "credentials of registries"},
    Known{".netrc", "passwords of programs"},
    Known{".authinfo*", "passwords of programs"},
    Known{".git-credentials", "passwords of git"},
    Known{".npmrc", "tokens of npm"},
    Known{".yarnrc*", "tokens of yarn"},
    Known{".pypirc", "tokens of PyPI"},
    Known{".gem/credentials", "tokens of RubyGems"},
    Known{".cargo/credentials*", "tokens of crates.io"},
    Known{".m2/settings*.xml", "passwords of Maven"},
    Known{".gradle/gradle.properties", "passwords of Gradle"},
    Known{".terraform.d", "tokens of Terraform"},
    Known{".vault-token", "a token of Vault"},
    Known{".pgpass", "passwords of PostgreSQL"},
    Known{".my.cnf", "passwords of MySQL"},
    Known{".password-store", "a password store"},
    Known{".local/share/keyrings", "a keyring"},
    Known{".local/share/kwalletd", "a keyring"},
    Known{".local/state/bailey", "Bailey's own keys"},
    Known{".*_history", "what was typed"},
    Known{".claude*", "an agent's tokens and settings"},
    Known{".codex", "an agent's tokens and settings"},
    Known{".gemini", "an agent's tokens and settings"},
    Known{".bashrc", "what every shell of yours runs"},
    Known{".bash_profile", "what every shell of yours runs"},
    Known{".profile", "what every shell of yours runs"},
    Known{".zshrc", "what every shell of yours runs"},
    Known{".config/fish", "what every shell of yours runs"},
    Known{".config/systemd", "services of yours"},
    Known{".config/autostart", "programs that start with your session"},
};
constexpr std::array kAnywhere = {
    Known{"/etc/shadow*", "password hashes"},
    Known{"/etc/gshadow*", "password hashes"},
    Known{"/etc/sudoers*", "who may become root"},
    Known{"/etc/security/opasswd", "old passwords"},
    Known{"/etc/ssh/*_key", "this machine's keys"},
    Known{"/etc/ssl/private", "this machine's keys"},
    Known{"/etc/krb5.keytab", "this machine's keys"},
    Known{"/etc/ppp/*-secrets", "passwords"},
    Known{"/etc/wireguard", "keys of a VPN"},
    Known{"/etc/openvpn", "keys of a VPN"},
    Known{"/etc/letsencrypt", "this machine's keys"},
    Known{"/etc/kubernetes", "credentials of a cluster"},
    Known{"/etc/rancher", "credentials of a cluster"},
    Known{"/etc/NetworkManager/system-connections", "passwords of networks"},
    Known{"/etc/wpa_supplicant", "passwords of networks"},
    Known{"/etc/cron*", "what runs as root"},
    Known{"/etc/systemd", "what runs as root"},
    Known{"/root", "the home of root"},
    Known{"/proc", "other programs"},
    Known{"/sys", "the kernel"},
    Known{"/boot", "the kernel"},
    Known{"/dev", "devices"},
    Known{"/run", "sockets of services"},
    Known{"/var/run", "sockets of services"},
    Known{"/var/lib/docker", "all containers"},
    Known{"/var/spool/cron", "what runs as others"},
};
// As one name, wherever it stands.
constexpr std::array kNames = {
    Known{".env", "passwords of a project"},
    Known{".env.*", "passwords of a project"},
    Known{"*.pem", "a key or a certificate"},
    Known{"*.key", "a key"},
    Known{"*.p12", "a key"},
    Known{"*.pfx", "a key"},
    Known{"*.jks", "keys"},
    Known{"*.keystore", "keys"},
    Known{"*.kdbx", "a password store"},
    Known{"id_rsa*", "a key of SSH"},
    Known{"id_dsa*", "a key of SSH"},
    Known{"id_ecdsa*", "a key of SSH"},
    Known{"id_ed25519*", "a key of SSH"},
    Known{"*credential*", "credentials"},
    Known{"*secret*", "a secret"},
    Known{"*passwd*.*", "passwords"},
    Known{"*password*", "passwords"},
    Known{"*.tfstate*", "credentials of a project"},
    Known{".htpasswd", "password hashes"},
    Known{"*_token", "a token"},
};

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> names;
  while (!path.empty()) {
    if (path.front() == '/') {
      path.remove_prefix(1);
      continue;
    }
    const auto end = std::min(path.find('/'), path.size());
    names.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return names;
}

// Is one of the two at or below the other, wildcards in `pattern` counting?
bool touches(std::string_view pattern, const std::vector<std::string_view>& path) {
  const auto wanted = split(pattern);
  const std::size_t both = std::min(wanted.size(), path.size());
  for (std::size_t i = 0; i < both; ++i)
    if (!name_matches(wanted[i], path[i])) return false;
  return true;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// Long, and of letters and digits that say nothing.
bool is_random(std::string_view text) {
  if (text.size() < 20 || text.find('/') != std::string_view::npos) return false;
  std::size_t digits = 0;
  std::size_t letters = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      ++digits;
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      ++letters;
    } else if (std::string_view("_-+=.~:").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return digits >= 4 && letters >= 4;
}

}  // namespace

std::optional<std::string_view> sensitive_place(std::string_view path, std::string_view home) {
  if (path.ends_with("/**")) path.remove_suffix(3);
  const auto names = split(path);
  if (names.empty()) return "everything";
  for (const auto& known : kAnywhere)
    if (touches(known.pattern, names)) return known.what;
  const auto in_home = split(home);
  const auto below = [&](std::size_t skip) -> std::optional<std::string_view> {
    const std::vector<std::string_view> rest(
        names.begin() + static_cast<std::ptrdiff_t>(std::min(skip, names.size())), names.end());
    if (rest.empty()) return "a whole home";
    for (const auto& known : kAtHome)
      if (touches(known.pattern, rest)) return known.what;
    return std::nullopt;
  };
  const std::size_t both = std::min(names.size(), in_home.size());
  if (!in_home.empty() &&
      std::equal(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(both), in_home.begin()))
    if (auto what = below(in_home.size())) return what;
  // Somebody else's home.
  if (names.front() == "home")
    if (auto what = below(2)) return what;
  for (const auto name : names) {
    const std::string small = lower(name);
    for (const auto& known : kNames)
      if (name_matches(known.pattern, small)) return known.what;
  }
  return std::nullopt;
}

std::optional<std::string_view> sensitive_variable(std::string_view name) {
  const std::string small = lower(name);
  for (const std::string_view part :
       {"token", "secret", "passw", "credential", "apikey", "api_key", "private", "auth", "session",
        "cookie", "_key", "_pat", "dsn", "connection_string"})
    if (small.find(part) != std::string::npos) return "by its name it holds a secret";
  for (const std::string_view start :
       {"ld_",    "bash_env", "bash_func",      "git_",    "python", "perl5",   "ruby",
        "node_",  "npm_",     "java_",          "_java",   "make",   "gconv",   "editor",
        "pager",  "visual",   "prompt_command", "env",     "ifs",    "browser", "rustc",
        "cargo_", "go",       "ssh_",           "docker_", "dbus_",  "aws_",    "kube"})
    if (small.starts_with(start)) return "it changes what programs load, run or reach";
  return std::nullopt;
}

bool looks_secret(std::string_view word) {
  const std::string small = lower(word);
  for (const std::string_view start :
       {"ghp_",    "gho_",    "ghu_", "ghs_", "github_pat_", "glpat-", "sk-",
        "sk_live", "rk_live", "xox",  "akia", "asia",        "eyj",    "npm_",
        "pypi-",   "ya29.",   "aiza", "hf_",  "dop_v1_",     "shpat_", "-----begin"})
    if (small.find(start) != std::string::npos && word.size() >= start.size() + 8) return true;
  for (const std::string_view part : {"token", "secret", "passw", "apikey", "api-key", "api_key",
                                      "authorization", "bearer", "credential", "private"})
    if (const auto at = small.find(part); at != std::string::npos)
      if (small.find_first_of("=: ", at) != std::string::npos) return true;
  // user:password@host
  const auto scheme = word.find("://");
  if (scheme != std::string_view::npos) {
    const auto host = word.substr(scheme + 3, word.find('/', scheme + 3) - scheme - 3);
    if (const auto at = host.find('@');
        at != std::string_view::npos && host.substr(0, at).find(':') != std::string_view::npos)
      return true;
  }
  const auto value = word.substr(word.find('=') == std::string_view::npos ? 0 : word.find('=') + 1);
  return is_random(value);
}

}  // namespace bailey::policy
