"""Groups of verbs whose modules are imported when a verb is asked for, so that each starts fast."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class Verbs(click.Group):
    """A group whose `verbs` name, for each verb, the module of this room that has it."""

    def __init__(self, *words: Any, verbs: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(*words, **more)
        self._verbs = dict(verbs or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._verbs:
            return None
        module = importlib.import_module(f"scheduler.cli.{self._verbs[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command
