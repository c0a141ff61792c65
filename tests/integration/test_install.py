"""What `make install` lays down, with a Python whose pip only notes what it is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Makes a venv with a pip that writes the script `tou` as the real one does: with its own path.
PYTHON = """\
#!/bin/sh
if [ "$1" = -m ] && [ "$2" = venv ]; then
  mkdir -p "$3/bin" "$3/lib"
  ln -s {python} "$3/bin/python"
  echo "command = python -m venv $3" >"$3/pyvenv.cfg"
  printf '%s\\n' '#!/bin/sh' 'echo "$0 $*" >>{log}' >"$3/bin/pip"
  printf '%s\\n' "#!$3/bin/python" >"$3/bin/tou"
  chmod 755 "$3/bin/pip" "$3/bin/tou"
  exit 0
fi
exec {python} "$@"
"""

MODES = {
    "etc": 0o755,
    "etc/tou-scheduler": 0o755,
    "etc/tou-scheduler/settings.env": 0o644,
    "etc/tou-scheduler/gateway_password": 0o600,
    "etc/tou-scheduler/schedules": 0o755,
    "etc/tou-scheduler/schedules/home.yaml": 0o644,
    "etc/tou-scheduler/schedules/schedule.schema.json": 0o644,
    "etc/systemd/system/tou-scheduler.service": 0o644,
    "opt/tou-scheduler": 0o755,
    "opt/tou-scheduler/venv/bin": 0o755,
    "opt/tou-scheduler/LICENSE": 0o644,
    "usr/local/bin/tou": 0o755,
    "var/lib/tou-scheduler": 0o700,
}


def install(folder: Path, *, umask: int = 0o022) -> tuple[Path, str]:
    """The staged tree, and what pip was asked for."""
    python, log = folder / "python", folder / "log"
    python.write_text(PYTHON.format(python=sys.executable, log=log))
    python.chmod(0o755)
    stage = folder / "stage"
    subprocess.run(
        ["sh", str(ROOT / "systemd" / "install.sh")],
        env={**os.environ, "DESTDIR": str(stage), "PYTHON": str(python)},
        umask=umask,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return stage, log.read_text()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_the_modes_are_the_same_under_every_umask(tmp_path: Path, umask: int) -> None:
    stage, _ = install(tmp_path, umask=umask)

    found = {name: (stage / name).stat().st_mode & 0o777 for name in MODES}

    assert found == MODES


def test_what_is_staged_names_the_place_where_it_will_run(tmp_path: Path) -> None:
    stage, _ = install(tmp_path)

    files = [path for path in stage.rglob("*") if path.is_file() and path.name != "pip"]
    named = [path for path in files if str(stage).encode() in path.read_bytes()]

    assert named == []
    tou = (stage / "opt/tou-scheduler/venv/bin/tou").read_text()
    assert tou == "#!/opt/tou-scheduler/venv/bin/python\n"


def test_nothing_is_fetched_without_its_hash(tmp_path: Path) -> None:
    _, log = install(tmp_path)

    for line in log.splitlines():
        local = "--no-deps --no-build-isolation" in line or "--no-index" in line
        assert local or "--require-hashes --requirement" in line, line


def test_what_a_person_has_written_stays(tmp_path: Path) -> None:
    stage, _ = install(tmp_path)
    for name in ("settings.env", "gateway_password", "schedules/home.yaml"):
        (stage / "etc/tou-scheduler" / name).write_text("mine\n")

    install(tmp_path)

    for name in ("settings.env", "gateway_password", "schedules/home.yaml"):
        assert (stage / "etc/tou-scheduler" / name).read_text() == "mine\n"


def test_the_command_lets_no_shell_look_into_the_settings(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text(f"TOU_SITE=$(touch {tmp_path}/evaluated)\n")
    script = (ROOT / "systemd" / "tou").read_text()
    assert "exec /opt/tou-scheduler/venv/bin/tou " in script

    told = subprocess.run(
        ["sh", "-c", script.replace("/opt/tou-scheduler/venv/bin/tou", "printenv"), "tou"],
        env={"PATH": os.environ["PATH"], "TOU_SETTINGS_FILE": str(tmp_path / "settings.env")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"TOU_SETTINGS_FILE={tmp_path}/settings.env\n" in told.stdout
    assert "STATE_DIRECTORY=/var/lib/tou-scheduler\n" in told.stdout
    assert not (tmp_path / "evaluated").exists()
