// The results of bailey-verify for people and for programs.
#pragma once

#include "app/verify_options.h"
#include "bailey/verify.h"

namespace bailey::app {

// One result; `what` is the operand it is of.
void print_report(const VerifyOptions& options, const std::string& what,
                  const verify::Report& report);

// A line on standard error while a long log is read: nothing in the first second, and
// nothing when standard error is no terminal. The destructor takes the line away.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void tell(std::uint64_t done, std::uint64_t all);

 private:
  bool terminal_;
  std::int64_t next_ms_;
  bool shown_ = false;
};

}  // namespace bailey::app
