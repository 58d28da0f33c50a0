// cage-probe: the cage alone, without gate and ledger. For figures and for tests.
//
//   cage-probe [-n RUNS] [-w DIR]... [-r DIR]... [-h HIDDEN]... [-l KIND=VALUE]... [-t] [-v] --
//   PROGRAM ARG...
//
// -w and -r: writable and read-only views beside the system's; -t: a terminal; -a: a layer
// that may be missing; -u:
// Unix sockets; -v: print layers, limits and the end. With -n it prints the median
// and the tail of start to reap, and exits 0 only when every run exited 0.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stop_token>
#include <string>
#include <vector>

#include "platform/warden_jail.h"

namespace {

using namespace bailey;
using namespace bailey::effect::process;

double now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

class NeverStop final : public Watch {
 public:
  bool must_stop() override { return false; }
};

CageSpec system_spec() {
  CageSpec spec;
  for (const char* path : {"/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc"}) {
    spec.views.push_back({path, path, Access::kReadOnly, true});
  }
  spec.hidden = {"/etc/shadow", "/etc/gshadow", "/etc/ssl/private"};
  spec.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8"};
  spec.working_directory = "/tmp";
  return spec;
}

int complain(const Error& error) {
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(error.code.size()), error.code.data(),
               error.message.c_str());
  return 120;
}

void describe(const Readiness& ready) {
  if (!ready.deaf_because.empty()) std::fprintf(stderr, "deaf %s\n", ready.deaf_because.c_str());
  for (const auto& layer : ready.layers) {
    std::fprintf(stderr, "%-18s %d  %s\n", layer.name.c_str(), static_cast<int>(layer.state),
                 layer.detail.c_str());
  }
}

void describe(const CageEnd& end) {
  std::fprintf(stderr, "events kept %llu repeated %llu dropped %llu\n",
               static_cast<unsigned long long>(end.events.kept),
               static_cast<unsigned long long>(end.events.repeated),
               static_cast<unsigned long long>(end.events.dropped));
  std::fprintf(stderr, "end %d exit %d signal %d errno %d leftover %llu\n",
               static_cast<int>(end.end), end.exit_code, end.signal, end.exec_errno,
               static_cast<unsigned long long>(end.leftover_processes));
  for (const auto& limit : end.limits) {
    std::fprintf(stderr, "%s class %s asked %llu has %llu used %llu%s by %s\n",
                 std::string(model::name(limit.kind)).c_str(),
                 std::string(model::name(limit.limit_class)).c_str(),
                 static_cast<unsigned long long>(limit.requested),
                 static_cast<unsigned long long>(limit.effective),
                 static_cast<unsigned long long>(limit.used), limit.hit ? " HIT" : "",
                 limit.mechanism.c_str());
  }
}

class ToldEvents final : public EventSink {
 public:
  explicit ToldEvents(bool told) : told_(told) {}
  void take(model::Event event) override {
    if (!told_) return;
    std::fprintf(stderr, "event %s %s %s by %s layer %s %s digest %s\n", model::name(event.kind),
                 event.act.c_str(), event.object.c_str(), event.program.c_str(),
                 event.layer.c_str(), event.error.c_str(), event.program_digest ? "yes" : "no");
  }
  void look_at_the_clock() override {}

 private:
  bool told_;
};

}  // namespace

int main(int argc, char** argv) {
  CageSpec spec = system_spec();
  int runs = 0;
  bool verbose = false;
  int option;
  while ((option = getopt(argc, argv, "+n:w:r:h:l:a:tuvd:")) != -1) {
    switch (option) {
      case 'n':
        runs = std::atoi(optarg);
        break;
      case 'w':
        spec.views.push_back({optarg, optarg, Access::kReadWrite, false});
        break;
      case 'r':
        spec.views.push_back({optarg, optarg, Access::kReadOnly, false});
        break;
      case 'h':
        spec.hidden.push_back(optarg);
        break;
      case 'a':
        spec.accepted.push_back(optarg);
        break;
      case 'd':
        spec.working_directory = optarg;
        break;
      case 't':
        spec.terminal = Terminal::kPty;
        break;
      case 'u':
        spec.unix_sockets = UnixSockets::kAllowed;
        break;
      case 'v':
        verbose = true;
        break;
      case 'l': {
        const std::string text = optarg;
        const std::size_t equals = text.find('=');
        for (std::size_t i = 0; i < model::kLimitKinds; ++i) {
          if (equals != std::string::npos &&
              text.substr(0, equals) == model::name(static_cast<model::LimitKind>(i))) {
            spec.limits.value[i] = std::strtoull(text.c_str() + equals + 1, nullptr, 10);
          }
        }
        break;
      }
      default:
        return 121;
    }
  }
  if (optind >= argc) return 121;
  for (int i = optind; i < argc; ++i) spec.argv.emplace_back(argv[i]);
  spec.program = spec.argv[0];

  auto warden = platform::open_warden();
  if (!warden) return complain(warden.error());
  platform::WardenJail jail(std::move(*warden));
  std::vector<double> times, ready_times, end_times;
  for (int run = 0; run < std::max(runs, 1); ++run) {
    const double start = now_ms();
    double ready_at = 0;
    {
      auto cage = jail.raise();
      if (!cage) return complain(cage.error());
      if (auto e = (*cage)->furnish(spec); !e) return complain(e.error());
      auto ready = (*cage)->await_ready();
      if (!ready) return complain(ready.error());
      ready_at = now_ms();
      if (verbose) describe(*ready);
      NeverStop watch;
      const Leash leash(0, MonoTime{INT64_MAX}, std::stop_token{});
      ToldEvents events(verbose);
      NoWishes wishes;
      auto end = (*cage)->run(leash, watch, events, wishes);
      if (!end) return complain(end.error());
      end_times.push_back(now_ms() - start);
      if (verbose) describe(*end);
      if (runs == 0) {
        if (end->end == End::kExited) {
          return end->signal != 0 ? 128 + end->signal : end->exit_code;
        }
        if (end->end == End::kNotRunnable) return end->exec_errno == 2 ? 127 : 126;
        return end->end == End::kLimit ? 124 : 120;
      }
      if (end->end != End::kExited || end->exit_code != 0) {
        std::fprintf(stderr, "run %d: ", run);
        describe(*end);
        return 1;
      }
    }
    times.push_back(now_ms() - start);
    ready_times.push_back(ready_at - start);
  }
  std::sort(times.begin(), times.end());
  std::sort(ready_times.begin(), ready_times.end());
  std::sort(end_times.begin(), end_times.end());
  std::printf("p50 %.3f p95 %.3f p99 %.3f ms; ready p50 %.3f, end told p50 %.3f ms\n",
              times[times.size() / 2], times[times.size() * 95 / 100],
              times[times.size() * 99 / 100], ready_times[ready_times.size() / 2],
              end_times[end_times.size() / 2]);
  return 0;
}
