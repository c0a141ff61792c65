"""What a person asked for that ends by itself: an override, a pause, a skip.

Values and their JSON. What they do to a plan is told in `switches` and `job_times`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from scheduler import clock
from scheduler.setting import Setting, setting_from_json


class LeaseKind(StrEnum):
    """What a lease asks for."""

    OVERRIDE = "override"
    """A setting that wins over all rules."""
    PAUSE = "pause"
    """Nothing is to be done; what is wanted stays the same."""
    SKIP = "skip"
    """One rule or job is left out, once."""


@dataclass(frozen=True, slots=True)
class Lease:
    """From `begun` to before `until`; a skipped job's own instant is `until`."""

    id: str
    kind: LeaseKind
    begun: datetime
    until: datetime
    who: str = ""
    reason: str = ""
    setting: Setting | None = None
    """Of an override."""
    name: str | None = None
    """The rule or job that is skipped."""
    of: Literal["rule", "job"] = "rule"

    def active(self, instant: datetime) -> bool:
        return self.begun <= instant < self.until

    def to_json(self) -> dict[str, Any]:
        """The one form in the audit and in every view; keys that do not apply are left out."""
        skips = self.kind is LeaseKind.SKIP
        optional = {
            "who": self.who,
            "reason": self.reason,
            "setting": self.setting and self.setting.to_json(),
            "name": self.name,
            "of": self.of if skips else None,
        }
        return {
            "id": self.id,
            "kind": self.kind.value,
            "begun": clock.iso(self.begun),
            "until": clock.iso(self.until),
            **{key: value for key, value in optional.items() if value},
        }


def lease_from_json(data: Mapping[str, Any]) -> Lease | None:
    """The lease of `Lease.to_json`; None where the data is not one."""
    try:
        found = Lease(
            id=str(data["id"]),
            kind=LeaseKind(data["kind"]),
            begun=datetime.fromisoformat(data["begun"]),
            until=datetime.fromisoformat(data["until"]),
            who=str(data.get("who", "")),
            reason=str(data.get("reason", "")),
            setting=setting_from_json(data.get("setting") or {}),
            name=data.get("name"),
            of="job" if data.get("of") == "job" else "rule",
        )
    except (KeyError, TypeError, ValueError):
        return None
    if found.begun.tzinfo is None or found.until.tzinfo is None:
        return None
    lacking = {
        LeaseKind.OVERRIDE: found.setting is None,
        LeaseKind.SKIP: not isinstance(found.name, str),
        LeaseKind.PAUSE: False,
    }
    return None if lacking[found.kind] else found


def override_at(leases: Iterable[Lease], instant: datetime) -> Lease | None:
    """The override that wins at an instant: of several the one begun last."""
    found = [
        lease
        for lease in leases
        if lease.kind is LeaseKind.OVERRIDE and lease.setting and lease.active(instant)
    ]
    return max(found, key=lambda lease: lease.begun, default=None)


def pause_at(leases: Iterable[Lease], instant: datetime) -> Lease | None:
    """The pause that holds at an instant: of several the one that ends last."""
    found = [each for each in leases if each.kind is LeaseKind.PAUSE and each.active(instant)]
    return max(found, key=lambda lease: lease.until, default=None)


def skipped_rules(leases: Iterable[Lease], instant: datetime) -> frozenset[str]:
    """The names of the rules that are left out at an instant."""
    return frozenset(
        each.name for each in leases if each.name and _skips(each, "rule") and each.active(instant)
    )


def skips_job(leases: Iterable[Lease], name: str, at: datetime) -> bool:
    """Whether a job is left out at the instant at which it is due."""
    return any(
        _skips(each, "job") and each.name == name and each.begun <= at <= each.until
        for each in leases
    )


def cuts(leases: Iterable[Lease]) -> list[datetime]:
    """The instants at which a lease begins or ends that has to do with settings, ascending."""
    touching = [lease for lease in leases if not _skips(lease, "job")]
    return sorted({at for lease in touching for at in (lease.begun, lease.until)})


def _skips(lease: Lease, of: Literal["rule", "job"]) -> bool:
    return lease.kind is LeaseKind.SKIP and lease.of == of
