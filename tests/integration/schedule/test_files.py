"""What a schedule's path can name, and what its tariff's: nothing waits, nothing leaks."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler.errors import ScheduleError
from scheduler.schedule import library, source
from scheduler.schedule.load import load_schedule, parse_schedule

ALWAYS = "rules:\n  - {name: always, mode: self_consumption, reserve: 20%}\n"
SECRET = "root:$6$hash:19000:0:99999:7:::\n"


def refused(path: Path) -> str:
    with pytest.raises(ScheduleError) as caught:
        load_schedule(path, shown_as="home.yaml")
    return str(caught.value)


def home(folder: Path, tariff: str) -> Path:
    path = folder / "home.yaml"
    path.write_text(f"schedule: Home\ntariff: {tariff}\n{ALWAYS}", encoding="utf-8")
    return path


def test_a_pipe_in_the_schedules_place_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "home.yaml")

    assert refused(tmp_path / "home.yaml") == (
        "home.yaml:1:1: It cannot be read: it is not a regular file. [file]"
    )


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_device_is_no_schedule(device: str) -> None:
    assert refused(Path(device)).startswith("home.yaml:1:1: It cannot be read")


def test_a_file_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "home.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 40)

    assert refused(path) == (
        f"home.yaml:1:1: It is longer than {source.MAX_BYTES} bytes. Is it the right file? [file]"
    )


def test_a_pipe_in_the_tariffs_place_is_a_problem_at_its_key(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.yaml")

    assert refused(home(tmp_path, "t.yaml")) == (
        "home.yaml:2:9: tariff: t.yaml: It cannot be read: it is not a regular file. [tariff]"
    )


@pytest.mark.parametrize("leads_out", ["{out}/shadow", "../out/shadow", "tariffs/../../out/shadow"])
def test_a_tariff_outside_the_schedules_folder_is_refused_and_not_shown(
    leads_out: str, tmp_path: Path
) -> None:
    out, inside = tmp_path / "out", tmp_path / "in"
    out.mkdir()
    (inside / "tariffs").mkdir(parents=True)
    (out / "shadow").write_text(SECRET, encoding="utf-8")

    said = refused(home(inside, leads_out.format(out=out)))

    assert "leads out of the schedule's folder. Copy the file beside the schedule" in said
    assert "hash" not in said


def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_followed(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shipped = (library.shipped() / "tariffs" / "srp-e-28.yaml").read_text(encoding="utf-8")
    (tmp_path / "real.yaml").write_text(shipped, encoding="utf-8")
    (folder / "out.yaml").symlink_to(tmp_path / "real.yaml")
    (folder / "kept.yaml").write_text(shipped, encoding="utf-8")
    (folder / "link.yaml").symlink_to(folder / "kept.yaml")

    assert "is a link out of the schedule's folder" in refused(home(folder, "out.yaml"))
    assert load_schedule(home(folder, "link.yaml")).schedule.tariff_name


def test_a_folder_that_is_itself_a_link_keeps_its_tariffs(tmp_path: Path) -> None:
    """As /etc/tou-scheduler may be one."""
    real = tmp_path / "real"
    (real / "tariffs").mkdir(parents=True)
    text = (library.shipped() / "tariffs" / "srp-e-28.yaml").read_text(encoding="utf-8")
    (real / "tariffs" / "mine.yaml").write_text(text, encoding="utf-8")
    home(real, "tariffs/mine.yaml")
    (tmp_path / "etc").symlink_to(real)

    assert load_schedule(tmp_path / "etc" / "home.yaml").schedule.tariff_name


def test_the_shipped_tariffs_may_be_linked_beside_a_schedule(tmp_path: Path) -> None:
    (tmp_path / "tariffs").symlink_to(library.shipped() / "tariffs")

    assert load_schedule(home(tmp_path, "tariffs/srp-e-28.yaml")).schedule.tariff_name


NO_TARIFFS = {
    "a line of words": SECRET,
    "keys of something else": "password: hunter2\ntoken: [hash]\n",
    "keys twice": "password: hash\npassword: hash\nx: [\n",
    "a list": "- hash\n- hash\n",
}


@pytest.mark.parametrize("content", NO_TARIFFS.values(), ids=NO_TARIFFS.keys())
def test_a_file_that_is_no_tariff_is_not_shown(content: str, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(content, encoding="utf-8")

    said = refused(home(tmp_path, "t.yaml"))

    assert not any(word in said for word in ("hash", "hunter2", "password", "token", "root"))


def test_thousands_of_problems_are_shown_by_their_first_fifty(tmp_path: Path) -> None:
    path = tmp_path / "home.yaml"
    path.write_text("rules:\n" + "- {a: b}\n" * 18_000, encoding="utf-8")

    said = refused(path)

    assert len(said.splitlines()) == 51
    assert said.splitlines()[-1].endswith("more problems like these are not shown.")
    assert len(said) < 20_000


def test_so_many_rules_are_refused_and_not_compared_with_each_other() -> None:
    rules = "".join(
        f"- {{name: r{n}, dates: 2026-12-24, mode: backup, reserve: 100%}}\n" for n in range(2_000)
    )

    with pytest.raises(ScheduleError, match="are more than 500"):
        parse_schedule(
            f"schedule: Home\ntimezone: Europe/London\nrules:\n{rules}", "f", folder=Path()
        )


@pytest.mark.parametrize("key", ["during", "dates", "days", "seasons", "inset", "reserve", "mode"])
def test_endless_spaces_in_a_value_cost_nothing(key: str) -> None:
    """Patterns with spaces on both sides took a minute for 24,000 of them."""
    rule = {"name": "a", "mode": "backup", "reserve": "100%", key: f"'22:00{' ' * 200_000}x'"}
    text = ", ".join(f"{name}: {value}" for name, value in rule.items())

    with pytest.raises(ScheduleError):
        parse_schedule(
            f"schedule: Home\ntimezone: Europe/London\nrules: [{{{text}}}]\n", "f", folder=Path()
        )


def test_dates_are_over_by_the_clock_of_the_tariff() -> None:
    """At 02:00 UTC on Christmas Day it is still the evening before in Los Angeles."""
    rule = "rules:\n  - {name: a, dates: 2026-12-24, mode: backup, reserve: 100%}\n"
    text = f"schedule: Home\ntariff: tariffs/sce-tou-d-a.yaml\n{rule}{ALWAYS.partition(chr(10))[2]}"
    evening, later = (datetime(2026, 12, 25, hour, tzinfo=UTC) for hour in (2, 9))

    assert parse_schedule(text, "f", folder=Path(), now=evening).warnings == ()
    assert [each.id for each in parse_schedule(text, "f", folder=Path(), now=later).warnings] == [
        "past-dates"
    ]
