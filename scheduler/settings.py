"""The settings of the service: its own table, and those of the transports that are named in it.

An unknown `TOU_` name is an error: a misspelt setting must not be ignored in silence.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, PrivateAttr, SecretStr

from scheduler import environment
from scheduler.environment import (
    AWord,
    Duration,
    Flag,
    FromEnvironment,
    OptionalPath,
    OptionalSecret,
    Table,
    TransportSettings,
)
from scheduler.errors import SettingsError
from scheduler.gateway.registry import TRANSPORTS, settings_of
from scheduler.outside import said

DEFAULT_SCHEDULE: Final = "sce-tou-d-4-9pm.yaml"
SIMULATED: Final = "simulated"
FEWEST_DAYS: Final = 7
SHORTEST_KEY: Final = 32
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def _names(text: str) -> str:
    names = [word.strip() for word in text.split(",")]
    wrong = [name for name in names if name not in TRANSPORTS]
    if wrong:
        known = ", ".join(TRANSPORTS)
        raise ValueError(f'"{said(wrong[0], limit=40)}" is no gateway. Write one of {known}.')
    if len(set(names)) < len(names):
        raise ValueError("names a gateway twice. Write each once, the preferred one first.")
    if SIMULATED in names and len(names) > 1:
        raise ValueError("the simulated gateway stands alone. Take it out of the list.")
    return ",".join(names)


def _days(value: str) -> int | None:
    """Days as `400d` or `400`; `keep` for ever."""
    text = value.strip().lower()
    if text in {"", "keep"}:
        return None
    number = text.removesuffix("d").strip()
    if not (number.isascii() and number.isdigit()) or not FEWEST_DAYS <= int(number) < 100_000:
        shown = said(value, limit=40)
        raise ValueError(f'"{shown}" is not kept so. Write keep, or days such as 400d.')
    return int(number)


def _long_enough(key: SecretStr | None) -> SecretStr | None:
    if key is not None and len(key.get_secret_value()) < SHORTEST_KEY:
        raise ValueError(
            f"a key shorter than {SHORTEST_KEY} characters could be guessed. Write one such as"
            " `openssl rand -hex 32` makes."
        )
    return key


class Settings(FromEnvironment):
    """The table of the service; docs/settings.md says what each means."""

    schedule: OptionalPath = None
    database: OptionalPath = None
    site: Annotated[str, Field(min_length=1, max_length=100)] = "home"
    gateway: Annotated[str, AWord, AfterValidator(_names)] = SIMULATED
    pulse: Annotated[Duration, environment.between(_SECOND, 60 * _MINUTE)] = 30 * _SECOND
    retry_first: Annotated[Duration, environment.between(_SECOND, 60 * _MINUTE)] = 5 * _SECOND
    retry_max: Annotated[Duration, environment.between(_SECOND, 24 * 60 * _MINUTE)] = 5 * _MINUTE
    dry_run: Flag = False
    soft_restart: Flag = False
    readings_keep: Annotated[int | None, environment.of_text(_days)] = None
    act_key: Annotated[OptionalSecret, AfterValidator(_long_enough)] = None
    log_level: Annotated[Literal["debug", "info", "warning", "error"], AWord] = "info"
    log_format: Annotated[Literal["text", "json"], AWord] = "text"

    _tables: dict[type[FromEnvironment], Any] = PrivateAttr(default_factory=dict)

    def of(self, table: type[Table]) -> Table:
        """The settings of one transport, read once. Raises SettingsError that names every wrong
        one, and no secret."""
        if table not in self._tables:
            made, problems = environment.read(table)
            if made is None:
                raise SettingsError("\n".join(problems))
            self._tables[table] = made
        found: Table = self._tables[table]
        return found

    @property
    def gateways(self) -> tuple[str, ...]:
        """The names in TOU_GATEWAY, the preferred one first."""
        return tuple(self.gateway.split(","))

    @property
    def transport(self) -> TransportSettings:
        """The settings of the gateway in use."""
        return self.of(settings_of(self.gateways[0]))

    @property
    def schedule_path(self) -> Path:
        """The schedule file; the shipped SCE example where none is set."""
        if self.schedule:
            return self.schedule
        from scheduler.schedule import library

        return library.shipped() / DEFAULT_SCHEDULE

    @property
    def database_path(self) -> Path:
        """The audit's file: TOU_DATABASE, else `$STATE_DIRECTORY/tou.db`, else `./tou.db`."""
        if self.database:
            return self.database
        state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
        return Path(state or ".") / "tou.db"


def load() -> Settings:
    """The settings in force. Raises SettingsError that names every wrong one, and no secret;
    AccessError where this user may not read them."""
    made, problems = environment.read(Settings)
    chosen = [settings_of(name) for name in made.gateways] if made else []
    for table in chosen:
        problems += environment.read(table)[1]
    tables: tuple[type[FromEnvironment], ...] = (Settings, *chosen)
    known = (name for table in tables for name in environment.names_of(table))
    problems += environment.unknown_names(_every_table, known)
    if made:
        problems += _senseless(made)
    if made is None or problems:
        raise SettingsError("\n".join(problems))
    return made


def load_beside(table: type[Table]) -> tuple[Settings, Table]:
    """The service's table and that of a process beside it, which reads no secret of a transport.
    Raises as `load` does."""
    made, problems = environment.read(Settings)
    beside, more = environment.read(table)
    known = (name for each in (Settings, table) for name in environment.names_of(each))
    problems += [*more, *environment.unknown_names(_every_table, known)]
    if made is None or beside is None or problems:
        raise SettingsError("\n".join(problems))
    return made, beside


def known_names() -> tuple[str, ...]:
    """Every TOU_ name, as in docs/settings.md."""
    names = [name for table in _tables() for name in environment.names_of(table)]
    return tuple(dict.fromkeys(names))


def _tables() -> Iterator[type[FromEnvironment]]:
    yield Settings
    yield from (settings_of(name) for name in TRANSPORTS)


def _every_table() -> Iterator[type[FromEnvironment]]:
    """With those of the outlets that are processes of their own; the service reads none of them."""
    from scheduler.outlets.mqtt.settings import MqttSettings
    from scheduler.outlets.notices.settings import NotifySettings
    from scheduler.outlets.web.settings import WebSettings

    yield from _tables()
    yield from (NotifySettings, MqttSettings, WebSettings)


def _senseless(made: Settings) -> Iterator[str]:
    if made.retry_max < made.retry_first:
        yield "TOU_RETRY_MAX is shorter than TOU_RETRY_FIRST. Make it at least as long."
    path = made.database_path
    with suppress(PermissionError):  # whoever needs the audit is told there
        if path.is_dir():
            yield (
                f"TOU_DATABASE: {path} is a folder. Set it to a file in it, such as"
                f" {path / 'tou.db'}."
            )
