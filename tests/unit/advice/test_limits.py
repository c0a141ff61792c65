"""What a schedule asks of a gateway that cannot do it is told at its place, with the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from scheduler.advice.limits import LIMIT_CHECKS, LIMIT_WARNINGS, Allowed, judge, settled
from scheduler.gateway.abilities import FIRMWARE_UPDATES, SITEMASTER
from scheduler.gateway.base import Limits, Reserves
from scheduler.schedule.load import Loaded, parse_schedule
from scheduler.setting import Export, Mode

LOCAL = Limits(modes=frozenset({Mode.SELF_CONSUMPTION, Mode.BACKUP}))
CLOUD = Limits(
    reserves=Reserves(((0, 80), (100, 100)), whole=True),
    grid_charging=True,
    exports=frozenset({Export.BATTERY, Export.SOLAR}),
    atomic=False,
)
READER = Limits(reserves=Reserves(((0, 80), (100, 100))))
SCREEN = Limits(grid_charging=True, exports=frozenset(Export), set_points=True)


def loaded(setting: str) -> Loaded:
    text = (
        "schedule: Home\ntimezone: America/Los_Angeles\nrules:\n"
        f"  - {{name: it, during: 22:00-06:00, {setting}}}\n"
        "  - {name: last, mode: self_consumption, reserve: 20%}\n"
    )
    return parse_schedule(text, "home.yaml", folder=Path("nowhere"))


CASES = {
    "what all can do": (LOCAL, "mode: backup, reserve: 100%", "", ""),
    "a mode that is not offered": (
        LOCAL,
        "mode: autonomous, reserve: 20%",
        "mode-not-offered",
        "cannot set autonomous; write self_consumption or backup",
    ),
    "grid charging that is not offered": (
        LOCAL,
        "mode: backup, reserve: 100%, grid_charging: allow",
        "grid-charging-not-offered",
        "set it once in the app",
    ),
    "export that is not offered": (
        LOCAL,
        "mode: backup, reserve: 100%, export: battery",
        "export-not-offered",
        "mode: autonomous and export: battery",
    ),
    "an export rule of few systems": (
        CLOUD,
        "mode: autonomous, reserve: 20%, export: none",
        "export-not-offered",
        "Write battery or solar",
    ),
    "a power that is not taken": (
        CLOUD,
        "mode: backup, reserve: 100%, charge: 3 kW",
        "charge-not-offered",
        "mode: backup and reserve: 100%, with grid_charging: allow",
    ),
    "a reserve that is not kept": (
        CLOUD,
        "mode: self_consumption, reserve: 90%",
        "reserve-not-kept",
        "it keeps 0-80% and 100% in whole numbers. Write 80% or 100%. To charge higher, write "
        "mode: backup, reserve: 100% and grid_charging: allow",
    ),
    "a reserve between whole numbers": (
        CLOUD,
        "mode: self_consumption, reserve: 12.5%",
        "reserve-not-kept",
        "Write 12% or 13%.",
    ),
    "a floor that is not kept": (
        CLOUD,
        "mode: self_consumption, reserve: hold, at_least: 85%",
        "reserve-not-kept",
        "does not keep 85%",
    ),
    "a hold that becomes backup": (CLOUD, "mode: self_consumption, reserve: hold", "", ""),
    "a hold that cannot be kept": (
        READER,
        "mode: self_consumption, reserve: hold",
        "hold-not-kept",
        "keeps no reserve above 80% but 100%",
    ),
    "all that there is": (
        SCREEN,
        "mode: autonomous, reserve: 97%, grid_charging: deny, export: none, charge: full",
        "",
        "",
    ),
}


@pytest.mark.parametrize(
    ("limits", "setting", "id_", "said"), CASES.values(), ids=list(CASES.keys())
)
def test_a_setting_is_judged_by_the_limits(
    limits: Limits, setting: str, id_: str, said: str
) -> None:
    found = judge(loaded(setting).schedule, limits, "fleet")

    assert [each.id for each in found] == ([id_] if id_ else [])
    for problem in found:
        assert said in problem.message
        assert "(fleet)" in problem.message
        assert problem.place.line == 4
        assert problem.severity == ("warning" if id_ in LIMIT_WARNINGS else "error")


def test_every_check_of_limits_has_its_case() -> None:
    assert {case[2] for case in CASES.values()} - {""} == set(LIMIT_CHECKS) - {"job-not-offered"}


def test_a_problem_stands_at_the_key_that_names_what_cannot_be_done() -> None:
    (problem,) = judge(
        loaded("mode: backup, reserve: 100%, export: solar").schedule, LOCAL, "local"
    )

    assert problem.path == "rules[0].export"
    assert str(problem.place) == "home.yaml:4:74"


def test_whether_a_high_reserve_is_kept_is_no_guess_once_the_gateway_is_known() -> None:
    high = loaded("mode: self_consumption, reserve: 90%")

    assert [each.id for each in high.warnings] == ["reserve-snaps"]
    assert settled(high, []) == high.warnings
    assert settled(high, [Allowed("simulated", Limits())]) == ()
    assert [
        each.id for each in settled(high, [Allowed("v1r", Limits()), Allowed("fleet", CLOUD)])
    ] == ["reserve-not-kept"]


JOBS = {
    "none can": ([frozenset({FIRMWARE_UPDATES})], ["job-not-offered"]),
    "it can": ([frozenset({SITEMASTER})], []),
    "the second in line can": ([frozenset[str](), frozenset({SITEMASTER})], []),
    "one does not tell": ([frozenset[str](), None], []),
}


@pytest.mark.parametrize(("abilities", "ids"), JOBS.values(), ids=list(JOBS.keys()))
def test_a_job_that_no_gateway_can_do_is_told_at_its_place(
    abilities: list[frozenset[str] | None], ids: list[str]
) -> None:
    text = (
        "schedule: Home\ntimezone: America/Los_Angeles\n"
        "rules: [{name: last, mode: self_consumption, reserve: 20%}]\n"
        "jobs:\n  - {name: settle, do: commit, at: 07:00}\n"
    )
    home = parse_schedule(text, "home.yaml", folder=Path("nowhere"))

    found = settled(home, [Allowed("fleet", Limits(), each) for each in abilities])

    assert [each.id for each in found] == ids
    for problem in found:
        assert str(problem.place) == "home.yaml:5:24"
        assert "cannot do commit. Remove the job" in problem.message
        assert problem.severity == "warning"
