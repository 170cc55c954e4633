"""What people say, and what all of it shares.

Each statement has a name of its own, made by whoever sends it, so that saying it twice changes nothing.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.payload import Level, Payload

Person = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""Who said it: the name of a reviewer's or an employee's login, or ``shopper``."""

Sentence = Annotated[str, msgspec.Meta(max_length=500)]
"""Free text of a person."""


class Statement(Payload, frozen=True, kw_only=True):
    """What all statements share."""

    id: Annotated[Level, msgspec.Meta(min_length=8)]  # unique; a UUID serves
    t: float  # [s] when it was said
    by: Person
