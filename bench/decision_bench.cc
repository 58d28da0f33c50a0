// How many decisions a second one core makes, at 10, 100 and 1,000 rules.
//
// A decision is CompiledPolicy::decide over a real argument vector; the commands go round
// over every rule, one in four matches none. Prints one JSON object; the figure is the
// median over the rounds. The policies differ in two ways: rules for other programs, and
// rules for the same program that differ in their second word.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "base/check.h"
#include "policy/compiled_policy.h"

namespace {

using namespace bailey;

constexpr int kRounds = 201;
constexpr int kDecisions = 20'000;

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

double median_per_second(Shape shape, int rules) {
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
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kDecisions; ++i) {
      const Sample& sample = samples[static_cast<std::size_t>(i % rules)];
      const auto decision = policy.decide(
          {sample.argv, sample.found, sample.found, "/home/somebody", "/home/somebody/work"});
      matched += decision.rule != nullptr ? 1 : 0;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    rounds.push_back(kDecisions / took.count());
  }
  check(matched > 0 && matched < std::size_t{kRounds} * kDecisions,
        "the benchmark decides nothing");
  std::nth_element(rounds.begin(), rounds.begin() + kRounds / 2, rounds.end());
  return rounds[kRounds / 2];
}

}  // namespace

int main() {
  std::printf(
      "{\"benchmark\":\"decision\",\"rounds\":%d,\"unit\":\"decisions per second per core\"",
      kRounds);
  for (const int rules : {10, 100, 1'000}) {
    std::printf(",\"other_programs_%d\":%.0f", rules, median_per_second(Shape::kPrograms, rules));
    std::printf(",\"same_program_%d\":%.0f", rules, median_per_second(Shape::kSubcommands, rules));
  }
  std::printf("}\n");
  return 0;
}
