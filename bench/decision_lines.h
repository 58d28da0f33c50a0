// What a shell line of about 200 bytes costs: parsed, read, judged.
#pragma once

#include <string>
#include <vector>

namespace bailey::bench {

struct LineCost {
  std::string line;
  double parse_us;  // of one line, each the median over the rounds
  double read_us;   // parse and facts
  double judge_us;  // policy::judge of `bash -c LINE`, both of these in it
};

// Each of a few lines, `rounds` times. Aborts when one is not allowed: a denial is no work.
[[nodiscard]] std::vector<LineCost> measure_lines(int rounds);

}  // namespace bailey::bench
