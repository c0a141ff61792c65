"""Runs the revisions on the connection it is handed, inside that connection's transaction.

Opens no database and sets up no logging of its own.
"""

from __future__ import annotations

from alembic import context

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("The migrations run through `tou db upgrade`, which locks the database.")

context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
