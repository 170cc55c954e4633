"""What is wrong with the node itself at the moment."""

from __future__ import annotations

import logging

_log = logging.getLogger(__name__)


class Faults:
    """Named faults; each is logged once when it starts and once when it ends."""

    def __init__(self) -> None:
        self._sentences: dict[str, str] = {}

    @property
    def sentence(self) -> str:
        """All of them in the order in which they began; empty when nothing is wrong."""
        return "; ".join(self._sentences.values())

    def report(self, name: str, sentence: str) -> None:
        """Fault ``name`` is there, or has another reason now; an empty sentence ends it."""
        before = self._sentences.get(name, "")
        if not sentence:
            if self._sentences.pop(name, ""):
                _log.info("over: %s", before)
        elif sentence != before:
            self._sentences[name] = sentence
            _log.error("%s", sentence)
