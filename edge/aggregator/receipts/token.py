"""Names that nobody can guess: who has the token of a receipt or a visit may read it, without an account."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode

TOKEN_BYTES = 20
"""[bytes] 160 bit: beyond guessing, and 32 characters of a QR code's alphanumeric mode without padding."""


class Tokens:
    """Makes tokens that the same store can make again, for corrections and after a restart.

    Args:
        key: the store's secret; without one there are no tokens.
    """

    def __init__(self, key: bytes = b"") -> None:
        self._key = key

    def of(self, purpose: str, name: str) -> str:
        """The token of a name, for one purpose alone; "" without a key."""
        if not self._key:
            return ""
        digest = hmac.new(self._key, f"{purpose}\0{name}".encode(), hashlib.sha256).digest()
        return b32encode(digest[:TOKEN_BYTES]).decode().lower()


def same_token(given: str, token: str) -> bool:
    """Whether they are equal, in a time that does not tell how nearly; no token equals none."""
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())
