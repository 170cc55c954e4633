"""GS1 numbers by which articles and places are known outside the store [GS1 General Specifications 7.9]."""

from __future__ import annotations

GTIN_LENGTHS = (8, 12, 13, 14)
"""[digits] of the numbers that stand under bar codes of goods."""


def has_check_digit(digits: str) -> bool:
    """Whether the last digit is the check digit of the others: weights 3 and 1 in turn, from the right."""
    if not (digits.isascii() and digits.isdigit()):
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return weighted % 10 == 0


def gtin14_of(sku: str) -> str:
    """A SKU as GTIN-14, filled with zeros on the left; "" when it is none."""
    return sku.zfill(14) if len(sku) in GTIN_LENGTHS and has_check_digit(sku) else ""
