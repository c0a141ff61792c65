"""The locked distributions are those of constraints.txt, whole, hashed, and from nowhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.txt", "everything.txt", "build-requirements.txt")
_PINNED = re.compile(r"^([a-z0-9-]+)==([^ ]+)(?: ; .*)? \\$", re.MULTILINE)


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(file: str) -> dict[str, str]:
    return dict(_PINNED.findall((ROOT / "packaging" / file).read_text()))


def constrained() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().split()
    return {plain(name): version for name, _, version in (line.partition("==") for line in lines)}


def named(requirements: list[str]) -> set[str]:
    return {plain(re.split(r"[\[<>=]", each)[0]) for each in requirements}


@pytest.mark.parametrize("file", LOCKS)
def test_versions_are_those_of_the_constraints(file: str) -> None:
    assert locked(file).items() <= constrained().items(), "run python -m tools.lock"


def test_every_dependency_is_locked_and_so_is_the_builder() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    wanted = [each for name, listed in extras.items() if name != "dev" for each in listed]

    assert named(project["project"]["dependencies"]) <= locked("requirements.txt").keys()
    assert named(wanted) <= locked("everything.txt").keys(), "run python -m tools.lock"
    assert locked("requirements.txt").items() <= locked("everything.txt").items()
    assert set(project["build-system"]["requires"]) <= locked("build-requirements.txt").keys()


def test_no_extra_has_a_name_that_reads_as_a_version() -> None:
    # `extra == "v1r"` made the pip of Debian 13 (25.1) compare versions, and fail.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    for name in project["optional-dependencies"]:
        with pytest.raises(InvalidVersion):
            Version(name)


@pytest.mark.parametrize("file", LOCKS)
def test_every_version_has_its_hashes_and_no_line_names_a_host(file: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / "packaging" / file).read_text().strip())

    assert len(entries) == len(locked(file)) > 0
    assert [each for each in entries if "--hash=sha256:" not in each] == []
    assert [each for each in entries if "://" in each or "--index" in each] == []
