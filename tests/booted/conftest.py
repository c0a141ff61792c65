"""A Debian of its own, booted with its systemd in a container that has no network, and the program
installed in it as a person does. Whoever lacks a part gets one clear line, and the tests are
skipped. What is costly to fetch is kept in a folder of the cache, outside the checkout.

BOOTED_RELEASES="bookworm trixie" tries several; `make booted` does.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RELEASES = {"bookworm": "3.11", "trixie": "3.13"}
INCLUDED = "systemd,systemd-sysv,dbus,python3,python3-venv,procps,make,iproute2"
NEEDED = ("mmdebstrap", "systemd-nspawn", "nsenter", "apt-get", "git")
OLDER = "d8736e9"
"""A version of before the control socket, the group and the many transports."""
QUIET = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
FETCHED = 240.0
"""Seconds for one fetch; where the network is slower than that, nothing is booted."""
PATIENCE = 60.0
"""Seconds that nothing takes; a machine with much to do is still waited for."""


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "tou-scheduler" / "booted"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def made_once(path: Path, make: Callable[[Path], None], lacking: str) -> Path:
    """What is in the cache, or is made now; where it cannot be had the tests are skipped."""
    if not path.exists():
        new = path.with_name(f"{path.stem}.{os.getpid()}{path.suffix}")
        try:
            make(new)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            said = (error.stderr or b"").decode(errors="replace").strip().splitlines()[-1:]
            pytest.skip(f"{lacking}: {' '.join(said) or error}")
        new.rename(path)
    return path


def mirror() -> str:
    """Where this machine has its Debian from."""
    words = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    found = subprocess.run(
        [*words, "Origin: Debian", "Label: Debian"], capture_output=True, text=True, check=False
    ).stdout.split()
    return found[0] if found else ""


def debian(release: str) -> Path:
    """The smallest Debian that boots, as an archive."""

    def make(new: Path) -> None:
        asked = ["--variant=minbase", f"--include={INCLUDED}", release, str(new), mirror()]
        subprocess.run(["mmdebstrap", *asked], check=True, capture_output=True, timeout=FETCHED)

    key = hashlib.sha256(INCLUDED.encode()).hexdigest()[:8]
    lacking = f"Debian {release} cannot be fetched; no boot is tried"
    return made_once(cache() / f"{release}-{key}.tar", make, lacking)


def older() -> Path:
    """The checkout of an older version."""

    def make(new: Path) -> None:
        new.mkdir()
        words = ["git", "-C", str(ROOT), "archive", OLDER]
        packed = subprocess.run(words, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", str(new)], input=packed, check=True)

    lacking = f"the commit {OLDER} is not in this clone; no upgrade is tried"
    return made_once(cache() / f"older-{OLDER}", make, lacking)


def wheels(release: str, before: Path) -> Path:
    """Every distribution of this version, of the older one, and of what builds them."""
    locks = [ROOT / "packaging" / f"{name}.txt" for name in ("everything", "build-requirements")]
    project = tomllib.loads((before / "pyproject.toml").read_text())
    old = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    key = hashlib.sha256(b"".join(lock.read_bytes() for lock in locks)).hexdigest()[:12]

    def make(new: Path) -> None:
        fetch = [python_with_pip(), "-m", "pip", "download", "--quiet", "--dest", str(new)]
        fetch += ["--only-binary", ":all:", "--python-version", RELEASES[release]]
        for lock in locks:
            words = ["--no-deps", "--require-hashes", "--requirement", str(lock)]
            subprocess.run([*fetch, *words], check=True, capture_output=True, timeout=FETCHED)
        words = ["--constraint", str(before / "constraints.txt"), *old]
        subprocess.run([*fetch, *words], check=True, capture_output=True, timeout=FETCHED)

    return made_once(
        cache() / f"wheels-{release}-{key}", make, "packages cannot be fetched; no boot is tried"
    )


def python_with_pip() -> str:
    for each in (sys.executable, "python3", "/usr/bin/python3"):
        asked = [each, "-m", "pip", "--version"]
        if not subprocess.run(asked, capture_output=True, check=False).returncode:
            return each
    return pytest.skip("no Python with pip is here; no boot is tried")


@dataclass
class Machine:
    """A Debian at work, or not booted yet."""

    root: Path
    mounts: dict[str, Path]
    process: subprocess.Popen[bytes] | None = None
    leader: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    """What an earlier act saw, for the tests of it."""

    def before_boot(self, *words: str) -> str:
        """The output of a command in the file system, as it is without systemd."""
        nspawn = ["systemd-nspawn", "--quiet", "-D", str(self.root), "--register=no"]
        done = self._run([*nspawn, "--keep-unit", "--pipe", *self._binds(), *self._env(), *words])
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def boot(self) -> None:
        mounted = ["--private-network", "--register=no", "--keep-unit", *self._binds()]
        # Both are for the filter of addresses, which is silently none without.
        allowed = ["--capability=all", "--system-call-filter=bpf"]
        with (self.root.parent / "console").open("wb") as console:
            self.process = subprocess.Popen(
                ["systemd-nspawn", "-b", "-D", str(self.root), *mounted, *allowed],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            )
        self.leader = self.until(self._first_process)
        self.until(lambda: self.ask("systemctl", "is-system-running").strip() == "running")

    def _first_process(self) -> str:
        """Its systemd, as this machine numbers it; the one before it only prepares the way."""
        assert self.process is not None
        number = self.process.pid
        for child in Path(f"/proc/{number}/task/{number}/children").read_text().split():
            with contextlib.suppress(OSError):
                if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    return child
        return ""

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command in it, as root."""
        inside = ["nsenter", "-t", self.leader, "-m", "-u", "-i", "-n", "-p", "-C"]
        named = [f"{name}={value}" for name, value in {**QUIET, **environment}.items()]
        return self._run([*inside, "env", "-i", *named, *words])

    def do(self, *words: str, **environment: str) -> str:
        """The output of a command that must end well."""
        done = self.run(*words, **environment)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}\n{self.journal()}"
        return done.stdout

    def ask(self, *words: str) -> str:
        """The output, however the command ends."""
        return self.run(*words).stdout

    def show(self, unit: str, *properties: str) -> list[str]:
        # In an order of its own.
        lines = self.ask("systemctl", "show", unit, f"--property={','.join(properties)}")
        found = dict(line.split("=", 1) for line in lines.splitlines())
        return [found[each] for each in properties]

    def status(self) -> dict[str, Any]:
        """What `tou status` answers."""
        found: dict[str, Any] = json.loads(self.ask("tou", "status", "--format", "json") or "{}")
        return found

    def journal(self) -> str:
        return self.ask("journalctl", "--no-pager", "--lines=60", "--output=cat")

    def until(self, what: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """The first true answer. Fails with the journal when there is none in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = what()
            if answer:
                return answer
            time.sleep(0.2)
        told = self.journal() if self.leader else (self.root.parent / "console").read_text()
        return pytest.fail(f"nothing within {seconds} s; the journal says:\n{told}")

    def write(self, name: str, text: str) -> None:
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, name: str) -> str:
        return (self.root / name.lstrip("/")).read_text()

    def has(self, name: str) -> bool:
        return os.path.lexists(self.root / name.lstrip("/"))

    def stop(self) -> None:
        if self.process is None:
            return
        # The end of its first process is the end of all of them.
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(int(self.leader), signal.SIGKILL)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _binds(self) -> list[str]:
        return [f"--bind-ro={source}:{target}" for target, source in self.mounts.items()]

    def _env(self) -> list[str]:
        return [f"--setenv={name}={value}" for name, value in self.environment.items()]

    @staticmethod
    def _run(words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=300,
            check=False,
        )


def lacking() -> str:
    if os.geteuid() != 0:
        return "booting a Debian needs root"
    missing = [each for each in NEEDED if shutil.which(each) is None]
    return f"booting a Debian needs {', '.join(missing)}" if missing else ""


@pytest.fixture(
    scope="session", params=os.environ.get("BOOTED_RELEASES", "bookworm").split(), ids=str
)
def machine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """A Debian with the older version installed, not booted yet."""
    if why := lacking():
        pytest.skip(f"{why}; real systemd is not tried")
    base, before = debian(request.param), older()
    archives = wheels(request.param, before)
    folder = tmp_path_factory.mktemp(f"booted-{request.param}")
    (folder / "root").mkdir()
    subprocess.run(["tar", "-xf", str(base), "-C", str(folder / "root")], check=True)
    made = Machine(
        folder / "root", {"/mnt/now": ROOT, "/mnt/older": before, "/mnt/wheels": archives}
    )
    made.environment = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/mnt/wheels", **QUIET}
    # It fails for want of modules of the kernel, which a container has none of.
    made.before_boot("systemctl", "mask", "systemd-modules-load.service")
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


def words_of(text: str) -> str:
    return re.sub(r"\s+", " ", text)
