"""The service in the foreground; knows nothing of the words of the commands."""

from __future__ import annotations

import asyncio

from scheduler import settings
from scheduler.outlets import journal
from scheduler.site.site import Site


def run() -> None:
    """Until SIGTERM or Ctrl-C. Raises ConfigurationError before anything was touched."""
    from scheduler.host.host import serve

    chosen = settings.load()
    journal.configure(chosen.log_level, chosen.log_format)
    asyncio.run(serve(chosen, _findings))


def _findings(site: Site) -> dict[str, object]:
    """For the control socket; the checks are read in when somebody asks for the first time."""
    from scheduler.doctor.known import of_site

    return {"gateways": [of_site(site).to_json()]}
