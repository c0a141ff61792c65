"""One download for a bug report: what is, what was done in the last day, by which schedule, with
which versions. Shown before it is sent, and no secret in it.
"""

from __future__ import annotations

import io
import json
import platform
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib import metadata
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from scheduler import __version__, clock
from scheduler.audit import review
from scheduler.audit.questions import Questions
from scheduler.errors import SchedulerError
from scheduler.outlets.web import schedule
from scheduler.outlets.web.page import Desk, Facts, Page, rendered
from scheduler.outlets.web.shapes import FILES
from scheduler.outlets.web.source import Source
from scheduler.outlets.web.strike import Masking
from scheduler.schedule import zones

_DAY: Final = timedelta(days=1)
_MOST: Final = 1000
_PARTS: Final = "tou-scheduler"
_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")
_README: Final = """\
A bundle for a bug report, made by the page of tou-scheduler.

status.json      the state, as `tou status --format json`
audit.json       the runs of the last day, as `tou audit --format json`
events.json      what else was kept in that day: starts, reloads, leases, incidents
doctor.json      what `tou doctor` finds in what the service knows; health, and the problems of the
                 schedule
schedule.yaml    the schedule as in force, with the comments of its author
tariff.yaml      the tariff beside it, where it names one
versions.json    of the program, of Python, and of what both stand on

Secrets, addresses of mail and whatever looks like a token are struck out: [hidden].
Look through it before you send it. Nothing was asked of the gateway for it; `tou doctor --format
json` on the machine of the service asks anew.
"""

Files = Mapping[str, str]


def files(source: Source) -> Files:
    """The files by name, ready to be shown. What cannot be had, such as an audit that is not there
    or cannot be read, is told in its place: just then somebody reports."""
    now, strike = source.now(), Masking(source.hidden())
    state = source.state(now)
    texts: Mapping[str, str] = {}
    told: dict[str, Any] = {"status.json": state}
    try:
        shown = schedule.to_json(source)
        known, texts = _of_audit(source, now, shown["schedule"]["digest"])
        told |= known
        of_schedule = _of(shown)
    except SchedulerError as error:
        told |= {"audit.json": {"error": str(error)}}
        of_schedule = {"problem": str(error)}
    told["doctor.json"] = {
        **source.doctor(),
        "health": state["health"],
        "gateway": state["gateway"],
        "schedule": of_schedule,
    }
    told["versions.json"] = versions()
    written = {
        "schedule.yaml": texts.get("text") or schedule.file_text(source.file),
        "tariff.yaml": texts.get("tariff_text"),
    }
    return {
        "README.txt": _README,
        **{name: _text(strike.data(each)) for name, each in told.items()},
        **{name: strike.known(text) for name, text in written.items() if text},
    }


def _of_audit(
    source: Source, now: datetime, digest: str | None
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """The last day, and the texts of the schedule in force."""
    asked: dict[str, Any] = {"site": source.site, "since": now - _DAY, "limit": _MOST}
    with source.audit() as database:
        runs = [each.to_json() for each in review.runs(database, **asked)]
        events = [each.to_json() for each in review.events(database, **asked)]
        texts = Questions(database, source.site).schedule_texts(digest) if digest else None
    kept = [{key: each[key] for key in each if key != "hash"} for each in events]
    shown = [each for each in kept if each["kind"] != "schedule"]
    return {"audit.json": runs, "events.json": shown}, texts or {}


def versions() -> dict[str, Any]:
    """Of the program and of what it stands on."""
    data = zones.zone_data()
    return {
        "tou-scheduler": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "zone_data": f"{data.version} ({data.source})",
        "packages": _packages(),
    }


def _packages() -> dict[str, str | None]:
    """Those that the distribution asks for; none where it is not installed."""
    try:
        asked = metadata.requires(_PARTS) or []
    except metadata.PackageNotFoundError:
        return {}
    names = (re.split(r"[^A-Za-z0-9._-]", each)[0] for each in asked if "dev" not in each)
    return {name: _version(name) for name in sorted(set(names))}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _of(shown: Facts) -> dict[str, Any]:
    named = {key: shown["schedule"][key] for key in ("name", "since", "problem")}
    return {**named, "problems": shown["problems"], "file": shown["file"]}


def _text(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def zipped(found: Files, at: datetime) -> bytes:
    """The files as one."""
    made = io.BytesIO()
    when = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in found.items():
            file.writestr(zipfile.ZipInfo(f"bundle/{name}", when), text, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def facts(source: Source) -> dict[str, Any]:
    """What would be sent, to be looked at."""
    found = [(name, text, _size(text)) for name, text in files(source).items()]
    return {"page": "", "files": found}


def answer_zip(desk: Desk, _: Request) -> Response:
    """The download."""
    now = desk.now()
    local = clock.localise(now, desk.source.zone)
    name = f"tou-{_NAME.sub('-', desk.source.site)}-{local:%Y-%m-%d-%H%M}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    body = zipped(files(desk.source), local)
    return Response(body, media_type="application/zip", headers=headers)


def _size(text: str) -> str:
    size = len(text.encode())
    return f"{size} bytes" if size < 2048 else f"{size / 1024:.0f} KiB"


PAGE: Final = Page(
    "/bundle",
    rendered("bundle.html", lambda desk, _: facts(desk.source)),
    "What a bundle for a bug report would have in it, to be looked at before it is sent.",
    json="/bundle.json",
    data=lambda desk, _: {"files": files(desk.source)},
    shape=FILES,
)
ZIP: Final = Page("/bundle.zip", answer_zip, "The bundle as one download.")
