"""Groups of verbs whose modules are imported when a verb is asked for, so that each starts fast."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

import click

from scheduler.schedule.wording import nearest, shown

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "See": ("status", "why", "plan", "calendar", "audit", "web"),
    "Write schedules": ("init", "check", "diff", "simulate", "tariff"),
    "Act": ("run", "apply", "job", "override", "pause", "resume", "skip"),
}
_OTHERS = "Look after"
_BESIDE = "Verbs"

# What people type who come from other programs of the kind.
_SYNONYMS = {
    "log": "audit", "logs": "audit", "history": "audit", "preview": "plan", "year": "calendar",
    "validate": "check", "lint": "check", "checkconfig": "check", "serve": "run", "start": "run",
    "set": "override", "trust": "gateway trust", "detect": "doctor", "tariffs": "tariff",
}  # fmt: skip


class Verbs(click.Group):
    """A group whose `verbs` name, for each verb, the module of this room that has it; beside
    them, commands that were added. Its help is written out, and an unknown verb told the nearest.
    """

    def __init__(self, *words: Any, verbs: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(*words, **more)
        self._verbs = dict(verbs or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._verbs, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._verbs:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"scheduler.cli.{self._verbs[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, and an unknown verb is told the nearest one."""
        word, verbs = args[0], self.list_commands(ctx)
        if word in verbs or word.startswith("-"):
            return super().resolve_command(ctx, args)
        synonym = _SYNONYMS.get(word.casefold(), "")
        known = synonym if synonym.split(" ")[0] in verbs else None
        guess = known or nearest(word, verbs)
        hint = f"Did you mean {guess}?" if guess else f"{ctx.command_path} --help lists them."
        raise click.UsageError(f"There is no verb {shown(word)}. {hint}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs under their headings, each with the whole first sentence of its help."""
        for heading, names in self._headed(self.list_commands(ctx)):
            rows = [(name, self._first_sentence(ctx, name)) for name in names]
            with formatter.section(heading):
                formatter.write_dl(rows, col_max=12)

    @staticmethod
    def _headed(verbs: list[str]) -> Iterator[tuple[str, list[str]]]:
        left, all_of_them = verbs, "run" in verbs
        for heading, names in HEADINGS.items() if all_of_them else ():
            found = [name for name in names if name in left]
            if found:
                yield heading, found
            left = [name for name in left if name not in found]
        if left:
            yield (_OTHERS if all_of_them else _BESIDE), left

    def _first_sentence(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(limit=200) if command else ""
