"""The bodies have the keys and types of captured ones, firmware by firmware."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Bench

CAPTURED = json.loads(
    (Path(__file__).parents[2] / "data" / "simulated" / "shapes.json").read_text()
)

# Where the simulated site is another one than the captured: no Synchrometer, one Powerwall.
# Where a capture has null, any type may stand, and the other way round.
NOT_OURS = {
    ("powerwalls", "1.50.1"): {"has_sync", "states", "msa", "alert", "checks", "in_config"},
    ("powerwalls", "21.44"): {"sync"},
    # The fixture of 2020 leaves the unused meters out; captures of the time have them.
    ("meters/aggregates", "1.49"): {"busway", "frequency", "generator"},
}


def differences(
    captured: str | dict[str, Any] | list[Any],
    ours: str | dict[str, Any] | list[Any],
    path: str = "",
) -> list[str]:
    """Where two shapes differ, as texts."""
    if "null" in (captured, ours):
        return []
    if isinstance(captured, dict) and isinstance(ours, dict):
        found = [f"{path}.{key} is missing" for key in captured.keys() - ours.keys()]
        found += [f"{path}.{key} is not in the capture" for key in ours.keys() - captured.keys()]
        for key in captured.keys() & ours.keys():
            found += differences(captured[key], ours[key], f"{path}.{key}")
        return found
    if isinstance(captured, list) and isinstance(ours, list):
        both = captured and ours
        return differences(captured[0], ours[0], f"{path}[]") if both else []
    return [] if captured == ours else [f"{path} is {ours}, captured {captured}"]


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "text"


@pytest.mark.parametrize(
    "captured",
    CAPTURED,
    ids=[
        f"{row['endpoint']} of {row['profile']}{'' if row['running'] else ' stopped'}"
        for row in CAPTURED
    ],
)
def test_a_body_has_the_shape_of_its_capture(bench: type[Bench], captured: dict[str, Any]) -> None:
    gateway = bench(profile=captured["profile"]).enter()
    if captured["running"]:
        gateway.up()
    else:
        gateway.device.sitemaster.halt(gateway.moment.elapsed)

    ours = shape(gateway.get(captured["endpoint"]).json)

    other = NOT_OURS.get((captured["endpoint"], captured["profile"]), set())
    found = differences(captured["shape"], ours)
    assert [each for each in found if each.split()[0].rpartition(".")[2] not in other] == []
