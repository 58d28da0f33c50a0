#include "cli/witness_folder.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <vector>

#include "codec/fields.h"
#include "codec/text.h"
#include "crypto/hash.h"

namespace bailey::cli {
namespace {

using codec::Json;

constexpr std::string_view kGroup = "witnesses";
constexpr std::size_t kMaxStatusBytes = std::size_t{1} << 20;

RelPath policy_file() { return RelPath::known("policy"); }
RelPath status_file() { return RelPath::known("status.json"); }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    const auto end = std::min(line.find_first_of(" \t", begin), line.size());
    words.emplace_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

bool is_line(const std::vector<std::string>& words, std::string_view kind) {
  return !words.empty() && words[0] == kind;
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

Result<std::string> checked(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  BAILEY_TRY(merkle::parse_tlog_policy(text));
  return text;
}

std::int64_t int_of(const Json* value) {
  return value != nullptr && value->is_int() ? value->as_int() : 0;
}

std::string text_of(const Json* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

}  // namespace

Result<std::optional<WitnessFolder>> WitnessFolder::find(const Dir& home) {
  auto dir = home.open_dir(RelPath::known("witness"));
  if (!dir && dir.error().code == "disk.missing") return std::optional<WitnessFolder>();
  if (!dir) return std::unexpected(std::move(dir).error());
  return std::optional<WitnessFolder>(WitnessFolder(*std::move(dir)));
}

Result<WitnessFolder> WitnessFolder::make(const Dir& home) {
  return WitnessFolder(BAILEY_TRY(home.make_dir(RelPath::known("witness"))));
}

Result<std::optional<std::string>> WitnessFolder::policy_text() const {
  auto text = dir_.read_file(policy_file(), merkle::kMaxPolicyBytes);
  if (!text && text.error().code == "disk.missing") return std::optional<std::string>();
  if (!text) return std::unexpected(std::move(text).error());
  return std::optional<std::string>(*std::move(text));
}

Result<merkle::TlogPolicy> WitnessFolder::policy() const {
  const auto text = BAILEY_TRY(policy_text());
  if (!text) {
    return fail("witness.none", "this home asks no witness", "bailey log witness add URL VKEY");
  }
  return merkle::parse_tlog_policy(*text);
}

Status WitnessFolder::write_policy(const std::string& text) const {
  return dir_.replace_file(policy_file(), as_bytes(text), Sync::kYes);
}

WitnessStatuses WitnessFolder::statuses() const {
  WitnessStatuses out;
  const auto text = dir_.read_file(status_file(), kMaxStatusBytes);
  const auto json = text ? codec::parse_json(*text) : fail("disk.missing", "none");
  const Json* all = json && json->is_object() ? json->find("witnesses") : nullptr;
  if (all == nullptr || !all->is_object()) return out;
  for (const auto& [name, item] : all->as_object()) {
    if (!item.is_object()) continue;
    WitnessStatus status;
    status.vkey = text_of(item.find("vkey"));
    status.asked = int_of(item.find("asked"));
    status.answered = int_of(item.find("answered"));
    status.size = static_cast<std::uint64_t>(std::max<std::int64_t>(int_of(item.find("size")), 0));
    status.time = static_cast<std::uint64_t>(std::max<std::int64_t>(int_of(item.find("time")), 0));
    status.code = text_of(item.find("code"));
    status.message = text_of(item.find("message"));
    out[name] = std::move(status);
  }
  return out;
}

Status WitnessFolder::write_statuses(const WitnessStatuses& statuses) const {
  Json all{Json::Object{}};
  for (const auto& [name, status] : statuses) {
    Json item{Json::Object{}};
    item.set("vkey", status.vkey);
    item.set("asked", status.asked);
    item.set("answered", status.answered);
    item.set("size", static_cast<std::int64_t>(status.size));
    item.set("time", static_cast<std::int64_t>(status.time));
    item.set("code", status.code);
    item.set("message", codec::valid_utf8(status.message));
    all.set(codec::valid_utf8(name), std::move(item));
  }
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("witnesses", std::move(all));
  return dir_.replace_file(status_file(), as_bytes(codec::canonical_json(json) + "\n"), Sync::kNo);
}

Status WitnessFolder::keep_evidence(const std::string& name, std::string_view note) const {
  const auto folder = BAILEY_TRY(dir_.make_dir(RelPath::known("evidence")));
  // By its content: the same evidence is kept once.
  const std::string file = codec::to_hex(crypto::sha256(as_bytes(name + "\n" + std::string(note))));
  return folder.replace_file(RelPath::known(file), as_bytes(note), Sync::kYes);
}

Result<Fd> WitnessFolder::lock() const {
  auto file = BAILEY_TRY(dir_.open_file(RelPath::known("lock"), O_RDWR | O_CREAT));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail("witness.busy", "another process is asking the witnesses");
  }
  return file;
}

Result<std::string> add_witness(const std::string& text, const std::string& name,
                                const std::string& vkey, const std::string& url,
                                const std::optional<std::string>& threshold) {
  auto lines = lines_of(text);
  const auto is_group = [](const std::string& line) {
    const auto words = words_of(line);
    return is_line(words, "group") || is_line(words, "quorum");
  };
  // Before everything that can name it.
  lines.insert(std::ranges::find_if(lines, is_group), joined({"witness", name, vkey, url}));
  bool grouped = false;
  for (auto& line : lines) {
    auto words = words_of(line);
    if (is_line(words, "group") && words.size() > 3 && words[1] == kGroup) {
      words.push_back(name);
      if (threshold) words[2] = *threshold;
      line = joined(words);
      grouped = true;
    }
  }
  for (auto& line : lines) {
    if (grouped || joined(words_of(line)) != "quorum none") continue;
    line = joined({"group", std::string(kGroup), threshold.value_or("all"), name}) + "\nquorum " +
           std::string(kGroup);
  }
  return checked(lines);
}

Result<std::string> add_log_key(const std::string& text, const std::string& vkey) {
  auto lines = lines_of(text);
  const auto last = std::find_if(lines.rbegin(), lines.rend(), [](const std::string& line) {
    return is_line(words_of(line), "log");
  });
  lines.insert(last.base(), joined({"log", vkey}));
  return checked(lines);
}

Result<std::string> remove_witness(const std::string& text, const std::string& name) {
  bool found = false;
  std::vector<std::string> lines;
  for (const auto& line : lines_of(text)) {
    auto words = words_of(line);
    if (is_line(words, "witness") && words.size() > 1 && words[1] == name) {
      found = true;
      continue;
    }
    if (is_line(words, "group") && words.size() > 3 &&
        std::find(words.begin() + 3, words.end(), name) != words.end()) {
      words.erase(std::remove(words.begin() + 3, words.end(), name), words.end());
      // The last one of our own group takes the group, and then the quorum, with it.
      if (words.size() == 3 && words[1] == kGroup) continue;
      lines.push_back(joined(words));
      continue;
    }
    lines.push_back(line);
  }
  if (!found) return fail("witness.unknown", "the policy has no witness of this name");
  const bool has_group = std::ranges::any_of(lines, [](const auto& line) {
    const auto words = words_of(line);
    return is_line(words, "group") && words.size() > 1 && words[1] == kGroup;
  });
  for (auto& line : lines) {
    if (!has_group && joined(words_of(line)) == "quorum " + std::string(kGroup))
      line = "quorum none";
  }
  return checked(lines);
}

}  // namespace bailey::cli
