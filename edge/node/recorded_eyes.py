"""Looks at the pictures of a recording, with a gallery of one's choice. Needs the extra ``vision``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edge.errors import GalleryError
from edge.planogram import Planogram
from edge.recording.case import NodeSetup
from edge.samples import Rgb
from edge.vision.embedder import load_embedder
from edge.vision.eyewitness import Eyewitness
from edge.vision.gallery.store import GalleryStore
from edge.vision.picture import decode_picture
from edge.vision.shelf_view import ShelfView


class RecordedEyes:
    """Builds the witnesses of a replay.

    Args:
        gallery: directory of the enrolled SKUs.

    Raises:
        GalleryError: no gallery there, or a damaged one.
        ModelError: the model that came with Steelyard cannot be used.
    """

    def __init__(self, gallery: Path) -> None:
        store = GalleryStore(gallery)
        if not store.exists:
            raise GalleryError(
                "no gallery here",
                where=str(gallery),
                fix=f"Enrol products: `steelyard enroll --gallery {gallery}`.",
            )
        self._embedder = load_embedder()
        self._gallery, lost = store.load(self._embedder)
        if lost:
            raise lost[0]

    def decode(self, jpeg: bytes) -> Rgb:
        """A recorded picture. Raises ``PictureError``."""
        return decode_picture(jpeg, source="recording")

    def witness_of(self, planogram: Planogram) -> Callable[[NodeSetup], Eyewitness | None]:
        """Gives the witness of a recorded node: ``None`` when no camera of its was calibrated.

        Raises (when called):
            ViewRefusedError: a recorded view does not fit the planogram.
        """

        def witness(node: NodeSetup) -> Eyewitness | None:
            views = [ShelfView(camera, view.view, planogram) for camera, view in node.views.items()]
            return Eyewitness(views, node.vision, self._embedder, self._gallery) if views else None

        return witness
