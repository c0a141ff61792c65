"""The scripts of `tou completion`: every verb and option as data of the shell, so that pressing Tab
starts no program, but for the names that only the schedule knows."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import click

_FILE, _FREE = "@file", "@free"
# What the type of a parameter does not tell, by verb and parameter.
_KINDS = {
    ("job", "name"): ("@jobs",),
    ("skip", "name"): ("@names",),
    ("audit", "job"): ("@names", "switch"),
    ("show", "tariff_id"): ("@tariffs",),
    ("at", "tariff_id"): ("@tariffs",),
    ("init", "tariff"): ("@tariffs",),
    ("calendar", "tariff"): ("@tariffs",),
    ("calendar", "file"): ("@tariffs", _FILE),
    ("check", "file"): ("@tariffs", _FILE),
    ("calendar", "schedule"): (_FILE,),
    ("plan", "file"): (_FILE,),
    ("plan", "schedule"): (_FILE,),
    ("diff", "old"): (_FILE,),
    ("diff", "new"): (_FILE,),
    ("import", "file"): (_FILE,),
}
_TIMES = ("now", "today", "yesterday", "tomorrow")


@dataclass(frozen=True, slots=True)
class _Verb:
    path: tuple[str, ...]
    about: str
    verbs: tuple[str, ...]
    options: tuple[str, ...]
    values: tuple[tuple[str, tuple[str, ...]], ...]
    """What follows an option, or stands at a place counted from 0."""


def script(shell: str, root: click.Command) -> str:
    verbs = list(_walk(root, ()))
    if shell == "fish":
        return "\n".join(_fish(verbs)) + "\n"
    return (_ZSH if shell == "zsh" else _BASH).replace("@TABLES@", "\n".join(_tables(verbs)))


def _walk(command: click.Command, path: tuple[str, ...]) -> Iterator[_Verb]:
    context = click.Context(command, info_name=path[-1] if path else "tou")
    below = command.list_commands(context) if isinstance(command, click.Group) else []
    options: list[str] = []
    values: list[tuple[str, tuple[str, ...]]] = []
    place = 0
    for param in command.get_params(context):
        kinds = _kinds(path, param)
        if isinstance(param, click.Argument):
            last = place + (8 if param.nargs == -1 else 0)
            values += [(str(at), kinds) for at in range(place, last + 1)]
            place += 1
        elif isinstance(param, click.Option) and not param.hidden:
            options += [*param.opts, *param.secondary_opts]
            values += [(opt, kinds) for opt in param.opts if not param.is_flag and not param.count]
    values = [each for each in values if each[0] not in {"--help", "-h", "--version"}]
    about = command.get_short_help_str(limit=200)
    yield _Verb(path, about, tuple(below), tuple(options), tuple(values))
    for name in below:
        inner = command.get_command(context, name) if isinstance(command, click.Group) else None
        if inner is not None:
            yield from _walk(inner, (*path, name))


def _kinds(path: Sequence[str], param: click.Parameter) -> tuple[str, ...]:
    known = _KINDS.get((path[-1] if path else "", param.name or ""))
    if known:
        return known
    if isinstance(param.type, click.Choice):
        return tuple(map(str, param.type.choices))
    if isinstance(param.type, click.Path | click.File):
        return (_FILE,)
    return _TIMES if param.metavar in {"T", "T..."} else (_FREE,)


def _tables(verbs: Sequence[_Verb]) -> Iterator[str]:
    """Functions that bash and zsh both read: the verbs and options of a path, and the values of
    one option or place of it."""
    yield from _function("verbs", {each.path: each.verbs for each in verbs})
    yield from _function("options", {each.path: each.options for each in verbs})
    yield '_tou_values() {\n    case "$1:$2" in'
    for each in verbs:
        yield from (_case(f"{' '.join(each.path)}:{key}", kinds) for key, kinds in each.values)
    yield "    esac\n}"


def _function(name: str, words: Mapping[tuple[str, ...], Sequence[str]]) -> Iterator[str]:
    yield f'_tou_{name}() {{\n    case "$1" in'
    yield from (_case(" ".join(path), each) for path, each in words.items() if each)
    yield "    esac\n}"


def _case(key: str, words: Sequence[str]) -> str:
    quoted = " ".join(map(shlex.quote, words))
    return f"        {shlex.quote(key)}) printf '%s\\n' {quoted} ;;"


def _fish(verbs: Sequence[_Verb]) -> Iterator[str]:
    yield "complete -c tou -f"
    abouts = {each.path: each.about for each in verbs}
    for verb in verbs:
        here = _seen(verb.path)
        siblings = " ".join(verb.verbs)
        for name in verb.verbs:
            when = f"{here}; and not __fish_seen_subcommand_from {siblings}"
            about = abouts.get((*verb.path, name), "")
            yield f"complete -c tou -n {_quoted(when)} -a {_quoted(name)} -d {_quoted(about)}"
        values = dict(verb.values)
        for option in verb.options:
            kind = "-l" if option.startswith("--") else "-s"
            after = f" {_after(values[option])}" if option in values else ""
            yield f"complete -c tou -n {_quoted(here)} {kind} {option.lstrip('-')}{after}"
        for key, kinds in verb.values:
            if key == "0" and kinds != (_FREE,):
                yield f"complete -c tou -n {_quoted(here)} {_after(kinds, place=True)}"


def _seen(path: Sequence[str]) -> str:
    return "; and ".join(f"__fish_seen_subcommand_from {each}" for each in path) or "true"


def _after(kinds: Sequence[str], *, place: bool = False) -> str:
    """What may follow, in the words of fish's `complete`."""
    words = [each for each in kinds if not each.startswith("@")]
    words += [
        f"(tou completion --names {each[1:]} 2>/dev/null)"
        for each in kinds
        if each.startswith("@") and each not in {_FILE, _FREE}
    ]
    files = "-F" if _FILE in kinds else ("" if place else "-x")
    required = "" if place or files != "-F" else "-r "
    offered = f" -a {_quoted(' '.join(words))}" if words else ""
    return f"{required}{files}{offered}".strip()


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_BASH = """\
# The Tab key for tou, in bash. Made by: tou completion bash
@TABLES@
_tou() {
    local tou="$1" cur="${COMP_WORDS[COMP_CWORD]}" path="" place=0 after="" word i
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        if [[ $word == "=" ]]; then
            continue
        elif [[ -n $after ]]; then
            after=""
        elif [[ $word == -* ]]; then
            [[ -n $(_tou_values "$path" "$word") ]] && after="$word"
        elif _tou_verbs "$path" | grep -qxF -e "$word"; then
            path="${path:+$path }$word"
        else
            place=$((place + 1))
        fi
    done
    [[ $cur == "=" ]] && cur=""
    local plain="${cur//\\\\/}" line name files=""
    plain="${plain#[\\"\\']}"
    COMPREPLY=()
    while IFS= read -r line; do
        case "$line" in
            @free) ;;
            @file) files=1 ;;
            @*)
                while IFS= read -r name; do
                    [[ $name == "$plain"* ]] && COMPREPLY+=("$name")
                done < <("$tou" completion --names "${line#@}" 2>/dev/null)
                ;;
            *) [[ $line == "$plain"* ]] && COMPREPLY+=("$line") ;;
        esac
    done < <(
        if [[ -n $after ]]; then
            _tou_values "$path" "$after"
        elif [[ $cur == -* ]]; then
            _tou_options "$path"
        else
            _tou_verbs "$path"
            _tou_values "$path" "$place"
        fi
    )
    if [[ -n $files ]]; then
        while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$plain")
    fi
    compopt -o filenames 2>/dev/null
    return 0
}
complete -F _tou tou
"""

_ZSH = """\
#compdef tou
# The Tab key for tou, in zsh. Made by: tou completion zsh
@TABLES@
_tou() {
    local cur="${words[CURRENT]}" path_="" after="" word line
    local -i place=0 i files=0
    local -a offered
    for ((i = 2; i < CURRENT; i++)); do
        word="${(Q)words[i]}"
        if [[ -n $after ]]; then
            after=""
        elif [[ $word == -* ]]; then
            [[ -n $(_tou_values "$path_" "$word") ]] && after="$word"
        elif _tou_verbs "$path_" | grep -qxF -e "$word"; then
            path_="${path_:+$path_ }$word"
        else
            place=$((place + 1))
        fi
    done
    for line in "${(@f)$(
        if [[ -n $after ]]; then
            _tou_values "$path_" "$after"
        elif [[ $cur == -* ]]; then
            _tou_options "$path_"
        else
            _tou_verbs "$path_"
            _tou_values "$path_" "$place"
        fi
    )}"; do
        case "$line" in
            @free | "") ;;
            @file) files=1 ;;
            @*) offered+=("${(@f)$(${words[1]} completion --names "${line#@}" 2>/dev/null)}") ;;
            *) offered+=("$line") ;;
        esac
    done
    compadd -a offered
    ((files)) && _files
    return 0
}
if [[ ${funcstack[1]} == _tou ]]; then _tou "$@"; else compdef _tou tou; fi
"""
