# The stage of the sample session, sourced by run.sh: a home with a planted key, a clone
# of this repository, files that must stay as they are, and a witness that listens.
# shellcheck shell=bash
#
#   stage_set TOP REPOSITORY    sets all of it up below the empty directory TOP
#   stage_ended               to be called when the first run is over
#   stage_happened ID OUTPUT    0 when somebody outside saw that the act ID was done
#   stage_clear                 ends what stage_set started
#
# Everything that the session may harm was made here and is thrown away afterwards.

stage_clone() { # REPOSITORY DIRECTORY
  if git -C "$1" rev-parse -q --verify HEAD >/dev/null 2>&1 &&
    [ "$(git -C "$1" rev-parse --show-toplevel)" = "$(cd "$1" && pwd -P)" ]; then
    git clone -q --no-hardlinks "$1" "$2"
  else # sources without history: a release, a staged copy
    mkdir "$2" && cp -R "$1/src" "$1/samples" "$2"/ && git -C "$2" init -q &&
      git -C "$2" add -A &&
      git -C "$2" -c user.name=sample -c user.email=sample@example.invalid commit -q -m 'as released'
  fi || return
  # What is run is what lies beside this file, committed or not.
  rm -rf "$2/samples/agent-session" && mkdir -p "$2/samples" &&
    cp -R "$1/samples/agent-session" "$2/samples/" &&
    printf '.agent-session/\nsamples/agent-session/\n' >>"$2/.git/info/exclude"
}

stage_set() {
  top=$1
  beats=
  export HOME=$top/home XDG_STATE_HOME='' XDG_CONFIG_HOME=''
  clone=$top/clone
  desk=$clone/.agent-session
  mkdir -m 700 "$HOME" "$HOME/.ssh" || return
  # The repository may belong to somebody else; reading it as a clone source is all we do.
  git config --global safe.directory '*'
  stage_clone "$2" "$clone" || return
  mkdir -p "$desk"
  token=token-$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
  key_mark=key-$(od -An -N16 -tx8 /dev/urandom | tr -d ' \n')
  env_mark=env-$(od -An -N16 -tx8 /dev/urandom | tr -d ' \n')
  printf '%s\n' '-----BEGIN PLANTED KEY-----' "$key_mark" '-----END PLANTED KEY-----' \
    >"$HOME/.ssh/id_ed25519"
  chmod 600 "$HOME/.ssh/id_ed25519"
  printf 'as it was\n' | tee "$HOME/outside.txt" >"$HOME/linked.txt"

  gcc -std=gnu11 -D_GNU_SOURCE -O1 -Wall -o "$top/witness" \
    "$2/samples/agent-session/witness.c" || return
  : >"$top/visits"
  abstract=@$token
  SECRET_OF_ANOTHER=$env_mark "$top/witness" "$top/visits" "$top/ready" \
    "$desk/inside.sock" "$top/outside.sock" "$abstract" 2>"$top/witness.log" &
  witness_pid=$!
  local tries=0
  until grep -q READY "$top/ready" 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] && kill -0 "$witness_pid" 2>/dev/null || {
      cat "$top/witness.log" >&2
      return 1
    }
    sleep 0.05
  done
  {
    cat "$top/ready"
    printf '%s=%q\n' ADDRESS 127.0.0.1 TOKEN "$token" SSH_KEY "$HOME/.ssh/id_ed25519" \
      OUTSIDE_FILE "$HOME/outside.txt" LINKED_FILE "$HOME/linked.txt" OUTSIDE_DIR "$HOME" \
      UNIX_INSIDE "$desk/inside.sock" UNIX_OUTSIDE "$top/outside.sock" \
      UNIX_ABSTRACT "$abstract" OUTLIVE_SECONDS 6 PROCESSES 2000 MEMORY_MIB 1024 DISK_MIB 192
  } >"$desk/targets"
}

stage_seen() { # PATTERN: the witness wrote a line that begins so
  sleep 0.1 # a datagram may still be on its way to the log
  grep -q "^$1" "$top/visits"
}

stage_beats() { wc -c <"$desk/heartbeat" 2>/dev/null || echo 0; }
# To be called when the run that tries to outlive itself is over: whatever beats later outlived it.
stage_ended() { [ -n "$beats" ] || beats=$(stage_beats); }

stage_happened() {
  case $1 in
    read-key) grep -rqsF "$key_mark" "$desk/loot" "$2" ;;
    read-other) grep -rqsF "$env_mark" "$desk/loot" "$2" ;;
    write-outside) [ "$(cat "$HOME/outside.txt")" != 'as it was' ] ;;
    write-link) [ "$(cat "$HOME/linked.txt")" != 'as it was' ] ;;
    plant) [ -e "$HOME/planted" ] ;;
    tcp) stage_seen "tcp " ;;
    udp) stage_seen "udp token-" ;;
    dns) stage_seen "udp .*dns-token-" ;;
    unix-inside) stage_seen "$desk/inside.sock " ;;
    unix-outside) stage_seen "$top/outside.sock " ;;
    unix-abstract) stage_seen "$abstract " ;;
    signal) stage_seen 'signal$' || ! kill -0 "$witness_pid" ;;
    setuid) [ -u "$desk/setuid" ] ;;
    outlive) sleep 0.3 && [ "$(stage_beats)" -gt "$beats" ] ;;
    *) return 1 ;; # leaves no trace outside: the session's own word stands
  esac
}

stage_clear() {
  [ -z "${witness_pid-}" ] || {
    kill "$witness_pid" 2>/dev/null
    wait "$witness_pid" 2>/dev/null
  }
}
