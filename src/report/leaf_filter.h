// A question to the entries of a ledger: `bailey log search`.
//
// Entries are shown one by one, in order; matches() says whether one answers the question.
// What an entry does not say itself (an outcome has no session) it has from the intent that
// it names, as long as that is open; so memory is one byte an open intent, whatever the
// length of the log. Much of what a program touched is in the ledger as salted digests only:
// a digest is held against the text asked for by a function of the caller's, and places()
// tells how many entries had anything at all that a filter could look at. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "merkle/leaf.h"

namespace bailey::report {

enum class SearchField : std::uint8_t { kSession, kActor, kAction, kDecision, kPath, kHost };
inline constexpr std::size_t kSearchFields = 6;

struct LeafQuestion {
  std::optional<std::int64_t> since_ns;  // wall clock, POSIX nanoseconds
  std::optional<std::int64_t> until_ns;
  // What each field must be; nothing: it is not asked about.
  std::optional<std::string> wanted[kSearchFields];
};

// Whether the digest in this leaf, of the member with this path, is of the text asked for.
using IsDigestOf = std::function<bool(const merkle::LeafEnvelope& leaf, const std::string& member,
                                      const std::string& digest, const std::string& text)>;

class LeafFilter {
 public:
  LeafFilter(LeafQuestion question, IsDigestOf is_digest_of);
  [[nodiscard]] bool matches(const merkle::LeafEnvelope& leaf);
  // Entries so far that had a place for this field, whatever it held.
  [[nodiscard]] std::uint64_t places(SearchField field) const noexcept {
    return places_[static_cast<std::size_t>(field)];
  }

 private:
  void look(const merkle::LeafEnvelope& leaf);
  void look_at_text(SearchField field, const codec::Json* value);
  void look_at_grants(const merkle::LeafEnvelope& leaf);
  void look_at_events(const codec::Json& body);
  [[nodiscard]] bool fits(SearchField field, const std::string& text) const;
  void found(SearchField field, bool fits);

  LeafQuestion question_;
  IsDigestOf is_digest_of_;
  std::uint8_t asked_ = 0;
  std::uint8_t met_ = 0;     // of the leaf being looked at
  std::uint8_t placed_ = 0;  // fields it has a place for
  std::uint64_t places_[kSearchFields] = {};
  std::unordered_map<std::uint64_t, std::uint8_t> open_;  // what open intents met
};

}  // namespace bailey::report
