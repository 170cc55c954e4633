"""Which units stand on the plates now, in the order in which they would be taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edge.messages import EventKind
from tools.store_simulator.acts import Handling


class Stock:
    """SKUs by plate, from the one at the back to the one in front; follows what hands really do.

    A unit taken from between others leaves a gap: nothing moves up.

    Args:
        standing: SKUs by plate when the store is switched on.
    """

    def __init__(self, standing: Mapping[str, Iterable[str]]) -> None:
        self._standing: dict[str, list[str | None]] = {plate: list(skus) for plate, skus in standing.items()}

    def units(self, plate: str) -> tuple[str | None, ...]:
        """SKUs on a plate, the foremost last; ``None``: a gap."""
        return tuple(self._standing.get(plate, ()))

    def put(self, plate: str, sku: str) -> None:
        """A unit is set down in front of the others."""
        self._standing.setdefault(plate, []).append(sku)

    def take(self, plate: str, sku: str) -> None:
        """The foremost unit of a SKU goes: from this plate, or from another where none is left on it.

        Raises:
            ValueError: none is left anywhere.
        """
        standing = self._standing[self._bearing(plate, sku)]
        standing[len(standing) - 1 - standing[::-1].index(sku)] = None
        while standing and standing[-1] is None:
            standing.pop()

    def update(self, handling: Handling) -> None:
        """Goods have changed place. Raises as :meth:`take` does."""
        for _ in handling.units_g:
            if handling.kind is EventKind.RETURN:
                self.put(handling.plate, handling.sku)
            else:
                self.take(handling.plate, handling.sku)

    def _bearing(self, plate: str, sku: str) -> str:
        """The plate that a taken unit stands on: of two in one grip, one may come from the next plate."""
        for each in (plate, *self._standing):
            if sku in self._standing.get(each, ()):
                return each
        raise ValueError(f"no {sku} is left in the store")
