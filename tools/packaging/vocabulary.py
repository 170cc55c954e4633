"""Words that stand on packages, and which picture and colour a flavour has."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

Rgb = tuple[int, int, int]
"""Red, green, blue, each 0 to 255."""


class Motif(enum.Enum):
    """What the picture on a package shows."""

    ROUND_FRUIT = enum.auto()
    CITRUS = enum.auto()
    BERRIES = enum.auto()
    STRAWBERRY = enum.auto()
    BANANA = enum.auto()
    LEAF = enum.auto()
    BEANS = enum.auto()
    GRAIN = enum.auto()
    DROP = enum.auto()
    BLOCKS = enum.auto()
    CHILLI = enum.auto()
    FLOWER = enum.auto()
    WEDGE = enum.auto()
    FISH = enum.auto()
    CHIPS = enum.auto()


@dataclass(frozen=True, slots=True)
class Flavour:
    """What tells one article of a family from the next."""

    word: str
    motif: Motif
    colour: Rgb


FLAVOURS = (
    Flavour("Apple", Motif.ROUND_FRUIT, (120, 178, 48)),
    Flavour("Red Apple", Motif.ROUND_FRUIT, (190, 32, 38)),
    Flavour("Peach", Motif.ROUND_FRUIT, (246, 158, 96)),
    Flavour("Tomato", Motif.ROUND_FRUIT, (214, 48, 30)),
    Flavour("Plum", Motif.ROUND_FRUIT, (98, 38, 96)),
    Flavour("Orange", Motif.CITRUS, (244, 134, 18)),
    Flavour("Lemon", Motif.CITRUS, (244, 214, 46)),
    Flavour("Lime", Motif.CITRUS, (136, 190, 44)),
    Flavour("Grapefruit", Motif.CITRUS, (232, 92, 92)),
    Flavour("Blueberry", Motif.BERRIES, (58, 64, 142)),
    Flavour("Cherry", Motif.BERRIES, (158, 14, 40)),
    Flavour("Grape", Motif.BERRIES, (112, 46, 122)),
    Flavour("Raspberry", Motif.BERRIES, (206, 36, 92)),
    Flavour("Olive", Motif.BERRIES, (112, 122, 44)),
    Flavour("Strawberry", Motif.STRAWBERRY, (216, 34, 52)),
    Flavour("Banana", Motif.BANANA, (246, 208, 62)),
    Flavour("Mint", Motif.LEAF, (66, 166, 112)),
    Flavour("Green Tea", Motif.LEAF, (112, 156, 64)),
    Flavour("Basil", Motif.LEAF, (48, 118, 52)),
    Flavour("Coffee", Motif.BEANS, (92, 56, 34)),
    Flavour("Hazelnut", Motif.BEANS, (170, 112, 58)),
    Flavour("Almond", Motif.BEANS, (204, 152, 96)),
    Flavour("Kidney", Motif.BEANS, (134, 36, 40)),
    Flavour("Oat", Motif.GRAIN, (214, 178, 112)),
    Flavour("Wheat", Motif.GRAIN, (226, 184, 74)),
    Flavour("Barley", Motif.GRAIN, (186, 144, 72)),
    Flavour("Natural", Motif.DROP, (96, 170, 220)),
    Flavour("Cream", Motif.DROP, (250, 244, 226)),
    Flavour("Honey", Motif.DROP, (238, 166, 30)),
    Flavour("Cocoa", Motif.BLOCKS, (88, 48, 30)),
    Flavour("Caramel", Motif.BLOCKS, (198, 124, 44)),
    Flavour("White", Motif.BLOCKS, (240, 226, 196)),
    Flavour("Chilli", Motif.CHILLI, (200, 26, 24)),
    Flavour("Pepper", Motif.CHILLI, (70, 142, 50)),
    Flavour("Vanilla", Motif.FLOWER, (248, 232, 172)),
    Flavour("Camomile", Motif.FLOWER, (252, 250, 240)),
    Flavour("Cheese", Motif.WEDGE, (246, 196, 66)),
    Flavour("Melon", Motif.WEDGE, (232, 106, 92)),
    Flavour("Tuna", Motif.FISH, (80, 122, 168)),
    Flavour("Salmon", Motif.FISH, (238, 138, 112)),
    Flavour("Salted", Motif.CHIPS, (236, 192, 88)),
    Flavour("Paprika", Motif.CHIPS, (222, 118, 40)),
)

CLAIMS = (
    "NEW",
    "BIO",
    "100%",
    "-30%",
    "0.5%",
    "1.5%",
    "ECO",
    "XL",
    "VEGAN",
    "FRESH",
    "+VIT",
    "LIGHT",
    "ZERO",
    "EXTRA",
)
"""Words in badges."""

_HEADS = (
    "Mo",
    "Ka",
    "Ve",
    "Lu",
    "Sol",
    "Bri",
    "Ta",
    "Fen",
    "Or",
    "Ni",
    "Gar",
    "Zo",
    "Hel",
    "Pra",
    "Wes",
    "Ju",
    "Al",
)
_MIDDLES = ("ra", "li", "no", "ven", "to", "mi", "da", "so", "lle", "ri", "ka", "bo")
_TAILS = ("", "a", "o", "nt", "x", "s", "ro", "la", "ya", "ni", "ne", "k")


def brand_name(rng: np.random.Generator) -> str:
    """A name that no company bears on purpose: two or three syllables."""
    middles = "".join(rng.choice(_MIDDLES, int(rng.integers(1, 3)), replace=False))
    name = str(rng.choice(_HEADS)) + middles + str(rng.choice(_TAILS))
    return name.upper() if rng.random() < 0.35 else name
