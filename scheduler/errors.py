"""Every error of the program, named by what the reader does next.

    SchedulerError
      ConfigurationError          fix a file; exit 78
        SettingsError
        ScheduleError             carries its problems, each with a place
      GatewayError                try later, or call somebody
        GatewayUnreachableError   retry; exit 69
        GatewayBusyError          retry after the time it carries (429, 503); exit 69
          BudgetSpentError        our own budget for this gateway is used up; nothing was sent
        GatewayRefusedError       credentials, role or value: a person must act; exit 77
        GatewayIdentityError      not the pinned certificate: a person must act; exit 77
        GatewayProtocolError      the answer is not understood; exit 69
        NotConfirmedError         written, but the read-back differs; exit 1
      AuditError
        AuditUnwritableError      no entry, no act
        AuditTamperedError        names the entry
      AccessError                 this user may not read or write a file; exit 77
      LockedError                 another process is at work; names it
      ServiceSilentError          the service hangs, or is gone
      BrokerUnreachableError      the MQTT broker does not answer; exit 69
      BrokerRefusedError          the broker says no: name, password or certificate; exit 77
      ClockUntrustedError         hold until the clock is synchronised
      LeaseError                  an override, pause or skip that cannot be had; exit 2
      NothingToScheduleError      no price depends on the hour: nothing to import; exit 1

An error raised without a message says its own docstring, so each class is documented by the
sentence its reader sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


Severity = Literal["error", "warning", "notice"]
"""A notice is good to know and stops nothing, however strict one is."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: where, which key, what to do, and the id of the check."""

    place: Place
    path: str
    message: str
    id: str
    severity: Severity = "error"

    def __str__(self) -> str:
        mark = "" if self.severity == "error" else f"{self.severity}: "
        path = f"{self.path}: " if self.path else ""
        return f"{self.place}: {mark}{path}{self.message} [{self.id}]"

    def to_json(self) -> dict[str, str | int]:
        return {
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "path": self.path,
            "message": self.message,
            "id": self.id,
            "severity": self.severity,
        }


class SchedulerError(Exception):
    """The scheduler cannot go on."""

    exit_code = 1

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class ConfigurationError(SchedulerError):
    """The configuration is wrong; mend the file or the setting it names."""

    exit_code = 78


class SettingsError(ConfigurationError):
    """A setting is wrong; mend the TOU_ variable it names."""


class ScheduleError(ConfigurationError):
    """The schedule or its tariff is wrong; mend the lines it names."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problem_lines(problems)))


MOST_SHOWN = 50
"""Problems of one file that are written out; 18,000 bad rules made eleven megabytes."""


def problem_lines(problems: Sequence[Problem]) -> list[str]:
    """The first problems, a line each, and how many more there are."""
    lines = [str(problem) for problem in problems[:MOST_SHOWN]]
    more = len(problems) - len(lines)
    return [*lines, f"{more} more problems like these are not shown."] if more else lines


Delivered = Literal["no", "yes", "unknown"]
"""Whether what was sent reached the gateway. After `unknown`: read first, then decide again."""


class GatewayError(SchedulerError):
    """The gateway did not do what was asked."""

    def __init__(
        self,
        message: str | None = None,
        *,
        delivered: Delivered = "unknown",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.delivered: Delivered = delivered
        self.retry_after = retry_after
        """Seconds the gateway asked to be left alone for, where it did."""


class GatewayUnreachableError(GatewayError):
    """The gateway does not answer; it will be tried again."""

    exit_code = 69


class GatewayBusyError(GatewayError):
    """The gateway asks to be left alone for a while."""

    exit_code = 69


class BudgetSpentError(GatewayBusyError):
    """The budget for this gateway is used up, so nothing was sent."""


class GatewayRefusedError(GatewayError):
    """The gateway says no; a person must act."""

    exit_code = 77


class GatewayIdentityError(GatewayError):
    """The gateway shows another certificate than the paired one; nothing was sent to it."""

    exit_code = 77


class GatewayProtocolError(GatewayError):
    """The gateway's answer is not understood."""

    exit_code = 69


class NotConfirmedError(GatewayError):
    """The setting was written, but the gateway shows another one."""


class AuditError(SchedulerError):
    """The audit cannot be used."""


class AuditUnwritableError(AuditError):
    """The audit cannot be written, so the gateway is not touched."""


class AuditTamperedError(AuditError):
    """An entry of the audit does not match its hash."""

    def __init__(self, message: str | None = None, *, entry: int) -> None:
        super().__init__(message)
        self.entry = entry


class AccessError(SchedulerError):
    """This user may not read or write what is needed. Run the command with sudo."""

    exit_code = 77


class LockedError(SchedulerError):
    """Another process is at work on the same thing."""

    def __init__(self, message: str | None = None, *, holder: int | None = None) -> None:
        super().__init__(message)
        self.holder = holder


class ServiceSilentError(SchedulerError):
    """The service does not answer."""


class BrokerUnreachableError(SchedulerError):
    """The MQTT broker does not answer; it will be tried again."""

    exit_code = 69


class BrokerRefusedError(SchedulerError):
    """The MQTT broker does not let us in; a person must act."""

    exit_code = 77


class ClockUntrustedError(SchedulerError):
    """The clock cannot be trusted yet, so nothing is done."""


class LeaseError(SchedulerError):
    """What was asked for cannot be had."""

    exit_code = 2


class NothingToScheduleError(SchedulerError):
    """No price of this rate depends on the hour, so there is nothing to schedule."""
