// Jail: the port through which the process effect raises cages. Implemented in
// platform; a fake for tests is in fake_jail.h.
//
// A cage is raised in three steps so that what can overlap does: raise() starts the
// warden and the empty namespaces before anything was decided (nothing of the
// user's runs, and a dropped Cage dies); furnish() sends the plan, and the warden
// builds while the ledger makes the intent durable; run() lets the program go, and
// needs the Recorded<Permit> to have been consumed by the caller (Effects).
// Thread rule: one thread per Cage. Failure: an Error, and the cage is dead.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/leash.h"
#include "base/result.h"
#include "effect/process/wishes.h"
#include "model/event.h"
#include "model/limits.h"
#include "model/outcome.h"

namespace bailey::effect::process {

enum class Access : std::uint32_t { kReadOnly, kReadWrite };

// A place of the host that the cage sees. Paths are absolute and without "..".
struct View {
  std::string source;  // on the host; symlinks were resolved by whoever planned
  std::string target;  // in the cage; its parents are made
  Access access = Access::kReadOnly;
  bool optional = false;  // a missing source is no error
};

enum class Terminal : std::uint32_t { kPipes, kPty };
enum class UnixSockets : std::uint32_t {
  kRefused,
  kAllowed
};  // socket(AF_UNIX); pairs always work
// What is heard of files besides what every run tells. kFiles: opens that were refused or
// hidden. kUse: those, and every file that is opened or executed.
enum class Observe : std::uint32_t { kNo, kFiles, kUse };
enum class PolledLimits : std::uint32_t { kRefused, kAccepted };

struct CageSpec {
  std::vector<std::string> argv;         // argv[0] as the program sees it
  std::string program;                   // absolute, in the cage's view
  std::vector<std::string> environment;  // "NAME=value"
  std::string working_directory;         // absolute, in the cage's view
  std::vector<View> views;
  std::vector<std::string> hidden;       // absolute, in the cage's view; masked by inode if present
  std::uint64_t tmp_bytes = 256U << 20;  // the size of the private /tmp (a sized tmpfs)
  model::Limits limits;
  PolledLimits polled = PolledLimits::kAccepted;
  UnixSockets unix_sockets = UnixSockets::kRefused;
  Observe observe = Observe::kNo;
  std::vector<std::string> asks;  // places, absolute and plain, of which an open may wait
  Terminal terminal = Terminal::kPipes;
  std::vector<std::string> accepted;  // names of layers that may be missing
};

// What stands before the program starts.
struct Readiness {
  std::vector<model::LayerReport> layers;  // every layer, missing ones too
  std::vector<model::LimitReport> limits;
  std::vector<std::string> notes;
  std::string deaf_because;  // why what is refused is not heard of; empty when it is
  Observe observe = Observe::kNo;
  bool asks = false;  // opens may wait for a person
};

// Why a cage ended.
enum class End : std::uint32_t {
  kExited,       // the program ended: exit_code or signal
  kNotRunnable,  // execve failed: errno in `exec_errno`
  kLimit,        // `limit` was exceeded
  kLeash,        // the leash's deadline or stop token, or Cage::kill
  kWardenLost,   // the warden died or hung; init took the cage down
};

// What a bounded look at the end of standard error suggests; no text of it is kept.
struct Hints {
  bool missing_file = false;  // "No such file or directory"
  bool permission = false;    // "Permission denied", "Operation not permitted"
  bool read_only = false;     // "Read-only file system"
  bool network = false;       // "Network is unreachable", "Could not resolve host", ...
};

struct CageEnd {
  End end = End::kWardenLost;
  int exit_code = 0;
  int signal = 0;
  int exec_errno = 0;
  model::LimitKind limit = model::LimitKind::kWall;
  std::vector<model::LimitReport> limits;  // with what was used
  std::vector<model::StreamReport> streams;
  std::uint64_t leftover_processes = 0;
  std::uint64_t started_mono_ns = 0;
  std::uint64_t ended_mono_ns = 0;
  Hints hints;
  model::EventCounts events;
};

// Asked every few hundred milliseconds while a cage runs, and at each signal:
// the kill switch and whoever else may end a run from outside.
class Watch {
 public:
  virtual ~Watch() = default;
  // True when the cage must die now.
  [[nodiscard]] virtual bool must_stop() = 0;
};

// Hears of what the cage refused, while the program runs (spec/events.md).
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void take(model::Event event) = 0;
  // Now and then, and at the end: what has waited long enough is passed on.
  virtual void look_at_the_clock() = 0;
};

class Cage {
 public:
  virtual ~Cage() = default;  // kills what is left, waits until it is gone
  // Sends the plan. Errors: cage.plan (too big, a path that does not qualify).
  [[nodiscard]] virtual Status furnish(const CageSpec& spec) = 0;
  // Waits until everything stands and is proven. Errors: cage.setup with the step
  // that failed, cage.limit when a limit cannot be had as asked.
  [[nodiscard]] virtual Result<Readiness> await_ready() = 0;
  // Lets the program go and stays until the cage is empty. Standard streams, signals,
  // the terminal and its size are passed on meanwhile.
  [[nodiscard]] virtual Result<CageEnd> run(const Leash& leash, Watch& watch, EventSink& events,
                                            WishDesk& wishes) = 0;
};

class Jail {
 public:
  virtual ~Jail() = default;
  // Errors: cage.warden (it cannot be started).
  [[nodiscard]] virtual Result<std::unique_ptr<Cage>> raise() = 0;
};

}  // namespace bailey::effect::process
