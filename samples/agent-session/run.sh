#!/usr/bin/env bash
# The sample agent session, from nothing to a verified receipt.
#
#   run.sh [--keep] BIN_DIR     in Bailey's cage (BIN_DIR holds bailey and bailey-verify)
#   run.sh [--keep] --bare      under plain bash: shows that each forbidden act works there
#
# Makes a temporary home and a clone, runs session.sh there, asks a witness outside what
# really happened, prints a report and removes everything. Exit 0: caged, all work done
# and nothing forbidden happened; bare, every forbidden act happened. 1: otherwise.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
repository=$(cd "$here/../.." && pwd -P)
keep=no
mode=caged
bin=
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=yes ;;
    --bare) mode=bare ;;
    -*) echo 'usage: run.sh [--keep] BIN_DIR | --bare' >&2; exit 2 ;;
    *) bin=$(cd "$1" && pwd -P) || exit 2 ;;
  esac
  shift
done
# shellcheck source=stage.sh
. "$here/stage.sh"
if [ $mode = caged ]; then
  [ -n "$bin" ] && [ -x "$bin/bailey" ] || { echo "run.sh: no bailey in '$bin'" >&2; exit 2; }
fi

top=$(mktemp -d "${TMPDIR:-/tmp}/agent-session.XXXXXX") || exit 1
top=$(cd "$top" && pwd -P)
clear_up() {
  stage_clear
  if [ $keep = yes ]; then
    echo "kept: $top"
  else
    chmod -R u+rwX "$top" 2>/dev/null
    rm -rf "$top"
  fi
}
trap clear_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
stage_set "$top" "$repository" || { echo 'run.sh: cannot set the stage' >&2; exit 1; }
cd "$clone" || exit 1

# Each run is a name, the parts of the session in it, and what it is limited to. A run
# that goes over its limits dies whole, so each of those has a run of its own.
export BAILEY_HOME=$top/home/bailey
session() { # NAME LIMITS PART...
  local name=$1 limits=$2
  shift 2
  if [ $mode = bare ]; then
    (ulimit -Sn 512 && exec bash samples/agent-session/session.sh "$@") >"$top/$name.out" 2>"$top/$name.err" </dev/null
  else
    # shellcheck disable=SC2086
    "$bin/bailey" run --policy "$top/policy.yaml" --receipt "$top/$name.receipt" $limits -- \
      bash samples/agent-session/session.sh "$@" >"$top/$name.out" 2>"$top/$name.err" </dev/null
  fi
  echo $? >"$top/$name.status"
  stage_ended
}

wrong=0
complain() {
  echo "  !! $*"
  wrong=1
}

# Why plain bash itself may be refused an act on this machine; empty when it should work.
held_by_the_machine() {
  [ $mode = bare ] || return
  local user_namespaces=yes
  unshare -U true 2>/dev/null || user_namespaces=no
  case $1 in
    ptrace-parent)
      [ "$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)" = 0 ] ||
        [ "$(id -u)" = 0 ] || echo 'yama.ptrace_scope is set'
      ;;
    type) [ "$(cat /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null || echo 1)" = 1 ] || echo 'dev.tty.legacy_tiocsti is 0' ;;
    namespaces | mount) [ $user_namespaces = yes ] || echo 'this user may not make namespaces' ;;
  esac
}

judge() { # NAME: goes through what a run said and what was seen outside
  local name=$1 line id what said detail seen machine
  while IFS= read -r line; do
    [[ $line =~ ^ATTEMPT\ ([a-z-]+)\ (.*)\ -\>\ ([A-Z]+)\ \((.*)\)$ ]] || continue
    id=${BASH_REMATCH[1]} what=${BASH_REMATCH[2]} said=${BASH_REMATCH[3]} detail=${BASH_REMATCH[4]}
    seen=$said
    stage_happened "$id" "$top/$name.out" && seen=HAPPENED
    # What only time can tell, nobody saw: it did not happen.
    [ "$seen" = LEFT ] && seen=DENIED
    [ "$said" = LEFT ] && [ "$seen" = DENIED ] && detail='started, and ended with its run'
    machine=
    [ $seen = HAPPENED ] || machine=$(held_by_the_machine "$id")
    printf '  %-9s %-52s %s\n' "$(tr A-Z a-z <<<"$seen")" "$what" "${machine:-$detail}"
    tried=$((tried + 1))
    case $mode:$seen in
      caged:DENIED) denied=$((denied + 1)) ;;
      bare:HAPPENED) ;;
      *) [ -n "$machine" ] || complain "$id: $seen" ;;
    esac
  done <"$top/$name.out"
}

judge_limit() { # NAME WHAT: a run whose limit may end all of it
  local name=$1 what=$2 status
  status=$(cat "$top/$name.status")
  if [ $mode = caged ] && [ "$status" = 124 ] && grep -q "^ATTEMPTING $name" "$top/$name.out" &&
    ! grep -q '^SESSION over' "$top/$name.out"; then
    tried=$((tried + 1)) denied=$((denied + 1))
    printf '  %-9s %-52s %s\n' denied "$what" "the whole run: $(sed -n 's/^bailey: \(.* was ended.*\)/\1/p' "$top/$name.err" | head -n 1)"
  elif grep -q "^ATTEMPT $name " "$top/$name.out"; then
    judge "$name"
  else
    complain "$name: status $status, $(tail -n 1 "$top/$name.err")"
  fi
}

tried=0
denied=0
echo "The session: $(git -C "$clone" log -1 --format='%h %s' | cut -c1-60), in a fresh clone"
if [ $mode = caged ]; then
  # As a clone has it others may write it, under some umasks; such a policy is refused.
  install -m 600 "$here/policy.yaml" "$top/policy.yaml"
  "$bin/bailey" init >"$top/init.out" 2>&1 || { cat "$top/init.out" >&2; exit 1; }
fi
session main '' work acts
session processes '--processes 64' processes
session memory '--memory 256M' memory
session disk '--disk 64M' disk

echo
echo 'What was done'
while IFS= read -r line; do
  [[ $line =~ ^WORK\ ([a-z]+)\ (.*)\ -\>\ ([A-Z]+)\ \((.*)\)$ ]] || continue
  printf '  %-9s %-52s %s\n' "$(tr A-Z a-z <<<"${BASH_REMATCH[3]}")" "${BASH_REMATCH[2]}" "${BASH_REMATCH[4]}"
  [ "${BASH_REMATCH[3]}" = OK ] || wrong=1
done <"$top/main.out"
grep -q '^SESSION over' "$top/main.out" || {
  complain "the session did not reach its end (status $(cat "$top/main.status"))"
  tail -n 5 "$top/main.err"
}
git diff --stat HEAD~1 HEAD 2>/dev/null | sed 's/^/  /'

echo
echo 'What was tried'
judge main
judge_limit processes 'fork without end'
judge_limit memory 'fill the memory'
judge_limit disk 'fill the disk'
[ "$tried" -ge 22 ] || complain "only $tried of 22 acts were tried"

if [ $mode = caged ]; then
  echo
  echo 'What the cage says'
  for name in main processes memory disk; do
    grep '^bailey: ' "$top/$name.err" | sed "s/^bailey: /  /; s|$top|TEMPORARY|g" | sed "1s/^  /  [$name] /; 2,\$s/^/    /"
  done

  echo
  echo 'What remains as proof'
  "$bin/bailey" key export ledger >"$top/ledger.vkey" &&
    "$bin/bailey" key export receipts >"$top/receipts.vkey" || complain 'no public keys'
  receipts=0
  for name in main processes memory disk; do
    [ -s "$top/$name.receipt" ] || { complain "$name left no receipt"; continue; }
    if said=$("$bin/bailey-verify" receipt --key "$top/ledger.vkey" --key "$top/receipts.vkey" \
      "$top/$name.receipt" 2>&1); then
      receipts=$((receipts + 1))
      [ $name = main ] && printf '  %s\n' "${said//$top/TEMPORARY}"
    else
      complain "$name: $said"
    fi
  done
  echo "  $receipts of 4 receipts verify offline, with nothing but the public keys"
  "$bin/bailey" log verify >"$top/log.out" 2>&1 || complain "the ledger: $(tail -n 1 "$top/log.out")"
  printf '  %s\n' "$(tail -n 1 "$top/log.out" | sed "s|$top|TEMPORARY|g")"

  # The secrets of the stage are nowhere in what Bailey keeps, and nothing of it still runs.
  grep -rqsF -e "$key_mark" -e "$env_mark" "$BAILEY_HOME" && complain 'a secret reached the home'
  for pid in /proc/[0-9]*; do
    [ "${pid#/proc/}" != "$witness_pid" ] && grep -qsF "$clone" "$pid/cmdline" && complain "still running: ${pid#/proc/}"
  done
  kill -0 "$witness_pid" || complain 'the witness was ended'

  echo
  echo "$tried forbidden acts were tried, $denied were denied; $([ $wrong = 0 ] && echo 'nothing forbidden happened.' || echo 'SOMETHING IS WRONG, see above.')"
  cat <<'NEXT'

Next, in a folder of your own:
  bailey init                         keys, ledger and a first policy
  bailey run -- make test             any command, caged, with a receipt
  bailey run --receipt r.json -- CMD  the receipt in a file; bailey-verify checks it
  bailey log tail                     what happened
  bailey doctor                       what this machine's kernel gives
  bailey policy show                  what is allowed, and where to change it
NEXT
else
  echo
  echo "$tried acts were tried under plain bash; $([ $wrong = 0 ] && echo 'each of them works there.' || echo 'not all of them work there, see above.')"
fi
exit $wrong
