"""Everything of a release in one folder: `python -m tools.release dist` makes the source and wheel
archives, the package for this Debian, the image where a builder is here, the list of what is in
them (CycloneDX), and the digests of all. The same commit gives the same archives.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
_PINNED: Final = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)
_HASH: Final = re.compile(r"--hash=sha256:(\w{64})")
_BUILDERS: Final = ("buildah", "podman", "docker")


def main(into: Path) -> None:
    """Make a release; what cannot be made here is told in one line."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    moment = commit_time()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(int(moment.timestamp()))}
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(into)]
    subprocess.run(build, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    if shutil.which("dpkg-deb"):
        _run("packaging/deb.sh", str(into), environment=environment)
    else:
        print("dpkg-deb is not here: no package for Debian.")
    _image(into, environment)
    text = json.dumps(bill(moment), indent=2) + "\n"
    (into / f"tou-scheduler-{version()}.cdx.json").write_text(text, encoding="utf-8")
    (into / "SHA256SUMS").write_text(digests(into), encoding="utf-8")
    print((into / "SHA256SUMS").read_text(encoding="utf-8"), end="")


def version() -> str:
    """That of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def commit_time() -> datetime:
    """When the commit was made that is released."""
    asked = ["git", "log", "-1", "--format=%ct"]
    told = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return datetime.fromtimestamp(int(told), UTC)


def bill(moment: datetime) -> dict[str, Any]:
    """What is in the package and the image, as CycloneDX 1.6 writes it."""
    lock = (ROOT / "packaging" / "everything.txt").read_text(encoding="utf-8")
    own = {
        "type": "application",
        "bom-ref": "tou-scheduler",
        "name": "tou-scheduler",
        "version": version(),
        "licenses": [{"license": {"id": "MIT"}}],
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        # The same list has the same name.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, version() + lock)}",
        "version": 1,
        "metadata": {"timestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "component": own},
        "components": list(components(lock)),
    }


def components(lock: str) -> Iterator[Mapping[str, Any]]:
    """Each distribution of a lock file, with the digests of its archives."""
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        name, number = _PINNED.findall(entry)[0]
        address = f"pkg:pypi/{name}@{number}"
        made: dict[str, Any] = {
            "type": "library",
            "bom-ref": address,
            "name": name,
            "version": number,
            "purl": address,
            "properties": [
                {"name": "archive:sha256", "value": digest} for digest in _HASH.findall(entry)
            ],
        }
        if licence := _licence(name):
            made["licenses"] = [{"expression": licence}]
        yield made


def _licence(name: str) -> str | None:
    """As the distribution itself says in the standard form, where it is installed here."""
    try:
        said = metadata.metadata(name).json.get("license_expression")
    except metadata.PackageNotFoundError:
        return None
    return str(said) if said else None


def digests(folder: Path) -> str:
    """The digest of every file, as `sha256sum --check` reads them."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files
    )


def _image(into: Path, environment: Mapping[str, str]) -> None:
    builder = next((each for each in _BUILDERS if shutil.which(each)), None)
    if builder is None:
        print(f"None of {', '.join(_BUILDERS)} is here: no image.")
        return
    name, file = f"tou-scheduler:{version()}", into / f"tou-scheduler-{version()}-image.tar"
    words = os.environ.get("IMAGE_WORDS", "").split()
    _run("packaging/image.sh", *words, environment={**environment, "BUILDER": builder})
    if builder == "buildah":
        save = ["buildah", "push", name, f"docker-archive:{file}:{name}"]
    else:
        save = [builder, "save", "--output", str(file), name]
    subprocess.run(save, check=True, stdout=subprocess.DEVNULL)


def _run(script: str, *words: str, environment: Mapping[str, str]) -> None:
    subprocess.run(
        ["sh", str(ROOT / script), *words],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist").absolute())
