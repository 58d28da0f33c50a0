// FakeJail: a Jail whose cages do what a test says, and remember what was asked.
//
// Nothing is run. A cage that is dropped counts as gone. One thread.
#pragma once

#include <poll.h>

#include <memory>
#include <optional>
#include <utility>

#include "effect/process/jail.h"

namespace bailey::effect::process {

// What a test decides beforehand, and what it may look at afterwards.
struct FakeCageScript {
  static CageEnd exited() {
    CageEnd end;
    end.end = End::kExited;
    return end;
  }

  std::optional<Error> raise_error;
  std::optional<Error> furnish_error;
  std::optional<Error> ready_error;
  std::optional<Error> run_error;
  Readiness readiness;
  CageEnd end = exited();
  std::vector<model::Event> events;  // told while it "runs"
  std::vector<Wish> wishes;          // made while it "runs", one after the other
  std::vector<bool> given;           // what came of each

  int raised = 0;
  int alive = 0;  // raised and not yet gone
  int runs = 0;
  std::optional<CageSpec> furnished;
};

class FakeCage final : public Cage {
 public:
  explicit FakeCage(FakeCageScript& script) : script_(script) { ++script_.alive; }
  ~FakeCage() override { --script_.alive; }
  FakeCage(const FakeCage&) = delete;
  FakeCage& operator=(const FakeCage&) = delete;

  [[nodiscard]] Status furnish(const CageSpec& spec) override {
    if (script_.furnish_error) return std::unexpected(*script_.furnish_error);
    script_.furnished = spec;
    return {};
  }
  [[nodiscard]] Result<Readiness> await_ready() override {
    if (script_.ready_error) return std::unexpected(*script_.ready_error);
    return script_.readiness;
  }
  [[nodiscard]] Result<CageEnd> run(const Leash& leash, Watch& watch, EventSink& events,
                                    WishDesk& wishes) override {
    ++script_.runs;
    for (const auto& event : script_.events) events.take(event);
    for (const auto& wish : script_.wishes) script_.given.push_back(grant(wish, wishes));
    if (script_.run_error) return std::unexpected(*script_.run_error);
    CageEnd end = script_.end;
    if (leash.stop_requested() || watch.must_stop()) end.end = End::kLeash;
    return end;
  }

 private:
  static bool grant(const Wish& wish, WishDesk& wishes) {
    wishes.take(wish);
    for (int turns = 0; turns < 10'000; ++turns) {
      if (auto answer = wishes.next()) {
        const bool given = static_cast<bool>(answer->file);
        if (given) wishes.delivered(answer->id, 0);
        return given;
      }
      if (wishes.wants_silence()) wishes.hushed();
      pollfd wait{wishes.listens_on(), POLLIN, 0};
      (void)::poll(&wait, 1, 1);
    }
    return false;
  }

  FakeCageScript& script_;
};

class FakeJail final : public Jail {
 public:
  explicit FakeJail(FakeCageScript& script) : script_(script) {}
  [[nodiscard]] Result<std::unique_ptr<Cage>> raise() override {
    if (script_.raise_error) return std::unexpected(*script_.raise_error);
    ++script_.raised;
    return std::unique_ptr<Cage>(std::make_unique<FakeCage>(script_));
  }

 private:
  FakeCageScript& script_;
};

}  // namespace bailey::effect::process
