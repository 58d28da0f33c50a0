#include <gtest/gtest.h>

#include "merkle/log_for_test.h"

namespace bailey::merkle {
namespace {

LogForTest a_log() {
  LogForTest log;
  log.add(LeafType::kIntent);
  log.add(LeafType::kControl);
  log.add(LeafType::kOutcome, 0);
  for (int i = 0; i < 5; ++i) log.add(LeafType::kControl);
  return log;
}

TEST(VerifyLog, AcceptsALogAndCountsOpenIntents) {
  for (const int extra : {0, 1, 250, 600}) {
    auto log = a_log();
    for (int i = 0; i < extra; ++i) log.add(LeafType::kControl);
    log.add(LeafType::kIntent);
    const auto files = log.files();
    const auto report = verify_log(files_from(files), {log.verifier()});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->checkpoint.size, log.entries().size());
    EXPECT_EQ(report->intents, 2U);
    EXPECT_EQ(report->closed, 1U);
    EXPECT_EQ(report->open_intents, std::vector<std::uint64_t>{log.entries().size() - 1});
  }
  LogForTest empty;
  const auto files = empty.files();
  EXPECT_TRUE(verify_log(files_from(files), {empty.verifier()}));
}

TEST(VerifyLog, NoticesEveryMissingFileAndEveryChangedByte) {
  auto log = a_log();
  for (int i = 0; i < 250; ++i) log.add(LeafType::kControl);
  const auto files = log.files();
  ASSERT_EQ(files.size(), 6U);
  for (const auto& [path, content] : files) {
    auto without = files;
    without.erase(path);
    EXPECT_EQ(verify_log(files_from(without), {log.verifier()}).error().code, "log.missing")
        << path;
    for (std::size_t i = 0; i < content.size(); i += 1 + content.size() / 50) {
      auto changed = files;
      changed[path][i] ^= 1U;
      EXPECT_FALSE(verify_log(files_from(changed), {log.verifier()})) << path << " " << i;
      changed[path].resize(i);
      EXPECT_FALSE(verify_log(files_from(changed), {log.verifier()})) << path << " cut at " << i;
    }
  }
}

TEST(VerifyLog, NoticesLeavesThatContradictEachOther) {
  const auto code = [](LogForTest& log) {
    const auto files = log.files();
    const auto report = verify_log(files_from(files), {log.verifier()});
    return report ? std::string("good") : std::string(report.error().code);
  };
  auto twice = a_log();
  twice.add(LeafType::kInterrupted, 0);
  EXPECT_EQ(code(twice), "log.intent");
  auto no_intent = a_log();
  no_intent.add(LeafType::kOutcome, 1);
  EXPECT_EQ(code(no_intent), "log.intent");
  auto misplaced = a_log();
  misplaced.add_bytes(misplaced.entries()[1]);
  EXPECT_EQ(code(misplaced), "log.entry");
  auto junk = a_log();
  junk.add_bytes(Bytes{1, 2});
  EXPECT_EQ(code(junk), "log.entry");
  auto forged = a_log();
  forged.hashes()[3][0] ^= 1U;  // the tree says another thing than the entries
  EXPECT_EQ(code(forged), "log.tile");
}

TEST(VerifyExtension, NoticesAForkAndARollback) {
  auto log = a_log();
  const auto proof = *consistency_proof(5, 8, log.source());
  const std::vector<NoteVerifier> trusted{log.verifier()};
  EXPECT_TRUE(verify_extension(log.note(5), log.note(8), proof, trusted));
  EXPECT_EQ(verify_extension(log.note(8), log.note(5), proof, trusted).error().code,
            "checkpoint.rollback");
  auto fork = a_log();
  fork.hashes()[2][0] ^= 1U;
  EXPECT_EQ(
      verify_extension(log.note(5), fork.note(8), *consistency_proof(5, 8, fork.source()), trusted)
          .error()
          .code,
      "proof.consistency");
  EXPECT_EQ(verify_extension(log.note(8), fork.note(8), {}, trusted).error().code,
            "checkpoint.fork");
  EXPECT_TRUE(verify_extension(log.note(8), log.note(8), {}, trusted));
  LogForTest other("other.example");
  other.add(LeafType::kControl);
  EXPECT_EQ(verify_extension(log.note(5), other.note(), {}, {log.verifier(), other.verifier()})
                .error()
                .code,
            "checkpoint.origin");
}

// What a verification says: "good", or the code.
std::string said(const std::map<std::string, Bytes>& files, const NoteVerifier& key,
                 const LogCheck& check = {}) {
  const auto report = verify_log(files_from(files), {key}, check);
  return report ? std::string("good") : std::string(report.error().code);
}

TEST(VerifyLog, AsksForEachFileOnceAndTellsHowFarItIs) {
  auto log = a_log();
  for (int i = 0; i < 700; ++i) log.add(LeafType::kControl);
  const auto files = log.files();
  std::map<std::string, int> asked;
  const LogFiles counted = [&](const std::string& path) {
    ++asked[path];
    return files_from(files)(path);
  };
  std::vector<std::uint64_t> told;
  LogCheck check;
  check.progress = [&](std::uint64_t done, std::uint64_t all) {
    EXPECT_EQ(all, log.entries().size());
    told.push_back(done);
  };
  ASSERT_TRUE(verify_log(counted, {log.verifier()}, check));
  EXPECT_EQ(asked.size(), files.size());
  for (const auto& [path, times] : asked) EXPECT_EQ(times, 1) << path;
  EXPECT_EQ(told, (std::vector<std::uint64_t>{256, 512, log.entries().size()}));
}

TEST(VerifyLog, FromACheckpoint_ReadsOnlyWhatCameAfter) {
  auto log = a_log();
  for (int i = 0; i < 700; ++i) log.add(LeafType::kControl);
  const std::uint64_t late = log.add(LeafType::kIntent);
  log.add(LeafType::kEvents, 0);  // of an intent from long before, closed
  log.add(LeafType::kOutcome, late);
  const auto files = log.files();
  const std::uint64_t size = log.entries().size();
  for (const std::uint64_t from :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{255}, std::uint64_t{256},
        std::uint64_t{300}, std::uint64_t{700}, size - 1, size}) {
    std::map<std::string, int> asked;
    const LogFiles counted = [&](const std::string& path) {
      ++asked[path];
      return files_from(files)(path);
    };
    LogCheck check;
    check.after = log.checkpoint(from);
    const auto report = verify_log(counted, {log.verifier()}, check);
    ASSERT_TRUE(report) << from << " " << report.error().message;
    EXPECT_EQ(report->from, from);
    // The first bundle again only for the old intent that a new entry names.
    EXPECT_EQ(asked.contains(bundle_path(0, 256)), from < 256 || from < size - 1) << from;
    EXPECT_EQ(asked.contains(bundle_path(1, 256)), from < 512) << from;
  }
}

TEST(VerifyLog, FromACheckpoint_NoticesRollbackForkAndRewriting) {
  auto log = a_log();
  for (int i = 0; i < 400; ++i) log.add(LeafType::kControl);
  const auto files = log.files();
  const std::uint64_t size = log.entries().size();
  const auto after = [](Checkpoint checkpoint) {
    LogCheck check;
    check.after = std::move(checkpoint);
    return check;
  };
  EXPECT_EQ(said(files, log.verifier(), after(log.checkpoint(300))), "good");
  auto longer = log.checkpoint(size);
  longer.size = size + 1;
  EXPECT_EQ(said(files, log.verifier(), after(longer)), "checkpoint.rollback");
  auto other = log.checkpoint(size);
  other.root[0] ^= 1U;
  EXPECT_EQ(said(files, log.verifier(), after(other)), "checkpoint.fork");
  auto rewritten = log.checkpoint(300);
  rewritten.root[0] ^= 1U;
  EXPECT_EQ(said(files, log.verifier(), after(rewritten)), "checkpoint.fork");
  auto foreign = log.checkpoint(300);
  foreign.origin = "other.example";
  EXPECT_EQ(said(files, log.verifier(), after(foreign)), "checkpoint.origin");
  // An entry of before is closed again: by two leaves that both came after.
  LogForTest twice;
  const auto old = twice.add(LeafType::kIntent);
  const auto from = twice.checkpoint(old + 1);
  twice.add(LeafType::kOutcome, old);
  EXPECT_EQ(said(twice.files(), twice.verifier(), after(from)), "good");
  twice.add(LeafType::kInterrupted, old);
  EXPECT_EQ(said(twice.files(), twice.verifier(), after(from)), "log.intent");
  // The damage lies before the checkpoint: in a tile that is needed, or in none.
  for (const auto& [path, content] : files) {
    if (path == "checkpoint") continue;
    auto changed = files;
    changed[path][content.size() / 2] ^= 1U;
    const bool read = path != bundle_path(0, 256) && path != tile_path(0, 0, 256);
    EXPECT_EQ(said(changed, log.verifier(), after(log.checkpoint(300))) != "good", read) << path;
    EXPECT_NE(said(changed, log.verifier()), "good") << path;
  }
}

TEST(VerifyGrowth, HoldsForEveryPairOfSizesAndNoOther) {
  LogForTest log;
  for (int i = 0; i < 300; ++i) log.add(LeafType::kControl);
  const auto files = log.files();
  const auto newest = log.checkpoint(300);
  for (const std::uint64_t older : {0U, 1U, 2U, 127U, 128U, 255U, 256U, 257U, 299U, 300U}) {
    EXPECT_TRUE(verify_growth(files_from(files), log.checkpoint(older), newest)) << older;
    auto changed = log.checkpoint(older);
    changed.root[5] ^= 4U;
    EXPECT_EQ(verify_growth(files_from(files), changed, newest).error().code, "checkpoint.fork");
  }
  EXPECT_EQ(verify_growth(files_from(files), newest, log.checkpoint(299)).error().code,
            "checkpoint.rollback");
}

// Everything that somebody who may write the files, but not sign, can do to a log.
class TamperTest : public ::testing::Test {
 protected:
  TamperTest() {
    log_.add(LeafType::kIntent);
    log_.add(LeafType::kControl);
    log_.add(LeafType::kOutcome, 0);
    for (int i = 0; i < 6; ++i) log_.add(LeafType::kControl);
    Nonce skipped{};
    other_.entropy().fill(skipped);  // or its leaves would have the nonces of the log's
    other_.add(LeafType::kIntent);
    other_.add(LeafType::kControl);
    other_.add(LeafType::kOutcome, 0);
    for (int i = 0; i < 6; ++i) other_.add(LeafType::kControl);
  }
  // The published files of these entries, tiles and all consistent, under the log's own
  // checkpoint: only the signature is missing to make them true.
  std::map<std::string, Bytes> republished(const std::vector<Bytes>& entries) const {
    LogForTest made(log_.origin());
    for (const auto& entry : entries) made.add_bytes(entry);
    auto files = made.files();
    files["checkpoint"] = log_.files().at("checkpoint");
    return files;
  }
  LogForTest log_;
  LogForTest other_{"bailey.example/other"};
};

TEST_F(TamperTest, Untouched_IsGood) {
  EXPECT_EQ(said(log_.files(), log_.verifier()), "good");
  EXPECT_EQ(said(republished(log_.entries()), log_.verifier()), "good");
}

TEST_F(TamperTest, EntriesRemovedMovedDoubledOrForeign_AreNoticed) {
  const auto& entries = log_.entries();
  for (std::size_t at = 0; at < entries.size(); ++at) {
    auto without = entries;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_NE(said(republished(without), log_.verifier()), "good") << "without " << at;
    auto doubled = entries;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(at), entries[at]);
    EXPECT_NE(said(republished(doubled), log_.verifier()), "good") << "twice " << at;
    auto foreign = entries;
    foreign[at] = other_.entries()[at];
    ASSERT_NE(foreign, entries);
    EXPECT_NE(said(republished(foreign), log_.verifier()), "good") << "of another log " << at;
    for (std::size_t to = at + 1; to < entries.size(); ++to) {
      auto swapped = entries;
      std::swap(swapped[at], swapped[to]);
      EXPECT_EQ(said(republished(swapped), log_.verifier()), "log.entry") << at << " and " << to;
    }
  }
}

TEST_F(TamperTest, EachFieldOfAnEntryChanged_IsNoticed) {
  // Each change gives a leaf that is well-formed, with tiles made to fit.
  const struct {
    const char* what;
    const char* from;
    const char* to;
  } kChanges[] = {
      {"body", "\"kind\":\"test\"", "\"kind\":\"tost\""},
      {"boot", "\"boot\":\"", nullptr},
      {"mono", "\"mono\":\"", nullptr},
      {"nonce", "\"nonce\":\"", nullptr},
      {"parent", "\"parent\":\"\"",
       "\"parent\":\"00000000000000000000000000000000000000000000000000000000000000ff\""},
      {"time", "\"time\":\"2026-0", nullptr},
      {"type", "\"type\":\"control\"", "\"type\":\"answer\""},
  };
  for (const auto& change : kChanges) {
    std::string text(as_text(log_.entries()[4]));
    const auto at = text.find(change.from);
    ASSERT_NE(at, std::string::npos) << change.what;
    if (change.to != nullptr) {
      text.replace(at, std::string_view(change.from).size(), change.to);
    } else {
      auto& digit = text[at + std::string_view(change.from).size()];
      digit = digit == '1' ? '2' : '1';
    }
    const auto bytes = as_bytes(text);
    ASSERT_TRUE(parse_leaf(bytes)) << change.what << ": " << text;
    auto entries = log_.entries();
    entries[4] = Bytes(bytes.begin(), bytes.end());
    EXPECT_EQ(said(republished(entries), log_.verifier()), "log.root") << change.what;
  }
}

TEST_F(TamperTest, CutOldAndSecondBeginnings_AreNoticed) {
  // Cut, with the old checkpoint: every file for that size is there and true.
  for (std::uint64_t size = 0; size < log_.entries().size(); ++size) {
    const std::vector<Bytes> first(log_.entries().begin(),
                                   log_.entries().begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_NE(said(republished(first), log_.verifier()), "good") << size;
    // An older copy of the log itself is a true log; who remembers a later one notices.
    LogForTest old(log_.origin());
    for (const auto& entry : first) old.add_bytes(entry);
    auto restored = old.files();
    const auto note = log_.note(size);
    restored["checkpoint"] = Bytes(note.begin(), note.end());
    EXPECT_EQ(said(restored, log_.verifier()), "good") << size;
    LogCheck remembered;
    remembered.after = log_.checkpoint(log_.entries().size());
    EXPECT_EQ(said(restored, log_.verifier(), remembered), "checkpoint.rollback") << size;
  }
  // A second genesis: a new log under the same name and key.
  LogForTest again(log_.origin());
  for (int i = 0; i < 12; ++i) again.add(LeafType::kControl);
  auto files = again.files();
  const auto note = sign_note(checkpoint_text(again.checkpoint(12)), log_.origin(), log_.key());
  files["checkpoint"] = Bytes(note.begin(), note.end());
  EXPECT_EQ(said(files, log_.verifier()), "good");
  LogCheck remembered;
  remembered.after = log_.checkpoint(log_.entries().size());
  EXPECT_EQ(said(files, log_.verifier(), remembered), "checkpoint.fork");
  // And under the same name with another key.
  FakeEntropy entropy;
  Nonce skipped{};
  entropy.fill(skipped);  // or it would be the key of the log
  const auto stranger = crypto::SigningKey::generate(entropy);
  const auto strange = sign_note(checkpoint_text(again.checkpoint(12)), log_.origin(), stranger);
  files["checkpoint"] = Bytes(strange.begin(), strange.end());
  EXPECT_EQ(said(files, log_.verifier()), "note.signature");
}

TEST_F(TamperTest, FilesOfAnotherLog_AreNoticed) {
  const auto mine = log_.files();
  const auto theirs = other_.files();
  for (const auto& [path, content] : mine) {
    auto mixed = mine;
    mixed[path] = theirs.at(path);
    ASSERT_NE(mixed, mine) << path;
    EXPECT_NE(said(mixed, log_.verifier()), "good") << path;
  }
}

TEST_F(TamperTest, EveryBitFlippedInEveryFile_IsNoticed) {
  const auto files = log_.files();
  for (const auto& [path, content] : files) {
    for (std::size_t bit = 0; bit < content.size() * 8; ++bit) {
      auto changed = files;
      changed[path][bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      ASSERT_NE(said(changed, log_.verifier()), "good") << path << " bit " << bit;
    }
  }
}

}  // namespace
}  // namespace bailey::merkle
