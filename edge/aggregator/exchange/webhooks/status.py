"""How it stands with one endpoint."""

from __future__ import annotations

import msgspec


class EndpointStatus(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint as it was a moment ago."""

    name: str
    behind: int = 0  # [entries] that it has not been told
    dead: int = 0  # [notices] given up
    failures: int = 0  # attempts in vain since the last delivery
    delivered_total: int = 0  # [notices] since start
    paused: str = ""  # why
    error: str = ""  # of the last attempt; empty: it was delivered

    @property
    def alarm(self) -> str:
        """One sentence while somebody has to look; "" otherwise."""
        if self.dead:
            return (
                f"Webhook {self.name}: {self.dead} notices could not be delivered. "
                f"Say `steelyard webhooks redeliver` when the receiver is well."
            )
        return f"Webhook {self.name} is paused: {self.paused}." if self.paused else ""
