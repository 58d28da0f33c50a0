// How many decisions a second one core makes, at 10, 100 and 1,000 rules, how long a single
// one takes, and what a shell line costs.
//
//   decision --json FILE [--quick]
//
// A decision is CompiledPolicy::decide over a real argument vector; the commands go round
// over every rule, one in four matches none. Prints one JSON object; the figure is the
// median over the rounds, and for single decisions the slowest but one in a hundred. The policies
// differ in two ways: rules for other programs, and rules for the same program that differ in their
// second word.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "decision_clock.h"
#include "decision_lines.h"
#include "policy/compiled_policy.h"

namespace {

using namespace bailey;  // NOLINT(google-build-using-namespace)
using bench::cpu_seconds;

constexpr int kRounds = 201;
constexpr int kDecisions = 20'000;
constexpr double kPromised = 1e6;
constexpr double kPromisedSlowestUs = 5;
constexpr double kPromisedLineUs = 20;

enum class Shape { kPrograms, kSubcommands };

std::string word(Shape shape, int i) {
  return (shape == Shape::kPrograms ? "program" : "subcommand") + std::to_string(i);
}

policy::CompiledPolicy make_policy(Shape shape, int rules) {
  std::string text = R"({"version":1,"commands":[)";
  for (int i = 0; i < rules; ++i) {
    if (i > 0) text += ',';
    text += R"({"id":"r)" + std::to_string(i) + R"(","decision":")" +
            (i % 5 == 0 ? "deny" : "allow") + R"(","argv":[)";
    if (shape == Shape::kSubcommands) text += R"("git",)";
    text += '"' + word(shape, i) + R"(","--out=*","**"]})";
  }
  auto compiled = policy::CompiledPolicy::from_source(text + "]}");
  check(compiled.has_value(), "the benchmark's policy does not compile");
  return *std::move(compiled);
}

struct Sample {
  std::vector<std::string> argv;
  std::string found;
};

std::vector<Sample> make_samples(Shape shape, int rules) {
  std::vector<Sample> samples;
  for (int i = 0; i < rules; ++i) {
    Sample sample;
    const std::string name = word(shape, i % 4 == 3 ? i + rules : i);
    sample.argv = shape == Shape::kPrograms ? std::vector<std::string>{name, "--out=/tmp/x", "a"}
                                            : std::vector<std::string>{"git", name, "--out=x", "a"};
    sample.found = "/usr/bin/" + sample.argv.front();
    samples.push_back(std::move(sample));
  }
  return samples;
}

policy::CommandDecision decide(const policy::CompiledPolicy& policy, const Sample& sample) {
  return policy.decide(
      {sample.argv, sample.found, sample.found, "/home/somebody", "/home/somebody/work"});
}

double median_per_second(Shape shape, int rules, int count) {
  const auto policy = make_policy(shape, rules);
  const auto samples = make_samples(shape, rules);
  std::vector<double> rounds;
  std::size_t matched = 0;
  for (int round = 0; round < count; ++round) {
    const double start = cpu_seconds();
    for (int i = 0; i < kDecisions; ++i) {
      const auto decision = decide(policy, samples[static_cast<std::size_t>(i % rules)]);
      matched += decision.rule != nullptr ? 1 : 0;
    }
    rounds.push_back(kDecisions / (cpu_seconds() - start));
  }
  check(matched > 0 && matched < static_cast<std::size_t>(count) * kDecisions,
        "the benchmark decides nothing");
  std::nth_element(rounds.begin(), rounds.begin() + count / 2, rounds.end());
  return rounds[static_cast<std::size_t>(count / 2)];
}

// Microseconds that all but one in a hundred single decisions stay below, by the wall clock:
// what the machine does meanwhile is in it.
double slowest_us(Shape shape, int rules, int count) {
  const auto policy = make_policy(shape, rules);
  const auto samples = make_samples(shape, rules);
  const auto now = [] {
    timespec at{};
    check(clock_gettime(CLOCK_MONOTONIC, &at) == 0, "no clock");
    return static_cast<double>(at.tv_sec) * 1e6 + static_cast<double>(at.tv_nsec) * 1e-3;
  };
  std::vector<double> each;
  std::size_t matched = 0;
  for (int i = 0; i < count * 1'000; ++i) {
    const Sample& sample = samples[static_cast<std::size_t>(i % rules)];
    const double start = now();
    if (decide(policy, sample).rule != nullptr) ++matched;
    each.push_back(now() - start);
  }
  check(matched > 0 && matched < each.size(), "the benchmark decides nothing");
  const auto rank = static_cast<std::ptrdiff_t>(each.size() / 100 * 99);
  std::nth_element(each.begin(), each.begin() + rank, each.end());
  return each[static_cast<std::size_t>(rank)];
}

codec::Json target(const std::string& name, double measured, std::string_view relation,
                   double limit, std::string_view unit) {
  codec::Json target{codec::Json::Object{}};
  target.set("name", name);
  target.set("measured", measured);
  target.set("relation", std::string(relation));
  target.set("limit", limit);
  target.set("unit", std::string(unit));
  target.set("held", relation == "at least" ? measured >= limit : measured <= limit);
  return target;
}

struct Options {
  std::string json;
  int rounds = kRounds;
};

// False for anything that is not `--json FILE`, `--dir FOLDER` (not used) or `--quick`.
bool read_options(int argc, char** argv, Options& options) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--quick") {
      options.rounds = 21;
    } else if ((words[i] == "--json" || words[i] == "--dir") && i + 1 < words.size()) {
      ++i;
      if (words[i - 1] == "--json") options.json = words[i];
    } else {
      return false;
    }
  }
  return !options.json.empty();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fputs("usage: decision --json FILE [--dir FOLDER] [--quick]\n", stderr);
    return 2;
  }
  codec::Json::Array targets;
  std::printf("decisions per second and core, median of %d rounds\n", options.rounds);
  std::printf("%8s %18s %18s\n", "rules", "other programs", "same program");
  for (const int rules : {10, 100, 1'000}) {
    const double other = median_per_second(Shape::kPrograms, rules, options.rounds);
    const double same = median_per_second(Shape::kSubcommands, rules, options.rounds);
    std::printf("%8d %18.0f %18.0f\n", rules, other, same);
    const double least = std::min(other, same);
    targets.push_back(target("decision over " + std::to_string(rules) + " rules", least, "at least",
                             kPromised, "/s"));
  }
  const double slowest = std::max(slowest_us(Shape::kPrograms, 1'000, options.rounds),
                                  slowest_us(Shape::kSubcommands, 1'000, options.rounds));
  std::printf("a single decision over 1,000 rules, p99: %.2f us\n", slowest);
  targets.push_back(
      target("decision over 1000 rules, p99", slowest, "at most", kPromisedSlowestUs, "us"));

  std::printf("\nshell lines, 1,000 rules, microseconds, median of %d rounds\n", options.rounds);
  std::printf("%6s %8s %8s %8s   line\n", "bytes", "parsed", "read", "judged");
  double slowest_line = 0;
  for (const auto& cost : bench::measure_lines(options.rounds)) {
    std::string begin = cost.line.substr(0, 40);
    std::replace(begin.begin(), begin.end(), '\n', ' ');
    std::printf("%6zu %8.2f %8.2f %8.2f   %s...\n", cost.line.size(), cost.parse_us, cost.read_us,
                cost.judge_us, begin.c_str());
    slowest_line = std::max(slowest_line, cost.judge_us);
  }
  targets.push_back(target("shell line of 200 bytes parsed and judged, the slowest", slowest_line,
                           "at most", kPromisedLineUs, "us"));
  codec::Json report{codec::Json::Object{}};
  report.set("targets", std::move(targets));
  std::ofstream file(options.json);
  file << codec::pretty_json(report) << "\n";
  file.close();
  return file ? 0 : 1;
}
