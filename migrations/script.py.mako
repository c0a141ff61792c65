"""${message}."""

from __future__ import annotations

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Adds only: a rebuilt table would lose its triggers and break the chain."""
    op.execute("")


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise NotImplementedError("An audit is never taken back; restore a backup.")
