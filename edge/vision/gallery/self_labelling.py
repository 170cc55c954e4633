"""Weight teaches the eyes: crops of events that weight alone decided become pictures of the gallery.

Annotation without annotators (AutoTag: Ruiz et al., UbiComp adjunct 2019), and without a circle: what
pictures said of an event never counts for its label. A crop is proposed, kept back, and enrolled with others
of its batch only if pictures that people enrolled are told no worse with them, each held out in its turn.
Everything is bounded, carries the event that labelled it, and can be withdrawn.
"""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge.errors import GalleryError
from edge.messages import NodeMessage, ShelfEvent
from edge.vision.embedding import CropEmbedder
from edge.vision.gallery.calibration import surprise
from edge.vision.gallery.enrolment import NewPicture, Outcome, enrol, withdraw
from edge.vision.gallery.findings import NEAR_COSINE
from edge.vision.gallery.gallery import Gallery, grouped
from edge.vision.gallery.metric import Vectors
from edge.vision.gallery.record import EnrolledPicture, GalleryVersion, Origin
from edge.vision.gallery.store import GalleryStore, gallery_of


class SelfLabellingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How careful it is."""

    certain: float = 0.98  # [1] least probability of the event's best hypothesis by weight alone
    contradiction: float = 2.0  # [nat] by which another SKU may look likelier
    per_sku_max: int = 20  # [pictures] that weight may label of a SKU
    total_max: int = 2000  # [pictures] that weight may label in a gallery
    batch: int = 16  # [pictures] kept back until they are checked together
    worse_max: float = 0.01  # [nat] by which the mean surprise at people's pictures may rise
    checked_min: int = 10  # [pictures] of people that the check needs


class Refusal(StrEnum):
    """Why a crop is no candidate."""

    NOT_CERTAIN = "not_certain"  # weight alone does not decide
    SEVERAL = "several"  # not one unit of one SKU: the crop shows more than one thing
    CONTRADICTED = "contradicted"  # it looks like another SKU
    NOTHING_NEW = "nothing_new"  # nearly a picture that is enrolled
    ENOUGH = "enough"  # of this SKU, or at all


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A crop that weight has labelled."""

    sku: str
    event: str
    crop: NDArray[np.uint8]  # (h, w, 3) RGB
    vector: NDArray[np.float32]  # (size,) unit


class SelfLabelling:
    """Collects candidates for one gallery.

    Args:
        version: what is enrolled.
        vectors: (n, size) of its pictures.
        embedder: the model.
        options: how careful it is.
    """

    def __init__(
        self,
        version: GalleryVersion,
        vectors: Vectors,
        embedder: CropEmbedder,
        options: SelfLabellingOptions | None = None,
    ) -> None:
        self._version, self._vectors, self._embedder = version, vectors, embedder
        self._options = options or SelfLabellingOptions()
        self.gallery: Gallery = gallery_of(version, vectors, embedder.model_sha256)
        self.reset()

    def reset(self) -> None:
        """Forget the candidates; equal to a new object."""
        self.candidates: list[Candidate] = []

    @property
    def is_due(self) -> bool:
        """Whether there are enough candidates to check them."""
        return len(self.candidates) >= self._options.batch

    def propose(self, event: ShelfEvent, crop: NDArray[np.uint8]) -> Candidate | Refusal:
        """Take a crop (h, w, 3) RGB of what an event moved for a candidate, or say why not.

        Raises:
            PictureError: the crop is no picture.
        """
        sku, probability = weighed(event)
        if probability < self._options.certain:
            return Refusal.NOT_CERTAIN
        if sku is None:
            return Refusal.SEVERAL
        if self._is_full(sku):
            return Refusal.ENOUGH
        (vector,) = self._embedder.embed([crop])
        (sighting,) = self.gallery.likelihoods(vector[None])
        likelihood = sighting.log_likelihood
        own = max(likelihood.get(sku, 0.0), 0.0)  # a new view of it may look like nothing enrolled
        others = max((value for other, value in likelihood.items() if other != sku), default=-math.inf)
        if others > own + self._options.contradiction:
            return Refusal.CONTRADICTED
        enrolled = [row for row, picture in enumerate(self._version.pictures) if picture.sku == sku]
        known = [*self._vectors[enrolled], *(each.vector for each in self.candidates if each.sku == sku)]
        if known and float((np.array(known) @ vector).max()) > NEAR_COSINE:
            return Refusal.NOTHING_NEW
        candidate = Candidate(sku, str(event.identity), crop, vector)
        self.candidates.append(candidate)
        return candidate

    def label(self, told: NodeMessage) -> str | None:
        """The SKU that weight alone gives what is told, if it is certain of one unit."""
        sku, probability = weighed(told) if isinstance(told, ShelfEvent) else (None, 0.0)
        return sku if probability >= self._options.certain else None

    def revise(self, told: NodeMessage) -> None:
        """An event is told another way: its candidates go, unless they keep their label."""
        label, event = self.label(told), str(told.identity)
        self.candidates = [each for each in self.candidates if each.event != event or each.sku == label]

    def _is_full(self, sku: str) -> bool:
        """Whether weight has labelled as many pictures as it may."""
        own = [each.sku for each in self._version.pictures if each.origin is Origin.SELF_LABELLED]
        own += [each.sku for each in self.candidates]
        return len(own) >= self._options.total_max or Counter(own)[sku] >= self._options.per_sku_max

    def proven(self) -> list[Candidate]:
        """The candidates that do not make the gallery worse: all, or those of the SKUs that alone do not."""
        if self._is_harmless(self.candidates):
            return list(self.candidates)
        proven: list[Candidate] = []
        for sku in sorted({each.sku for each in self.candidates}):
            of_sku = [each for each in self.candidates if each.sku == sku]
            if self._is_harmless([*proven, *of_sku]):
                proven += of_sku
        return proven

    def _is_harmless(self, candidates: list[Candidate]) -> bool:
        """Whether pictures that people enrolled, held out, are told no worse with the candidates."""
        people = [each.origin is Origin.ENROLLED for each in self._version.pictures]
        trusted = self._by_sku(np.flatnonzero(people))
        helpers = self._by_sku(np.flatnonzero(np.logical_not(people)))
        calibration = self.gallery.calibration
        before, count = surprise(trusted, helpers, calibration)
        extra = {sku: list(group) for sku, group in helpers.items()}
        for each in candidates:
            extra.setdefault(each.sku, []).append(each.vector)
        after, _ = surprise(trusted, {sku: np.array(group) for sku, group in extra.items()}, calibration)
        return count >= self._options.checked_min and after <= before + self._options.worse_max

    def _by_sku(self, rows: NDArray[np.intp]) -> dict[str, Vectors]:
        return grouped([self._version.pictures[row].sku for row in rows], self._vectors[rows])


def weighed(event: ShelfEvent) -> tuple[str | None, float]:
    """The SKU of an event's best hypothesis if it is one unit, and its probability without any picture."""
    if not event.hypotheses:
        return None, 0.0
    logs = np.array([each.log_likelihood.total - each.log_likelihood.vision for each in event.hypotheses])
    weights = np.exp(logs - logs.max())
    best = int(weights.argmax())
    happened = 1.0 / (1.0 + math.exp(-event.log_odds))
    items = event.hypotheses[best].items
    single = items[0].sku if len(items) == 1 and items[0].quantity == 1 else None
    return single, float(weights[best] / weights.sum()) * happened


def promote(
    store: GalleryStore, labelling: SelfLabelling, embedder: CropEmbedder, *, by: str, at: str
) -> Outcome | None:
    """Enrol the proven candidates in one version, and forget all; ``None`` when none is proven.

    Raises:
        GalleryError: the gallery cannot be used.
        StorageError: it cannot be written; the candidates are kept.
    """
    proven = labelling.proven()
    outcome = None
    if proven:
        pictures = [
            NewPicture(each.sku, f"event {each.event}", _png(each.crop), Origin.SELF_LABELLED, each.event)
            for each in proven
        ]
        outcome = enrol(store, pictures, embedder, by=by, at=at, why="self-labelled")
    labelling.reset()
    return outcome


def forget(
    store: GalleryStore, embedder: CropEmbedder, *, by: str, at: str, events: Iterable[str] | None = None
) -> Outcome:
    """Withdraw what weight has labelled: all of it, or the pictures of events that were something else.

    Raises:
        GalleryError: there is nothing of the kind.
    """
    wrong = None if events is None else set(events)
    chosen: list[EnrolledPicture] = [
        each
        for each in store.read().pictures
        if each.origin is Origin.SELF_LABELLED and (wrong is None or each.event in wrong)
    ]
    if not chosen:
        raise GalleryError("no picture here was labelled by weight", where=str(store.folder))
    return withdraw(store, chosen, embedder, by=by, at=at)


def _png(crop: NDArray[np.uint8]) -> bytes:
    """Without loss, so that the kept picture gives the vector that was judged."""
    buffer = io.BytesIO()
    Image.fromarray(crop).save(buffer, "PNG")
    return buffer.getvalue()
