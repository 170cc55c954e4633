"""Which units stand on the plates now, in the order in which they would be taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edge.messages import EventKind
from tools.store_simulator.acts import Handling


class Stock:
    """SKUs by plate, from the one at the back to the one in front; follows what hands really do.

    Args:
        standing: SKUs by plate when the store is switched on.
    """

    def __init__(self, standing: Mapping[str, Iterable[str]]) -> None:
        self._standing = {plate: list(skus) for plate, skus in standing.items()}

    def units(self, plate: str) -> tuple[str, ...]:
        """SKUs on a plate, the foremost last."""
        return tuple(self._standing.get(plate, ()))

    def update(self, handling: Handling) -> None:
        """Goods have changed place: a pick takes the foremost of its SKU, a return stands in front.

        Raises:
            ValueError: a pick of what does not stand there.
        """
        for _ in handling.units_g:
            if handling.kind is EventKind.RETURN:
                self._standing.setdefault(handling.plate, []).append(handling.sku)
                continue
            standing = self._standing[self._bearing(handling)]
            del standing[len(standing) - 1 - standing[::-1].index(handling.sku)]

    def _bearing(self, handling: Handling) -> str:
        """The plate that a taken unit stands on: of two in one grip, one may come from the next plate."""
        for plate in (handling.plate, *self._standing):
            if handling.sku in self._standing.get(plate, ()):
                return plate
        raise ValueError(f"no {handling.sku} is left in the store")
