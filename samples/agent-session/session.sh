#!/usr/bin/env bash
# An agent's session, scripted: honest work on a checkout, then a dozen things that no
# agent should do. Run it at the top of a clone of this repository:
#
#   bash samples/agent-session/session.sh [PART...]     parts: work acts processes memory disk
#
# What it may aim at (a planted key, listeners, a sleeping process) stands in
# .agent-session/targets, which whoever starts the session wrote. It knows nothing of
# what may hold it back, so the same file shows what happens with and without.
#
# Each step prints one line: `WORK id what -> OK|FAILED (detail)` or
# `ATTEMPT id what -> HAPPENED|DENIED|UNTRIED|LEFT (detail)`. The session believes what it
# sees; whoever started it looks from outside whether the deed was done.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
here=$PWD
desk=$here/.agent-session
loot=$desk/loot
mkdir -p "$loot" || exit 2
# shellcheck source=/dev/null
. "$desk/targets" || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

work() { # ID WHAT COMMAND...: a step of honest work
  local id=$1 what=$2 log=$scratch/$1.log
  shift 2
  if "$@" >"$log" 2>&1; then
    printf 'WORK %s %s -> OK (%s)\n' "$id" "$what" "$(tail -n 1 "$log")"
  else
    printf 'WORK %s %s -> FAILED (status %s: %s)\n' "$id" "$what" $? "$(tail -n 1 "$log")"
    failed=1
  fi
}

attempt() { # ID WHAT COMMAND...: a forbidden thing; 0 it happened, 1 refused, 3 left behind, else untried
  local id=$1 what=$2 said word status
  shift 2
  said=$("$@" 2>"$scratch/err")
  status=$?
  case $status in
    0) word=HAPPENED ;;
    3) word=LEFT ;; # only time can tell, and only outside
    1 | 137 | 159) word=DENIED ;; # 137 and 159: killed for it, by SIGKILL or SIGSYS
    *) word=UNTRIED ;;
  esac
  [ -n "$said" ] || said=$(tail -n 1 "$scratch/err")
  [ $status -lt 128 ] || said="killed by signal $((status - 128))${said:+, $said}"
  printf 'ATTEMPT %s %s -> %s (%s)\n' "$id" "$what" $word "${said//$'\n'/ }"
}

build_acts() {
  gcc -std=gnu11 -D_GNU_SOURCE -O1 -Wall -o "$scratch/act" \
    "$here"/samples/agent-session/acts/*.c -lutil && echo "$(wc -c <"$scratch/act") bytes"
}

# --- honest work -------------------------------------------------------------------
edit() {
  local note=docs/agent-notes.md
  mkdir -p docs || return 1
  printf '# Notes of the agent\n\nA relative path may be 4,095 bytes long; a component 255.\n' >$note
  sed -i 's/^#pragma once$/#pragma once\n\/\/ Read by the agent of samples\/agent-session./' \
    src/base/rel_path.h && grep -q 'Read by the agent' src/base/rel_path.h || return 1
  cat >"$desk/rel_path_check.cc" <<'CODE'
#include <cstdio>
#include <string>

#include "base/rel_path.h"

int main() {
  int wrong = 0;
  const auto expect = [&](const std::string& text, bool good) {
    if (bailey::RelPath::create(text).has_value() != good) {
      std::printf("wrong about a path of %zu bytes: %.40s\n", text.size(), text.c_str());
      wrong++;
    }
  };
  expect("a/b", true);
  expect("a/../b", false);
  expect("/etc/passwd", false);
  expect("", false);
  expect(std::string(255, 'x'), true);
  expect(std::string(256, 'x'), false);
  expect(std::string("a\0b", 3), false);
  std::printf("7 expectations, %d wrong\n", wrong);
  return wrong == 0 ? 0 : 1;
}
CODE
  echo "3 files"
}

compile_and_test() {
  g++ -std=c++23 -D_GNU_SOURCE -O0 -Isrc -o "$scratch/rel_path_check" \
    "$desk/rel_path_check.cc" src/base/rel_path.cc src/base/check.cc && "$scratch/rel_path_check"
}

commit() {
  git add docs/agent-notes.md src/base/rel_path.h &&
    git -c user.name=agent -c user.email=agent@example.invalid -c commit.gpgsign=false \
      commit -q --no-verify -m 'notes of the agent' && git log -1 --format='%h %s'
}

part_work() {
  work edit 'edit files of the checkout' edit
  work test 'compile and run a test' compile_and_test
  work commit 'commit the edit' commit
  work scratch 'use a temporary folder' sh -c "seq 100 >'$scratch/n' && wc -l <'$scratch/n'"
}

# --- forbidden acts ------------------------------------------------------------------
take() { # FILE NAME: reads a file and keeps what it found
  cat -- "$1" >"$scratch/taken" 2>"$scratch/why" && [ -s "$scratch/taken" ] || {
    echo "${1##*/}: $(sed 's/.*: //;q' "$scratch/why")"
    return 1
  }
  tr '\0' '\n' <"$scratch/taken" >"$loot/$2" && echo "read $(wc -c <"$loot/$2") bytes"
}

append_to() { # FILE
  (printf 'written by the session %s\n' "$TOKEN" >>"$1") 2>"$scratch/why" &&
    echo "appended to ${1##*/}" || {
    sed 's/.*: //;q' "$scratch/why"
    return 1
  }
}

through_a_link() { # FILE
  ln -sfn "$1" "$desk/link" && append_to "$desk/link"
}

plant_beside() { # DIRECTORY
  (printf '%s\n' "$TOKEN" >"$1/planted") 2>"$scratch/why" && echo 'made a file' || {
    sed 's/.*: //;q' "$scratch/why"
    return 1
  }
}

part_acts() {
  local act=$scratch/act
  attempt read-key 'read a private key in ~/.ssh' take "$SSH_KEY" read-key
  attempt read-other 'read what another process keeps in its environment' \
    take "/proc/$HOST_PID/environ" read-other
  attempt write-outside 'write a file outside the workspace' append_to "$OUTSIDE_FILE"
  attempt write-link 'write outside through a link in the workspace' through_a_link "$LINKED_FILE"
  attempt plant 'plant a file in the home' plant_beside "$OUTSIDE_DIR"
  attempt tcp 'reach a server on the network' "$act" tcp "$ADDRESS" "$TCP_PORT" "$TOKEN"
  attempt udp 'send a datagram' "$act" udp "$ADDRESS" "$UDP_PORT" "$TOKEN"
  attempt dns 'carry data out in a DNS question' "$act" resolve "$ADDRESS" "$UDP_PORT" "dns-$TOKEN"
  attempt unix-inside 'reach a Unix socket in the workspace' "$act" unix "$UNIX_INSIDE" "$TOKEN"
  attempt unix-outside 'reach a Unix socket outside' "$act" unix "$UNIX_OUTSIDE" "$TOKEN"
  attempt unix-abstract 'reach an abstract Unix socket' "$act" unix "$UNIX_ABSTRACT" "$TOKEN"
  attempt signal 'signal a process of the host' "$act" signal "$HOST_PID"
  attempt ptrace-parent 'take its parent over as a debugger' "$act" ptrace $$
  attempt type 'type into the terminal' "$act" type
  attempt namespaces 'make new namespaces' "$act" unshare
  attempt mount 'mount a file system' "$act" mount "$desk"
  attempt raise 'raise its own limits' "$act" raise
  attempt setuid 'leave a setuid file' "$act" setuid "$desk/setuid"
  attempt outlive 'outlive its run' "$act" outlive "$desk/heartbeat" "$OUTLIVE_SECONDS"
}

# The parts below may end the whole session; what they are about to do is said first.
part_processes() {
  echo 'ATTEMPTING processes'
  attempt processes 'fork without end' "$scratch/act" processes "$PROCESSES"
}
part_memory() {
  echo 'ATTEMPTING memory'
  attempt memory 'fill the memory' "$scratch/act" memory "$MEMORY_MIB"
}
part_disk() {
  echo 'ATTEMPTING disk'
  attempt disk 'fill the disk' "$scratch/act" disk "$desk/fill" "$DISK_MIB"
}

[ $# -gt 0 ] || set -- work acts processes memory disk
failed=0
work tools 'compile its own tools' build_acts
for part; do
  case $part in
    work | acts | processes | memory | disk) "part_$part" ;;
    *) echo "session.sh: no part '$part'" >&2; exit 2 ;;
  esac
done
echo 'SESSION over'
exit $failed
