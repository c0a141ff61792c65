"""The image, built and run as nobody on a root file system that may not be written. `make booted`
tries it; it takes a base that is fetched for it, and a builder (buildah) and runc.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, debian, lacking, older, wheels

pytestmark = pytest.mark.timeout(900)

NOBODY = 10001
PARTS = ("buildah", "runc")
SCHEDULE = """\
schedule: the house
timezone: Etc/UTC
rules:
  - {name: run the house, mode: self_consumption, reserve: 20%}
"""


def tool(*words: str, check: bool = True, **environment: str) -> str:
    return subprocess.run(
        words,
        env={**os.environ, "BUILDAH_ISOLATION": "chroot", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=check,
        timeout=600,
    ).stdout.strip()


@pytest.fixture(scope="module")
def image() -> str:
    """The image, with the Debian that is booted as its base."""
    if "BOOTED_RELEASES" not in os.environ:
        pytest.skip("`make booted` builds the image and runs it")
    missing = [each for each in PARTS if shutil.which(each) is None]
    if why := lacking() or (f"an image needs {', '.join(missing)}" if missing else ""):
        pytest.skip(why)
    archives, base = wheels("bookworm", older()), debian("bookworm")
    made = tool("buildah", "from", "scratch")
    tool("buildah", "add", "--quiet", made, str(base), "/")
    tool("buildah", "commit", "--quiet", made, "localhost/tou-base")
    tool("buildah", "rm", made)
    offline = ["--build-arg", "PIP_NO_INDEX=1", "--build-arg", "PIP_FIND_LINKS=/mnt/wheels"]
    tool(
        *("sh", str(ROOT / "packaging" / "image.sh"), "--isolation", "chroot"),
        *("--volume", f"{archives}:/mnt/wheels:ro", *offline),
        BUILDER="buildah",
        BUILD_FROM="localhost/tou-base",
    )
    return "tou-scheduler:latest"


@dataclass
class Container:
    """One that runs."""

    name: str
    process: subprocess.Popen[bytes]

    def status(self) -> int:
        """What its health check would say."""
        words = ["runc", "exec", self.name, "tou", "status"]
        return subprocess.run(words, capture_output=True, check=False, timeout=60).returncode


@pytest.fixture
def container(image: str, tmp_path: Path) -> Iterator[Container]:
    described = json.loads(tool("buildah", "inspect", "--type", "image", image))["Docker"]["config"]
    made = tool("buildah", "from", image)
    root = tool("buildah", "mount", made)
    for name in ("data", "config", "bundle"):
        (tmp_path / name).mkdir()
    os.chown(tmp_path / "data", NOBODY, NOBODY)
    for above in (tmp_path, *tmp_path.parents[:3]):
        above.chmod(0o755)
    (tmp_path / "config" / "home.yaml").write_text(SCHEDULE)
    tool("runc", "spec", "--bundle", str(tmp_path / "bundle"))
    file = tmp_path / "bundle" / "config.json"
    file.write_text(json.dumps(bundle(json.loads(file.read_text()), described, root, tmp_path)))
    name = f"tou-{os.getpid()}"
    with (tmp_path / "log").open("wb") as log:
        words = ["runc", "run", "--bundle", str(tmp_path / "bundle"), name]
        started = Container(name, subprocess.Popen(words, stdout=log, stderr=log))
    yield started
    tool("runc", "delete", "--force", name, check=False)
    started.process.wait(30)
    tool("buildah", "rm", made)


def bundle(spec: dict[str, Any], image: dict[str, Any], root: str, folder: Path) -> dict[str, Any]:
    """What the image says of itself, as nobody, without the right to write or to gain rights."""
    user = [int(each) for each in image["User"].split(":")]
    limits = [
        {"type": f"RLIMIT_{each}", "hard": 1024, "soft": 1024} for each in ("NOFILE", "NPROC")
    ]
    spec["process"] |= {
        "terminal": False,
        "user": {"uid": user[0], "gid": user[1]},
        "args": image["Entrypoint"] + image["Cmd"],
        "cwd": image["WorkingDir"],
        "env": image["Env"],
        "noNewPrivileges": True,
        "rlimits": limits,
        "capabilities": {each: [] for each in spec["process"]["capabilities"]},
    }
    spec["root"] = {"path": root, "readonly": True}
    for name, rights in (("data", "rw"), ("config", "ro")):
        options = {"type": "bind", "options": ["rbind", rights]}
        spec["mounts"] += [{"destination": f"/{name}", "source": str(folder / name), **options}]
    return spec


def test_the_image_is_well_as_nobody_and_stops_when_it_is_told(
    container: Container, tmp_path: Path
) -> None:
    deadline = time.monotonic() + 60
    while container.status() != 0 and time.monotonic() < deadline:
        time.sleep(0.5)

    assert container.status() == 0, (tmp_path / "log").read_text()
    written = ["runc", "exec", container.name, "touch", "/opt/written"]
    assert subprocess.run(written, capture_output=True, check=False).returncode != 0
    assert (tmp_path / "data" / "tou.db").stat().st_uid == NOBODY
    tool("runc", "kill", container.name, "TERM")
    assert container.process.wait(20) == 0
