"""Samples that nobody can steer and anybody can check: a name's hash decides, the same at every rebuild."""

from __future__ import annotations

from hashlib import sha256

AUDIT = "audit"
"""The purpose for which receipts are drawn, by the name of the receipt."""


def is_drawn(purpose: str, name: str, share: float) -> bool:
    """Whether a name falls into a sample of this share [1] of all names, independently for each purpose."""
    digest = sha256(f"{purpose}\0{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
