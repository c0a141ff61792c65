"""`tou gateway trust`: pair one gateway's certificate, as an explicit and recorded act."""

from __future__ import annotations

import asyncio
import os
import re
import stat
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from scheduler import clock, settings
from scheduler.cli.show import echo_answer, format_option
from scheduler.errors import SchedulerError, SettingsError
from scheduler.gateway.local import pin
from scheduler.gateway.local.pin import Certificate
from scheduler.gateway.local.settings import LocalSettings
from scheduler.host.sites import keep_event
from scheduler.plain import plain
from scheduler.settings import Settings

NAME = "TOU_GATEWAY_FINGERPRINT"
_LINE = re.compile(rb"^[ \t]*(?:export[ \t]+)?" + NAME.encode() + rb"[ \t]*=.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Offer:
    """A certificate that was shown, and the one that is paired until now."""

    url: str
    shown: Certificate
    paired: str | None

    @property
    def line(self) -> str:
        """The setting that pairs it."""
        return f"{NAME}={self.shown.fingerprint}"


@click.command("trust")
@click.argument("url", required=False)
@click.option("--yes", is_flag=True, help="Do not ask: the fingerprint was compared already.")
@click.option(
    "--write",
    "env_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="ENVFILE",
    help=f"Set {NAME} in this file of settings; its other lines stay.",
)
@format_option()
def trust_command(url: str | None, yes: bool, env_file: Path | None, form: str) -> None:
    """Fetch the gateway's certificate, show it, and pair it once you agree.

    URL is by default that of TOU_GATEWAY_URL. No request and no password is sent. What you agree
    to is recorded in the audit; it takes effect with the setting that is printed.

    Example: tou gateway trust https://192.168.1.10 --write .env
    """
    chosen = settings.load()
    if form == "json" and not yes:
        raise click.UsageError("--format json cannot ask. Add --yes once you have compared.")
    address = pin.shown_address(url or chosen.of(LocalSettings).gateway_url)
    offer = Offer(address, asyncio.run(pin.fetch_certificate(address)), _paired(chosen))
    if form == "text":
        click.echo(_describe(offer, now=clock.now()))
    if not yes:
        _ask()
    told = {
        "url": offer.url,
        "old_fingerprint": offer.paired,
        "new_fingerprint": offer.shown.fingerprint,
    }
    keep_event(chosen, "trust", "gateway certificate", told)
    if env_file is not None:
        _write(env_file, offer.line)
    echo_answer(form, _as_json(offer, env_file), lambda: _next(chosen, offer, env_file))


def _paired(chosen: Settings) -> str | None:
    local = chosen.of(LocalSettings)
    try:
        return pin.trusted_fingerprint(local.gateway_fingerprint, local.gateway_certificate)
    except SettingsError:
        return None


def _describe(offer: Offer, *, now: datetime) -> str:
    shown = offer.shown
    lines = [
        f"{offer.url} shows this certificate:",
        f"  subject      {shown.subject or 'not readable'}",
        f"  names        {', '.join(shown.names) or 'none'}",
        f"  valid        {_validity(shown, now)}",
        f"  SHA-256      {pin.with_colons(shown.fingerprint)}",
        "",
        _compared(offer),
        "Only the fingerprint counts: anybody can write the same names and dates. To compare it, ",
        "ask for it on another way to the gateway, such as a computer on the gateway's own Wi-Fi:",
        f"  openssl s_client -connect {_host_and_port(offer.url)} -servername {pin.SERVER_NAME}"
        " </dev/null |",
        "    openssl x509 -noout -fingerprint -sha256",
        "or let a browser there show the certificate's SHA-256 fingerprint.",
    ]
    return "\n".join(line.rstrip() for line in lines)


def _host_and_port(url: str) -> str:
    host, port = pin.address_of(url)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _validity(shown: Certificate, now: datetime) -> str:
    if shown.not_before is None or shown.not_after is None:
        return "not readable"
    text = f"{shown.not_before:%Y-%m-%d} to {shown.not_after:%Y-%m-%d}"
    inside = shown.not_before <= now <= shown.not_after
    return text if inside else f"{text} (not today; this does not matter here)"


def _compared(offer: Offer) -> str:
    if offer.paired is None:
        return "No certificate is paired yet."
    if offer.paired == offer.shown.fingerprint:
        return "It is the one that is paired already."
    return (
        f"It is NOT the one that is paired: {pin.with_colons(offer.paired)}.\n"
        "An upgrade of the gateway can replace its certificate; so can somebody between you and it."
    )


def _ask() -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(
            "Nobody is there to ask. Compare the fingerprint, then run it again with --yes."
        )
    if not click.confirm("\nIs this the fingerprint of your gateway?", default=False):
        raise SchedulerError("Nothing was changed.")


def _next(chosen: Settings, offer: Offer, env_file: Path | None) -> str:
    done = f"Written to {env_file}:" if env_file else "Recorded. Set this to pair it:"
    lines = [done, f"  {offer.line}"]
    if offer.url != _url_of(chosen):
        lines.append(f"  TOU_GATEWAY_URL={offer.url}" + ("   (not written)" if env_file else ""))
    if chosen.gateway != "local":
        lines.append("  TOU_GATEWAY=local" + ("   (not written)" if env_file else ""))
    certificate = chosen.of(LocalSettings).gateway_certificate
    if certificate is not None:
        lines.append(
            f"TOU_GATEWAY_CERTIFICATE names {certificate}; remove that setting where"
            " it holds another certificate."
        )
    return "\n".join(lines)


def _url_of(chosen: Settings) -> str | None:
    try:
        return pin.shown_address(chosen.of(LocalSettings).gateway_url)
    except SettingsError:
        return None


def _as_json(offer: Offer, env_file: Path | None) -> dict[str, Any]:
    shown = offer.shown
    return {
        "url": offer.url,
        "fingerprint": shown.fingerprint,
        "subject": shown.subject,
        "names": list(shown.names),
        "not_before": plain(shown.not_before),
        "not_after": plain(shown.not_after),
        "paired_before": offer.paired,
        "setting": offer.line,
        "written_to": str(env_file) if env_file else None,
    }


def _write(env_file: Path, line: str) -> None:
    """Set the line and keep all others, the mode and the owner. Raises SchedulerError."""
    path = env_file.resolve()
    try:
        before = path.read_bytes() if path.exists() else b""
        _replace(path, with_line(before, line.encode()))
    except OSError as error:
        raise SchedulerError(
            f"{env_file}: cannot be written: {error.strerror}. The pairing is recorded; set the"
            f" line by hand: {line}"
        ) from None


def with_line(before: bytes, line: bytes) -> bytes:
    """The text of a settings file with the fingerprint's line replaced, or added at its end."""
    first = _LINE.search(before)
    if first is None:
        gap = b"" if not before or before.endswith(b"\n") else b"\n"
        return before + gap + line + b"\n"
    exported = b"export " if first[0].lstrip().startswith(b"export") else b""
    ending = b"\r" if first[0].endswith(b"\r") else b""
    rest = re.sub(_LINE.pattern + rb"\n?", b"", before[first.end() :], flags=re.MULTILINE)
    return before[: first.start()] + exported + line + ending + rest


def _replace(path: Path, text: bytes) -> None:
    """All or nothing; a new file is readable by its owner alone, as it holds settings."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if path.exists():
                _like(path, file.fileno())
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _like(path: Path, descriptor: int) -> None:
    status = path.stat()
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
