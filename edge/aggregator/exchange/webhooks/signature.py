"""How a delivery proves whose it is and when it was sent [Standard Webhooks 1.0].

    signature = base64(HMAC-SHA256(key, id + "." + timestamp + "." + body))

The header lists one signature a key, each after ``v1,``: while a key is being replaced, both sign.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from edge.config import WebhookSection
from edge.errors import StartError

PREFIX = "whsec_"
"""How a secret begins, so that one that was published by mistake is found."""

KEY_BYTES_MIN, KEY_BYTES_MAX = 24, 64
"""[bytes] of a key, as the specification has it."""


def new_secret() -> str:
    """A fresh secret, as it goes into a file."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def keys_of(section: WebhookSection, base_dir: Path) -> tuple[bytes, ...]:
    """Keys of an endpoint, from its file (a secret a line) or its environment variable.

    Raises:
        StartError: no secret there, or one that cannot be; never says what it is.
    """
    where = f"webhook {section.name}"
    if section.secret_env:
        text = os.environ.get(section.secret_env, "")
    else:
        try:
            text = (base_dir / section.secret_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StartError(
                "the secret cannot be read", where=where, found=getattr(error, "strerror", "") or "no text",
                fix=f"Check {section.secret_file}; `steelyard webhooks secret` makes one.",
            ) from None  # fmt: skip
    keys = tuple(_key(line.strip(), where) for line in text.splitlines() if line.strip())
    if not keys:
        raise StartError("no secret", where=where, fix="Make one with `steelyard webhooks secret`.")
    return keys


def signature(keys: Sequence[bytes], delivery: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature``."""
    content = f"{delivery}.{timestamp}.".encode() + body
    digests = (hmac.new(key, content, hashlib.sha256).digest() for key in keys)
    return " ".join("v1," + base64.b64encode(digest).decode() for digest in digests)


def _key(secret: str, where: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        raise StartError(
            "an unusable secret", where=where,
            expected=f"{PREFIX} and {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes in base64",
            fix="Make one with `steelyard webhooks secret`.",
        )  # fmt: skip
    return key
