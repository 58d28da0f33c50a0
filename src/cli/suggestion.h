// Suggestion: the document that `bailey policy suggest` prints, put together denial by denial.
//
// What looks sensitive is in it as a comment only, without the words that look like secrets.
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/policy_changes.h"
#include "merkle/leaf.h"

namespace bailey::cli {

// One denial of the ledger.
struct RecordedDenial {
  std::uint64_t index = 0;
  std::string leaf_hash;
  std::string time;
  std::string code;
  std::string program;
  Digest digest{};
  merkle::Nonce nonce{};
};

class Suggestion {
 public:
  explicit Suggestion(std::string home) : home_(std::move(home)) {}

  // `main`: the document that a person would edit.
  void take(const RecordedDenial& denial, const PolicyChanges& changes, const std::string& main);
  // Nothing of it is kept but what the ledger says.
  void lacks(const RecordedDenial& denial);

  [[nodiscard]] bool is_empty() const;
  // With `extends`, or without what counts when nothing may.
  [[nodiscard]] std::string document(const std::string& extends) const;

 private:
  struct Line {
    std::string text;   // a rule, or a quoted path
    std::string doubt;  // why it is a comment; empty: it counts
    std::size_t times = 0;
    std::string last;
  };
  using Lines = std::vector<Line>;

  static bool has_live(const Lines& lines);
  static std::string comment(const Line& line);
  static std::string section(const Lines& lines, const std::string& indent,
                             const std::function<std::string(const Line&)>& item);
  static void add(Lines& lines, std::string text, std::string doubt, const RecordedDenial& denial);
  void take(const RecordedDenial& denial, const PolicyChange& step, const std::string& main);
  void add_rule(const RecordedDenial& denial, const std::string& text);
  [[nodiscard]] std::string sensitive_word(const std::string& word) const;
  [[nodiscard]] Lines numbered() const;

  std::string home_;
  Lines rules_;
  Lines read_;
  Lines write_;
  Lines others_;
};

}  // namespace bailey::cli
