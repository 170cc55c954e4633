"""Money: whole numbers of a currency's smallest unit, from the catalogue to the receipt; never a fraction."""

from __future__ import annotations

from decimal import Decimal

from edge.errors import MoneyError

DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                     "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip
"""Digits after the point [ISO 4217, table A.1], of currencies that do not have two."""


def digits_of(currency: str) -> int:
    """How many digits after the point a currency has."""
    return DIGITS.get(currency, 2)


def minor_of(amount: float, currency: str) -> int:
    """An amount as people write it, in the currency's smallest unit.

    Raises:
        MoneyError: finer than that unit.
    """
    exact = Decimal(repr(amount)).scaleb(digits_of(currency))  # repr: the shortest text that means it
    if exact != exact.to_integral_value():
        raise MoneyError(
            "an amount finer than the smallest unit", found=repr(amount),
            expected=f"at most {digits_of(currency)} digits after the point in {currency}",
            fix="Round it, or correct the currency.",
        )  # fmt: skip
    return int(exact)


def amount_of(minor: int, currency: str) -> float:
    """The amount as people write it: the double nearest to it, for display alone."""
    return float(Decimal(minor).scaleb(-digits_of(currency)))


def written(minor: int, currency: str) -> str:
    """``1234`` EUR -> ``12.34``."""
    return f"{Decimal(minor).scaleb(-digits_of(currency)):.{digits_of(currency)}f}"
