"""What `make install` lays down, with a Python whose pip only notes what it is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Makes a venv as the real one does: its files name their own path. The pip of it only notes what it
# is asked for, and its Python is this one, with the program from the checkout.
PYTHON = """\
#!/bin/sh
if [ "$1" = -m ] && [ "$2" = venv ]; then
  for last; do :; done
  mkdir -p "$last/bin" "$last/lib"
  printf '%s\\n' '#!/bin/sh' 'exec {python} "$@"' >"$last/bin/python"
  echo "command = python -m venv $last" >"$last/pyvenv.cfg"
  printf '%s\\n' '#!/bin/sh' 'echo "$0 $*" >>{log}' >"$last/bin/pip"
  printf '%s\\n' "#!$last/bin/python" >"$last/bin/tou"
  chmod 755 "$last/bin/python" "$last/bin/pip" "$last/bin/tou"
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
    "opt/tou-scheduler/docs/notices.md": 0o644,
    "usr/lib/sysusers.d/tou-readers.conf": 0o644,
    "usr/local/bin/tou": 0o755,
    "usr/local/share/man/man1/tou-status.1": 0o644,
    "usr/local/share/bash-completion/completions/tou": 0o644,
    "var/lib/tou-scheduler": 0o700,
}


def install(folder: Path, *, umask: int = 0o022, **more: str) -> tuple[Path, str]:
    """The staged tree, and what pip was asked for."""
    python, log = folder / "python", folder / "log"
    python.write_text(PYTHON.format(python=sys.executable, log=log))
    python.chmod(0o755)
    stage = folder / "stage"
    subprocess.run(
        ["sh", str(ROOT / "packaging" / "install.sh")],
        env={**os.environ, "DESTDIR": str(stage), "PYTHON": str(python), **more},
        umask=umask,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return stage, log.read_text()


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    return install(tmp_path_factory.mktemp("staged"))


@pytest.mark.parametrize("umask", [0o000, 0o077], ids=oct)
def test_the_modes_are_the_same_under_every_umask(tmp_path: Path, umask: int) -> None:
    stage, _ = install(tmp_path, umask=umask)

    found = {name: (stage / name).stat().st_mode & 0o777 for name in MODES}

    assert found == MODES


def test_what_is_staged_names_the_place_where_it_will_run(staged: tuple[Path, str]) -> None:
    stage, _ = staged

    files = [path for path in stage.rglob("*") if path.is_file() and path.name != "pip"]
    named = [path for path in files if str(stage).encode() in path.read_bytes()]

    assert named == []
    tou = (stage / "opt/tou-scheduler/venv/bin/tou").read_text()
    assert tou == "#!/opt/tou-scheduler/venv/bin/python\n"


def test_nothing_is_fetched_without_its_hash(staged: tuple[Path, str]) -> None:
    _, log = staged

    assert "everything.txt" in log
    for line in log.splitlines():
        local = "--no-deps --no-build-isolation" in line or "--no-index" in line
        assert local or "--require-hashes --requirement" in line, line


def test_what_the_service_alone_does_not_need_can_be_left_out(tmp_path: Path) -> None:
    _, log = install(tmp_path, EXTRAS="none")

    assert "packaging/requirements.txt" in log
    assert "everything.txt" not in log


def test_a_package_lays_its_files_where_the_system_has_them(tmp_path: Path) -> None:
    stage, _ = install(tmp_path, PACKAGED="1")

    assert (stage / "usr/lib/systemd/system/tou-scheduler.service").is_file()
    assert (stage / "usr/bin/tou").is_file()
    assert (stage / "usr/share/man/man1/tou.1").is_file()
    assert not (stage / "usr/local").exists()
    assert not (stage / "etc/systemd").exists()


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
