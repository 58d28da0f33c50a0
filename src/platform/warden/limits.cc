#include "platform/warden/limits.h"

#include "platform/warden/gauge.h"

namespace bailey::platform::warden {

namespace sys = cage::sys;
using wire::Mechanism;

namespace {
constexpr std::uint64_t bit(Kind kind) { return std::uint64_t{1} << static_cast<unsigned>(kind); }
constexpr unsigned bit(Controller controller) { return 1U << static_cast<unsigned>(controller); }
}  // namespace

void Limits::hold(Kind kind, Held held, Mechanism mechanism, std::uint64_t effective) noexcept {
  body(kind).limit_class = static_cast<std::uint32_t>(held);
  body(kind).mechanism = static_cast<std::uint32_t>(mechanism);
  body(kind).effective = effective;
}

void Limits::poll(Kind kind, Mechanism mechanism) noexcept {
  hold(kind, Held::kPolled, mechanism, body(kind).requested);
  body(kind).interval_ns = interval_;
  polled_ |= static_cast<std::uint32_t>(bit(kind));
}

long Limits::open(const wire::PlanHeader& plan, int memfd, Counting counting,
                  Kind& failed) noexcept {
  asked_ = plan.limits_present;
  sys::Stat stat;
  if (sys::fstatat(memfd, "", &stat, sys::kAtEmptyPath) == 0) memfd_device_ = stat.device;
  for (unsigned i = 0; i < kKinds; ++i) {
    bodies_[i].kind = i;
    bodies_[i].requested = plan.limits[i];
  }
  unsigned wanted = 0;
  if (asked(Kind::kMemory)) wanted |= bit(Controller::kMemory);
  if (asked(Kind::kProcesses)) wanted |= bit(Controller::kPids);
  if (asked(Kind::kCpus)) wanted |= bit(Controller::kCpu);
  if (asked(Kind::kCpuTime)) wanted |= bit(Controller::kCpuacct);
  if (wanted != 0) cgroup_.open(wanted);

  if (asked(Kind::kWall)) hold(Kind::kWall, Held::kWarden, Mechanism::kClock, plan.limits[0]);
  if (asked(Kind::kOutput)) {
    hold(Kind::kOutput, Held::kWarden, Mechanism::kCounted, body(Kind::kOutput).requested);
  }
  const Mechanism group = cgroup_.is_v2() ? Mechanism::kCgroupV2 : Mechanism::kCgroupV1;
  std::uint64_t effective = 0;
  failed = Kind::kMemory;
  if (asked(Kind::kMemory)) {
    if (cgroup_.has(Controller::kMemory)) {
      const long e = cgroup_.limit_memory(body(Kind::kMemory).requested, effective);
      if (e < 0) return e;
      hold(Kind::kMemory, Held::kGroup, group, effective);
    } else {
      poll(Kind::kMemory, Mechanism::kPolledProc);
      for_init_ |= bit(Kind::kMemory);  // RLIMIT_DATA, so that one process alone is held
    }
  }
  failed = Kind::kProcesses;
  if (asked(Kind::kProcesses)) {
    if (cgroup_.has(Controller::kPids)) {
      const long e = cgroup_.limit_processes(body(Kind::kProcesses).requested, effective);
      if (e < 0) return e;
      hold(Kind::kProcesses, Held::kGroup, group, effective);
    } else if (counting == Counting::kCage) {
      // Counted by the kernel for each user in each user namespace: for this cage. It
      // refuses in silence, so it allows one more, and whoever has it is over the limit.
      hold(Kind::kProcesses, Held::kGroup, Mechanism::kRlimit, 0);
      for_init_ |= bit(Kind::kProcesses);
      count_tasks_ = true;
    } else {
      // Root's processes are not counted, and without a namespace all of the user's are.
      poll(Kind::kProcesses, Mechanism::kPolledProc);
      if (counting == Counting::kUser) for_init_ |= bit(Kind::kProcesses);  // against a bomb
    }
  }
  failed = Kind::kCpus;
  if (asked(Kind::kCpus)) {
    // Without a quota a whole number could be had by affinity, but a program may widen
    // its own again; what does not hold is not offered.
    if (!cgroup_.has(Controller::kCpu)) return -95;
    const long e = cgroup_.limit_cpus(body(Kind::kCpus).requested, effective);
    if (e < 0) return e;
    hold(Kind::kCpus, Held::kGroup, group, effective);
  }
  failed = Kind::kCpuTime;
  if (asked(Kind::kCpuTime)) {
    poll(Kind::kCpuTime,
         cgroup_.has(Controller::kCpuacct) ? Mechanism::kPolledCgroup : Mechanism::kPolledProc);
    for_init_ |= bit(Kind::kCpuTime);
  }
  failed = Kind::kOpenFiles;
  if (asked(Kind::kOpenFiles)) {
    hold(Kind::kOpenFiles, Held::kProcess, Mechanism::kRlimit, 0);
    for_init_ |= bit(Kind::kOpenFiles);
  }
  failed = Kind::kDisk;
  if (asked(Kind::kDisk)) {
    poll(Kind::kDisk, Mechanism::kPolledProc);
    for_init_ |= bit(Kind::kDisk);
  }
  if (plan.polled == 0 && polled_ != 0) {
    for (unsigned i = 0; i < kKinds; ++i) {
      if ((polled_ >> i & 1U) == 0) continue;
      failed = static_cast<Kind>(i);
      return -95;
    }
  }
  return 0;
}

bool Limits::accept(const std::uint64_t (&rlimits)[wire::kRlimits], Kind& failed) noexcept {
  constexpr Kind kOf[wire::kRlimits] = {Kind::kCpuTime, Kind::kMemory, Kind::kProcesses,
                                        Kind::kOpenFiles, Kind::kDisk};
  for (std::size_t i = 0; i < wire::kRlimits; ++i) {
    const Kind kind = kOf[i];
    if ((for_init_ & bit(kind)) == 0) continue;
    failed = kind;
    if (rlimits[i] == 0) return false;
    if (body(kind).effective != 0) continue;  // a polled limit with a backstop
    // Init, and the one that is over.
    const std::uint64_t value = kind == Kind::kProcesses ? rlimits[i] - 2 : rlimits[i];
    if (value > body(kind).requested) return false;
    body(kind).effective = value;
  }
  return true;
}

bool Limits::check(Kind kind, std::uint64_t used, Kind& exceeded) noexcept {
  set_used(kind, used);
  if (!is_polled(kind) || used <= body(kind).requested) return false;
  body(kind).overshoot = used - body(kind).requested;
  exceeded = kind;
  return true;
}

bool Limits::check_tasks(std::uint64_t tasks, Kind& exceeded) noexcept {
  if (is_polled(Kind::kProcesses)) return check(Kind::kProcesses, tasks, exceeded);
  if (!count_tasks_) return false;
  set_used(Kind::kProcesses, tasks);
  exceeded = Kind::kProcesses;
  return tasks > body(Kind::kProcesses).requested;
}

bool Limits::is_over_at_end(Kind& exceeded) const noexcept {
  exceeded = Kind::kMemory;
  if (cgroup_.oom_kills() > 0) return true;
  exceeded = Kind::kProcesses;
  return cgroup_.has(Controller::kPids) && cgroup_.processes_refused() > 0;
}

void Limits::set_used(Kind kind, std::uint64_t used) noexcept {
  if (!asked(kind) || used == kNoNumber) return;
  if (used > body(kind).used) body(kind).used = used;
  body(kind).flags |= wire::kLimitUsedKnown;
}

void Limits::mark_hit(Kind kind, std::uint64_t used) noexcept {
  if (!asked(kind)) return;
  set_used(kind, used);
  body(kind).flags |= wire::kLimitHit;
}

bool Limits::look(Kind& exceeded) noexcept {
  const std::uint64_t start = sys::monotonic_ns();
  if (cgroup_.oom_kills() > 0) {
    exceeded = Kind::kMemory;
    return true;
  }
  if (cgroup_.has(Controller::kPids) && cgroup_.processes_refused() > 0) {
    exceeded = Kind::kProcesses;
    return true;
  }
  if (is_polled(Kind::kCpuTime) && cgroup_.has(Controller::kCpuacct) &&
      check(Kind::kCpuTime, cgroup_.cpu_ns(), exceeded)) {
    return true;
  }
  const bool files = is_polled(Kind::kMemory) || is_polled(Kind::kProcesses) || count_tasks_ ||
                     is_polled(Kind::kDisk) ||
                     (is_polled(Kind::kCpuTime) && !cgroup_.has(Controller::kCpuacct));
  if (files && proc_ >= 0) {
    Usage usage;
    const unsigned what = (is_polled(Kind::kMemory) ? kMeasureMemory : 0U) |
                          (is_polled(Kind::kDisk) ? kMeasureDisk : 0U);
    const std::uint64_t most =
        asked(Kind::kProcesses) ? body(Kind::kProcesses).requested : kNoNumber;
    const bool measured =
        init_ == 0 ? measure(proc_, what, memfd_device_, usage)
                   : measure_tree(proc_, {init_, guard_, most}, what, memfd_device_, usage);
    if (!measured) return false;  // the cage is going down
    if (scratch_ >= 0) {
      struct {
        long type, block_size;
        std::uint64_t blocks, free;
        long rest[11];
      } fs{};
      if (sys::call(__NR_fstatfs, scratch_, &fs) == 0) {
        usage.memory += (fs.blocks - fs.free) * static_cast<std::uint64_t>(fs.block_size);
      }
    }
    if (is_polled(Kind::kMemory) && segments_ >= 0) usage.memory += measure_segments(segments_);
    // A process that vanished was reaped by its parent, which has its sum now, or by
    // init, which tells; a sum never shrinks.
    const std::uint64_t disk = usage.disk + reaped_disk_;
    if (is_polled(Kind::kMemory) && check(Kind::kMemory, usage.memory, exceeded)) return true;
    if (check_tasks(usage.tasks, exceeded)) return true;
    if (is_polled(Kind::kDisk) && check(Kind::kDisk, disk, exceeded)) return true;
    if (!cgroup_.has(Controller::kCpuacct) && is_polled(Kind::kCpuTime) &&
        check(Kind::kCpuTime, usage.cpu_ns, exceeded)) {
      return true;
    }
  }
  // Looking must stay cheap beside what is looked at.
  const std::uint64_t took = sys::monotonic_ns() - start;
  const std::uint64_t needed = took * 20;
  interval_ = needed > 50000000 ? needed : 50000000;
  return false;
}

void Limits::count_last() noexcept {
  if (cgroup_.has(Controller::kMemory)) set_used(Kind::kMemory, cgroup_.peak_memory());
  if (cgroup_.has(Controller::kPids)) set_used(Kind::kProcesses, cgroup_.peak_processes());
  if (cgroup_.has(Controller::kCpuacct)) set_used(Kind::kCpuTime, cgroup_.cpu_ns());
}

}  // namespace bailey::platform::warden
