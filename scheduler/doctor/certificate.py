"""The certificate of a gateway on the local network: shown by a handshake, without a request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from scheduler.doctor.sign import Sign, of_error
from scheduler.errors import SchedulerError
from scheduler.gateway.local import pin


async def certificate(settings: Any, now: datetime) -> AsyncIterator[Sign]:
    """Whether the paired certificate is the one that is shown."""
    try:
        shown = await pin.fetch_certificate(settings.gateway_url)
        paired = pin.trusted_fingerprint(settings.gateway_fingerprint, settings.gateway_certificate)
    except SchedulerError as error:
        yield of_error("certificate", error)
        return
    if pin.normalise(paired) != shown.fingerprint:
        yield Sign(
            "certificate",
            f"It shows another certificate ({shown.fingerprint[:8]}) than the paired one.",
            "wrong",
            "Some upgrades change it. Compare what `tou gateway trust` shows before you pair it.",
            code=77,
        )
        return
    yield Sign("certificate", "It shows the certificate that is paired.")
    if shown.not_after is not None and shown.not_after < now:
        text = (
            f"Its certificate ended on {shown.not_after:%Y-%m-%d}; paired it is good all the same."
        )
        yield Sign("certificate", text)
