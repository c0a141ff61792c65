"""The exact distributions of an installation, with the hashes of all their archives:
`python -m tools.lock` writes packaging/*.txt. Needs `uv` and the network.

Names no host: where archives come from is for the machine that installs them to say.
"""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "packaging"
_COMMAND: Final = (
    *("uv", "pip", "compile", "--quiet", "--generate-hashes", "--universal"),
    *("--python-version", "3.11", "--no-header", "--no-annotate"),
    *("--constraint", "constraints.txt"),
)


def lock(source: str, target: str, *words: str, requirements: str = "") -> None:
    """Write one lock file of what a source asks for; `-` is the text given."""
    file = FOLDER / target
    subprocess.run(
        [*_COMMAND, *words, source, "--output-file", str(file)],
        cwd=ROOT,
        input=requirements,
        text=True,
        check=True,
    )


def extras() -> list[str]:
    """Those that a household may want: all but the developer's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [name for name in project["optional-dependencies"] if name != "dev"]


if __name__ == "__main__":
    lock("pyproject.toml", "requirements.txt")
    lock("pyproject.toml", "everything.txt", *(f"--extra={name}" for name in extras()))
    lock("-", "build-requirements.txt", requirements="hatchling\n")
