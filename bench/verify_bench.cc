// What verification costs: a published log on this disk, receipts, and memory.
//
//   verify --json FILE --dir FOLDER [--quick] [--entries N]
//
// Rates are per second of the CPU time of the one thread that verifies, so that they are
// "per core" whatever else the machine does; the wall clock is shown beside them. The log is
// read from files, through the function that bailey-verify reads with. Leaves are real ones
// of 256 bytes. Receipts are checked twice: many under one checkpoint, as an evidence bundle
// has them (one signature each), and each under its own (two).
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "bailey/verify.h"
#include "base/check.h"
#include "base/fakes.h"
#include "codec/json.h"
#include "merkle/leaf_glance.h"
#include "merkle/log_for_test.h"

namespace bailey::merkle {
namespace {

constexpr std::size_t kLeafBytes = 256;

double seconds(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct Took {
  double cpu = 0;
  double wall = 0;
};

Took time_of(const std::function<void()>& act) {
  const double cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
  const double wall = seconds(CLOCK_MONOTONIC);
  act();
  return {seconds(CLOCK_THREAD_CPUTIME_ID) - cpu, seconds(CLOCK_MONOTONIC) - wall};
}

double peak_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

verify::File read_file(const std::string& path) {
  verify::File file;
  const int in = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (in < 0) {
    file.state = verify::File::State::kMissing;
    return file;
  }
  struct stat status{};
  check(::fstat(in, &status) == 0, "a file of the bench cannot be looked at");
  const auto size = static_cast<std::size_t>(status.st_size);
  file.content.resize_and_overwrite(size, [&](char* bytes, std::size_t room) {
    check(::read(in, bytes, room) == static_cast<ssize_t>(size), "a file of the bench was cut");
    return room;
  });
  ::close(in);
  file.state = verify::File::State::kRead;
  return file;
}

void write_file(const std::string& path, ByteView bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  check(static_cast<bool>(out.flush()), "the bench's disk is full");
}

// Leaves written as they would be published, without a ledger: this is about reading.
class PublishedLog {
 public:
  PublishedLog(std::string folder, std::uint64_t size) : folder_(std::move(folder)), size_(size) {
    write_level(write_entries());
    const auto note = sign_note(checkpoint_text({"bench.example/log", size_, tree_.root()}),
                                "bench.example/log", key_);
    write_file(folder_ + "/checkpoint", as_bytes(note));
  }
  std::string vkey() const {
    return NoteVerifier::create("bench.example/log", key_.public_key())->vkey();
  }

 private:
  Bytes leaf(std::uint64_t index) {
    LeafEnvelope leaf;
    leaf.type = LeafType::kControl;
    leaf.index = index;
    clock_.advance_ns(1'000'001);
    leaf.time = clock_.wall();
    leaf.mono = clock_.monotonic();
    leaf.boot = clock_.boot_id();
    entropy_.fill(leaf.nonce);
    leaf.body = codec::Json(codec::Json::Object{});
    leaf.body.set("r", codec::Json(""));
    auto bytes = *encode_leaf(leaf);
    check(bytes.size() <= kLeafBytes, "a leaf of the bench has at most 256 bytes");
    leaf.body = codec::Json(codec::Json::Object{});
    leaf.body.set("r", codec::Json(std::string(kLeafBytes - bytes.size(), 'x')));
    return *encode_leaf(leaf);
  }
  std::vector<Hash> write_entries() {
    std::vector<Hash> hashes;
    for (std::uint64_t tile = 0; tile * kTileWidth < size_; ++tile) {
      Bytes bundle;
      const unsigned width = tile_width(0, tile, size_);
      for (unsigned i = 0; i < width; ++i) {
        const auto bytes = leaf(tile * kTileWidth + i);
        append_to_bundle(bundle, bytes);
        hashes.push_back(leaf_hash(bytes));
        tree_.append(hashes.back());
      }
      write_file(folder_ + "/" + bundle_path(tile, width), bundle);
    }
    return hashes;
  }
  void write_level(std::vector<Hash> hashes) {
    for (unsigned level = 0; !hashes.empty(); ++level) {
      std::vector<Hash> above;
      for (std::uint64_t tile = 0; tile * kTileWidth < hashes.size(); ++tile) {
        const unsigned width = tile_width(level, tile, size_);
        Bytes content;
        Frontier whole;
        for (unsigned i = 0; i < width; ++i) {
          const Hash& hash = hashes[tile * kTileWidth + i];
          content.insert(content.end(), hash.begin(), hash.end());
          whole.append(hash);
        }
        write_file(folder_ + "/" + tile_path(level, tile, width), content);
        if (width == kTileWidth) above.push_back(whole.root());
      }
      hashes = std::move(above);
    }
  }

  std::string folder_;
  std::uint64_t size_;
  FakeEntropy entropy_;
  FakeClock clock_;
  Frontier tree_;
  crypto::SigningKey key_ = crypto::SigningKey::generate(entropy_);
};

class Bench {
 public:
  Bench(std::string folder, bool quick, std::uint64_t entries)
      : folder_(std::move(folder)), quick_(quick), entries_(entries) {}

  void whole_log() {
    const PublishedLog log(folder_ + "/log", entries_);
    const auto read = [&](const std::string& path) { return read_file(folder_ + "/log/" + path); };
    verify::Report why;
    const auto verifier = verify::Verifier::create({{log.vkey()}, {}, {}}, why);
    check(verifier != nullptr, "no verifier");
    const double before = peak_mib();
    std::vector<double> per_core;
    std::vector<double> by_wall;
    for (int round = 0; round < (quick_ ? 3 : 7); ++round) {
      const auto took = time_of([&] {
        const auto report = verifier->log(read);
        check(report.verdict == verify::Verdict::kGood && report.size == entries_,
              "the log of the bench is good");
      });
      per_core.push_back(static_cast<double>(entries_) / took.cpu);
      by_wall.push_back(static_cast<double>(entries_) / took.wall);
    }
    const double grown = peak_mib() - before;
    std::printf("Verifying a published log of %llu leaves of %zu bytes, from files\n",
                static_cast<unsigned long long>(entries_), kLeafBytes);
    std::printf("  %-52s %12.0f /s\n", "leaves per second of CPU time", median(per_core));
    std::printf("  %-52s %12.0f /s\n", "and by the wall clock", median(by_wall));
    std::printf("  %-52s %12.1f MiB\n\n", "memory it took beyond what was there", grown);
    save("whole_log", {{"leaves", static_cast<double>(entries_)},
                       {"per_core", median(per_core)},
                       {"by_wall", median(by_wall)},
                       {"grown_mib", grown}});
    target("verifying a log, leaves a second and core", median(per_core), "at least", 2e6, "/s");
  }

  // What the parts of it cost alone, to see where the time goes.
  void parts() {
    LogForTest log;
    log.add(LeafType::kControl);
    const Bytes leaf = log.entries()[0];
    const int count = quick_ ? 200'000 : 1'000'000;
    const auto each = [&](const char* name, const std::function<void()>& act) {
      const auto took = time_of([&] {
        for (int i = 0; i < count; ++i) act();
      });
      std::printf("  %-52s %12.1f ns\n", name, took.cpu * 1e9 / count);
    };
    std::printf("What a leaf of %zu bytes costs\n", leaf.size());
    Hash hash{};
    each("its hash", [&] { hash = leaf_hash(leaf); });
    each("a node of the tree", [&] { hash = node_hash(hash, hash); });
    each("a glance at it", [&] { check(glance_at_leaf(leaf).has_value(), "plain"); });
    std::printf("\n");
  }

  void receipts() {
    LogForTest log;
    const int count = quick_ ? 200 : 2000;
    for (int i = 0; i < count; ++i) {
      const auto intent = log.add(LeafType::kIntent);
      log.add(LeafType::kOutcome, intent);
    }
    std::vector<std::string> shared;
    std::vector<std::string> own;
    const int sample = 200;
    LogForTest small;
    for (int i = 0; i < sample; ++i) {
      const auto intent = static_cast<std::uint64_t>(2 * i);
      shared.push_back(log.receipt(intent + 1, intent));
      const auto first = small.add(LeafType::kIntent);
      own.push_back(small.receipt(small.add(LeafType::kOutcome, first), first));
    }
    verify::Report why;
    const auto verifier = verify::Verifier::create({{log.verifier().vkey()}, {}, {}}, why);
    check(verifier != nullptr, "no verifier");
    const auto rate = [&](const std::vector<std::string>& texts) {
      std::vector<double> rates;
      for (int round = 0; round < (quick_ ? 3 : 21); ++round) {
        const auto took = time_of([&] {
          for (const auto& text : texts) {
            check(verifier->receipt(text).verdict == verify::Verdict::kGood, "a good receipt");
          }
        });
        rates.push_back(static_cast<double>(texts.size()) / took.cpu);
      }
      return median(rates);
    };
    const Bytes message(200, 7);
    const auto signature = log.key().sign_raw(message);
    const auto bare = time_of([&] {
      for (int i = 0; i < sample; ++i) {
        check(log.key().public_key().verify_raw(message, signature), "a good signature");
      }
    });
    const double signatures = sample / bare.cpu;
    const double together = rate(shared);
    const double apart = rate(own);
    std::printf("Receipts with their intent, per second of CPU time\n");
    std::printf("  %-52s %12.0f /s\n", "Ed25519 signatures alone", signatures);
    std::printf("  %-52s %12.0f /s\n", "receipts under one checkpoint", together);
    std::printf("  %-52s %12.0f /s\n\n", "receipts each under a checkpoint of its own", apart);
    save("receipts_per_core",
         {{"signatures", signatures}, {"one_checkpoint", together}, {"own_checkpoint", apart}});
    target("verifying receipts of one checkpoint, a second and core", together, "at least", 15'000,
           "/s");
  }

  std::string json() const {
    codec::Json out;
    out.set("quick", codec::Json(quick_));
    out.set("measured", codec::Json(measured_));
    out.set("targets", codec::Json(targets_));
    return codec::pretty_json(out) + "\n";
  }

 private:
  using Numbers = std::vector<std::pair<const char*, double>>;

  static double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }
  void save(const char* name, const Numbers& numbers) {
    codec::Json each;
    for (const auto& [key, value] : numbers) each.set(key, codec::Json(value));
    measured_.emplace_back(name, std::move(each));
  }
  void target(const char* name, double measured, const char* relation, double limit,
              const char* unit) {
    codec::Json each;
    each.set("name", codec::Json(name));
    each.set("measured", codec::Json(measured));
    each.set("relation", codec::Json(relation));
    each.set("limit", codec::Json(limit));
    each.set("unit", codec::Json(unit));
    each.set("held", codec::Json(measured >= limit));
    targets_.push_back(std::move(each));
  }

  std::string folder_;
  bool quick_;
  std::uint64_t entries_;
  codec::Json::Object measured_;
  codec::Json::Array targets_;
};

}  // namespace
}  // namespace bailey::merkle

int main(int argc, char** argv) {
  std::string json;
  std::string folder;
  bool quick = false;
  std::uint64_t entries = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--quick") {
      quick = true;
    } else if (word == "--json" && i + 1 < argc) {
      json = argv[++i];
    } else if (word == "--dir" && i + 1 < argc) {
      folder = argv[++i];
    } else if (word == "--entries" && i + 1 < argc) {
      entries = std::strtoull(argv[++i], nullptr, 10);
    } else {
      folder.clear();
      break;
    }
  }
  if (folder.empty()) {
    std::fprintf(stderr, "usage: verify --dir FOLDER [--json FILE] [--quick] [--entries N]\n");
    return 2;
  }
  if (entries == 0) entries = quick ? 100'000 : 1'000'000;
  bailey::merkle::Bench bench(folder, quick, entries);
  bench.parts();
  bench.whole_log();
  bench.receipts();
  if (!json.empty()) {
    std::ofstream out(json);
    out << bench.json();
    if (!out.flush()) return 1;
  }
  return 0;
}
