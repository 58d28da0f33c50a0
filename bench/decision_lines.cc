#include "decision_lines.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "decision_clock.h"
#include "policy/line.h"
#include "policy/shell/facts.h"
#include "policy/shell/parse.h"

namespace bailey::bench {
namespace {

constexpr int kRepeats = 200;
constexpr std::string_view kHome = "/home/somebody";
constexpr std::string_view kWork = "/home/somebody/work";

// What agents type, 200 bytes each or a little more.
constexpr std::array<std::string_view, 4> kLines = {
    "cd src && grep -rn --include='*.cc' 'parse_policy' . | sort -u | head -40 > /tmp/found.txt && "
    "wc -l /tmp/found.txt; git diff --stat HEAD~3 -- policy tests | tail -5; git log --oneline -5 "
    "-- src/policy",
    "for f in $(git ls-files '*.py'); do if grep -q 'import unittest' \"$f\"; then sed -i "
    "'s/assertEquals/assertEqual/g' \"./$f\"; fi; done && python3 -m pytest -q tests 2>&1 | tail "
    "-20 "
    "|| git checkout -- tests/a.py",
    "find . -name '*.o' -newer Makefile -not -path './build/*' -print0 | xargs -0 ls -l && make "
    "-j4 "
    "CFLAGS='-O2 -Wall' all test 2>&1 | tee build.log | grep -E 'error|warning|passed|failed' | "
    "head -n 50",
    "cat > notes.md <<'EOF'\n# Findings\n\n- the parser keeps `offset` as 32 bits\n- tests cover "
    "$x "
    "only when it is set\nEOF\nif [ -f notes.md ] && [ ! -d out ]; then mkdir -p out; fi; cp "
    "notes.md "
    "out/ && ls -la out"};
constexpr std::array<std::string_view, 16> kPrograms = {
    "grep", "sort",  "head", "wc",   "git", "tail", "sed",   "python3",
    "find", "xargs", "ls",   "make", "tee", "cat",  "mkdir", "cp"};

// Everything is a system program, and the workspace and /tmp can be written. Looks at no
// disk: what is measured is the judging.
class Scene final : public policy::Surroundings {
 public:
  [[nodiscard]] policy::Sighting find(std::string_view name, std::string_view) const override {
    if (name.find('/') != std::string_view::npos) return {policy::Presence::kNever, {}};
    const std::string path = "/usr/bin/" + std::string(name);
    return {policy::Presence::kThere, {path, path}};
  }
  [[nodiscard]] policy::Reach reach(std::string_view path) const override {
    return path.starts_with(kWork) || path.starts_with("/tmp/") ? policy::Reach::kWrite
                                                                : policy::Reach::kRead;
  }
  [[nodiscard]] std::string_view home() const override { return kHome; }
  [[nodiscard]] std::string_view directory() const override { return kWork; }
};

// 1,000 rules, those for the programs of the lines among them.
policy::CompiledPolicy make_policy() {
  std::string text = R"({"version":1,"files":{"read":["/usr/**"],"write":["./**"]},"commands":[)";
  const auto rule = [&](std::string_view id, std::string_view program) {
    text += R"({"id":")" + std::string(id) + R"(","decision":"allow","argv":[")" +
            std::string(program) + R"(","**"]},)";
  };
  for (const std::string_view program : kPrograms) rule(program, program);
  for (std::size_t i = kPrograms.size(); i < 1'000; ++i)
    rule("r" + std::to_string(i), "program" + std::to_string(i));
  text.back() = ']';
  auto compiled = policy::CompiledPolicy::from_source(text + "}");
  check(compiled.has_value(), "the benchmark's policy does not compile");
  return *std::move(compiled);
}

// Microseconds of one call of `work`, the median over the rounds.
template <class Work>
double median_us(int rounds, const Work& work) {
  std::vector<double> each;
  for (int round = 0; round < rounds; ++round) {
    const double start = cpu_seconds();
    for (int i = 0; i < kRepeats; ++i) work();
    each.push_back((cpu_seconds() - start) * 1e6 / kRepeats);
  }
  std::nth_element(each.begin(), each.begin() + rounds / 2, each.end());
  return each[static_cast<std::size_t>(rounds / 2)];
}

}  // namespace

std::vector<LineCost> measure_lines(int rounds) {
  const auto policy = make_policy();
  const Scene scene;
  std::vector<LineCost> costs;
  for (const std::string_view line : kLines) {
    const std::vector<std::string> argv = {"bash", "-c", std::string(line)};
    const policy::Command command{argv, "/usr/bin/bash", "/usr/bin/bash", kHome, kWork};
    const auto judged = policy::judge(policy, command, &scene);
    check(judged.decision == model::Decision::kAllow && judged.doubt == policy::Doubt::kNone,
          "the benchmark's line is not allowed");
    std::size_t found = 0;
    LineCost cost{.line = std::string(line), .parse_us = 0, .read_us = 0, .judge_us = 0};
    cost.parse_us = median_us(rounds, [&] { found += policy::shell::parse(line)->nodes.size(); });
    cost.read_us = median_us(rounds, [&] {
      found += policy::shell::facts(*policy::shell::parse(line), {kHome, kWork})->segments.size();
    });
    cost.judge_us = median_us(
        rounds, [&] { found += policy::judge(policy, command, &scene).line->segments.size(); });
    check(found > 0, "the benchmark reads nothing");
    costs.push_back(std::move(cost));
  }
  return costs;
}

}  // namespace bailey::bench
