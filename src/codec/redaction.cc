#include "codec/redaction.h"

#include <algorithm>
#include <array>
#include <utility>

namespace bailey::codec {
namespace {

constexpr std::string_view kMark = "[redacted:";
constexpr int kMaxPasses = 16;
constexpr std::size_t kMaxHeaderBytes = 2048;  // of a JWT; so that a miss costs no more

bool is_alnum(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
bool is_word(char c) noexcept { return is_alnum(c) || c == '_' || c == '-'; }
bool is_upper(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }
bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool starts_lower(std::string_view text, std::string_view start) noexcept {
  return text.size() >= start.size() && std::equal(start.begin(), start.end(), text.begin(),
                                                   [](char a, char b) { return a == lower(b); });
}

template <class Is>
std::size_t run_of(std::string_view text, const Is& is) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is) - text.begin());
}

// A secret found at the beginning of a text: so many bytes, of that kind; `keep` bytes before it
// stay as they are.
struct Found {
  std::size_t keep = 0;
  std::size_t bytes = 0;
  std::string_view kind;
};

struct Token {
  std::string_view start;
  std::size_t least;  // characters of a word behind it
  std::string_view kind;
};
constexpr std::array kTokens = {
    Token{"AKIA", 16, "aws"},        Token{"ASIA", 16, "aws"},
    Token{"ghp_", 20, "github"},     Token{"gho_", 20, "github"},
    Token{"ghu_", 20, "github"},     Token{"ghs_", 20, "github"},
    Token{"ghr_", 20, "github"},     Token{"github_pat_", 20, "github"},
    Token{"glpat-", 16, "gitlab"},   Token{"xoxa-", 10, "slack"},
    Token{"xoxb-", 10, "slack"},     Token{"xoxp-", 10, "slack"},
    Token{"xoxr-", 10, "slack"},     Token{"xoxs-", 10, "slack"},
    Token{"xapp-", 10, "slack"},     Token{"AIza", 30, "google"},
    Token{"ya29.", 20, "google"},    Token{"sk_live_", 16, "stripe"},
    Token{"rk_live_", 16, "stripe"}, Token{"sk_test_", 16, "stripe"},
    Token{"sk-", 20, "key"},         Token{"npm_", 30, "npm"},
    Token{"pypi-", 30, "pypi"},      Token{"hf_", 20, "huggingface"},
    Token{"dop_v1_", 20, "key"},     Token{"shpat_", 20, "key"},
};

Found token(std::string_view text) {
  for (const auto& each : kTokens) {
    if (!text.starts_with(each.start)) continue;
    const auto rest = run_of(text.substr(each.start.size()), is_word);
    // Exact, so that the base64 of a public key is not taken for one.
    if (each.kind == "aws" && (rest != each.least || run_of(text, is_upper) < 4 + rest)) continue;
    if (rest >= each.least) return {0, each.start.size() + rest, each.kind};
  }
  return {};
}

// header.payload.signature, of which the first two begin as JSON objects do in base64url.
Found jwt(std::string_view text) {
  if (!text.starts_with("eyJ")) return {};
  const auto header = run_of(text.substr(0, kMaxHeaderBytes), is_word);
  if (header < 8 || header >= text.size() || text[header] != '.') return {};
  const auto payload = run_of(text.substr(header + 1), is_word);
  if (payload < 4) return {};
  std::size_t end = header + 1 + payload;
  if (end < text.size() && text[end] == '.') end += 1 + run_of(text.substr(end + 1), is_word);
  return {0, end, "jwt"};
}

Found private_key(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  if (!text.starts_with(kBegin)) return {};
  const auto label = text.substr(kBegin.size(), 64);
  const auto dashes = label.find("-----");
  if (label.substr(0, dashes).find("PRIVATE KEY") == std::string_view::npos) return {};
  const auto end = text.find("-----END ");
  if (end == std::string_view::npos) return {0, text.size(), "private-key"};
  const auto close = text.find("-----", end + 9);
  return {0, close == std::string_view::npos ? text.size() : close + 5, "private-key"};
}

// "://user:password@": everything between the colon and the last at sign of the authority.
Found url_password(std::string_view text) {
  if (!text.starts_with("://")) return {};
  const auto authority = text.substr(3, text.substr(3).find_first_of("/?# \t\r\n\"'<>"));
  const auto at = authority.rfind('@');
  const auto colon = authority.find(':');
  if (at == std::string_view::npos || colon == std::string_view::npos || colon + 1 >= at) return {};
  return {3 + colon + 1, at - colon - 1, "url-password"};
}

constexpr std::array<std::string_view, 13> kNames = {
    "password", "passwd",     "passphrase", "secret",      "token",         "api_key", "api-key",
    "apikey",   "access_key", "access-key", "private_key", "client_secret", "pwd"};

// The value behind a name that ends in one of kNames: name=value, name: value, --name value.
Found named_value(std::string_view text, std::string_view before) {
  for (const auto name : kNames) {
    if (!starts_lower(text, name)) continue;
    std::size_t at = name.size();
    if (at < text.size() && (text[at] == '"' || text[at] == '\'')) ++at;
    const auto sign = at;
    while (at < text.size() && text[at] == ' ') ++at;
    const bool assigned = at < text.size() && (text[at] == '=' || text[at] == ':');
    // A flag of a command line, whose value is the next word.
    const auto word = before.find_last_of(" \t\n\"'");
    const bool flag =
        before.substr(word == std::string_view::npos ? 0 : word + 1).starts_with("--");
    if (!assigned && (!flag || at == sign)) continue;
    if (assigned) ++at;
    while (at < text.size() && (text[at] == ' ' || text[at] == '"' || text[at] == '\'')) ++at;
    const auto bytes = run_of(text.substr(at), [](char c) {
      return !is_blank(c) && c != '"' && c != '\'' && c != '&' && c != ',' && c != ';';
    });
    if (bytes == 0 || text.substr(at).starts_with(kMark)) continue;
    return {at, bytes, "value"};
  }
  return {};
}

// "Bearer ..." and "Basic ..." of an Authorization header.
Found bearer(std::string_view text) {
  for (const std::string_view scheme : {"bearer ", "basic "}) {
    if (!starts_lower(text, scheme)) continue;
    const auto bytes = run_of(text.substr(scheme.size()), [](char c) {
      return is_word(c) || c == '.' || c == '+' || c == '/' || c == '=' || c == '~';
    });
    if (bytes >= 8) return {scheme.size(), bytes, "bearer"};
  }
  return {};
}

Found secret_at(std::string_view text, std::size_t at) {
  const auto rest = text.substr(at);
  // Cheap first: nothing below begins with another character.
  if (rest.front() == ':') return url_password(rest);
  const bool inside = at > 0 && is_alnum(text[at - 1]);
  if (!inside) {
    if (const auto found = token(rest); found.bytes > 0) return found;
    if (const auto found = jwt(rest); found.bytes > 0) return found;
    if (const auto found = bearer(rest); found.bytes > 0) return found;
  }
  return named_value(rest, text.substr(0, at).substr(at > 64 ? at - 64 : 0));
}

template <class Find>
std::string replaced(std::string_view text, const Find& find) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with(kMark)) {
      at += kMark.size();
      continue;
    }
    const Found found = find(text, at);
    if (found.bytes == 0) {
      ++at;
      continue;
    }
    out.append(text.substr(copied, at + found.keep - copied));
    out.append(kMark).append(found.kind).append("]");
    at += found.keep + found.bytes;
    copied = at;
  }
  return out.append(text.substr(copied));
}

}  // namespace

std::string redacted(std::string_view text) {
  std::string out(text);
  // Until nothing is left to find: what stood on both sides of a secret may be one.
  for (int pass = 0; pass < kMaxPasses; ++pass) {
    // Keys of several lines first: a value ends at a blank, and a key has some in its head.
    std::string next = replaced(
        out, [](std::string_view all, std::size_t at) { return private_key(all.substr(at)); });
    next = replaced(next, secret_at);
    if (next == out) break;
    out = std::move(next);
  }
  return out;
}

Json redacted_strings(Json value) {
  if (value.is_string()) return redacted(value.as_string());
  if (value.is_array()) {
    for (auto& item : value.as_array()) item = redacted_strings(std::move(item));
  } else if (value.is_object()) {
    for (auto& member : value.as_object())
      member.second = redacted_strings(std::move(member.second));
  }
  return value;
}

}  // namespace bailey::codec
