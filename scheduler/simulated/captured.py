"""Bodies as they were captured of real systems; what moves in them is null there, and filled
in by whoever answers."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Final

Body = dict[str, object]

CAPTURED: Final[dict[str, Body]] = json.loads(
    files("scheduler.simulated").joinpath("captured.json").read_bytes()
)
