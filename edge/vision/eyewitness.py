"""What the cameras say of an event: the last calm picture before it against the first calm one after it.

The order of inputs alone decides what is said: there is no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.config import VisionSection
from edge.messages import NothingSeen
from edge.samples import CameraReport, Frame
from edge.vision.embedding import CropEmbedder
from edge.vision.eye import Eye
from edge.vision.shelf_view import ShelfView
from edge.vision.testimony import Question, Testimony


class Sighted(Protocol):
    """What a gallery makes of one picture."""

    @property
    def log_likelihood(self) -> Mapping[str, float]:
        """[nat] by SKU, against a product that nobody enrolled."""
        ...


class ProductGallery(Protocol):
    """Enrolled SKUs."""

    def likelihoods(self, vectors: NDArray[np.float32]) -> Sequence[Sighted]:
        """What each picture says; [n, size] unit rows."""
        ...


class Eyewitness:
    """Looks at the shelves of one node.

    Args:
        views: what each camera sees.
        options: of vision.
        embedder: makes vectors of crops; None: crops are taken, and nothing is recognised.
        gallery: enrolled with the same embedder.
    """

    def __init__(
        self,
        views: Sequence[ShelfView],
        options: VisionSection,
        embedder: CropEmbedder | None = None,
        gallery: ProductGallery | None = None,
    ) -> None:
        self._embedder, self._gallery = embedder, gallery
        self._eyes = {view.camera: Eye(view, options) for view in views}
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new witness."""
        for eye in self._eyes.values():
            eye.reset()

    def adopt(self, gallery: ProductGallery) -> None:
        """Judge with another gallery from now on; enrolled with the same embedder."""
        self._gallery = gallery

    def update(self, arrived: Frame | CameraReport) -> tuple[Testimony, ...]:
        """Take in a frame, or a camera's state; give the answers that became possible."""
        eye = self._eyes.get(arrived.camera)
        if eye is None:
            return ()
        looked = eye.see(arrived) if isinstance(arrived, Frame) else eye.hear(arrived)
        return tuple(map(self._recognised, looked))

    def ask(self, question: Question) -> tuple[Testimony, ...]:
        """What was seen of an event; answered now if it can be, else by a later :meth:`update`."""
        seeing = [eye for eye in self._eyes.values() if set(question.plates) <= set(eye.view.plates)]
        if not seeing:
            return (Testimony(question.key, nothing_seen=NothingSeen.NOT_IN_VIEW),)
        eye = next((each for each in seeing if each.is_up), seeing[0])
        return tuple(map(self._recognised, eye.ask(question)))

    def withdraw(self, key: tuple[str, int]) -> None:
        """The event of this question was none."""
        for eye in self._eyes.values():
            eye.withdraw(key)

    def flush(self) -> tuple[Testimony, ...]:
        """The recording ends here: answer what waits with what there is."""
        return tuple(self._recognised(each) for eye in self._eyes.values() for each in eye.give_up())

    def _recognised(self, testimony: Testimony) -> Testimony:
        """With what the pictures may show."""
        judged = [crop.rgb for crop in testimony.crops if crop.side is testimony.side]
        if testimony.nothing_seen is not None or not judged:
            return testimony
        if self._embedder is None or self._gallery is None:
            return replace(testimony, nothing_seen=NothingSeen.NOT_ENROLLED)
        sightings = self._gallery.likelihoods(self._embedder.embed(judged))
        return replace(testimony, looks=tuple(dict(each.log_likelihood) for each in sightings))
