# fish completion for bailey and bailey-verify
# made by tools/generate-docs from the command table; edits are lost

# The words of the command line before "--", without the program's name.
function __bailey_words
  for word in (commandline -opc)[2..-1]
    test "$word" = -- && return
    echo $word
  end
end
function __bailey_bare
  not contains -- -- (commandline -opc) && test (count (__bailey_words)) -eq 0
end
function __bailey_noun
  not contains -- -- (commandline -opc) || return 1
  set -l words (__bailey_words)
  test (count $words) -eq 1 && test "$words[1]" = "$argv[1]"
end
function __bailey_is
  not contains -- -- (commandline -opc) || return 1
  set -l words (__bailey_words)
  set -l path (string split ' ' -- $argv[1])
  test (count $words) -ge (count $path) || return 1
  test "$words[1..$(count $path)]" = "$path"
end

# What follows "--" is completed as a command line of its own.
function __bailey_rest
  set -l words (commandline -opc)
  set -l at (contains -i -- -- $words)
  set -l before (string escape -- $words[(math $at + 1)..-1])
  complete -C (string join ' ' -- $before (commandline -ct))
end

complete -c bailey -f
complete -c bailey -n 'contains -- -- (commandline -opc)' -a '(__bailey_rest)'
complete -c bailey -n __bailey_bare -a run -d 'Run a command in a cage and keep a signed receipt.'
complete -c bailey -n __bailey_bare -a learn -d 'Watch a command once and write the narrowest policy for it.'
complete -c bailey -n __bailey_bare -a init -d 'Make the home: keys, ledger and a first policy.'
complete -c bailey -n __bailey_bare -a policy -d 'check, show, explain, test, diff, suggest'
complete -c bailey -n '__bailey_noun policy' -a check -d 'Read a policy strictly and say what is wrong or doubtful in it.'
complete -c bailey -n '__bailey_noun policy' -a show -d 'Print the home'\''s policy, or a built-in one to start from.'
complete -c bailey -n '__bailey_noun policy' -a explain -d 'Say what would be allowed, by which rule, and what would change it.'
complete -c bailey -n '__bailey_noun policy' -a test -d 'Check that a policy answers as the cases in files expect.'
complete -c bailey -n '__bailey_noun policy' -a diff -d 'Say what another policy would allow or refuse that the first does not.'
complete -c bailey -n '__bailey_noun policy' -a suggest -d 'Propose the narrowest rules for what was denied.'
complete -c bailey -n __bailey_bare -a level -d 'show, set, reset'
complete -c bailey -n '__bailey_noun level' -a show -d 'Show the session level, its expiry and what each level allows.'
complete -c bailey -n '__bailey_noun level' -a set -d 'Set the level that sessions start at, within the policy'\''s bounds.'
complete -c bailey -n '__bailey_noun level' -a reset -d 'Go back to the policy'\''s start level.'
complete -c bailey -n __bailey_bare -a kill -d 'on, off, status'
complete -c bailey -n '__bailey_noun kill' -a on -d 'Halt everything now; waits for nothing.'
complete -c bailey -n '__bailey_noun kill' -a off -d 'Lift the halt; recorded in the ledger first.'
complete -c bailey -n '__bailey_noun kill' -a status -d 'Say whether Bailey is halted, since when and why.'
complete -c bailey -n __bailey_bare -a approve -d 'list, show, grant, deny'
complete -c bailey -n '__bailey_noun approve' -a list -d 'List what waits for an answer.'
complete -c bailey -n '__bailey_noun approve' -a show -d 'Show one ask: what, why, for whom, until when.'
complete -c bailey -n '__bailey_noun approve' -a grant -d 'Allow one ask once.'
complete -c bailey -n '__bailey_noun approve' -a deny -d 'Refuse one ask.'
complete -c bailey -n __bailey_bare -a doctor -d 'Say which protective layers this machine gives, proven by a real cage.'
complete -c bailey -n __bailey_bare -a log -d 'tail, search, show, verify, fsck, prove, checkpoint, export, prune, metrics, witness, re-anchor'
complete -c bailey -n '__bailey_noun log' -a tail -d 'Show the newest entries of the ledger.'
complete -c bailey -n '__bailey_noun log' -a search -d 'Show the entries that answer a question.'
complete -c bailey -n '__bailey_noun log' -a show -d 'Show one entry whole.'
complete -c bailey -n '__bailey_noun log' -a verify -d 'Check the whole ledger: leaves, tree, tiles, signatures; or a receipt.'
complete -c bailey -n '__bailey_noun log' -a fsck -d 'Look for damage, also when the ledger does not open; changes nothing.'
complete -c bailey -n '__bailey_noun log' -a prove -d 'Write an inclusion proof of one entry (c2sp.org/tlog-proof).'
complete -c bailey -n '__bailey_noun log' -a checkpoint -d 'Publish and print the signed checkpoint of the ledger.'
complete -c bailey -n '__bailey_noun log' -a export -d 'Write entries for other tools: JSON Lines, CSV, in-toto attestations, evidence.'
complete -c bailey -n '__bailey_noun log' -a prune -d 'Forget what was asked for in old denials; entries and proofs stay.'
complete -c bailey -n '__bailey_noun log' -a metrics -d 'Print the ledger'\''s state for Prometheus.'
complete -c bailey -n '__bailey_noun log' -a witness -d 'Whom the ledger asks to cosign: add URL VKEY, remove NAME, list, status, submit.'
complete -c bailey -n '__bailey_noun log' -a re-anchor -d 'Go on after the ledger contradicted its past; recorded.'
complete -c bailey -n __bailey_bare -a witness -d 'serve'
complete -c bailey -n '__bailey_noun witness' -a serve -d 'Watch other logs: cosign what extends what was seen.'
complete -c bailey -n __bailey_bare -a key -d 'generate, list, show, rotate, revoke, archive, export, import, recover'
complete -c bailey -n '__bailey_noun key' -a generate -d 'Make the keys that are missing, or one of a role.'
complete -c bailey -n '__bailey_noun key' -a list -d 'List the keys with their roles and ids.'
complete -c bailey -n '__bailey_noun key' -a show -d 'Show one key: state, times, where it is kept.'
complete -c bailey -n '__bailey_noun key' -a rotate -d 'Make the next key of a role; the old one is kept for good.'
complete -c bailey -n '__bailey_noun key' -a revoke -d 'End a key that others may hold. A key in force gets a successor.'
complete -c bailey -n '__bailey_noun key' -a archive -d 'End keys whose overlap is over, or one by its id.'
complete -c bailey -n '__bailey_noun key' -a export -d 'Print a public key, the key history, or save a secret key.'
complete -c bailey -n '__bailey_noun key' -a import -d 'Take a key from a file: the role'\''s next one.'
complete -c bailey -n '__bailey_noun key' -a recover -d 'Finish a change that was cut off; put lost key files back.'
complete -c bailey -n __bailey_bare -a version -d 'Print the version and what it was built from.'
complete -c bailey -n '__bailey_is "run"' -l policy -d 'judge by this policy instead of the home'\''s' -r -F
complete -c bailey -n '__bailey_is "run"' -l profile -d 'strict, balanced (default) or permissive' -x -a 'strict balanced permissive'
complete -c bailey -n '__bailey_is "run"' -l level -d 'lower the session'\''s level to 0, 10, 20, 30 or 40' -x -a '0 10 20 30 40'
complete -c bailey -n '__bailey_is "run"' -l workspace -d 'the folder to work in (default: the current one)' -x -a '(__fish_complete_directories)'
complete -c bailey -n '__bailey_is "run"' -l read-only -d 'the workspace may be read only'
complete -c bailey -n '__bailey_is "run"' -l observe -d 'tell which files were hidden or could not be opened'
complete -c bailey -n '__bailey_is "run"' -l env -d 'pass a variable, or set it; may be repeated' -x
complete -c bailey -n '__bailey_is "run"' -l time -d 'end the run after this much wall time' -x
complete -c bailey -n '__bailey_is "run"' -l cpu-time -d 'end the run after this much CPU time' -x
complete -c bailey -n '__bailey_is "run"' -l memory -d 'memory of all processes together' -x
complete -c bailey -n '__bailey_is "run"' -l cpus -d 'CPUs that may be used at once' -x
complete -c bailey -n '__bailey_is "run"' -l processes -d 'processes and threads at once' -x
complete -c bailey -n '__bailey_is "run"' -l open-files -d 'open files of one process' -x
complete -c bailey -n '__bailey_is "run"' -l disk -d 'bytes written to disk' -x
complete -c bailey -n '__bailey_is "run"' -l output -d 'bytes of standard output and error together' -x
complete -c bailey -n '__bailey_is "run"' -l net -d 'the network; this build has none to give' -x -a 'none'
complete -c bailey -n '__bailey_is "run"' -l interactive -d 'give the program a terminal of its own'
complete -c bailey -n '__bailey_is "run"' -l receipt -d 'write the receipt to this file' -r -F
complete -c bailey -n '__bailey_is "run"' -l quiet -d 'no closing report when the program ends by itself'
complete -c bailey -n '__bailey_is "run"' -l json -d 'print the report as one JSON object on standard error'
complete -c bailey -n '__bailey_is "run"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "learn"' -l to -d 'write the policy here (default: learned/ in the home)' -r -F
complete -c bailey -n '__bailey_is "learn"' -l merge -d 'add to this policy, which was learned before' -r -F
complete -c bailey -n '__bailey_is "learn"' -l collapse -d 'join folders of which several files were used'
complete -c bailey -n '__bailey_is "learn"' -l dry-run -d 'print the policy and write nothing'
complete -c bailey -n '__bailey_is "learn"' -l policy -d 'watch it under this policy instead of the home'\''s' -r -F
complete -c bailey -n '__bailey_is "learn"' -l profile -d 'strict, balanced (default) or permissive' -x
complete -c bailey -n '__bailey_is "learn"' -l level -d 'lower the session'\''s level to 0, 10, 20, 30 or 40' -x
complete -c bailey -n '__bailey_is "learn"' -l workspace -d 'the folder to work in (default: the current one)' -x -a '(__fish_complete_directories)'
complete -c bailey -n '__bailey_is "learn"' -l env -d 'pass a variable, or set it; may be repeated' -x
complete -c bailey -n '__bailey_is "learn"' -l time -d 'end the run after this much wall time' -x
complete -c bailey -n '__bailey_is "learn"' -l memory -d 'memory of all processes together' -x
complete -c bailey -n '__bailey_is "learn"' -l processes -d 'processes and threads at once' -x
complete -c bailey -n '__bailey_is "learn"' -l interactive -d 'give the program a terminal of its own'
complete -c bailey -n '__bailey_is "learn"' -l receipt -d 'write the receipt to this file' -r -F
complete -c bailey -n '__bailey_is "learn"' -l json -d 'print what was learned as one JSON object on standard error'
complete -c bailey -n '__bailey_is "learn"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "init"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "init"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "policy check"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "policy check"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "policy check"' -F
complete -c bailey -n '__bailey_is "policy show"' -l profile -d 'a built-in policy: base, strict, balanced or permissive' -x -a 'base strict balanced permissive'
complete -c bailey -n '__bailey_is "policy show"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "policy explain"' -l policy -d 'this policy instead of the home'\''s' -r -F
complete -c bailey -n '__bailey_is "policy explain"' -l profile -d 'strict, balanced (default) or permissive' -x -a 'strict balanced permissive'
complete -c bailey -n '__bailey_is "policy explain"' -l workspace -d 'the folder to work in (default: the current one)' -x -a '(__fish_complete_directories)'
complete -c bailey -n '__bailey_is "policy explain"' -l level -d 'as if the level were lowered to 0, 10, 20, 30 or 40' -x -a '0 10 20 30 40'
complete -c bailey -n '__bailey_is "policy explain"' -l file -d 'explain what may be done with a file' -x
complete -c bailey -n '__bailey_is "policy explain"' -l write -d 'with --file: change it instead of reading it'
complete -c bailey -n '__bailey_is "policy explain"' -l delete -d 'with --file: delete it'
complete -c bailey -n '__bailey_is "policy explain"' -l env -d 'explain whether a variable is passed on' -x
complete -c bailey -n '__bailey_is "policy explain"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "policy explain"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "policy test"' -l policy -d 'test this policy instead of the one that a file names' -r -F
complete -c bailey -n '__bailey_is "policy test"' -l workspace -d 'the workspace of every case' -x -a '(__fish_complete_directories)'
complete -c bailey -n '__bailey_is "policy test"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "policy test"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "policy test"' -F
complete -c bailey -n '__bailey_is "policy diff"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "policy diff"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "policy diff"' -F
complete -c bailey -n '__bailey_is "policy suggest"' -l policy -d 'stand on this policy instead of the home'\''s' -r -F
complete -c bailey -n '__bailey_is "policy suggest"' -l since -d 'denials of this much time only' -x
complete -c bailey -n '__bailey_is "policy suggest"' -l session -d 'denials of one session only' -x
complete -c bailey -n '__bailey_is "policy suggest"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "level show"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "level show"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "level set"' -l for -d 'fall back to the policy'\''s start level after this time (default 8h)' -x
complete -c bailey -n '__bailey_is "level set"' -l reason -d 'why; kept in the ledger' -x
complete -c bailey -n '__bailey_is "level set"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "level set"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "level set"' -a '0 10 20 30 40'
complete -c bailey -n '__bailey_is "level reset"' -l reason -d 'why; kept in the ledger' -x
complete -c bailey -n '__bailey_is "level reset"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "level reset"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "kill on"' -l reason -d 'why; kept in the ledger' -x
complete -c bailey -n '__bailey_is "kill on"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "kill on"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "kill off"' -l reason -d 'why; kept in the ledger' -x
complete -c bailey -n '__bailey_is "kill off"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "kill off"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "kill status"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "kill status"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "approve list"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "approve list"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "approve show"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "approve show"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "approve grant"' -l reason -d 'why; kept in the ledger' -x
complete -c bailey -n '__bailey_is "approve grant"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "approve grant"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "approve deny"' -l reason -d 'why; kept in the ledger' -x
complete -c bailey -n '__bailey_is "approve deny"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "approve deny"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "doctor"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "doctor"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "log tail"' -l count -d 'how many entries (default 20)' -x
complete -c bailey -n '__bailey_is "log tail"' -l follow -d 'stay and print entries as they come'
complete -c bailey -n '__bailey_is "log tail"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "log tail"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "log search"' -l since -d 'not before: 2h (ago), 2026-11-21 or 2026-11-21T08:41:00Z' -x
complete -c bailey -n '__bailey_is "log search"' -l until -d 'before this time' -x
complete -c bailey -n '__bailey_is "log search"' -l session -d 'of one session' -x
complete -c bailey -n '__bailey_is "log search"' -l actor -d 'by this agent or person' -x
complete -c bailey -n '__bailey_is "log search"' -l action -d 'process.run; process is every kind of it' -x
complete -c bailey -n '__bailey_is "log search"' -l decision -d 'allow, deny or ask; granted, denied or expired' -x
complete -c bailey -n '__bailey_is "log search"' -l path -d 'about this file, or what lies beneath it where paths are kept' -x
complete -c bailey -n '__bailey_is "log search"' -l host -d 'about this host, with or without its port' -x
complete -c bailey -n '__bailey_is "log search"' -l limit -d 'stop after so many' -x
complete -c bailey -n '__bailey_is "log search"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "log search"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "log show"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "log show"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "log verify"' -l from -d 'only what came after this signed checkpoint' -r -F
complete -c bailey -n '__bailey_is "log verify"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "log verify"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "log verify"' -F
complete -c bailey -n '__bailey_is "log fsck"' -l repair -d 'cut an end nobody was told of, write derived files anew'
complete -c bailey -n '__bailey_is "log fsck"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "log fsck"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "log prove"' -l receipt -d 'write the proof to this file instead of standard output' -r -F
complete -c bailey -n '__bailey_is "log prove"' -l entry -d 'write the entry itself to this file, byte for byte' -r -F
complete -c bailey -n '__bailey_is "log prove"' -l cosigned -d 'under the checkpoint that witnesses cosigned last'
complete -c bailey -n '__bailey_is "log prove"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "log checkpoint"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "log export"' -l format -d 'jsonl (default), csv, intoto or evidence' -x -a 'jsonl csv intoto evidence'
complete -c bailey -n '__bailey_is "log export"' -l from -d 'first entry (default 0)' -x
complete -c bailey -n '__bailey_is "log export"' -l to -d 'last entry (default: the newest)' -x
complete -c bailey -n '__bailey_is "log export"' -l session -d 'only entries of this session' -x
complete -c bailey -n '__bailey_is "log export"' -l out -d 'a file instead of standard output; for evidence a new or empty folder' -x
complete -c bailey -n '__bailey_is "log export"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "log prune"' -l older-than -d 'age of what is forgotten: 90d, 12h' -x
complete -c bailey -n '__bailey_is "log prune"' -l dry-run -d 'only tell how much it would be'
complete -c bailey -n '__bailey_is "log prune"' -l reason -d 'why; kept in the ledger' -x
complete -c bailey -n '__bailey_is "log prune"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "log prune"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "log metrics"' -l verify -d 'verify the whole ledger too'
complete -c bailey -n '__bailey_is "log metrics"' -l out -d 'write to this file instead of standard output' -r -F
complete -c bailey -n '__bailey_is "log metrics"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "log witness"' -l name -d 'add: what the policy calls it (default: from its key)' -x
complete -c bailey -n '__bailey_is "log witness"' -l quorum -d 'add: how many of them must cosign: a number, any or all' -x
complete -c bailey -n '__bailey_is "log witness"' -l due -d 'submit: only when the last time was a minute ago'
complete -c bailey -n '__bailey_is "log witness"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "log witness"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "log witness"' -a 'add remove list status submit'
complete -c bailey -n '__bailey_is "log re-anchor"' -l reason -d 'why; kept in the ledger' -x
complete -c bailey -n '__bailey_is "log re-anchor"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "log re-anchor"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "witness serve"' -l listen -d 'where to listen (default 127.0.0.1:7370)' -x
complete -c bailey -n '__bailey_is "witness serve"' -l state -d 'the folder for its key and what it saw' -x -a '(__fish_complete_directories)'
complete -c bailey -n '__bailey_is "witness serve"' -l log -d 'the public key of a log to watch; repeat it' -x
complete -c bailey -n '__bailey_is "witness serve"' -l name -d 'the name it cosigns with (default: from its key)' -x
complete -c bailey -n '__bailey_is "witness serve"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "key generate"' -l passphrase-file -d 'seal the key under the passphrase in this file' -r -F
complete -c bailey -n '__bailey_is "key generate"' -l passphrase -d 'seal the key under a passphrase typed at the terminal'
complete -c bailey -n '__bailey_is "key generate"' -l token -d 'make the key in a PKCS#11 token' -x
complete -c bailey -n '__bailey_is "key generate"' -l label -d 'with --token: the key'\''s label in the token' -x
complete -c bailey -n '__bailey_is "key generate"' -l pin-file -d 'with --token: where its PIN is' -r -F
complete -c bailey -n '__bailey_is "key generate"' -l reason -d 'why; kept in the ledger' -x
complete -c bailey -n '__bailey_is "key generate"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "key generate"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "key list"' -l all -d 'archived and revoked keys too'
complete -c bailey -n '__bailey_is "key list"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "key list"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "key show"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "key show"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "key rotate"' -l overlap -d 'how long the old key goes on beside the new one; 0: not at all' -x
complete -c bailey -n '__bailey_is "key rotate"' -l passphrase-file -d 'seal the key under the passphrase in this file' -r -F
complete -c bailey -n '__bailey_is "key rotate"' -l passphrase -d 'seal the key under a passphrase typed at the terminal'
complete -c bailey -n '__bailey_is "key rotate"' -l token -d 'make the key in a PKCS#11 token' -x
complete -c bailey -n '__bailey_is "key rotate"' -l label -d 'with --token: the key'\''s label in the token' -x
complete -c bailey -n '__bailey_is "key rotate"' -l pin-file -d 'with --token: where its PIN is' -r -F
complete -c bailey -n '__bailey_is "key rotate"' -l reason -d 'why; kept in the ledger' -x
complete -c bailey -n '__bailey_is "key rotate"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "key rotate"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "key revoke"' -l entries -d 'believe its signatures for the first N entries only' -x
complete -c bailey -n '__bailey_is "key revoke"' -l passphrase-file -d 'seal the key under the passphrase in this file' -r -F
complete -c bailey -n '__bailey_is "key revoke"' -l passphrase -d 'seal the key under a passphrase typed at the terminal'
complete -c bailey -n '__bailey_is "key revoke"' -l token -d 'make the key in a PKCS#11 token' -x
complete -c bailey -n '__bailey_is "key revoke"' -l label -d 'with --token: the key'\''s label in the token' -x
complete -c bailey -n '__bailey_is "key revoke"' -l pin-file -d 'with --token: where its PIN is' -r -F
complete -c bailey -n '__bailey_is "key revoke"' -l reason -d 'why; kept in the ledger' -x
complete -c bailey -n '__bailey_is "key revoke"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "key revoke"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "key archive"' -l reason -d 'why; kept in the ledger' -x
complete -c bailey -n '__bailey_is "key archive"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "key archive"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "key export"' -l format -d 'vkey (default), pem, history or secret' -x -a 'vkey pem history secret'
complete -c bailey -n '__bailey_is "key export"' -l to -d 'write to this file instead of standard output' -r -F
complete -c bailey -n '__bailey_is "key export"' -l passphrase-file -d 'seal the key under the passphrase in this file' -r -F
complete -c bailey -n '__bailey_is "key export"' -l passphrase -d 'seal the key under a passphrase typed at the terminal'
complete -c bailey -n '__bailey_is "key export"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "key export"' -a 'ledger receipts approval change skill'
complete -c bailey -n '__bailey_is "key import"' -l passphrase-file -d 'seal the key under the passphrase in this file' -r -F
complete -c bailey -n '__bailey_is "key import"' -l passphrase -d 'seal the key under a passphrase typed at the terminal'
complete -c bailey -n '__bailey_is "key import"' -l reason -d 'why; kept in the ledger' -x
complete -c bailey -n '__bailey_is "key import"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "key import"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "key recover"' -l from -d 'take keys that are missing from this folder' -x -a '(__fish_complete_directories)'
complete -c bailey -n '__bailey_is "key recover"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "key recover"' -l help -d 'print the help of this command'
complete -c bailey -n '__bailey_is "version"' -l json -d 'print one JSON object instead of text'
complete -c bailey -n '__bailey_is "version"' -l help -d 'print the help of this command'
complete -c bailey-verify -n __fish_use_subcommand -a 'receipt proof checkpoint log evidence attestations'
complete -c bailey-verify -l entry
complete -c bailey-verify -l format
complete -c bailey-verify -l from
complete -c bailey-verify -l help
complete -c bailey-verify -l history
complete -c bailey-verify -l json
complete -c bailey-verify -l key
complete -c bailey-verify -l newer
complete -c bailey-verify -l policy
complete -c bailey-verify -l proof
complete -c bailey-verify -l remember
complete -c bailey-verify -l version
