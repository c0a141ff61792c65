"""Where settings come from (environment, one file, systemd's credentials), what kinds of values
they have, and the base of every table of settings.

Knows no setting by name: the service has its table, and so has each transport.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from scheduler import clock, environment_file, files
from scheduler.errors import SchedulerError, SettingsError
from scheduler.outside import said

PREFIX: Final = "TOU_"
SETTINGS_FILE: Final = f"{PREFIX}SETTINGS_FILE"
"""Names the one file of settings. The installed command sets it to the unit's."""
_FROM_FILE: Final = "_FILE"
_HIDDEN: Final = re.compile("PASS|TOKEN|SECRET|KEY|TARGET|PING_|HASH|COOKIE")
_LONGEST: Final = 4096
_SECRET_LONGEST: Final = 100_000
_MINUTE: Final = timedelta(minutes=1)


def of_text(parse: Callable[[str], object]) -> BeforeValidator:
    """A text as its parser understands it; what is no text stays as it is."""
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)


def between(least: timedelta, most: timedelta) -> AfterValidator:
    """The bounds of a duration."""

    def check(value: timedelta) -> timedelta:
        if not least <= value <= most:
            shortest, longest = clock.format_duration(least), clock.format_duration(most)
            raise ValueError(f"write a duration from {shortest} to {longest}.")
        return value

    return AfterValidator(check)


def _nothing(value: object) -> object:
    return None if value == "" else value


_FLAGS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
AWord: Final = of_text(lambda text: text.strip().lower())
Flag = Annotated[bool, of_text(lambda text: _FLAGS.get(text.strip().lower(), text))]
Duration = Annotated[timedelta, of_text(clock.parse_duration)]
# A minute between two steps is more than any gateway was seen to need.
Pause = Annotated[Duration, between(timedelta(0), _MINUTE)]
OrNothing: Final = BeforeValidator(_nothing)
OptionalPause = Annotated[Pause | None, OrNothing]
OptionalPath = Annotated[Path | None, OrNothing]
OptionalText = Annotated[str | None, OrNothing]
OptionalSecret = Annotated[SecretStr | None, OrNothing]


class FromEnvironment(BaseSettings):
    """A table of settings: the field `pulse` is TOU_PULSE. Environment first, then the file, then
    systemd's credentials."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _one_line(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if len(value) > _LONGEST:
            raise ValueError(f"is longer than {_LONGEST} characters. Write it shorter.")
        if any(ord(each) < 32 or ord(each) == 127 for each in value):
            raise ValueError("has a line end or a control character in it. Write it on one line.")
        if any("\ud800" <= each <= "\udfff" for each in value):
            raise ValueError("is not UTF-8. Write it anew as UTF-8.")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The three places, and the files that `NAME_FILE` names for a secret."""
        assert isinstance(env_settings, EnvSettingsSource)
        told = [{key.upper(): value for key, value in os.environ.items()}, _written()]
        return (
            env_settings,
            _Values(settings_cls, _named(cls, told[0])),
            _Values(settings_cls, _fields(cls, told[1]) | _named(cls, told[1])),
            _Values(settings_cls, _credentials(cls)),
        )


class TransportSettings(FromEnvironment):
    """What a transport has to be told; this one asks for nothing."""

    @property
    def address(self) -> str | None:
        """Where its gateway answers, fit to be shown; None where there is no such place."""
        return None

    @property
    def identity(self) -> str | None:
        """What tells its gateway from others, whatever the database; None for a simulation."""
        return self.address


Table = TypeVar("Table", bound=FromEnvironment)


class _Values(PydanticBaseSettingsSource):
    def __init__(self, settings_cls: type[BaseSettings], values: Mapping[str, str]) -> None:
        super().__init__(settings_cls)
        self._values = dict(values)

    def get_field_value(self, field: object, field_name: str) -> tuple[Any, str, bool]:
        """Unused by `__call__`, but the base class asks for it."""
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return dict(self._values)


def read(table: type[Table]) -> tuple[Table | None, list[str]]:
    """A table of settings, or what is wrong with it in sentences that repeat no secret."""
    try:
        return table(), []
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)
        return None, [_explain(dict(detail)) for detail in details]


def names_of(table: type[FromEnvironment]) -> tuple[str, ...]:
    return tuple(PREFIX + name.upper() for name in table.model_fields)


def hidden_values() -> tuple[str, ...]:
    """Whatever stands under the name of a secret in the environment, in the file of settings, in a
    file that one of them names, or among systemd's credentials: never to be used, only to be struck
    out of what leaves the house. What this user may not read is left out."""
    written = _written()
    told = [*((name.upper(), value) for name, value in os.environ.items()), *written.items()]
    found = [(name, value) for name, value in told if _is_ours(name) and _HIDDEN.search(name)]
    paths = [Path(value) for name, value in found if name.endswith(_FROM_FILE)]
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    paths += Path(folder).iterdir() if folder and Path(folder).is_dir() else ()
    contents = []
    for path in paths:
        with contextlib.suppress(OSError, SchedulerError):
            contents.append(_content(path))
    return tuple(value for value in (*(value for _, value in found), *contents) if value)


def unknown_names(
    tables: Callable[[], Iterable[type[FromEnvironment]]], known: Iterable[str]
) -> list[str]:
    """A sentence for each TOU_ name that no table has; `tables` is asked only where a name is
    not among the `known`, since most of them need not be imported."""
    known = {*known, SETTINGS_FILE}
    told = [name for name in _told_names() if name[0].upper() not in known]
    if not told:
        return []
    known |= {name for table in tables() for name in (*names_of(table), *_file_names(table))}
    near = tuple(sorted(known))
    return [_suggest(*name, near) for name in told if name[0].upper() not in known]


def missing_secret(field: str) -> SchedulerError:
    """Why a secret that is needed is not there: nobody set it, or this user may not read it."""
    for path in _credential_files(field):
        try:
            files.read_bounded(path, _SECRET_LONGEST)
        except OSError as error:
            denied = files.denied(path, error)
            if denied:
                return denied
    return SettingsError(
        f"{PREFIX}{field.upper()} is not set. Set it, or give systemd the credential {field}."
    )


def _told_names() -> Iterator[tuple[str, str]]:
    path = _file()
    yield from ((name, "the environment") for name in os.environ if _is_ours(name))
    yield from ((name, path.name if path else "") for name in _written())


def _is_ours(name: str) -> bool:
    return name.upper().startswith(PREFIX)


def _file() -> Path | None:
    """The one file of settings: the one that is named, else that of a checkout."""
    named = os.environ.get(SETTINGS_FILE)
    return Path(named) if named else environment_file.checkout_file()


def _written() -> dict[str, str]:
    path = _file()
    found = environment_file.read(path) if path else {}
    return {name.upper(): value for name, value in found.items() if _is_ours(name)}


def _fields(table: type[FromEnvironment], told: Mapping[str, str]) -> dict[str, str]:
    names = dict(zip(names_of(table), table.model_fields, strict=True))
    return {names[name]: value for name, value in told.items() if name in names}


def _file_names(table: type[FromEnvironment]) -> tuple[str, ...]:
    return tuple(PREFIX + name.upper() + _FROM_FILE for name in _secrets(table))


def _secrets(table: type[FromEnvironment]) -> tuple[str, ...]:
    return tuple(
        name for name, field in table.model_fields.items() if "SecretStr" in str(field.annotation)
    )


def _named(table: type[FromEnvironment], told: Mapping[str, str]) -> dict[str, str]:
    """Secrets by the files that TOU_NAME_FILE names."""
    found: dict[str, str] = {}
    for field, name in zip(_secrets(table), _file_names(table), strict=True):
        if told.get(name):
            found[field] = _secret_in(Path(told[name]), name)
    return found


def _secret_in(path: Path, name: str) -> str:
    try:
        return _content(path)
    except OSError as error:
        denied = files.denied(path, error)
        raise denied or SettingsError(f"{name}: {path} cannot be read: {error.strerror}.") from None


def _credentials(table: type[FromEnvironment]) -> dict[str, str]:
    """Values of the files that systemd's LoadCredential puts there, named like the fields.

    A path is the value of a field that holds one, such as a certificate. What this user may not
    read is left out: most commands need no secret, and `missing_secret` explains it to the rest.
    """
    values: dict[str, str] = {}
    for field, info in table.model_fields.items():
        for path in _credential_files(field):
            if "Path" in str(info.annotation):
                values[field] = str(path)
                continue
            try:
                values[field] = _content(path)
            except PermissionError:
                continue
            except OSError as error:
                raise SettingsError(f"{path}: cannot be read: {error.strerror}.") from None
    return values


def _credential_files(field: str) -> list[Path]:
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(directory or "") / field
    try:
        return [path] if directory and path.is_file() else []
    except PermissionError:
        return []


def _content(path: Path) -> str:
    try:
        return files.read_bounded(path, _SECRET_LONGEST).decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: is not UTF-8. Write the file anew as UTF-8.") from None


def _suggest(name: str, where: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.upper(), known, n=1, cutoff=0.0)
    return f"{said(name)} (in {where}) is not a setting. Did you mean {near[0]}?"


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
        case "string_too_short" | "string_too_long":
            return f"{name}: {str(detail['msg']).replace('String should have', 'it needs')}."
        case _:
            return f"{name}: {detail['msg']}."
