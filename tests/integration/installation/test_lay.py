"""What `tou service install` lays down, keeps, puts aside and takes away, below a folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from scheduler.cli import manual
from scheduler.cli.root import tou
from scheduler.cli.service_install import completions
from scheduler.errors import ConfigurationError
from scheduler.installation import lay, program, remove
from scheduler.installation.places import Places, credentials, units

SYSTEMD = Path(__file__).parents[3] / "systemd"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def left_in(places: Places) -> set[str]:
    files = [path for path in places.root.rglob("*") if path.is_file()]
    return {f"/{path.relative_to(places.root)}" for path in files}


def test_every_unit_that_comes_with_the_program_is_laid_down_word_for_word(places: Places) -> None:
    lay.lay(places, {})

    for unit in SYSTEMD.glob("*.service"):
        assert (places.units / unit.name).read_bytes() == unit.read_bytes()
    assert {unit.name for unit in units()} == {unit.name for unit in SYSTEMD.glob("*.service")}


def test_every_secret_that_a_unit_hands_over_has_its_file_for_root_alone(places: Places) -> None:
    lay.lay(places, {})

    assert Path("/etc/tou-scheduler/gateway_password") in credentials()
    for name in credentials():
        assert places.at(name).stat().st_mode & 0o777 == 0o600


def test_a_schedule_that_was_taken_away_stays_away_and_what_units_need_comes_back(
    places: Places,
) -> None:
    lay.lay(places, {})
    schedule, settings = places.etc / "schedules" / "home.yaml", places.etc / "settings.env"
    schedule.unlink()
    lay.first_files(places)
    assert not schedule.exists()

    settings.unlink()
    places.at(credentials()[0]).unlink()
    lay.first_files(places)

    assert settings.exists()
    assert places.at(credentials()[0]).exists()


def test_a_unit_edited_by_hand_is_kept_beside_the_new_one_and_told(places: Places) -> None:
    lay.lay(places, {})
    unit = places.units / "tou-web.service"
    unit.write_text("mine\n")

    laid = lay.lay(places, {})

    assert laid.put_aside == ("/etc/systemd/system/tou-web.service.before",)
    assert unit.with_name("tou-web.service.before").read_text() == "mine\n"
    assert unit.read_bytes() == (SYSTEMD / "tou-web.service").read_bytes()


def test_an_older_unit_that_nobody_edited_is_replaced_without_a_word(places: Places) -> None:
    lay.lay(places, {})
    unit = places.units / "tou-web.service"
    unit.write_text("[Unit]\n# of an older version\n")
    record = places.home / "laid"
    digest = subprocess.check_output(["sha256sum", str(unit)], text=True).split()[0]
    lines = [line for line in record.read_text().splitlines() if "tou-web.service" not in line]
    record.write_text("\n".join([*lines, f"{digest}  /etc/systemd/system/tou-web.service\n"]))

    assert lay.lay(places, {}).put_aside == ()


def test_the_record_is_one_that_sha256sum_checks(places: Places) -> None:
    lay.lay(places, {"man/man1/tou.1": "text\n"})

    record = (places.home / "laid").read_text().replace("  /", f"  {places.root}/")
    done = subprocess.run(
        ["sha256sum", "--check", "--quiet"],
        input=record,
        text=True,
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "")
    assert "usr/local/share/man/man1/tou.1" in record


def test_a_removal_takes_what_was_laid_down_and_leaves_what_is_the_persons(places: Places) -> None:
    lay.lay(places, {"man/man1/tou.1": "text\n"})
    (places.etc / "settings.env").write_text("mine\n")
    drop_in = places.units / "tou-scheduler.service.d"
    drop_in.mkdir()
    (drop_in / "mine.conf").write_text("[Service]\n")

    stays = remove.remove(places)

    assert "/etc/tou-scheduler" in stays
    assert "/etc/systemd/system/tou-scheduler.service.d" in stays
    left = {
        f"/{path.relative_to(places.root)}" for path in places.root.rglob("*") if path.is_file()
    }
    assert left == {
        "/etc/systemd/system/tou-scheduler.service.d/mine.conf",
        "/etc/tou-scheduler/schedules/home.yaml",
        "/etc/tou-scheduler/settings.env",
        *map(str, credentials()),
    }


def test_a_purge_leaves_nothing(places: Places) -> None:
    lay.lay(places, {})

    assert remove.remove(places, purge=True) == ()

    assert left_in(places) == set()
    assert not places.etc.exists()
    assert not places.at("/var/lib/tou-scheduler").exists()


def test_a_link_in_place_of_the_audits_folder_is_removed_and_not_followed(
    places: Places, tmp_path: Path
) -> None:
    lay.lay(places, {})
    state = places.at("/var/lib/tou-scheduler")
    state.rmdir()
    kept = places.at("/var/lib/private/tou-scheduler")
    kept.mkdir(parents=True)
    state.symlink_to("private/tou-scheduler")

    remove.remove(places, purge=True)

    assert not state.is_symlink()
    assert not kept.exists()


def test_an_audit_of_before_the_group_is_opened_to_it_and_its_secrets_are_not(
    places: Places,
) -> None:
    state = places.at("/var/lib/tou-scheduler")
    state.mkdir(parents=True)
    for name in ("tou.db", "tou.service.lock", "tou.session"):
        (state / name).touch(0o600)
    (state / "tou.db-wal").symlink_to("tou.session")

    lay.lay(places, {})

    modes = {path.name: path.stat().st_mode & 0o777 for path in state.iterdir()}
    assert modes["tou.db"] == modes["tou.service.lock"] == 0o640
    assert modes["tou.session"] == 0o600


def test_another_programs_command_of_the_same_name_is_left_alone(places: Places) -> None:
    other = places.at("/opt/pipx/venvs/tou-scheduler/bin/tou")
    other.parent.mkdir(parents=True)
    other.write_text("#!/usr/bin/python3\n")
    places.commands.mkdir(parents=True)
    (places.commands / "tou").symlink_to(other)

    lay.lay(places, {})

    assert other.read_text() == "#!/usr/bin/python3\n"
    assert (places.at("/usr/local/sbin/tou")).read_bytes() == (SYSTEMD / "tou").read_bytes()


def test_a_link_at_the_place_of_a_file_of_ours_is_replaced_and_not_followed(
    places: Places, tmp_path: Path
) -> None:
    target = places.root / "target"
    target.write_text("another's\n")
    places.units.mkdir(parents=True)
    (places.units / "tou-web.service").symlink_to(target)

    lay.lay(places, {})

    assert target.read_text() == "another's\n"
    assert not (places.units / "tou-web.service").is_symlink()


def test_a_checkout_is_no_program_to_copy(places: Places) -> None:
    with pytest.raises(ConfigurationError, match="sudo make install"):
        program.put(places)


def test_pythons_in_home_folders_are_not_for_a_service() -> None:
    assert program.hidden(Path("/home/ann/.local/share/uv/python/bin/python3.12"))
    assert not program.hidden(Path("/usr/bin/env"))


def test_without_root_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    for verb in ("install", "uninstall"):
        done = CliRunner().invoke(tou, ["service", verb])
        assert 'sudo "$(command -v tou)" service' in str(done.exception)


def test_every_verb_has_its_manual_page_that_man_takes_without_a_warning(tmp_path: Path) -> None:
    pages = manual.pages(tou)

    assert {"man/man1/tou.1", "man/man1/tou-audit.1", "man/man1/tou-service.1"} <= pages.keys()
    assert "TOU AUDIT VERIFY" in pages["man/man1/tou-audit.1"]
    for name, text in pages.items():
        # An empty line or a line that begins with a dot by chance would be a mistake of ours.
        assert "\n\n" not in text, name
        wrong = [line for line in text.splitlines() if line.startswith((".", "'"))]
        assert {line.split(" ")[0] for line in wrong} <= {".TH", ".SH", ".PP", ".TP", ".nf", ".fi"}


def test_each_shell_gets_its_completion_where_it_looks() -> None:
    assert set(completions(packaged=True)) == {
        "bash-completion/completions/tou",
        "zsh/vendor-completions/_tou",
        "fish/vendor_completions.d/tou.fish",
    }
