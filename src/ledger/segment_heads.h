// Heads of a segment wherever they stand: what shows, behind damaged bytes, whether entries
// lie there that were on disk. Thread rule: one thread.
#pragma once

#include <vector>

#include "ledger/journal_frame.h"
#include "ledger/segment.h"

namespace bailey::ledger {

// Every frame from `from` on that is a whole head by its checksum. The signature is for the
// caller to look at. Errors: disk.*, log.deleted.
[[nodiscard]] Result<std::vector<ParsedHead>> heads_in(const Segment& segment, std::uint32_t from);

}  // namespace bailey::ledger
