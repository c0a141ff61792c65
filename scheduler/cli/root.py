"""The command `tou` with all its verbs; each imports what it needs when it is called."""

from __future__ import annotations

import click

from scheduler import __version__
from scheduler.cli.verbs import Verbs

_VERBS = {
    "init": "init",
    "run": "service",
    "apply": "service",
    "job": "service",
    "override": "lease",
    "pause": "lease",
    "resume": "lease",
    "skip": "lease",
    "status": "status",
    "why": "why",
    "check": "check",
    "plan": "plan",
    "calendar": "calendar",
    "diff": "diff",
    "simulate": "simulate",
    "audit": "audit",
    "readings": "readings",
    "notify": "notify",
    "mqtt": "mqtt",
    "tariff": "tariff",
    "gateway": "gateway",
    "doctor": "doctor",
    "web": "web",
    "db": "db",
    "service": "service_install",
    "completion": "completion",
}


@click.group(cls=Verbs, verbs=_VERBS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tou")
def tou() -> None:
    """Drive a home battery through a time-of-use tariff, and keep a record of every act.

    Settings come from TOU_ variables, the file that TOU_SETTINGS_FILE names, and systemd's
    credentials; docs/settings.md lists them.
    """
