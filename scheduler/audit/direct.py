"""A statement in the words of SQLAlchemy's core, for every database, handed to the driver as text.

What core does around each execution takes ten times as long as SQLite needs for it, and a dozen
of them stand between a boundary and its confirmation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement, Connection
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]


class Text(NamedTuple):
    """A statement in one database's own words."""

    sql: str
    order: Sequence[str] | None
    """The names of its values, where the driver knows them by their place."""
    fixed: dict[str, Any]
    """The values that stand in the statement itself."""

    def filled(self, values: Values) -> Any:
        """All values, as the driver wants them."""
        given = {**self.fixed, **values}
        return given if self.order is None else [given[name] for name in self.order]


class Direct:
    """One statement, put into text when it is first used."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._texts: dict[str, Text] = {}

    def one(self, connection: Connection, **values: object) -> Any:
        """The first row of the answer, or None."""
        return self._run(connection, values).fetchone()

    def all(self, connection: Connection, **values: object) -> list[Any]:
        """All rows of the answer."""
        return list(self._run(connection, values).fetchall())

    def change(self, connection: Connection, **values: object) -> int:
        """Execute a change; how many rows it touched."""
        return int(self._run(connection, values).rowcount)

    def change_each(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Execute a change for each row, in one go."""
        text = self._text(connection)
        each = [text.filled(row) for row in rows]
        _told(connection, text, lambda cursor: cursor.executemany(text.sql, each))

    def _run(self, connection: Connection, values: Values) -> DBAPICursor:
        text = self._text(connection)
        return _told(connection, text, lambda cursor: cursor.execute(text.sql, text.filled(values)))

    def _text(self, connection: Connection) -> Text:
        dialect = connection.dialect
        if (known := self._texts.get(dialect.name)) is None:
            compiled: Any = self._statement.compile(dialect=dialect)
            order = compiled.positiontup if compiled.positional else None
            known = self._texts[dialect.name] = Text(str(compiled), order, dict(compiled.params))
        return known


def _told(connection: Connection, text: Text, work: Callable[[DBAPICursor], object]) -> DBAPICursor:
    """The cursor after its work; the driver's errors become SQLAlchemy's, as everywhere else."""
    cursor = connection.connection.cursor()
    driver = connection.dialect.loaded_dbapi.Error
    try:
        work(cursor)
    except driver as error:
        raise DBAPIError.instance(text.sql, None, error, driver) from error
    return cursor
