// append_victim: a process that appends to a log until it is done or killed, and its judge.
//
//   append_victim append DIR ACKS THREADS COUNT [BYTES]
//                                                 appends COUNT entries by each thread, each
//                                                 longer by BYTES
//   append_victim check DIR ACKS                  opens the log and holds it to ACKS
//   append_victim look DIR                        holds the published files to the rules
//
// An entry says who wrote it: "<pid>.<thread>.<n>". After append() returned, and not
// before, "<index> <entry>" is added to ACKS, a file outside of the log, in one write(2).
// `check` exits 0 when the log opens, every acknowledged entry stands at its index, the
// tree of all entries computed the slow way is the one that is signed, and the published
// files are good and cover it. Otherwise it says why and exits 1. `look` opens nothing: the
// files as they lie must be good for the checkpoint among them, or none be there yet. `append`
// exits 3 when the log refuses an entry or does not open: refusing is allowed, lying not.
// Before its last entry it writes the tiles ahead, as a run does while its program runs.
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fakes.h"
#include "ledger/log.h"
#include "ledger/published_for_test.h"
#include "test_disk.h"

using namespace bailey;

namespace {

class MachineClock final : public Clock {
 public:
  MachineClock() {
    // A test pretends a reboot by the environment: nothing of the product reads it.
    if (const char* boot = std::getenv("VICTIM_BOOT")) boot_ = boot;
  }
  WallTime wall() const noexcept override { return {read(CLOCK_REALTIME)}; }
  MonoTime monotonic() const noexcept override { return {read(CLOCK_MONOTONIC)}; }
  const BootId& boot_id() const noexcept override { return boot_; }

 private:
  static std::int64_t read(clockid_t id) noexcept {
    timespec now{};
    ::clock_gettime(id, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
  }
  BootId boot_ = "00000000-0000-4000-8000-000000000001";
};

struct World {
  FakeEntropy entropy;
  crypto::SigningKey key = crypto::SigningKey::generate(entropy);
  MachineClock clock;

  // A second place for the last head, when a test names one.
  std::optional<Dir> second = [] {
    const char* path = std::getenv("VICTIM_FENCE");
    return path == nullptr ? std::nullopt : std::optional<Dir>(app::World::open(path));
  }();

  Result<std::unique_ptr<ledger::Log>> open(const std::string& dir) {
    ledger::OpenReport report;
    const ledger::LogOptions options{.segment_bytes = 256U << 10,
                                     .second_place = second ? &*second : nullptr};
    auto log =
        ledger::Log::open(app::World::open(dir), "crash.example/log", key, clock, options, report);
    if (report.cut_bytes != 0) {
      std::printf("cut %llu bytes\n", static_cast<unsigned long long>(report.cut_bytes));
    }
    return log;
  }
};

int say(int code, const Error& error) {
  std::fprintf(stderr, "%s: %s\n", std::string(error.code).c_str(), error.message.c_str());
  return code;
}

int append(const std::string& dir, const std::string& acks, int threads, int count,
           std::size_t bytes) {
  const Fd out(::open(acks.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!out) return 2;
  World world;
  auto log = world.open(dir);
  if (!log) return say(3, log.error());
  std::atomic<int> refused{0};
  const auto work = [&](int thread) {
    for (int i = 0; i < count; ++i) {
      if (i + 1 == count) (*log)->prepare_publish();
      const std::string text = std::to_string(::getpid()) + "." + std::to_string(thread) + "." +
                               std::to_string(i) +
                               std::string(bytes + static_cast<std::size_t>(i) % 300, '#');
      const auto appended = (*log)->append(as_bytes(text));
      if (!appended) {
        (void)say(3, appended.error());
        ++refused;
        return;
      }
      const std::string line = std::to_string(appended->index) + " " + text + "\n";
      if (::write(out.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        ::abort();
    }
  };
  if (threads == 1) {
    work(0);
  } else {
    std::vector<std::jthread> all;
    for (int t = 0; t < threads; ++t) all.emplace_back(work, t);
  }
  const auto closed = (*log)->close();
  if (refused != 0) return 3;
  return closed ? 0 : say(3, closed.error());
}

int check_log(const std::string& dir, const std::string& acks) {
  World world;
  auto log = world.open(dir);
  if (!log) return say(1, log.error());
  if (const auto fault = (*log)->fence_fault()) return say(1, *fault);
  const auto head = (*log)->head();
  if (!head) return say(1, head.error());
  std::map<std::uint64_t, std::string> acked;
  std::ifstream in(acks);
  for (std::string line; std::getline(in, line);) {
    const auto space = line.find(' ');
    if (space == std::string::npos) continue;  // cut by the kill
    acked[std::stoull(line.substr(0, space))] = line.substr(space + 1);
  }
  std::vector<merkle::Hash> hashes;
  std::size_t found = 0;
  bool other = false;
  const auto visited = (*log)->visit(0, head->size, [&](const ledger::Frame& leaf) -> Status {
    hashes.push_back(merkle::leaf_hash(leaf.content));
    if (const auto wanted = acked.find(leaf.index); wanted != acked.end()) {
      ++found;
      other = other || wanted->second != as_text(leaf.content);
    }
    return {};
  });
  if (!visited) return say(1, visited.error());
  if (found != acked.size() || other) {
    return say(1, {"check.lost",
                   std::to_string(acked.size()) + " entries were acknowledged, " +
                       std::to_string(found) + " are there" + (other ? ", some are others" : ""),
                   ""});
  }
  if (ledger::slow_root(hashes, 0, hashes.size()) != head->root) {
    return say(1, {"check.root", "the signed root is not that of the entries", ""});
  }
  if (const auto closed = (*log)->close(); !closed) return say(1, closed.error());
  const auto checkpoint = ledger::check_published(app::World::open(dir), (*log)->verifier());
  if (!checkpoint) return say(1, checkpoint.error());
  if (checkpoint->size != head->size || checkpoint->root != head->root) {
    return say(1, {"check.published", "the checkpoint is not that of the newest head", ""});
  }
  std::printf("%zu acknowledged, %zu there\n", acked.size(), hashes.size());
  return 0;
}

int look(const std::string& dir) {
  const World world;
  const auto verifier = merkle::NoteVerifier::create("crash.example/log", world.key.public_key());
  if (!verifier) return 2;
  const auto checkpoint = ledger::check_published(app::World::open(dir), *verifier);
  if (!checkpoint && app::World::open(dir).exists(RelPath::known("checkpoint")).value_or(true))
    return say(1, checkpoint.error());
  std::printf("%llu published\n",
              static_cast<unsigned long long>(checkpoint ? checkpoint->size : 0));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if ((words.size() == 5 || words.size() == 6) && words[0] == "append") {
    return append(words[1], words[2], std::stoi(words[3]), std::stoi(words[4]),
                  words.size() == 6 ? std::stoul(words[5]) : 0);
  }
  if (words.size() == 3 && words[0] == "check") return check_log(words[1], words[2]);
  if (words.size() == 2 && words[0] == "look") return look(words[1]);
  return 2;
}
