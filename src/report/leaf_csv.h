// Entries as rows of CSV (RFC 4180), for spreadsheets and their people.
//
// What an entry says comes in part from the programs that were judged. A cell that a
// spreadsheet would take for a formula gets an apostrophe before it, and control
// characters, line breaks, invisible and bidirectional characters are written as escapes:
// a row is always one line, and shows what it holds. Pure; any thread.
// Does not protect: who needs the exact bytes takes JSON Lines; the escapes of a cell are
// not undone by reading it.
#pragma once

#include <string>

#include "merkle/leaf.h"

namespace bailey::report {

// The names of the columns; CR LF at the end.
[[nodiscard]] std::string csv_header();
// `intent`: what the entry names, or null; who, what and which policy are told from it when
// the entry itself does not say. `session`: that it belongs to.
[[nodiscard]] std::string csv_row(const merkle::LeafEnvelope& leaf, const merkle::Hash& leaf_hash,
                                  const merkle::LeafEnvelope* intent, const std::string& session);
// One cell: quoted, harmless.
[[nodiscard]] std::string csv_cell(std::string_view text);

}  // namespace bailey::report
