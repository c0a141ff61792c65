"""What `tou notify` has to be told; docs/notices.md says what each means."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, field_validator

from scheduler.environment import FromEnvironment, OptionalSecret, of_text
from scheduler.outlets.notices.hours import Quiet, Weekly, parse_quiet, parse_weekly


def _web_address(secret: Any) -> Any:
    text = secret.get_secret_value() if secret is not None else "https://none"
    if not text.startswith(("https://", "http://")) or any(each.isspace() for each in text):
        raise ValueError("write an address that begins with https:// or http://.")
    return secret


PingAddress = Annotated[OptionalSecret, AfterValidator(_web_address)]


class NotifySettings(FromEnvironment):
    """Where notices and pings go, and when."""

    notify_targets: OptionalSecret = None
    notify_quiet: Annotated[Quiet | None, of_text(parse_quiet)] = None
    notify_digest: Annotated[Weekly | None, of_text(parse_weekly)] = Weekly(0, 8 * 3600)
    ping_url: PingAddress = None
    ping_digest_url: PingAddress = None

    @field_validator("*", mode="before")
    @classmethod
    def _one_line(cls, value: object) -> object:
        """Targets stand one a line in their credential; no address has a blank in it."""
        return super()._one_line(" ".join(value.split()) if isinstance(value, str) else value)
