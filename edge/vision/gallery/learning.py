"""A gallery that learns in the running store: events with their crops in, a better gallery out.

Weight labels, :class:`~edge.vision.gallery.self_labelling.SelfLabelling` doubts, and what stands the check is
enrolled. Others may write the gallery meanwhile: what they did is taken over before anything is added.
"""

from __future__ import annotations

from collections.abc import Callable

from edge.messages import NodeMessage
from edge.vision.embedding import CropEmbedder
from edge.vision.gallery.gallery import Gallery
from edge.vision.gallery.record import Origin
from edge.vision.gallery.self_labelling import SelfLabelling, SelfLabellingOptions, forget, promote
from edge.vision.gallery.store import GalleryStore
from edge.vision.testimony import Lesson


class GalleryLearning:
    """Teaches one gallery on disk.

    Args:
        store: of the gallery; something is enrolled in it.
        embedder: the model; nobody else uses this object meanwhile.
        by: who labels, for the pictures' provenance.
        now: gives the time, UTC, ISO 8601.
        options: how careful it is.

    Raises:
        GalleryError: the gallery cannot be used, or pictures of it are lost.
    """

    def __init__(
        self,
        store: GalleryStore,
        embedder: CropEmbedder,
        *,
        by: str,
        now: Callable[[], str],
        options: SelfLabellingOptions | None = None,
    ) -> None:
        self._store, self._embedder, self._by, self._now = store, embedder, by, now
        self._options = options
        self._open()

    def learn(self, lesson: Lesson) -> Gallery | None:
        """Take an event for what it can teach; gives the new gallery when it taught something.

        Raises:
            GalleryError: the gallery cannot be used.
            StorageError: it cannot be written; the candidates wait for the next lesson, which is lost.
            PictureError: the crop is no picture.
        """
        if not self._labelling.is_due:
            self._labelling.propose(lesson.event, lesson.rgb)
        return self._promoted() if self._labelling.is_due else None

    def revise(self, told: NodeMessage) -> Gallery | None:
        """An event is told another way; gives the new gallery when a picture had a label that is no more.

        Raises:
            GalleryError, StorageError: the picture stays.
        """
        self._labelling.revise(told)
        event, label = str(told.identity), self._labelling.label(told)
        wrong = any(
            each.event == event and each.origin is Origin.SELF_LABELLED and each.sku != label
            for each in self._store.read().pictures
        )
        if not wrong:
            return None
        forget(self._store, self._embedder, by=self._by, at=self._now(), events=[event])
        return self._reopened()

    def _promoted(self) -> Gallery | None:
        changed = self._reopened() if self._store.read().version != self._version else None
        outcome = promote(self._store, self._labelling, self._embedder, by=self._by, at=self._now())
        return changed if outcome is None else self._reopened()

    def _reopened(self) -> Gallery:
        """The gallery as it stands now; candidates stay."""
        waiting = self._labelling.candidates
        gallery = self._open()
        self._labelling.candidates = waiting
        return gallery

    def _open(self) -> Gallery:
        version = self._store.read()
        vectors, lost = self._store.vectors(version.pictures, self._embedder)
        if lost:
            raise lost[0]  # what is lost cannot vouch for anything
        self._version = version.version
        self._labelling = SelfLabelling(version, vectors, self._embedder, self._options)
        return self._labelling.gallery
