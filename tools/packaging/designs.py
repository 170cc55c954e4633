"""What a package looks like, decided by a seed: shape and size, brand, layout, flavour, colours."""

from __future__ import annotations

import colorsys
import enum
from dataclasses import dataclass, replace

import numpy as np

from tools.packaging.vocabulary import CLAIMS, FLAVOURS, Flavour, Rgb, brand_name

FAMILY = 4
"""Articles of one family: seeds ``4 k`` to ``4 k + 3`` share brand, shape and layout, not the flavour."""


class Shape(enum.Enum):
    """What a package is."""

    BOX = enum.auto()
    CARTON = enum.auto()  # of milk or juice, with a gable
    CAN = enum.auto()
    BOTTLE = enum.auto()
    JAR = enum.auto()
    TUB = enum.auto()
    BAG = enum.auto()  # a pillow of film with two seams
    POUCH = enum.auto()  # of film, standing


_SIZES_M: dict[Shape, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    Shape.BOX: ((0.07, 0.19), (0.04, 0.07), (0.10, 0.27)),
    Shape.CARTON: ((0.065, 0.095), (0.065, 0.095), (0.16, 0.25)),
    Shape.CAN: ((0.058, 0.086), (0.058, 0.086), (0.07, 0.16)),
    Shape.BOTTLE: ((0.058, 0.09), (0.058, 0.09), (0.18, 0.30)),
    Shape.JAR: ((0.06, 0.09), (0.06, 0.09), (0.08, 0.13)),
    Shape.TUB: ((0.07, 0.11), (0.07, 0.11), (0.06, 0.12)),
    Shape.BAG: ((0.13, 0.20), (0.05, 0.08), (0.17, 0.28)),
    Shape.POUCH: ((0.10, 0.16), (0.05, 0.08), (0.15, 0.24)),
}
"""[m] least and most width, depth and height: the size of common packages of 150 g to 1.5 kg."""

ROUND = frozenset({Shape.CAN, Shape.BOTTLE, Shape.JAR, Shape.TUB})
SQUARE = ROUND | {Shape.CARTON}
"""As deep as wide."""

_PRODUCTS: dict[Shape, tuple[str, ...]] = {
    Shape.BOX: ("Crunch", "Cereal", "Biscuits", "Tea", "Pasta", "Rice", "Crackers", "Cake Mix"),
    Shape.CARTON: ("Juice", "Milk", "Nectar", "Drink", "Smoothie", "Yoghurt"),
    Shape.CAN: ("Soda", "Soup", "Spritz", "Energy", "Beans", "Stew"),
    Shape.BOTTLE: ("Water", "Syrup", "Iced Tea", "Dressing", "Lemonade", "Oil"),
    Shape.JAR: ("Jam", "Spread", "Sauce", "Pesto", "Pickles", "Paste"),
    Shape.TUB: ("Yoghurt", "Quark", "Ice Cream", "Pudding", "Dip", "Soft"),
    Shape.BAG: ("Chips", "Crisps", "Puffs", "Sweets", "Nachos", "Mix"),
    Shape.POUCH: ("Granola", "Nuts", "Coffee", "Drops", "Muesli", "Snack"),
}
_SHAPES = tuple(Shape)
_SHARES = np.array([0.22, 0.17, 0.14, 0.13, 0.09, 0.07, 0.10, 0.08])
_LAYOUTS = 8


@dataclass(frozen=True, slots=True)
class Face:
    """How words are set."""

    italic: bool
    weight: int  # 400 regular to 900 black
    squeeze: float  # [1] width over natural width
    arc: float  # [1] height of the bow over its width; 0: a straight line
    outlined: bool


@dataclass(frozen=True, slots=True)
class Brand:
    """What a family has in common on its labels."""

    name: str
    face: Face
    mark: int  # which drawn mark
    main: Rgb
    second: Rgb


@dataclass(frozen=True, slots=True)
class Design:
    """The look of one SKU; two equal designs are one SKU.

    Attributes:
        seed: that made it.
        family: what it shares with its look-alikes, as a seed of their common art.
        size_m: [m] width, depth, height.
        ground: colour of the label's background, of the family or of the flavour.
        closure: colour of lid, cap or seam.
        gloss: [1] 0 matt cardboard to 1 polished metal or glass.
    """

    seed: int
    family: int
    shape: Shape
    size_m: tuple[float, float, float]
    brand: Brand
    product: str
    flavour: Flavour
    claim: str | None
    layout: int
    pattern: int
    ground: Rgb
    accent: Rgb
    closure: Rgb
    gloss: float


def design(seed: int) -> Design:
    """The SKU of a seed (0 or more); the same for ever.

    Its family is drawn first, the member's own features after it: which flavour, and with it picture,
    word and accent colour; in two families of five the whole ground changes with it, in the others it stays.
    """
    if seed < 0:
        raise ValueError(f"a design's seed is 0 or more, found {seed}")
    family, member = divmod(seed, FAMILY)
    rng = np.random.default_rng([5, family])
    shape = _SHAPES[int(rng.choice(len(_SHAPES), p=_SHARES))]
    brand = _brand(rng)
    width_m, depth_m, height_m = (float(rng.uniform(*limits)) for limits in _SIZES_M[shape])
    size_m = (width_m, width_m if shape in SQUARE else depth_m, height_m)
    flavours = [FLAVOURS[int(i)] for i in rng.permutation(len(FLAVOURS))[:FAMILY]]
    if rng.random() < 0.25:  # the last two differ by a claim only: the light one, the large one
        flavours[3] = flavours[2]
    claims = [str(word) if rng.random() < 0.5 else None for word in rng.permutation(CLAIMS)[:FAMILY]]
    if flavours[3] == flavours[2]:
        claims[2:] = [None, "ZERO"]
    flavour, follows = flavours[member], rng.random() < 0.4
    ground = _softened(flavour.colour, 0.1) if follows else brand.main
    return Design(
        seed=seed,
        family=family,
        shape=shape,
        size_m=size_m,
        brand=brand,
        product=str(rng.choice(_PRODUCTS[shape])),
        flavour=flavour,
        claim=claims[member],
        layout=int(rng.integers(_LAYOUTS)),
        pattern=int(rng.integers(6)),
        ground=ground,
        accent=flavour.colour if not follows else brand.second,
        closure=flavour.colour if rng.random() < 0.3 else brand.second,
        gloss=_gloss(rng, shape),
    )


def relatives(seed: int) -> tuple[int, ...]:
    """Seeds of the look-alikes of a design, without its own."""
    first = seed - seed % FAMILY
    return tuple(each for each in range(first, first + FAMILY) if each != seed)


def sized(drawn: Design, *, volume_cm3: float) -> Design:
    """The design with the usual proportions of its shape and about this volume."""
    middle = [(low + high) / 2 for low, high in _SIZES_M[drawn.shape]]
    if drawn.shape in SQUARE:
        middle[1] = middle[0]
    filled = 1e6 * middle[0] * middle[1] * middle[2] * (np.pi / 4 if drawn.shape in ROUND else 0.9)
    scale = float(np.cbrt(volume_cm3 / filled))
    width_m, depth_m, height_m = (scale * side for side in middle)
    return replace(drawn, size_m=(width_m, depth_m, height_m))


def _brand(rng: np.random.Generator) -> Brand:
    hue = float(rng.random())
    main = _hsv(hue, rng.uniform(0.45, 1.0), rng.uniform(0.35, 0.95))
    if rng.random() < 0.22:
        main = tuple(int(v) for v in rng.integers(225, 256, 3))  # white goods
    second = _hsv(hue + rng.choice([0.08, 0.33, 0.5, 0.6]), rng.uniform(0.3, 1.0), rng.uniform(0.3, 1.0))
    if rng.random() < 0.3:
        second = (250, 250, 246) if sum(main) < 500 else (24, 26, 44)
    face = Face(
        italic=bool(rng.random() < 0.35),
        weight=int(rng.choice([500, 700, 900, 900])),
        squeeze=float(rng.uniform(0.65, 1.2)),
        arc=float(rng.choice([0.0, 0.0, 0.12, -0.12])),
        outlined=bool(rng.random() < 0.35),
    )
    return Brand(brand_name(rng), face, int(rng.integers(8)), main, second)


def _gloss(rng: np.random.Generator, shape: Shape) -> float:
    low, high = {
        Shape.BOX: (0.05, 0.4),
        Shape.CARTON: (0.1, 0.45),
        Shape.CAN: (0.6, 1.0),
        Shape.BOTTLE: (0.6, 1.0),
        Shape.JAR: (0.6, 1.0),
        Shape.TUB: (0.2, 0.6),
        Shape.BAG: (0.35, 1.0),
        Shape.POUCH: (0.2, 0.8),
    }[shape]
    return float(rng.uniform(low, high))


def _hsv(hue: float, saturation: float, brightness: float) -> Rgb:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, float(saturation), float(brightness))
    return int(red * 255), int(green * 255), int(blue * 255)


def _softened(colour: Rgb, share: float) -> Rgb:
    red, green, blue = (int(v + (255 - v) * share) for v in colour)
    return red, green, blue
