"""Completions for bash, zsh and fish, out of the command table."""
import re

MADE = "made by tools/generate-docs from the command table; edits are lost"
FOLDER = "packaging/completions"
FILE_VALUES = ("FILE",)
FOLDER_VALUES = ("DIR",)


def nouns(commands):
    """Noun -> its verbs; a command of one word has none."""
    found = {}
    for command in commands:
        verbs = found.setdefault(command.noun, [])
        if " " in command.path:
            verbs.append(command.path.split(" ")[1])
    return found


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


# --- bash ----------------------------------------------------------------------------
BASH_HEAD = """\
# bash completion for bailey and bailey-verify
# {made}

_bailey_words() {{ mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }}
_bailey_files() {{ compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); }}
_bailey_folders() {{ compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); }}

_bailey() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} path i
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _bailey_words '{nouns} --help --version'
    return
  fi
  path=${{COMP_WORDS[1]}}
  case $path in
{verbs}  esac
  # What follows "--" is another program's command line.
  for ((i = 2; i < COMP_CWORD; i++)); do
    if [[ ${{COMP_WORDS[i]}} == -- ]]; then
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
{values}  esac
  case $path in
{options}  esac
}}

_bailey_verify() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _bailey_words '{verifies} {verifier}'
  elif [[ $cur == -* ]]; then
    _bailey_words '{verifier}'
  else
    _bailey_files
  fi
}}

complete -F _bailey bailey
complete -F _bailey_verify bailey-verify
"""


def bash(commands, verifier):
    verbs = ""
    for noun, words in nouns(commands).items():
        if words:
            verbs += (f"    {noun})\n      if ((COMP_CWORD == 2)); then\n"
                      f"        _bailey_words '{' '.join(words)} --help'\n        return\n      fi\n"
                      f'      path+=" ${{COMP_WORDS[2]}}"\n      ;;\n')
    values, options = "", ""
    for command in commands:
        for option in command.options:
            if option.choices:
                act = f"_bailey_words '{' '.join(option.choices)}'"
            elif option.value in FILE_VALUES:
                act = "_bailey_files"
            elif option.value in FOLDER_VALUES:
                act = "_bailey_folders"
            elif option.value:
                act = ":"
            else:
                continue
            values += f"    '{command.path} {option.name}') {act}; return ;;\n"
        words = " ".join(option.name for option in command.options)
        words += " --" if command.takes_command else ""
        if command.completes == "files":
            act = f"if [[ $cur == -* ]]; then _bailey_words '{words}'; else _bailey_files; fi"
        elif command.completes:
            act = f"_bailey_words '{' '.join(command.completes)} {words}'"
        else:
            act = f"_bailey_words '{words}'"
        options += f"    '{command.path}') {act} ;;\n"
    return BASH_HEAD.format(made=MADE, nouns=" ".join(nouns(commands)), verbs=verbs, values=values,
                            options=options, verifier=" ".join(verifier.options),
                            verifies=" ".join(verifier.commands))


# --- zsh -----------------------------------------------------------------------------
ZSH = """\
#compdef bailey bailey-verify
# {made}

_bailey() {{
  if [[ $service == bailey-verify ]]; then
    _arguments {verifier} ':command:({verifies})' '*:file:_files'
    return
  fi
  local -a entries
  if ((CURRENT == 2)); then
    entries=(
{nouns}    )
    _describe command entries
    return
  fi
  local chosen=$words[2]
  integer used=2 tail=${{words[(i)--]}}
  case $chosen in
{verbs}  esac
  # What follows "--" is another program's command line.
  if ((tail < CURRENT)); then
    words=("${{(@)words[tail + 1,-1]}}")
    ((CURRENT -= tail))
    _normal
    return
  fi
  # The words of the command itself go; _arguments begins at its options.
  words=("$chosen" "${{(@)words[used + 1,-1]}}")
  ((CURRENT -= used - 1))
  case $chosen in
{options}  esac
}}

_bailey "$@"
"""


def zsh_text(text):
    return re.sub(r"([:\[\]\\])", r"\\\1", text)


def zsh_option(option):
    spec = f"{option.name}[{zsh_text(option.help)}]"
    if "may be repeated" in option.help:
        spec = "*" + spec
    if option.value:
        if option.choices:
            act = f"({' '.join(option.choices)})"
        elif option.value in FILE_VALUES:
            act = "_files"
        elif option.value in FOLDER_VALUES:
            act = "_files -/"
        else:
            act = " "
        spec += f":{zsh_text(option.value)}:{act}"
    return quoted(spec)


def zsh(commands, verifier):
    by_noun = nouns(commands)
    described, verbs, options = "", "", ""
    for noun, words in by_noun.items():
        summary = next((c.summary for c in commands if c.path == noun), ", ".join(words))
        described += f"      {quoted(f'{noun}:{zsh_text(summary)}')}\n"
        if words:
            lines = "".join(
                f"          {quoted(c.path.split(' ')[1] + ':' + zsh_text(c.summary))}\n"
                for c in commands if c.noun == noun)
            verbs += (f"    {noun})\n      if ((CURRENT == 3)); then\n        entries=(\n{lines}"
                      f"        )\n        _describe verb entries\n        return\n      fi\n"
                      f'      chosen+=" $words[3]" used=3\n      ;;\n')
    for command in commands:
        specs = [zsh_option(option) for option in command.options]
        if command.takes_command:
            specs.append("':--:(--)'")
        for name, is_optional in command.positionals:
            act = "_files" if command.completes == "files" else (
                f"({' '.join(command.completes)})" if command.completes else " ")
            specs.append(quoted(f":{':' if is_optional else ''}{name}:{act}"))
        lines = " \\\n        ".join(specs)
        options += f"    '{command.path}')\n      _arguments \\\n        {lines}\n      ;;\n"
    return ZSH.format(made=MADE, nouns=described, verbs=verbs, options=options,
                      verifier=" ".join(quoted(word) for word in verifier.options),
                      verifies=" ".join(verifier.commands))


# --- fish ----------------------------------------------------------------------------
FISH_HEAD = f"""\
# fish completion for bailey and bailey-verify
# {MADE}

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
"""


def fish(commands, verifier):
    text = FISH_HEAD
    for noun, words in nouns(commands).items():
        summary = next((c.summary for c in commands if c.path == noun), ", ".join(words))
        text += f"complete -c bailey -n __bailey_bare -a {noun} -d {quoted(summary)}\n"
        for command in commands:
            if command.noun == noun and words:
                text += (f"complete -c bailey -n '__bailey_noun {noun}' "
                         f"-a {command.path.split(' ')[1]} -d {quoted(command.summary)}\n")
    for command in commands:
        when = f'-n \'__bailey_is "{command.path}"\''
        for option in command.options:
            line = f"complete -c bailey {when} -l {option.name[2:]} -d {quoted(option.help)}"
            if option.choices:
                line += f" -x -a {quoted(' '.join(option.choices))}"
            elif option.value in FILE_VALUES:
                line += " -r -F"
            elif option.value in FOLDER_VALUES:
                line += " -x -a '(__fish_complete_directories)'"
            elif option.value:
                line += " -x"
            text += line + "\n"
        if command.completes == "files":
            text += f"complete -c bailey {when} -F\n"
        elif command.completes:
            text += f"complete -c bailey {when} -a {quoted(' '.join(command.completes))}\n"
    text += ("complete -c bailey-verify -n __fish_use_subcommand "
             f"-a {quoted(' '.join(verifier.commands))}\n")
    for word in verifier.options:
        text += f"complete -c bailey-verify -l {word[2:]}\n"
    return text


def all_files(commands, verifier):
    return {f"{FOLDER}/bailey.bash": bash(commands, verifier),
            f"{FOLDER}/_bailey": zsh(commands, verifier),
            f"{FOLDER}/bailey.fish": fish(commands, verifier)}
