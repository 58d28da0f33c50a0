// What is given to a log to be appended, and what is known of it afterwards.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "ledger/journal_frame.h"

namespace bailey::ledger {

struct Appended {
  std::uint64_t index = 0;
  merkle::Hash leaf_hash{};
  Head head;  // signed and on disk, of a size above index
};

// An entry that is told its index before it is made.
class Draft {
 public:
  virtual ~Draft() = default;
  // Called under the append lock, by whichever thread commits, with the index that the
  // entry will have if the commit succeeds. Quick; does not call the log.
  [[nodiscard]] virtual Status write(std::uint64_t index, Bytes& out) = 0;
  [[nodiscard]] virtual Mark mark() const { return Mark::kNone; }
  [[nodiscard]] virtual std::uint64_t closes() const { return 0; }
  // True: on_its_way() is wanted when this entry is alone in its commit. The entry and a
  // signed head over it are written and the disk is at work, so that the time is free, but
  // other processes wait: nothing may be asked of the log but a proof from memory. What is
  // made there is worth nothing until append() has given the same.
  [[nodiscard]] virtual bool has_work_meanwhile() const { return false; }
  virtual void on_its_way(const Appended& signed_under) { (void)signed_under; }
};

// kFinal may use the room kept for telling why no more is taken.
enum class Space { kOrdinary, kFinal };

// A draft on its way through a commit.
struct Pending {
  Draft* draft;
  Space space;
  std::uint64_t index = 0;
  merkle::Hash leaf_hash{};
  bool written = false;
  std::optional<Result<Appended>> result;
};

}  // namespace bailey::ledger
