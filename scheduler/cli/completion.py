"""`tou completion`: what makes a shell finish verbs, options, and names of tariffs, jobs, rules."""

from __future__ import annotations

import click

from scheduler.cli import known


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), required=False)
@click.option("--names", type=click.Choice(list(known.KINDS)), hidden=True)
def completion_command(shell: str | None, names: str | None) -> None:
    """Print a script that lets the Tab key finish words.

    It knows verbs, options, the ids of tariffs, and the names of your jobs and rules. Write it
    again after an upgrade. Where each shell looks for it:

    \b
    bash  ~/.local/share/bash-completion/completions/tou
    zsh   a folder of your fpath, as _tou
    fish  ~/.config/fish/completions/tou.fish

    Example: tou completion fish > ~/.config/fish/completions/tou.fish
    """
    if names is not None:
        for name in known.names(names):
            click.echo(name)
        return
    if shell is None:
        raise click.UsageError("Name the shell: bash, zsh or fish.")
    from scheduler.cli import completion_script
    from scheduler.cli.root import tou as root

    click.echo(completion_script.script(shell, root), nl=False)
