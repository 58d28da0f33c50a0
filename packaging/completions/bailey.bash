# bash completion for bailey and bailey-verify
# made by tools/generate-docs from the command table; edits are lost

_bailey_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_bailey_files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); }
_bailey_folders() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); }

_bailey() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} path i
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _bailey_words 'run learn init policy level kill approve doctor log witness key version --help --version'
    return
  fi
  path=${COMP_WORDS[1]}
  case $path in
    policy)
      if ((COMP_CWORD == 2)); then
        _bailey_words 'check show explain test diff suggest --help'
        return
      fi
      path+=" ${COMP_WORDS[2]}"
      ;;
    level)
      if ((COMP_CWORD == 2)); then
        _bailey_words 'show set reset --help'
        return
      fi
      path+=" ${COMP_WORDS[2]}"
      ;;
    kill)
      if ((COMP_CWORD == 2)); then
        _bailey_words 'on off status --help'
        return
      fi
      path+=" ${COMP_WORDS[2]}"
      ;;
    approve)
      if ((COMP_CWORD == 2)); then
        _bailey_words 'list show grant deny --help'
        return
      fi
      path+=" ${COMP_WORDS[2]}"
      ;;
    log)
      if ((COMP_CWORD == 2)); then
        _bailey_words 'tail search show verify fsck prove checkpoint export prune metrics witness re-anchor --help'
        return
      fi
      path+=" ${COMP_WORDS[2]}"
      ;;
    witness)
      if ((COMP_CWORD == 2)); then
        _bailey_words 'serve --help'
        return
      fi
      path+=" ${COMP_WORDS[2]}"
      ;;
    key)
      if ((COMP_CWORD == 2)); then
        _bailey_words 'generate list show rotate revoke archive export import recover --help'
        return
      fi
      path+=" ${COMP_WORDS[2]}"
      ;;
  esac
  # What follows "--" is another program's command line.
  for ((i = 2; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == -- ]]; then
      if declare -F _command_offset >/dev/null; then
        _command_offset $((i + 1))
      elif ((COMP_CWORD == i + 1)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$cur")
      else
        _bailey_files
      fi
      return
    fi
  done
  case "$path $prev" in
    'run --policy') _bailey_files; return ;;
    'run --profile') _bailey_words 'strict balanced permissive'; return ;;
    'run --level') _bailey_words '0 10 20 30 40'; return ;;
    'run --workspace') _bailey_folders; return ;;
    'run --env') :; return ;;
    'run --time') :; return ;;
    'run --cpu-time') :; return ;;
    'run --memory') :; return ;;
    'run --cpus') :; return ;;
    'run --processes') :; return ;;
    'run --open-files') :; return ;;
    'run --disk') :; return ;;
    'run --output') :; return ;;
    'run --net') _bailey_words 'none'; return ;;
    'run --receipt') _bailey_files; return ;;
    'learn --to') _bailey_files; return ;;
    'learn --merge') _bailey_files; return ;;
    'learn --policy') _bailey_files; return ;;
    'learn --profile') :; return ;;
    'learn --level') :; return ;;
    'learn --workspace') _bailey_folders; return ;;
    'learn --env') :; return ;;
    'learn --time') :; return ;;
    'learn --memory') :; return ;;
    'learn --processes') :; return ;;
    'learn --receipt') _bailey_files; return ;;
    'policy show --profile') _bailey_words 'base strict balanced permissive'; return ;;
    'policy explain --policy') _bailey_files; return ;;
    'policy explain --profile') _bailey_words 'strict balanced permissive'; return ;;
    'policy explain --workspace') _bailey_folders; return ;;
    'policy explain --level') _bailey_words '0 10 20 30 40'; return ;;
    'policy explain --file') :; return ;;
    'policy explain --env') :; return ;;
    'policy test --policy') _bailey_files; return ;;
    'policy test --workspace') _bailey_folders; return ;;
    'policy suggest --policy') _bailey_files; return ;;
    'policy suggest --since') :; return ;;
    'policy suggest --session') :; return ;;
    'level set --for') :; return ;;
    'level set --reason') :; return ;;
    'level reset --reason') :; return ;;
    'kill on --reason') :; return ;;
    'kill off --reason') :; return ;;
    'approve grant --reason') :; return ;;
    'approve deny --reason') :; return ;;
    'log tail --count') :; return ;;
    'log search --since') :; return ;;
    'log search --until') :; return ;;
    'log search --session') :; return ;;
    'log search --actor') :; return ;;
    'log search --action') :; return ;;
    'log search --decision') :; return ;;
    'log search --path') :; return ;;
    'log search --host') :; return ;;
    'log search --limit') :; return ;;
    'log verify --from') _bailey_files; return ;;
    'log prove --receipt') _bailey_files; return ;;
    'log prove --entry') _bailey_files; return ;;
    'log export --format') _bailey_words 'jsonl csv intoto evidence'; return ;;
    'log export --from') :; return ;;
    'log export --to') :; return ;;
    'log export --session') :; return ;;
    'log export --out') :; return ;;
    'log prune --older-than') :; return ;;
    'log prune --reason') :; return ;;
    'log metrics --out') _bailey_files; return ;;
    'log witness --name') :; return ;;
    'log witness --quorum') :; return ;;
    'log re-anchor --reason') :; return ;;
    'witness serve --listen') :; return ;;
    'witness serve --state') _bailey_folders; return ;;
    'witness serve --log') :; return ;;
    'witness serve --name') :; return ;;
    'key generate --passphrase-file') _bailey_files; return ;;
    'key generate --token') :; return ;;
    'key generate --label') :; return ;;
    'key generate --pin-file') _bailey_files; return ;;
    'key generate --reason') :; return ;;
    'key rotate --overlap') :; return ;;
    'key rotate --passphrase-file') _bailey_files; return ;;
    'key rotate --token') :; return ;;
    'key rotate --label') :; return ;;
    'key rotate --pin-file') _bailey_files; return ;;
    'key rotate --reason') :; return ;;
    'key revoke --entries') :; return ;;
    'key revoke --passphrase-file') _bailey_files; return ;;
    'key revoke --token') :; return ;;
    'key revoke --label') :; return ;;
    'key revoke --pin-file') _bailey_files; return ;;
    'key revoke --reason') :; return ;;
    'key archive --reason') :; return ;;
    'key export --format') _bailey_words 'vkey pem history secret'; return ;;
    'key export --to') _bailey_files; return ;;
    'key export --passphrase-file') _bailey_files; return ;;
    'key import --passphrase-file') _bailey_files; return ;;
    'key import --reason') :; return ;;
    'key recover --from') _bailey_folders; return ;;
  esac
  case $path in
    'run') _bailey_words '--policy --profile --level --workspace --read-only --observe --env --time --cpu-time --memory --cpus --processes --open-files --disk --output --net --interactive --receipt --quiet --json --help --' ;;
    'learn') _bailey_words '--to --merge --collapse --dry-run --policy --profile --level --workspace --env --time --memory --processes --interactive --receipt --json --help --' ;;
    'init') _bailey_words '--json --help' ;;
    'policy check') if [[ $cur == -* ]]; then _bailey_words '--json --help'; else _bailey_files; fi ;;
    'policy show') _bailey_words '--profile --help' ;;
    'policy explain') _bailey_words '--policy --profile --workspace --level --file --write --delete --env --json --help --' ;;
    'policy test') if [[ $cur == -* ]]; then _bailey_words '--policy --workspace --json --help'; else _bailey_files; fi ;;
    'policy diff') if [[ $cur == -* ]]; then _bailey_words '--json --help'; else _bailey_files; fi ;;
    'policy suggest') _bailey_words '--policy --since --session --help' ;;
    'level show') _bailey_words '--json --help' ;;
    'level set') _bailey_words '0 10 20 30 40 --for --reason --json --help' ;;
    'level reset') _bailey_words '--reason --json --help' ;;
    'kill on') _bailey_words '--reason --json --help' ;;
    'kill off') _bailey_words '--reason --json --help' ;;
    'kill status') _bailey_words '--json --help' ;;
    'approve list') _bailey_words '--json --help' ;;
    'approve show') _bailey_words '--json --help' ;;
    'approve grant') _bailey_words '--reason --json --help' ;;
    'approve deny') _bailey_words '--reason --json --help' ;;
    'doctor') _bailey_words '--json --help' ;;
    'log tail') _bailey_words '--count --follow --json --help' ;;
    'log search') _bailey_words '--since --until --session --actor --action --decision --path --host --limit --json --help' ;;
    'log show') _bailey_words '--json --help' ;;
    'log verify') if [[ $cur == -* ]]; then _bailey_words '--from --json --help'; else _bailey_files; fi ;;
    'log fsck') _bailey_words '--repair --json --help' ;;
    'log prove') _bailey_words '--receipt --entry --cosigned --help' ;;
    'log checkpoint') _bailey_words '--help' ;;
    'log export') _bailey_words '--format --from --to --session --out --help' ;;
    'log prune') _bailey_words '--older-than --dry-run --reason --json --help' ;;
    'log metrics') _bailey_words '--verify --out --help' ;;
    'log witness') _bailey_words 'add remove list status submit --name --quorum --due --json --help' ;;
    'log re-anchor') _bailey_words '--reason --json --help' ;;
    'witness serve') _bailey_words '--listen --state --log --name --help' ;;
    'key generate') _bailey_words '--passphrase-file --passphrase --token --label --pin-file --reason --json --help' ;;
    'key list') _bailey_words '--all --json --help' ;;
    'key show') _bailey_words '--json --help' ;;
    'key rotate') _bailey_words '--overlap --passphrase-file --passphrase --token --label --pin-file --reason --json --help' ;;
    'key revoke') _bailey_words '--entries --passphrase-file --passphrase --token --label --pin-file --reason --json --help' ;;
    'key archive') _bailey_words '--reason --json --help' ;;
    'key export') _bailey_words 'ledger receipts approval change skill --format --to --passphrase-file --passphrase --help' ;;
    'key import') _bailey_words '--passphrase-file --passphrase --reason --json --help' ;;
    'key recover') _bailey_words '--from --json --help' ;;
    'version') _bailey_words '--json --help' ;;
  esac
}

_bailey_verify() {
  local cur=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _bailey_words 'receipt proof checkpoint log evidence attestations --entry --format --from --help --history --json --key --newer --policy --proof --remember --version'
  elif [[ $cur == -* ]]; then
    _bailey_words '--entry --format --from --help --history --json --key --newer --policy --proof --remember --version'
  else
    _bailey_files
  fi
}

complete -F _bailey bailey
complete -F _bailey_verify bailey-verify
