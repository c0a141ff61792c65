"""Settings from the environment, `.env` and credentials; what is wrong is said by name."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from scheduler import settings
from scheduler.environment import missing_secret
from scheduler.errors import SettingsError
from scheduler.gateway import registry
from scheduler.gateway.local.settings import LocalSettings
from scheduler.gateway.simulated.settings import SimulatedSettings


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.upper().startswith("TOU_") or name in {"STATE_DIRECTORY", "CREDENTIALS_DIRECTORY"}:
            monkeypatch.delenv(name)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "tou-scheduler"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_any_setting_the_shipped_example_meets_the_simulated_gateway() -> None:
    made = settings.load()

    assert made.gateway == "simulated"
    assert made.schedule_path.name == "sce-tou-d-4-9pm.yaml"
    assert made.database_path == Path("tou.db")
    local = made.of(LocalSettings)
    assert (made.site, local.gateway_url, local.gateway_username) == (
        "home",
        "https://powerwall",
        "installer",
    )
    assert made.pulse == timedelta(seconds=30)
    assert (made.retry_first, made.retry_max) == (timedelta(seconds=5), timedelta(minutes=5))
    assert made.of(SimulatedSettings).pause_seconds == 0.0
    assert (made.transport.address, made.transport.identity) == (None, None)
    assert made.dry_run is False


def test_a_real_gateway_is_given_two_seconds_between_its_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOU_GATEWAY", "Local")

    assert settings.load().of(LocalSettings).pause_seconds == 2.0


def test_under_systemd_the_database_lies_in_the_state_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/tou-scheduler:/var/lib/other")

    made = settings.load()

    assert made.database_path == Path("/var/lib/tou-scheduler/tou.db")


def test_the_environment_wins_over_dotenv_and_that_over_credentials(
    nothing_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nothing_set / ".env").write_text("TOU_SITE=from-dotenv\nTOU_GATEWAY_USERNAME=from-dotenv\n")
    credentials = nothing_set / "credentials"
    credentials.mkdir()
    for name in ("site", "gateway_username", "gateway_password"):
        (credentials / name).write_text("from-credentials\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    monkeypatch.setenv("TOU_SITE", "from-environment")

    made = settings.load()

    local = made.of(LocalSettings)
    assert local.gateway_password is not None
    assert (made.site, local.gateway_username, local.gateway_password.get_secret_value()) == (
        "from-environment",
        "from-dotenv",
        "from-credentials",
    )


def test_a_certificate_among_the_credentials_is_used_by_its_path(
    nothing_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nothing_set / "gateway_certificate").write_text("-----BEGIN CERTIFICATE-----\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(nothing_set))

    assert (
        settings.load().of(LocalSettings).gateway_certificate == nothing_set / "gateway_certificate"
    )


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "TOU_PULS",
            "5s",
            "TOU_PULS (in the environment) is not a setting. Did you mean TOU_PULSE?",
        ),
        ("TOU_GATEWAY_PASWORD", "hunter2", "Did you mean TOU_GATEWAY_PASSWORD?"),
        ("TOU_PULSE", "soon", 'TOU_PULSE: "soon" is not a duration. Write 90s, 5m, 2h or 1h30m.'),
        ("TOU_PULSE", "0", "TOU_PULSE: write a duration from 1s to 1h."),
        ("TOU_PULSE", "2h", "TOU_PULSE: write a duration from 1s to 1h."),
        (
            "TOU_GATEWAY",
            "cloud",
            'TOU_GATEWAY: "cloud" is no gateway. Write one of simulated, local',
        ),
        ("TOU_GATEWAY", "local,nowhere", 'TOU_GATEWAY: "nowhere" is no gateway.'),
        ("TOU_GATEWAY", "local, local", "TOU_GATEWAY: names a gateway twice."),
        ("TOU_GATEWAY", "simulated,local", "TOU_GATEWAY: the simulated gateway stands alone."),
        ("TOU_SITE", "", "TOU_SITE: it needs at least 1 character."),
        ("TOU_DRY_RUN", "perhaps", "TOU_DRY_RUN: write true or false."),
        ("TOU_LOG_FORMAT", "xml", "TOU_LOG_FORMAT: write one of 'text' or 'json'."),
        ("TOU_RETRY_MAX", "2s", "TOU_RETRY_MAX is shorter than TOU_RETRY_FIRST."),
        ("TOU_DATABASE", "/tmp", "TOU_DATABASE: /tmp is a folder."),
    ],
)
def test_a_wrong_setting_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as caught:
        settings.load()

    assert told in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_every_wrong_setting_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOU_PULSE", "soon")
    monkeypatch.setenv("TOU_GATEWAY", "cloud")
    monkeypatch.setenv("TOU_NONSENSE", "1")

    with pytest.raises(SettingsError) as caught:
        settings.load()

    assert len(str(caught.value).splitlines()) == 3


def test_an_unknown_name_in_dotenv_is_an_error_too(nothing_set: Path) -> None:
    (nothing_set / ".env").write_text("TOU_SCHEDUL=x\n")

    with pytest.raises(SettingsError, match=r"TOU_SCHEDUL \(in .env\)"):
        settings.load()


def test_the_password_is_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOU_GATEWAY_PASSWORD", "hunter2")

    made = settings.load()

    assert made.of(LocalSettings).gateway_password is not None
    assert "hunter2" not in repr(made.of(LocalSettings))
    assert "hunter2" not in repr(made)
    assert "hunter2" not in str(made)


def test_the_page_of_settings_lists_every_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    shown = page.replace("`, `_", "`, `TOU_GATEWAY_")

    assert [name for name in settings.known_names() if f"`{name}`" not in shown] == []


HOSTILE = {
    "huge": "9" * 100_000,
    "a huge duration": "99999999999999h",
    "digits of another script": "\u0663\u0660s",
    "a line end": "a\nb",
    "an escape": "\x1b[2J",
    "not UTF-8": "\udcff",
    "empty": "",
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", settings.known_names())
def test_an_odd_value_is_taken_or_named_in_one_short_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("TOU_GATEWAY", "local")
    monkeypatch.setenv(name, value)

    try:
        settings.load()
    except SettingsError as error:
        told = str(error)
        assert told.startswith(f"{name}: ")
        assert len(told) < 250
        assert told.isprintable()


def test_a_nul_in_the_file_of_settings_is_named(nothing_set: Path) -> None:
    (nothing_set / ".env").write_text("TOU_SCHEDULE=a\0b\n")

    with pytest.raises(SettingsError, match="TOU_SCHEDULE: has a line end or a control character"):
        settings.load()


def test_nothing_in_a_file_of_settings_is_interpolated(nothing_set: Path) -> None:
    (nothing_set / ".env").write_text("TOU_SITE=${HOME} $(id) `id`\n")

    assert settings.load().site == "${HOME} $(id) `id`"


def test_the_file_that_is_named_is_read_instead_of_dotenv(
    nothing_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nothing_set / ".env").write_text("TOU_SITE=from-dotenv\n")
    (nothing_set / "settings.env").write_text("TOU_SITE='from the file'\n")
    monkeypatch.setenv("TOU_SETTINGS_FILE", str(nothing_set / "settings.env"))

    assert settings.load().site == "from the file"


def test_a_file_of_settings_that_is_named_and_missing_is_an_error(
    nothing_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOU_SETTINGS_FILE", str(nothing_set / "nowhere.env"))

    with pytest.raises(SettingsError, match=r"nowhere.env: cannot be read: No such file"):
        settings.load()


def test_dotenv_counts_in_a_checkout_only(nothing_set: Path) -> None:
    (nothing_set / ".env").write_text("TOU_SITE=from-dotenv\n")
    (nothing_set / "pyproject.toml").write_text('[project]\nname = "another"\n')

    assert settings.load().site == "home"


@pytest.mark.parametrize("open_one", [".env", ".", "pyproject.toml"])
def test_dotenv_that_others_may_write_is_refused(nothing_set: Path, open_one: str) -> None:
    (nothing_set / ".env").write_text("TOU_SITE=from-dotenv\n")
    (nothing_set / open_one).chmod(0o777)

    with pytest.raises(SettingsError, match=r"is not read: others may write .*chmod go-w"):
        settings.load()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("theirs", [".env", ".", "pyproject.toml"])
def test_dotenv_of_another_user_is_refused(nothing_set: Path, theirs: str) -> None:
    (nothing_set / ".env").write_text("TOU_GATEWAY_URL=https://theirs\n")
    os.chown(nothing_set / theirs, 65534, 65534)

    with pytest.raises(SettingsError, match=r"is not read: .* belongs to another user"):
        settings.load()


def test_a_secret_may_be_named_by_its_file(
    nothing_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nothing_set / "password").write_text(" hunter2 \n")
    monkeypatch.setenv("TOU_GATEWAY_PASSWORD_FILE", str(nothing_set / "password"))

    secret = settings.load().of(LocalSettings).gateway_password

    assert secret is not None
    assert secret.get_secret_value() == " hunter2 "


def test_a_secret_that_is_not_set_is_explained() -> None:
    assert "give systemd the credential gateway_password" in str(missing_secret("gateway_password"))


def test_a_setting_of_a_gateway_that_is_not_in_use_is_no_misspelling(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOU_GATEWAY", "simulated")
    for name in settings.known_names():
        if name.startswith("TOU_GATEWAY_"):
            monkeypatch.setenv(name, "0")

    assert settings.load().gateways == ("simulated",)


def test_a_transport_that_asks_for_no_setting_needs_no_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(registry.TRANSPORTS, "bare", "scheduler.words")
    monkeypatch.setenv("TOU_GATEWAY", "bare")

    assert settings.load().gateways == ("bare",)
