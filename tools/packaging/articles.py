"""Looks for named goods: what a catalogue's article could look like, from its name, weight and number."""

from __future__ import annotations

import zlib
from dataclasses import replace

from tools.packaging.designs import Design, Shape, design, sized
from tools.packaging.vocabulary import FLAVOURS, Flavour, Motif

PACKED_G_PER_CM3 = 0.85
"""[g/cm3] of packed goods: a little less than water."""

_UNITS = frozenset({"g", "kg", "ml", "cl", "l", "bags", "in"})
_SHAPES = (
    (frozenset({"milk", "buttermilk", "juice", "nectar", "broth"}), Shape.CARTON),
    (frozenset({"fizz", "soda", "cola", "beer", "tomatoes", "tuna", "corn"}), Shape.CAN),
    (frozenset({"oil", "syrup", "water", "vinegar", "lemonade", "ketchup"}), Shape.BOTTLE),
    (frozenset({"honey", "jam", "spread", "pesto", "pickles", "mustard"}), Shape.JAR),
    (frozenset({"yoghurt", "hummus", "feta", "quark", "pudding"}), Shape.TUB),
    (frozenset({"chips", "crisps", "sweets", "puffs"}), Shape.BAG),
    (frozenset({"coffee", "flour", "rice", "lentils", "nuts", "muesli"}), Shape.POUCH),
)
_FLAVOURS: tuple[tuple[str, Flavour], ...] = (
    ("elderflower", Flavour("Elderflower", Motif.FLOWER, (238, 240, 214))),
    ("chocolate", Flavour("Dark", Motif.BLOCKS, (88, 48, 30))),
    ("tomatoes", Flavour("Plum", Motif.ROUND_FRUIT, (214, 48, 30))),
    ("peppermint", Flavour("Peppermint", Motif.LEAF, (66, 166, 112))),
    ("feta", Flavour("Feta", Motif.WEDGE, (240, 240, 232))),
    ("hummus", Flavour("Classic", Motif.BEANS, (216, 178, 116))),
    ("lentils", Flavour("Red", Motif.BEANS, (214, 98, 48))),
    ("rice", Flavour("Basmati", Motif.GRAIN, (236, 228, 200))),
    ("spelt", Flavour("Spelt", Motif.GRAIN, (214, 178, 112))),
    ("buttermilk", Flavour("Natural", Motif.DROP, (250, 244, 226))),
    ("salt", Flavour("Sea Salt", Motif.CHIPS, (230, 190, 100))),
)


def article(sku: str, name: str, weight_g: float) -> Design:
    """A look that fits a name: shape and picture by its words, size by its weight, all else by its number.

    Args:
        sku: its number; two articles of one name look different.
        name: as the receipt prints it, for example ``Strawberry yoghurt 150 g``.
        weight_g: of one unit.
    """
    words = [word for word in name.lower().split() if word.isalpha() and word not in _UNITS]
    drawn = design(4 * (zlib.crc32(sku.encode()) % 100_000))
    shape = next((shape for named, shape in _SHAPES if not named.isdisjoint(words)), Shape.BOX)
    flavour = next((flavour for word, flavour in _FLAVOURS if word in words), None) or next(
        (each for each in FLAVOURS if each.word.lower() in words), drawn.flavour
    )
    said = flavour.word.lower().split()
    product = " ".join(word for word in words if word not in said).title() or name
    return sized(
        replace(
            drawn,
            shape=shape,
            product=product,
            flavour=flavour,
            accent=flavour.colour,
            claim=None,
        ),
        volume_cm3=weight_g / PACKED_G_PER_CM3,
    )
