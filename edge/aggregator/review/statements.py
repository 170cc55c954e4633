"""What people have said, and what of it still stands: a statement may be taken back, and so may that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from edge.aggregator.entries import StatementEntry
from edge.messages import CounterMessage, Retraction


class Statements:
    """All statements by id. Their order of arrival does not matter."""

    def __init__(self) -> None:
        self._entries: dict[str, StatementEntry] = {}
        self._retractions: dict[str, list[Retraction]] = defaultdict(list)  # by what they take back

    def add(self, entry: StatementEntry) -> tuple[StatementEntry, ...]:
        """Take one in.

        Returns:
            Every statement that is new or whose standing may have changed by it.
        """
        statement = entry.statement
        if statement.id in self._entries:
            return ()
        self._entries[statement.id] = entry
        if not isinstance(statement, Retraction):
            return (entry,)
        self._retractions[statement.statement].append(statement)
        touched = self._entries.get(statement.statement)
        while touched is not None and isinstance(touched.statement, Retraction):
            earlier = self._entries.get(touched.statement.statement)
            touched = earlier if earlier is not None and _follows(touched.statement, earlier) else None
        return () if touched is None else (touched,)

    def get(self, statement: str) -> CounterMessage | None:
        """A statement by its id, whether it stands or not."""
        found = self._entries.get(statement)
        return None if found is None else found.statement

    def stands(self, statement: CounterMessage) -> bool:
        """Whether nobody has taken it back. Only what was said later can do that, so there is no circle."""
        return not any(
            _said(retraction) > _said(statement) and self.stands(retraction)
            for retraction in self._retractions.get(statement.id, ())
        )

    def retraction(self, statement: str) -> Retraction | None:
        """The latest standing retraction of a statement."""
        known = self._entries.get(statement)
        found = [
            each
            for each in self._retractions.get(statement, ())
            if self.stands(each) and (known is None or _follows(each, known))
        ]
        return max(found, key=_said, default=None)

    def standing(self) -> Iterator[CounterMessage]:
        """All that stand, in the order in which they were said."""
        everything = sorted((entry.statement for entry in self._entries.values()), key=_said)
        return (statement for statement in everything if self.stands(statement))


def _said(statement: CounterMessage) -> tuple[float, str]:
    return statement.t, statement.id


def _follows(retraction: Retraction, entry: StatementEntry) -> bool:
    return _said(retraction) > _said(entry.statement)
