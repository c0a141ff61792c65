"""A file of settings says to the command what it says to systemd."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from scheduler.environment_file import parse
from scheduler.errors import SettingsError

# The values are what systemd 252 reads, asked of its generator for environment.d.
CASES = {
    "plain": ("TOU_A=1\n", "1"),
    "blanks around": ("  TOU_A = 5 \n", "5"),
    "no line end at the end": ("TOU_A=1", "1"),
    "comments on lines of their own": ("# c\n; d\nTOU_A=2\n", "2"),
    "no comment behind a value": ("TOU_A=2 # c\n", "2 # c"),
    "double quotes": ('TOU_A="a b"\n', "a b"),
    "single quotes": ("TOU_A='a \"b\" \\ c'\n", 'a "b" \\ c'),
    "pieces": ("TOU_A='x' \"y\"  z \n", "xyz"),
    "quotes inside a plain value": ('TOU_A=q"w"\n', 'q"w"'),
    "escapes in double quotes": ('TOU_A="q\\"w\\x\\$"\n', 'q"w\\x$'),
    "escapes in a plain value": ("TOU_A=a\\b\\\\\n", "ab\\"),
    "an escaped blank at the end": ("TOU_A=a\\ \n", "a "),
    "a continued line": ("TOU_A=a\\\nb\n", "ab"),
    "a continued line in quotes": ('TOU_A="a\\\nb"\n', "ab"),
    "no interpolation": ("TOU_A=${HOME}$(id)`id`\n", "${HOME}$(id)`id`"),
    "a backslash at the very end": ("TOU_A=x\\", "x"),
    "the last of two": ("TOU_A=1\nTOU_A=2\n", "2"),
    "empty": ("TOU_A=\n", ""),
    "lines of a Windows editor": ("TOU_B=1\r\nTOU_A=2\r\n", "2"),
}


@pytest.mark.parametrize(("text", "value"), CASES.values(), ids=CASES)
def test_a_value_is_what_systemd_reads(text: str, value: str) -> None:
    assert parse(text)["TOU_A"] == value


GENERATOR = Path("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator")


@pytest.mark.skipif(not GENERATOR.exists(), reason="systemd is not installed")
@pytest.mark.parametrize(
    ("text", "value"), [case for case in CASES.values() if "$" not in case[0] and case[1]]
)
def test_systemd_itself_agrees(tmp_path: Path, text: str, value: str) -> None:
    (tmp_path / "environment.d").mkdir()
    (tmp_path / "environment.d" / "tou.conf").write_text(text)
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path), "PATH": "/bin"}

    said = subprocess.run([GENERATOR], env=environment, capture_output=True, text=True, check=True)

    # It writes in the quotes of a shell.
    line = next(line for line in said.stdout.splitlines() if line.startswith("TOU_A="))
    shell = subprocess.run(
        [shutil.which("sh") or "sh", "-c", f'{line}; printf %s "$TOU_A"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shell.stdout == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("TOU_A=1\nexport TOU_B=2\n", "settings:2: this is no name. Write NAME=value, without"),
        ("TOU_A\n", "settings:1: there is no =."),
        ("\nTOU_A='x\nTOU_B=1\n", "settings:2: the quote ' is not closed."),
        ('TOU_A="x\\"\n', 'settings:1: the quote " is not closed.'),
        ("# c \\\nTOU_A=1\n", "settings:1: a comment ends in \\. Remove it."),
    ],
)
def test_what_systemd_would_drop_or_read_in_two_ways_is_an_error(text: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(text)

    assert told in str(caught.value)


def test_a_long_file_of_blanks_is_read_in_no_time() -> None:
    assert parse("TOU_A=x" + " " * 200_000 + "\n") == {"TOU_A": "x"}
