"""The best accounts of everything that happened, one a row, with their weights.

Accounts of one store differ in few things, and each of these has few values. So a column holds its values
once, and an account only their numbers: branching, weighing and merging accounts is arithmetic on rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from edge.aggregator.carts.account import Account, Busy, Choice, Holding, Resting, Sighting, Thing
from edge.messages import EventIdentity

Rows = NDArray[np.intp]
"""[n] of a beam."""

Numbers = NDArray[np.int16]
"""Of values; a column has no more of them than the beam has accounts, which are 10,000 at most."""

K = TypeVar("K")
V = TypeVar("V")
W = TypeVar("W")


class Column(Generic[V]):
    """What the accounts say of one thing.

    Attributes:
        values: all that any of them says, no two of them equal; some may be of accounts that are gone.
        numbers: [account] of its value.
    """

    __slots__ = ("numbers", "values")

    def __init__(self, values: tuple[V, ...], numbers: Numbers) -> None:
        self.values, self.numbers = values, numbers

    def __getstate__(self) -> tuple[tuple[V, ...], bytes]:
        return self.values, self.numbers.tobytes()

    def __setstate__(self, state: tuple[tuple[V, ...], bytes]) -> None:
        self.values, self.numbers = state[0], np.frombuffer(state[1], np.int16)

    @classmethod
    def same(cls, value: V, accounts: int) -> Column[V]:
        """All accounts agree."""
        return cls((value,), np.zeros(accounts, np.int16))

    def used(self) -> Iterator[V]:
        """What accounts that are here say, each value once."""
        return (self.values[number] for number in set(self.numbers.tolist()))

    def rows(self, rows: Rows) -> Column[V]:
        """Of these accounts."""
        return Column(self.values, self.numbers[rows])

    def mapped(self, change: Callable[[V], W]) -> Column[W]:
        """What becomes of the values."""
        return self.changed(np.zeros(len(self.numbers), np.intp), lambda value, _: change(value))

    def changed(self, deeds: Rows, change: Callable[[V, int], W]) -> Column[W]:
        """What becomes of each account's value by its deed; asked once for each pair of them.

        Args:
            deeds: [account] number of what was done.
            change: gives the new value, from the old one and the deed.
        """
        several = int(deeds.max()) + 1
        pairs, numbers = np.unique(self.numbers.astype(np.intp) * several + deeds, return_inverse=True)
        values: dict[W, int] = {}
        new = [
            values.setdefault(change(self.values[pair // several], pair % several), len(values))
            for pair in pairs.tolist()
        ]
        return Column(tuple(values), np.array(new, np.int16)[numbers])


class Table(Generic[K, V]):
    """Columns of one kind, side by side.

    Attributes:
        values: of each column, by what it tells of.
        numbers: [account, column] of values.
    """

    __slots__ = ("numbers", "values")

    def __init__(self, values: Mapping[K, tuple[V, ...]], numbers: Numbers) -> None:
        self.values, self.numbers = values, numbers

    def __getstate__(self) -> tuple[Mapping[K, tuple[V, ...]], tuple[int, ...], bytes]:
        return self.values, self.numbers.shape, self.numbers.tobytes()

    def __setstate__(self, state: tuple[Mapping[K, tuple[V, ...]], tuple[int, ...], bytes]) -> None:
        self.values, self.numbers = state[0], np.frombuffer(state[2], np.int16).reshape(state[1])

    @classmethod
    def empty(cls, accounts: int) -> Table[K, V]:
        """Without columns."""
        return cls({}, np.zeros((accounts, 0), np.int16))

    def columns(self) -> Iterator[tuple[K, Column[V]]]:
        """All of them, in their order."""
        for place, (key, values) in enumerate(self.values.items()):
            yield key, Column(values, self.numbers[:, place])

    def column(self, key: K) -> Column[V] | None:
        """What is told of ``key``."""
        if key not in self.values:
            return None
        return Column(self.values[key], self.numbers[:, list(self.values).index(key)])

    def rows(self, rows: Rows) -> Table[K, V]:
        """Of these accounts."""
        return Table(self.values, self.numbers[rows])

    def put(self, key: K, column: Column[V]) -> Table[K, V]:
        """With a column replaced, or added at the end."""
        numbers = column.numbers[:, None]
        if key in self.values:
            place = list(self.values).index(key)
            columns = self.numbers.copy()
            columns[:, place] = column.numbers
        else:
            columns = np.hstack((self.numbers, numbers))
        return Table({**self.values, key: column.values}, columns)

    def without(self, keys: Container[K]) -> Table[K, V]:
        """Without some columns."""
        kept = [key not in keys for key in self.values]
        if all(kept):
            return self
        values = {key: each for (key, each), keep in zip(self.values.items(), kept, strict=True) if keep}
        return Table(values, self.numbers[:, kept])


@dataclass(slots=True, eq=False)
class Beam:
    """The best accounts, best first."""

    log_weights: NDArray[np.float64]  # [account] nat; the weights of a merged beam sum to 1
    held: Table[str, tuple[Thing, ...]]  # by visit
    resting: Column[tuple[Resting, ...]]
    busy: Column[Busy]
    choices: Table[EventIdentity, Choice]
    seen: Table[EventIdentity, tuple[Sighting, ...]]  # by event, of those in `choices` that are picks

    def __getstate__(self) -> tuple[object, ...]:
        return self.log_weights.tobytes(), self.held, self.resting, self.busy, self.choices, self.seen

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        log_weights, self.held, self.resting, self.busy, self.choices, self.seen = state
        self.log_weights = np.frombuffer(log_weights)

    def __len__(self) -> int:
        return len(self.log_weights)

    def __iter__(self) -> Iterator[Account]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, row: int) -> Account:
        """One account, in full."""
        held = {visit: values[self.held.numbers[row, place]]
                for place, (visit, values) in enumerate(self.held.values.items())}  # fmt: skip
        seen = (
            values[self.seen.numbers[row, place]] for place, values in enumerate(self.seen.values.values())
        )
        return Account(
            held=tuple(Holding(visit, held[visit]) for visit in sorted(held) if held[visit]),
            resting=self.resting.values[self.resting.numbers[row]],
            choices=tuple(
                values[self.choices.numbers[row, place]]
                for place, values in enumerate(self.choices.values.values())
            ),
            busy=self.busy.values[self.busy.numbers[row]],
            seen=tuple(sighting for each in seen for sighting in each),
            log_weight=float(self.log_weights[row]),
        )

    @property
    def weights(self) -> list[float]:
        """[account] 1."""
        return [math.exp(each) for each in self.log_weights.tolist()]

    def rows(self, rows: Rows, log_weights: NDArray[np.float64]) -> Beam:
        """These accounts, weighed anew."""
        return Beam(
            log_weights,
            self.held.rows(rows),
            self.resting.rows(rows),
            self.busy.rows(rows),
            self.choices.rows(rows),
            self.seen.rows(rows),
        )

    def merged(self) -> Beam:
        """Equal accounts as one, best first, normalised."""
        top = self.log_weights.max()
        weights = [math.exp(each) for each in (self.log_weights - top).tolist()]
        first: dict[bytes, int] = {}
        mass: list[float] = []
        rows: list[int] = []
        for row, (parts, weight) in enumerate(zip(self._parts(), weights, strict=True)):
            number = first.setdefault(parts, len(mass))
            if number == len(mass):
                mass.append(weight)
                rows.append(row)
            else:
                mass[number] += weight
        log_total = math.log(math.fsum(mass))
        ranked = sorted((n for n, each in enumerate(mass) if each > 0.0), key=lambda n: -mass[n])
        log_weights = np.array([math.log(mass[n]) - log_total for n in ranked])
        return self.rows(np.array(rows)[ranked], log_weights)

    def _parts(self) -> list[bytes]:
        """[account] Everything but its weight."""
        numbers = np.hstack(
            (
                self.resting.numbers[:, None],
                self.busy.numbers[:, None],
                self.held.numbers,
                self.choices.numbers,
                self.seen.numbers,
            )
        )
        return [row.tobytes() for row in numbers]

    # --- forgetting --------------------------------------------------------------------------------

    def rested(self, t_s: float, memory_s: float) -> Beam:
        """At ``t_s``: what hands did longer ago than ``memory_s`` no longer tells accounts apart."""
        if not any(self.busy.used()):
            return self

        def recent(busy: Busy) -> Busy:
            return tuple(each for each in busy if abs(t_s - each[0]) < memory_s)

        return replace(self, busy=self.busy.mapped(recent)).merged()

    def without_events(self, events: Container[EventIdentity]) -> Beam:
        """Accounts that no longer tell these events apart."""
        return replace(self, choices=self.choices.without(events), seen=self.seen.without(events)).merged()

    def without_visits(self, visits: Container[str]) -> Beam:
        """Accounts that no longer tell these visits apart."""
        return replace(self, held=self.held.without(visits)).merged()


EMPTY_STORE = Beam(
    np.zeros(1), Table.empty(1), Column.same((), 1), Column.same((), 1), Table.empty(1), Table.empty(1)
)
