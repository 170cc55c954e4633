"""One attempt to deliver one notice by HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import httpx

from edge.aggregator.exchange.webhooks.signature import signature
from edge.config import WebhookSection

RETRY_AFTER_MAX_S = 3600.0
"""[s] a receiver may ask for so much patience."""


class Outcome(Enum):
    """What became of an attempt."""

    DELIVERED = "delivered"
    FAILED = "failed"  # may be tried again
    GONE = "gone"  # the receiver wants no more


@dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt ended."""

    outcome: Outcome
    detail: str = ""  # one sentence, unless it was delivered
    retry_after_s: float = 0.0  # [s] the receiver asks for


class Requester:
    """Posts to one endpoint. Redirects are never followed: nobody but the operator says where notices go.

    Args:
        section: the endpoint.
        keys: sign everything.
    """

    def __init__(self, section: WebhookSection, keys: Sequence[bytes]) -> None:
        self._section, self._keys = section, keys
        self._client = httpx.Client(
            timeout=section.timeout_s, follow_redirects=False, trust_env=False,
            proxy=section.proxy or None, limits=httpx.Limits(max_connections=1),
        )  # fmt: skip

    def post(self, delivery: str, body: bytes, utc_s: float) -> Answer:
        """Try once. Never raises: whatever a receiver does is an answer."""
        timestamp = int(utc_s)
        headers = {
            "content-type": "application/json",
            "user-agent": "Steelyard-Webhooks/1",
            "webhook-id": delivery,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._keys, delivery, timestamp, body),
        }
        try:
            with self._client.stream("POST", self._section.url, content=body, headers=headers) as response:
                return _answer(response)  # what it says besides is not read
        except httpx.TimeoutException:
            return Answer(Outcome.FAILED, f"no answer within {self._section.timeout_s:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            return Answer(Outcome.FAILED, f"{type(error).__name__}: {error}"[:200])

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def _answer(response: httpx.Response) -> Answer:
    status = response.status_code
    if 200 <= status < 300:
        return Answer(Outcome.DELIVERED)
    if status == httpx.codes.GONE:
        return Answer(Outcome.GONE, "the receiver says that it is gone (410)")
    if 300 <= status < 400:
        return Answer(Outcome.FAILED, f"it redirects ({status}), and redirects are not followed")
    return Answer(
        Outcome.FAILED, f"it answers {status}", _patience_s(response.headers.get("retry-after", ""))
    )


def _patience_s(text: str) -> float:
    return min(float(text), RETRY_AFTER_MAX_S) if text.isascii() and text.isdigit() and len(text) < 9 else 0.0
