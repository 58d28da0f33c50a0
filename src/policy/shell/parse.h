// parse: one shell text, as an agent typed it, into a Script.
//
// The grammar is bash's, as far as spec/shell.md says; what bash would take and this
// does not understand, what two shells read differently, and what a limit cuts off is an
// error, never a guess. Any bytes in. Time is linear in the text but for backquotes in
// backquotes (each level is copied once); memory is a few times its size; recursion ends
// at kMaxDepth. Pure; any thread.
// Does not protect: aliases, startup files and options of the shell that runs the text
// can change what it means; the reading (facts.h) says which of them the text itself sets.
//
// Errors: shell.too_big, shell.nul, shell.carriage_return, shell.control, shell.utf8,
// shell.bidi, shell.invisible, shell.syntax, shell.unterminated, shell.ambiguous,
// shell.dialect, shell.too_deep, shell.too_many. Messages name the byte where, and never
// quote the text.
#pragma once

#include <string_view>

#include "base/result.h"
#include "policy/shell/script.h"

namespace bailey::policy::shell {

[[nodiscard]] Result<Script> parse(std::string_view text, Dialect dialect = Dialect::kBash);

// The first half of parse(): are these bytes that a person could have read?
[[nodiscard]] Status check_bytes(std::string_view text);

}  // namespace bailey::policy::shell
