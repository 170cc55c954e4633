"""Packaging that nobody sells, drawn by seed: goods for training, tests and the simulator's cameras.

Read in the data's way: ``vocabulary`` and ``designs`` decide what an SKU looks like -> ``lettering``,
``motifs`` and ``grounds`` draw what ``label`` composes -> ``profiles`` and ``solids`` give it a body ->
``unit`` draws it under a ``light`` through a ``pinhole`` camera -> ``crop`` puts it on a shelf with
``surroundings``, a ``hand`` and a ``lens``. ``python -m tools.packaging.contact_sheet`` shows the lot.
"""

from tools.packaging.crop import render_crop
from tools.packaging.designs import FAMILY, Design, Shape, design, relatives

__all__ = ["FAMILY", "Design", "Shape", "design", "relatives", "render_crop"]
