"""The schedule file as pydantic sees it: which keys there are, and what each may hold.

The JSON schema and the reference page are made from here, so every field says what it is for.
Whether the parts make sense together is asked in `lint`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import CoreSchema

from scheduler.schedule import text
from scheduler.schedule.fields import (
    LENGTH,
    At,
    ChargePower,
    Dates,
    Day,
    DriftWord,
    Duration,
    During,
    ExportRule,
    Floor,
    Grid,
    Guard,
    Kind,
    Limit,
    Many,
    ModeWord,
    Name,
    Reserve,
    Season,
)
from scheduler.schedule.leaves import fault, read
from scheduler.schedule.values import Drift


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        validate_assignment=True,
        arbitrary_types_allowed=True,
        defer_build=True,
    )


class InsetFile(_Part):
    """How much is cut from both ends of each unbroken stretch."""

    model_config = ConfigDict(title="an inset")

    start: Duration = Field(
        default=timedelta(0),
        description="Begin this much after the stretch starts.",
        examples=["5m"],
        json_schema_extra={"default": "0s"},
    )
    end: Duration = Field(
        default=timedelta(0),
        description="End this much before the stretch ends.",
        examples=["10m"],
        json_schema_extra={"default": "0s"},
    )


def _inset(data: object, whole: ValidatorFunctionWrapHandler) -> InsetFile:
    if data is None or isinstance(data, dict):
        parts: InsetFile = whole(data)
        return parts
    try:
        both = text.duration(data)
    except ValueError as error:
        raise fault("duration", str(error)) from None
    return InsetFile.model_construct(start=both, end=both)


class _DurationOrBlock:
    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        length = {"type": "string", "pattern": f"^{LENGTH}$"}
        return {"anyOf": [length, {"const": 0}, handler(core)]}


Inset = Annotated[InsetFile, WrapValidator(_inset), _DurationOrBlock()]


class _Entry(_Part):
    name: Name = Field(
        description="What the plan and the audit call it; its own among rules, or among jobs.",
        examples=["charge overnight"],
    )
    days: Many[Day] = Field(
        default_factory=list,
        description="Days on which it holds, one or a list: mon to sun, weekday, weekend, "
        "holiday. Holiday beats weekend beats weekday.",
        examples=["weekday", ["sat", "holiday"]],
    )
    seasons: Many[Season] = Field(
        default_factory=list,
        description="Seasons of the tariff in which it holds, one or a list.",
        examples=["summer"],
    )
    dates: Many[Dates] = Field(
        default_factory=list,
        description="Dates on which it holds, one or a list; both ends of a range are included.",
        examples=["2026-12-24..2027-01-01", ["2026-07-04"]],
    )


class RuleFile(_Entry):
    """A condition and the setting that should hold while it is true."""

    model_config = ConfigDict(title="a rule")

    during: Many[During] = Field(
        default_factory=list,
        description="A period of the tariff, or a clock window such as 22:00-08:00, or a list of "
        "them. A window that crosses midnight belongs to the day on which it starts.",
        examples=["super_off_peak", "22:00-08:00", ["on_peak", "mid_peak"]],
    )
    inset: Inset = Field(
        default_factory=InsetFile,
        description="Begin this much after each unbroken stretch of the condition starts, and end "
        "this much before it ends; a duration for both, or start and end.",
        examples=["5m", {"start": "5m", "end": "10m"}],
    )
    mode: ModeWord = Field(
        description="What the battery does: self_consumption (Self-Powered), autonomous "
        "(Time-Based Control) or backup (Backup-only).",
        examples=["self_consumption"],
    )
    reserve: Reserve = Field(
        description="Backup reserve in percent, as the Tesla app shows it; or hold, to keep the "
        "charge that the battery has when the rule begins; or the wire's value, as 9.75% raw.",
        examples=["100%", 20, "hold", "9.75% raw"],
    )
    at_least: Floor | None = Field(
        default=None,
        description="Beside reserve: hold, a floor: hold the present charge, but at least this.",
        examples=["20%"],
    )
    grid_charging: Grid | None = Field(
        default=None,
        description="Whether the battery may charge from the grid. Left alone where it is not "
        "named. Not every gateway can set it.",
        examples=["allow"],
    )
    export: ExportRule | None = Field(
        default=None,
        description="What may be sold to the grid: battery and sun, solar alone, or none. Left "
        "alone where it is not named. Not every gateway can set it.",
        examples=["solar"],
    )
    charge: ChargePower | None = Field(
        default=None,
        description="Experimental: charge with this power while the rule holds, or full for as "
        "much as the battery takes. Few gateways can do it.",
        examples=["3 kW", "full"],
    )


class JobFile(_Entry):
    """Something to do at an instant."""

    model_config = ConfigDict(title="a job")

    do: Kind = Field(
        description="firmware_check: ask the gateway for an update and wait for the answer. "
        "commit: the gateway's own step that makes a written setting effective. "
        "sitemaster_run: start the gateway's sitemaster.",
        examples=["firmware_check"],
    )
    at: At = Field(
        description="When: a clock time, or the start or end of a period, plus or minus a "
        "duration.",
        examples=["07:15", "super_off_peak.end - 45m"],
    )
    install: bool = Field(
        default=False,
        description="firmware_check: install what is staged, and wait until the gateway is back.",
        examples=[True],
    )
    limit: Limit = Field(
        default=timedelta(minutes=15),
        description="firmware_check: stop waiting after this long.",
        examples=["15m"],
        json_schema_extra={"default": "15m"},
    )
    allow_on_peak: bool = Field(
        default=False, description="firmware_check: may run during a peak period.", examples=[True]
    )


class ScheduleFile(_Part):
    """What the battery should do, and when; read as YAML 1.2, so that 16:00 is a time."""

    model_config = ConfigDict(
        title="a schedule",
        json_schema_extra={"anyOf": [{"required": ["tariff"]}, {"required": ["timezone"]}]},
    )

    schedule: Name = Field(
        description="The name of this schedule, for people.",
        examples=["SCE super off-peak charging"],
    )
    tariff: Annotated[str, read(text.path, "tariff"), WithJsonSchema({"type": "string"})] = Field(
        default_factory=str,
        description="Path of the tariff file, from this file's folder or from the shipped ones.",
        examples=["tariffs/sce-tou-d-a.yaml"],
    )
    timezone: Annotated[
        str, read(text.timezone, "timezone"), WithJsonSchema({"type": "string"})
    ] = Field(
        default_factory=str,
        description="IANA name of the zone of the clock times, where there is no tariff.",
        examples=["America/Los_Angeles"],
    )
    rules: list[RuleFile] = Field(
        min_length=1,
        description="The first rule that holds at an instant says what the battery should do. The "
        "last one has no condition, so that something always holds.",
        examples=[[{"name": "run the house", "mode": "self_consumption", "reserve": "20%"}]],
    )
    jobs: list[JobFile] = Field(
        default_factory=list,
        description="Things to do at an instant.",
        examples=[[{"name": "commit at noon", "do": "commit", "at": "12:00"}]],
    )
    drift: DriftWord = Field(
        default=Drift.REASSERT,
        description="What to do when somebody else changes the setting: reassert it, respect the "
        "change until the next boundary, or only notify.",
        examples=["respect"],
        json_schema_extra={"default": "reassert"},
    )
    guards: list[Guard] | None = Field(
        default=None,
        description="The conditions under which acting is deferred; without the key those that "
        "the program thinks right.",
        examples=[["grid_down", "firmware_update"]],
    )
