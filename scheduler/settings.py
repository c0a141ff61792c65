"""The settings: environment, `.env` and systemd credentials to checked values.

An unknown `TOU_` name is an error: a misspelt setting must not be ignored in silence.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from scheduler import clock
from scheduler.errors import SettingsError
from scheduler.schedule import library

PREFIX = "TOU_"
DEFAULT_SCHEDULE = "sce-tou-d-4-9pm.yaml"
_DOTENV = ".env"
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def _duration(value: object) -> object:
    return clock.parse_duration(value) if isinstance(value, str) else value


def _between(least: timedelta, most: timedelta) -> AfterValidator:
    def check(value: timedelta) -> timedelta:
        if not least <= value <= most:
            shortest, longest = clock.format_duration(least), clock.format_duration(most)
            raise ValueError(f"write a duration from {shortest} to {longest}.")
        return value

    return AfterValidator(check)


def _word(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _nothing(value: object) -> object:
    return None if value == "" else value


def _flag(value: object) -> object:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    return words.get(value.strip().lower(), value) if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
# A minute between two steps is more than any gateway was seen to need.
Pause = Annotated[timedelta, BeforeValidator(_duration), _between(timedelta(0), _MINUTE)]
OptionalPath = Annotated[Path | None, BeforeValidator(_nothing)]


class Settings(BaseSettings):
    """The table of settings; the README says what each means."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True)

    schedule: OptionalPath = None
    database: OptionalPath = None
    site: Annotated[str, Field(min_length=1, max_length=100)] = "home"
    gateway: Annotated[Literal["simulated", "local"], BeforeValidator(_word)] = "simulated"
    gateway_url: str = "https://powerwall"
    gateway_username: str = "installer"
    gateway_email: str = ""
    gateway_password: Annotated[SecretStr | None, BeforeValidator(_nothing)] = None
    gateway_certificate: OptionalPath = None
    gateway_fingerprint: Annotated[str | None, BeforeValidator(_nothing)] = None
    gateway_pause: Annotated[Pause | None, BeforeValidator(_nothing)] = None
    pulse: Annotated[Duration, _between(_SECOND, 60 * _MINUTE)] = timedelta(seconds=30)
    retry_first: Annotated[Duration, _between(_SECOND, 60 * _MINUTE)] = timedelta(seconds=5)
    retry_max: Annotated[Duration, _between(_SECOND, 24 * 60 * _MINUTE)] = timedelta(minutes=5)
    dry_run: Annotated[bool, BeforeValidator(_flag)] = False
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_word)] = (
        "info"
    )
    log_format: Annotated[Literal["text", "json"], BeforeValidator(_word)] = "text"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then `.env`, then systemd's credentials."""
        assert isinstance(env_settings, EnvSettingsSource)
        return (
            env_settings,
            _Values(settings_cls, _from_dotenv()),
            _Values(settings_cls, _from_credentials(os.environ.get("CREDENTIALS_DIRECTORY"))),
        )

    @property
    def schedule_path(self) -> Path:
        """The schedule file; the shipped SCE example where none is set."""
        return self.schedule or library.shipped() / DEFAULT_SCHEDULE

    @property
    def database_path(self) -> Path:
        """The audit's file: TOU_DATABASE, else `$STATE_DIRECTORY/tou.db`, else `./tou.db`."""
        if self.database:
            return self.database
        state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
        return Path(state or ".") / "tou.db"

    @property
    def session_path(self) -> Path:
        """Where the gateway's session is kept: beside the database, never in it."""
        return self.database_path.with_suffix(".session")

    @property
    def pause_seconds(self) -> float:
        """Seconds between write, commit and run: 2, and none for the simulation."""
        if self.gateway_pause is not None:
            return self.gateway_pause.total_seconds()
        return 0.0 if self.gateway == "simulated" else 2.0


class _Values(PydanticBaseSettingsSource):
    """Settings that were read already."""

    def __init__(self, settings_cls: type[BaseSettings], values: Mapping[str, str]) -> None:
        super().__init__(settings_cls)
        self._values = dict(values)

    def get_field_value(self, field: object, field_name: str) -> tuple[Any, str, bool]:
        """Unused by `__call__`, but the base class asks for it."""
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return dict(self._values)


def load() -> Settings:
    """The settings in force. Raises SettingsError that names every wrong one, and no secret."""
    problems = _unknown_names()
    try:
        settings = Settings()
    except ValidationError as error:
        problems += [_explain(dict(detail)) for detail in error.errors(include_input=False)]
        raise SettingsError("\n".join(problems)) from None
    if settings.retry_max < settings.retry_first:
        problems.append("TOU_RETRY_MAX is shorter than TOU_RETRY_FIRST. Make it at least as long.")
    if settings.database_path.is_dir():
        problems.append(
            f"TOU_DATABASE: {settings.database_path} is a folder. Set it to a file in it, such as "
            f"{settings.database_path / 'tou.db'}."
        )
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def known_names() -> tuple[str, ...]:
    """Every TOU_ name, as in the README's table."""
    return tuple(PREFIX + name.upper() for name in Settings.model_fields)


def _from_dotenv() -> dict[str, str]:
    names = {PREFIX + name.upper(): name for name in Settings.model_fields}
    values = _dotenv()
    return {names[key]: value for key, value in values.items() if key in names}


def _dotenv() -> dict[str, str]:
    path = Path(_DOTENV)
    if not path.is_file():
        return {}
    try:
        return {key.upper(): value or "" for key, value in dotenv_values(path).items()}
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{path.absolute()}: cannot be read. Mend or remove it.") from None


def _from_credentials(directory: str | None) -> dict[str, str]:
    """Values of the files that systemd's LoadCredential puts there, named like the settings.

    A certificate is a file already, so its path is the value.
    """
    values: dict[str, str] = {}
    for name in Settings.model_fields if directory else ():
        path = Path(directory or "") / name
        if not path.is_file():
            continue
        values[name] = str(path) if name == "gateway_certificate" else path.read_text().strip()
    return values


def _unknown_names() -> list[str]:
    known = known_names()
    places = [(name, "the environment") for name in os.environ]
    places += [(name, _DOTENV) for name in _dotenv()]
    return [
        _suggest(name, where, known)
        for name, where in places
        if name.upper().startswith(PREFIX) and name.upper() not in known
    ]


def _suggest(name: str, where: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.0)
    return f"{name} (in {where}) is not a setting. Did you mean {near[0]}?"


def _explain(detail: dict[str, Any]) -> str:
    field = str(detail["loc"][0]) if detail["loc"] else "?"
    name = PREFIX + field.upper()
    context = detail.get("ctx", {})
    match detail["type"]:
        case "value_error":
            return f"{name}: {context.get('error')}"
        case "literal_error":
            return f"{name}: write one of {context.get('expected')}."
        case "bool_parsing" | "bool_type":
            return f"{name}: write true or false."
        case _:
            return f"{name}: {detail['msg']}."
