// How many decisions a second one core makes, at 10, 100 and 1,000 rules.
//
//   decision --json FILE [--quick]
//
// A decision is CompiledPolicy::decide over a real argument vector; the commands go round
// over every rule, one in four matches none. Prints one JSON object; the figure is the
// median over the rounds. The policies differ in two ways: rules for other programs, and
// rules for the same program that differ in their second word.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "policy/compiled_policy.h"

namespace {

using namespace bailey;

constexpr int kRounds = 201;
constexpr int kDecisions = 20'000;
constexpr double kPromised = 1e6;

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

// Of this thread: what others do to the machine meanwhile is not counted.
double cpu_seconds() {
  timespec now{};
  check(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0, "no CPU clock");
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Sample {
  std::vector<std::string> argv;
  std::string found;
};

double median_per_second(Shape shape, int rules, int count) {
  const auto policy = make_policy(shape, rules);
  std::vector<Sample> samples;
  for (int i = 0; i < rules; ++i) {
    Sample sample;
    const std::string name = word(shape, i % 4 == 3 ? i + rules : i);
    sample.argv = shape == Shape::kPrograms ? std::vector<std::string>{name, "--out=/tmp/x", "a"}
                                            : std::vector<std::string>{"git", name, "--out=x", "a"};
    sample.found = "/usr/bin/" + sample.argv.front();
    samples.push_back(std::move(sample));
  }
  std::vector<double> rounds;
  std::size_t matched = 0;
  for (int round = 0; round < count; ++round) {
    const double start = cpu_seconds();
    for (int i = 0; i < kDecisions; ++i) {
      const Sample& sample = samples[static_cast<std::size_t>(i % rules)];
      const auto decision = policy.decide(
          {sample.argv, sample.found, sample.found, "/home/somebody", "/home/somebody/work"});
      matched += decision.rule != nullptr ? 1 : 0;
    }
    rounds.push_back(kDecisions / (cpu_seconds() - start));
  }
  check(matched > 0 && matched < static_cast<std::size_t>(count) * kDecisions,
        "the benchmark decides nothing");
  std::nth_element(rounds.begin(), rounds.begin() + count / 2, rounds.end());
  return rounds[static_cast<std::size_t>(count / 2)];
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
    if (rules > 100) continue;  // shown only: no figure is promised there
    const double least = std::min(other, same);
    codec::Json target{codec::Json::Object{}};
    target.set("name", "decision over " + std::to_string(rules) + " rules");
    target.set("measured", least);
    target.set("relation", "at least");
    target.set("limit", kPromised);
    target.set("unit", "/s");
    target.set("held", least >= kPromised);
    targets.push_back(std::move(target));
  }
  codec::Json report{codec::Json::Object{}};
  report.set("targets", std::move(targets));
  std::ofstream file(options.json);
  file << codec::pretty_json(report) << "\n";
  file.close();
  return file ? 0 : 1;
}
