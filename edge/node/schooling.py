"""The gallery learns beside the node's loop: a thread of its own weighs up what an event can teach.

The loop hands over what it saw, and takes over a better gallery between two inputs. It never waits.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from edge.errors import SteelyardError
from edge.messages import EventIdentity, NodeMessage
from edge.vision.testimony import Lesson

_log = logging.getLogger(__name__)

WAITING_MAX = 32
"""[lessons] that wait for the thread; of more, the newest are not learnt from."""

TAUGHT_MAX = 1000
"""[events] whose revisions the thread is told."""

GalleryT = TypeVar("GalleryT")
GalleryT_co = TypeVar("GalleryT_co", covariant=True)


class Learning(Protocol[GalleryT_co]):
    """Whoever learns; see :class:`edge.vision.gallery.learning.GalleryLearning`."""

    def learn(self, lesson: Lesson) -> GalleryT_co | None:
        """Learn from an event; gives the gallery that is better now."""
        ...

    def revise(self, told: NodeMessage) -> GalleryT_co | None:
        """An event was something else; gives the gallery that forgot it."""
        ...


class Schooling(Generic[GalleryT]):
    """Runs a learning gallery in a thread.

    Args:
        open_learning: called in the thread, when there is a first lesson; may raise ``SteelyardError``.
        adopt: called in the loop, with every gallery that is better than the one before.
    """

    def __init__(
        self, open_learning: Callable[[], Learning[GalleryT]], adopt: Callable[[GalleryT], None]
    ) -> None:
        self._open, self._adopt = open_learning, adopt
        self._inbox: queue.SimpleQueue[Lesson | NodeMessage | None] = queue.SimpleQueue()
        self._learnt: queue.SimpleQueue[GalleryT] = queue.SimpleQueue()
        self._taught: OrderedDict[EventIdentity, None] = OrderedDict()
        self.fault = ""  # one sentence, else empty
        self._is_closing = False
        self._thread = threading.Thread(target=self._work, name="schooling", daemon=True)
        self._thread.start()

    def update(self, lessons: Sequence[Lesson], told: Sequence[NodeMessage]) -> None:
        """Hand over what the loop saw and said; take over what was learnt meanwhile."""
        for lesson in lessons:
            if self._inbox.qsize() < WAITING_MAX:
                self._taught[lesson.event.identity] = None
                self._inbox.put(lesson)
        while len(self._taught) > TAUGHT_MAX:
            self._taught.popitem(last=False)
        for message in told:
            if message.revision and message.identity in self._taught:
                self._inbox.put(message)
        while not self._learnt.empty():
            self._adopt(self._learnt.get())

    def close(self) -> None:
        """Finish what is begun; what waits is not learnt."""
        self._is_closing = True
        self._inbox.put(None)
        self._thread.join()

    def _work(self) -> None:
        learning: Learning[GalleryT] | None = None
        while (arrived := self._inbox.get()) is not None and not self._is_closing:
            try:
                learning = learning or self._open()
                learnt = learning.learn(arrived) if isinstance(arrived, Lesson) else learning.revise(arrived)
            except SteelyardError as error:
                self.fault = f"self-labelling: {error}"
                continue
            self.fault = ""
            if learnt is not None:
                _log.info("the gallery has learnt from events that weight decided")
                self._learnt.put(learnt)
