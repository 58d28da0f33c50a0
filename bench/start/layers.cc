// layers: raises a cage with only its first N layers, by the same functions that the
// product's cage is made of, so that each layer's price can be read off.
//
//   layers N SPEC DIRECTORY PROGRAM     runs PROGRAM behind the first N layers
//   layers --list                       their names, in order
//
// For measuring only. The product has no such switch: this program is not shipped, and
// the partial cages of it protect nothing.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "effect/process/plan.h"
#include "effect/process/plan_builder.h"
#include "platform/cage/context.h"
#include "start/spec_file.h"

// There is no second thread here (cage/second.cc): the old root goes at once.
void bailey::platform::cage::let_second_detach() noexcept { umount2("/", MNT_DETACH); }

namespace {

using bailey::platform::cage::Context;
using bailey::platform::cage::StepFunction;
namespace cage = bailey::platform::cage;
namespace sys = bailey::platform::cage::sys;

// Most steps that one layer is made of.
constexpr std::size_t kMost = 8;

struct Layer {
  std::string_view name;
  std::uint64_t clone_flags;
  StepFunction steps[kMost];
};

// A filter that allows everything and has a listener. Nobody is here to answer calls as the
// warden does, and the kernel gives a second listener to nobody: the cage's filter then
// answers by itself.
long be_deaf(Context&) {
  sock_filter allow[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  const sock_fprog program{1, allow};
  const long e =
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  return e < 0 ? -errno : 0;
}

// Every layer needs the ones before it, so they are switched on in this order. Landlock's
// rules are collected while the view is made; that part is counted with Landlock.
constexpr Layer kLayers[] = {
    {"two processes, no layer", 0, {}},
    {"+ user namespace", sys::kNewUser, {cage::open_host_proc, cage::write_identity}},
    {"+ pid namespace", sys::kNewPid, {}},
    {"+ ipc, uts, cgroup namespaces",
     sys::kNewIpc | sys::kNewUts | sys::kNewCgroup,
     {cage::name_host}},
    {"+ network namespace, loopback up", sys::kNewNet, {[](Context&) {
       return cage::raise_loopback();
     }}},
    {"+ time namespace", 0, {cage::shift_time}},
    {"+ mount namespace, the whole view",
     sys::kNewNs,
     {cage::cut_propagation, cage::make_root, cage::place_all, cage::forbid_nesting,
      cage::seal_places, cage::pivot, cage::prove_root, cage::enter_program_directory}},
    {"+ rlimits", 0, {cage::set_rlimits}},
    {"+ no capabilities, no_new_privs", 0, {cage::drop_capabilities, cage::forbid_new_privileges}},
    {"+ Landlock, descriptors closed", 0, {cage::enforce_landlock, cage::close_descriptors}},
    {"+ seccomp", 0, {be_deaf, cage::enforce_seccomp}},
};
constexpr std::size_t kCount = sizeof kLayers / sizeof kLayers[0];
constexpr std::size_t kLandlock = 9;
static_assert(kLayers[kLandlock].name == "+ Landlock, descriptors closed");

[[noreturn]] void give_up(std::string_view what, long error) {
  std::fprintf(stderr, "layers: %.*s: %s\n", static_cast<int>(what.size()), what.data(),
               std::strerror(static_cast<int>(-error)));
  _exit(1);
}

int wait_for(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

[[noreturn]] void be_init(Context& context, std::size_t layers, char* program) {
  for (std::size_t i = 0; i < layers; ++i) {
    if (i == 0 && layers > kLandlock)
      if (const long e = cage::begin_landlock(context); e < 0) give_up("Landlock", e);
    for (const StepFunction step : kLayers[i].steps)
      if (step != nullptr)
        if (const long e = step(context); e < 0) give_up(kLayers[i].name, e);
  }
  const pid_t target = fork();
  if (target == 0) {
    char* words[] = {program, nullptr};
    execve(program, words, environ);
    _exit(127);
  }
  if (target < 0) _exit(1);
  _exit(wait_for(target));
}

std::uint64_t seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec);
}

}  // namespace

int main(int count, char** words) {
  if (count == 2 && std::string_view(words[1]) == "--list") {
    for (const auto& layer : kLayers)
      std::printf("%.*s\n", static_cast<int>(layer.name.size()), layer.name.data());
    return 0;
  }
  const std::size_t layers = count == 5 ? std::strtoul(words[1], nullptr, 10) : 0;
  if (layers == 0 || layers > kCount) {
    std::fputs("usage: layers N SPEC DIRECTORY PROGRAM\n", stderr);
    return 2;
  }
  const auto spec = bailey::bench::read_spec(words[2], words[3], {words[4]});
  if (!spec) give_up(spec.error().message, -EINVAL);
  const auto plan = bailey::effect::process::build_plan(spec->cage, spec->top_links);
  if (!plan) give_up(plan.error().message, -EINVAL);

  Context context;
  if (!context.plan.open(plan->data(), plan->size())) give_up("the plan", -EINVAL);
  context.warden = dup(0);
  for (int i = 0; i < 3; ++i) context.streams[i] = i;
  context.baseline.uid = getuid();
  context.baseline.gid = getgid();
  context.baseline.uptime_seconds = seconds(CLOCK_MONOTONIC);
  context.baseline.boottime_seconds = seconds(CLOCK_BOOTTIME);
  sys::CloneArgs clone;
  clone.exit_signal = SIGCHLD;
  for (std::size_t i = 0; i < layers; ++i) clone.flags |= kLayers[i].clone_flags;
  const long init = sys::clone3(clone);
  if (init < 0) give_up("clone3", init);
  if (init == 0) be_init(context, layers, words[4]);
  return wait_for(static_cast<pid_t>(init));
}
