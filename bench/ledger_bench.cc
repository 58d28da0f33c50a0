// What an entry of the log costs, beside raw writes of the same bytes on the same disk.
//
//   ledger --json FILE --dir FOLDER [--quick]
//
// Every comparison is taken in turns within one run, so that a slow minute of the disk
// slows both sides. An entry counts when append() returned: entry and signed head are on
// disk. The raw loop is the obvious one: write(2) at the end of a file, then fdatasync(2).
// A second raw loop overwrites a file prepared before, as the journal does; it is shown
// so that nobody has to guess how much of a figure is that.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/fakes.h"
#include "codec/json.h"
#include "ledger/log.h"
#include "ledger_ground.h"
#include "ledger_short_run.h"

namespace bailey::ledger {
namespace {

constexpr std::size_t kEntryBytes = 256;
constexpr int kGroup = 64;

class Bench {
 public:
  Bench(std::string folder, bool quick) : folder_(std::move(folder)), quick_(quick) {
    const char text[] = "an entry of the log, as long as two hundred and fifty-six bytes are. ";
    for (std::size_t i = 0; i < kEntryBytes; ++i)
      entry_.push_back(static_cast<std::uint8_t>(text[i % (sizeof text - 1)]));
  }

  void single_writer() {
    RawFile extends(folder_ + "/raw-extends", RawFile::Kind::kExtends);
    RawFile overwrites(folder_ + "/raw-overwrites", RawFile::Kind::kOverwrites);
    const auto log = open_log("single");
    std::vector<double> raw, raw_over, ours;
    const auto time = [&](std::vector<double>& into, const std::function<void()>& act) {
      for (int i = 0; i < 25; ++i) {
        const double begin = seconds_now();
        act();
        into.push_back((seconds_now() - begin) * 1e6);
      }
    };
    for (int round = 0; round < (quick_ ? 4 : 80); ++round) {
      time(raw, [&] { extends.commit(entry_); });
      time(ours, [&] { append(*log); });
      time(raw_over, [&] { overwrites.commit(entry_); });
    }
    std::printf("One writer, %zu-byte entries, time to durable (%zu of each, in turns)\n",
                kEntryBytes, ours.size());
    row_us("raw write + fdatasync, extending", raw);
    row_us("raw write + fdatasync, overwriting prepared zeros", raw_over);
    row_us("log append (entry and signed head durable)", ours);
    save("single_writer_us", {{"raw_extending_p50", median(raw)},
                              {"raw_overwriting_p50", median(raw_over)},
                              {"log_p50", median(ours)},
                              {"log_p99", percentile(ours, 0.99)}});
    std::printf("  log p50 / raw extending p50:   %.2f\n", median(ours) / median(raw));
    std::printf("  log p50 / raw overwriting p50: %.2f\n\n", median(ours) / median(raw_over));
    target("append, 1 writer, p50 against raw write+fdatasync", median(ours) / median(raw),
           "at most", 1.3);
  }

  void many_threads() {
    RawFile extends(folder_ + "/raw-extends", RawFile::Kind::kExtends);
    RawFile overwrites(folder_ + "/raw-overwrites", RawFile::Kind::kOverwrites);
    Bytes group;
    for (int i = 0; i < kGroup; ++i) group.insert(group.end(), entry_.begin(), entry_.end());
    const auto log = open_log("threads");
    std::vector<double> raw, raw_over, ours;
    const double slice = quick_ ? 0.1 : 0.4;
    const auto raw_rate = [&](RawFile& file) {
      const double begin = seconds_now();
      double entries = 0;
      while (seconds_now() - begin < slice) {
        file.commit(group);
        entries += kGroup;
      }
      return entries / (seconds_now() - begin);
    };
    for (int round = 0; round < (quick_ ? 3 : 15); ++round) {
      raw.push_back(raw_rate(extends));
      ours.push_back(thread_rate(*log, kGroup, slice));
      raw_over.push_back(raw_rate(overwrites));
    }
    std::printf("%d threads, entries per second (median of %zu turns of %.1f s)\n", kGroup,
                ours.size(), slice);
    row_rate("raw loop, 64 entries a commit, extending", raw);
    row_rate("raw loop, 64 entries a commit, overwriting", raw_over);
    row_rate("log append by 64 threads", ours);
    std::printf("  log / raw extending:   %.2f\n", median(ours) / median(raw));
    std::printf("  log / raw overwriting: %.2f\n\n", median(ours) / median(raw_over));
    save("threads_per_second", {{"raw_extending", median(raw)},
                                {"raw_overwriting", median(raw_over)},
                                {"log_64_threads", median(ours)}});
    target("append, 64 threads, rate against a raw loop of 64 a commit", median(ours) / median(raw),
           "at least", 0.6);
  }

  void processes() {
    const double slice = quick_ ? 0.2 : 0.5;
    std::vector<double> threads, procs;
    for (int round = 0; round < (quick_ ? 3 : 11); ++round) {
      {
        const auto log = open_log("eight-threads");
        threads.push_back(thread_rate(*log, 8, slice));
      }
      procs.push_back(process_rate(8, slice));
    }
    std::printf("8 writers, entries per second (median of %zu turns of %.1f s)\n", procs.size(),
                slice);
    row_rate("8 threads of one process", threads);
    row_rate("8 processes", procs);
    std::printf("  processes / threads: %.2f\n\n", median(procs) / median(threads));
    save("eight_writers_per_second", {{"threads", median(threads)}, {"processes", median(procs)}});
    target("append, 8 processes, rate against 8 threads", median(procs) / median(threads),
           "at least", 0.6);
  }

  void reopen() {
    const std::uint64_t entries = quick_ ? 100'000 : 1'000'000;
    std::uint64_t size = 0;
    double fill = 0;
    {
      const auto log = open_log("large");
      const double begin = seconds_now();
      std::vector<std::jthread> writers;
      for (int t = 0; t < kGroup; ++t) {
        writers.emplace_back([&] {
          for (std::uint64_t i = 0; i < entries / kGroup; ++i) append(*log);
        });
      }
      writers.clear();
      fill = seconds_now() - begin;
      const auto head = log->head();
      check(head.has_value(), "no head");
      size = head->size;
    }
    std::vector<double> same, next;
    for (int i = 0; i < (quick_ ? 5 : 21); ++i) {
      const double begin = seconds_now();
      const auto log = open_log("large");
      same.push_back((seconds_now() - begin) * 1e3);
      const auto head = log->head();
      check(head.has_value() && head->size == size, "reopening lost entries");
    }
    // After a reboot the shared page counts for nothing: the journal's last segment is
    // read and the tiles since the last known sync are written anew.
    for (int i = 0; i < (quick_ ? 2 : 6); ++i) {
      const double begin = seconds_now();
      const auto log = open_log("large", i % 2 == 0 ? kNextBoot : kThisBoot);
      next.push_back((seconds_now() - begin) * 1e3);
      const auto head = log->head();
      check(head.has_value() && head->size == size, "recovery lost entries");
    }
    std::printf("Reopening a log of %llu entries (filled in %.1f s)\n",
                static_cast<unsigned long long>(size), fill);
    std::printf("  %-52s p50 %9.2f ms\n", "in the same boot", median(same));
    std::printf("  %-52s p50 %9.2f ms\n\n", "in the next boot (journal scanned, tiles redone)",
                median(next));
    save("reopen_ms", {{"entries", static_cast<double>(size)},
                       {"same_boot_p50", median(same)},
                       {"next_boot_p50", median(next)}});
    target("reopening a log of 1 million entries, ms", std::max(median(same), median(next)),
           "at most", 100, "ms");
  }

  // What a run pays, stage by stage.
  void short_run() {
    const auto runs = measure_short_runs(folder_ + "/short", quick_ ? 30 : 1000);
    std::printf("A short run's share of the ledger (%zu runs of a process's life each)\n",
                runs.open.size());
    row_us("raw write + fdatasync, overwriting prepared zeros", runs.raw);
    row_us("open, with nothing to recover", runs.open);
    row_us("intent durable", runs.intent);
    row_us("made ready while the program runs", runs.prepare);
    row_us("outcome durable, receipt made", runs.outcome);
    row_us("published, closed", runs.leave);
    row_us("the end: outcome, receipt, published, closed", runs.end);
    const double beyond = median(runs.end) - median(runs.raw);
    std::printf("  the end p50 beyond one raw commit: %.1f us\n\n", beyond);
    save("short_run_us", {{"raw_overwriting_p50", median(runs.raw)},
                          {"open_p50", median(runs.open)},
                          {"intent_p50", median(runs.intent)},
                          {"prepare_p50", median(runs.prepare)},
                          {"outcome_p50", median(runs.outcome)},
                          {"leave_p50", median(runs.leave)},
                          {"end_p50", median(runs.end)},
                          {"end_beyond_raw", beyond}});
  }

  std::string json() const {
    codec::Json out;
    out.set("entry_bytes", codec::Json(static_cast<std::int64_t>(kEntryBytes)));
    out.set("quick", codec::Json(quick_));
    out.set("measured", codec::Json(measured_));
    out.set("targets", codec::Json(targets_));
    return codec::pretty_json(out) + "\n";
  }

 private:
  using Numbers = std::vector<std::pair<const char*, double>>;

  void append(Log& log) {
    const auto appended = log.append(entry_);
    check(appended.has_value(), "an append failed");
  }

  std::unique_ptr<Log> open_log(const std::string& name, const char* boot = kThisBoot) {
    const std::string path = folder_ + "/" + name;
    std::filesystem::create_directories(path);
    clock_ = std::make_unique<MachineClock>(boot);
    OpenReport report;
    auto log = Log::open(app::World::open(path), "bench.example/log", key_, *clock_, {}, report);
    if (!log) std::fprintf(stderr, "%s\n", log.error().message.c_str());
    check(log.has_value(), "the log does not open");
    return *std::move(log);
  }

  double thread_rate(Log& log, int threads, double slice) {
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> total{0};
    const double begin = seconds_now();
    std::vector<std::jthread> writers;
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([&] {
        std::uint64_t mine = 0;
        while (!stop.load(std::memory_order_relaxed)) {
          append(log);
          ++mine;
        }
        total += mine;
      });
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(slice));
    stop = true;
    writers.clear();
    return static_cast<double>(total.load()) / (seconds_now() - begin);
  }

  // Children of a single-threaded moment; each opens the log itself.
  double process_rate(int count, double slice) {
    struct Shared {
      std::atomic<int> ready;
      std::atomic<bool> stop;
      std::atomic<std::uint64_t> total;
    };
    void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check(page != MAP_FAILED, "no shared page");
    auto* shared = new (page) Shared{};
    for (int i = 0; i < count; ++i) {
      const pid_t child = ::fork();
      check(child >= 0, "no process");
      if (child == 0) {
        {
          const auto log = open_log("eight-processes");
          shared->ready.fetch_add(1);
          while (shared->ready.load() < count) ::usleep(100);
          std::uint64_t mine = 0;
          while (!shared->stop.load(std::memory_order_relaxed)) {
            append(*log);
            ++mine;
          }
          shared->total.fetch_add(mine);
        }
        ::_exit(0);
      }
    }
    while (shared->ready.load() < count) ::usleep(100);
    const double begin = seconds_now();
    std::this_thread::sleep_for(std::chrono::duration<double>(slice));
    shared->stop = true;
    for (int i = 0; i < count; ++i) {
      int status = 0;
      check(::wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0,
            "a writing process failed");
    }
    // Until the last one's last append: leaving and publishing are not part of it, but
    // cannot be told apart from here, so they count against us.
    const double rate = static_cast<double>(shared->total.load()) / (seconds_now() - begin);
    ::munmap(page, 4096);
    return rate;
  }

  static void row_us(const char* name, const std::vector<double>& values) {
    std::printf("  %-52s p50 %9.1f us   p99 %9.1f us\n", name, median(values),
                percentile(values, 0.99));
  }
  static void row_rate(const char* name, const std::vector<double>& values) {
    std::printf("  %-52s %12.0f /s\n", name, median(values));
  }
  void save(const char* name, const Numbers& numbers) {
    codec::Json each;
    for (const auto& [key, value] : numbers) each.set(key, codec::Json(value));
    measured_.emplace_back(name, std::move(each));
  }
  void target(const char* name, double measured, const char* relation, double limit,
              const char* unit = "x") {
    codec::Json each;
    each.set("name", codec::Json(name));
    each.set("measured", codec::Json(measured));
    each.set("relation", codec::Json(relation));
    each.set("limit", codec::Json(limit));
    each.set("unit", codec::Json(unit));
    each.set("held", codec::Json(std::strcmp(relation, "at most") == 0 ? measured <= limit
                                                                       : measured >= limit));
    targets_.push_back(std::move(each));
  }

  std::string folder_;
  bool quick_;
  Bytes entry_;
  FakeEntropy key_entropy_;
  crypto::SigningKey key_ = crypto::SigningKey::generate(key_entropy_);
  std::unique_ptr<MachineClock> clock_;
  codec::Json::Object measured_;
  codec::Json::Array targets_;
};

}  // namespace
}  // namespace bailey::ledger

int main(int argc, char** argv) {
  std::string json, folder, part;
  bool quick = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--quick") {
      quick = true;
    } else if (word == "--json" && i + 1 < argc) {
      json = argv[++i];
    } else if (word == "--dir" && i + 1 < argc) {
      folder = argv[++i];
    } else if (word == "--part" && i + 1 < argc) {
      part = argv[++i];
    } else {
      folder.clear();
      break;
    }
  }
  if (folder.empty()) {
    std::fprintf(stderr, "usage: ledger --dir FOLDER [--json FILE] [--quick] [--part NAME]\n");
    return 2;
  }
  bailey::ledger::Bench bench(folder, quick);
  const auto wanted = [&](const char* name) { return part.empty() || part == name; };
  if (wanted("single")) bench.single_writer();
  if (wanted("threads")) bench.many_threads();
  if (wanted("processes")) bench.processes();
  if (wanted("short")) bench.short_run();
  if (wanted("reopen")) bench.reopen();
  if (!json.empty()) {
    std::ofstream out(json);
    out << bench.json();
    if (!out.flush()) return 1;
  }
  return 0;
}
