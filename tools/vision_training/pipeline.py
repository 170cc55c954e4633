"""From photographs to a model with its card: one run that is measured, one that ships.

The first run keeps some SKUs from the training and is measured on them; the second has the same recipe and
all SKUs. What ships has the mean of both runs' weights: they began at the same ones and lie in one valley,
and the mean transfers a little better than either (Wortsman et al., "Model soups", arXiv 2203.05482). Both
leave checkpoints in the work folder, and what was trained is not trained again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from edge.vision.embedder import load_embedder
from edge.vision.model_card import Evaluation, TrainingSource
from tools.vision_training.card import (
    PHOTOGRAPHS,
    PHOTOGRAPHS_LICENCE,
    RENDERED,
    RENDERED_LICENCE,
    describe,
    file_stem,
    source_of,
    write_card,
)
from tools.vision_training.export import export_float, export_int8, picture_input
from tools.vision_training.measure import SHORT_SIDE_PX
from tools.vision_training.network import Lite0, interpolated, pretrained
from tools.vision_training.photos import Photo, held_out, read_classes, read_photos
from tools.vision_training.protocol import DESCRIPTION, DRAWS, compared, embed_photos, measure
from tools.vision_training.recipe import Recipe
from tools.vision_training.rendered import rendered_photos
from tools.vision_training.training import Training

FROZEN_PX = 224
"""[px] input of the network that results are compared with: what it was trained at."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Photographs in ``folder``, intermediate results in ``work``, the model and its card to ``out``."""

    recipe: Recipe
    folder: Path
    work: Path
    out: Path
    date: str  # like 2026-01-31
    console: Console  # for a word about each step

    def run(self) -> Path:
        """Do what is not done yet; the card of the model that ships.

        Raises:
            PhotoError: the photographs cannot be read.
            CheckpointError: the work folder holds another recipe's checkpoint.
        """
        recipe = self.recipe
        classes = read_classes(self.folder)
        kept = held_out(classes, recipe.held_out, recipe.held_out_seed)
        photos = read_photos(self.folder, {each.sku for each in classes})
        rendered = rendered_photos(recipe.rendered_designs, recipe.rendered_views, recipe.seed)

        self.console.print(f"Run to be measured, without {len(kept)} of {len(classes)} SKUs")
        seen = [photo for photo in photos if photo.sku not in kept]
        first = Training(recipe, seen, rendered, self.work / "measured" / "checkpoint.pt").run()
        evaluation = self._evaluated(first, seen, rendered, kept)

        self.console.print("Run to be shipped, with all SKUs")
        longer = msgspec.structs.replace(recipe, steps=recipe.final_steps)
        second = Training(longer, photos, rendered, self.work / "final" / "checkpoint.pt").run()
        card = self._exported(interpolated(second, first, 0.5), photos, rendered, self.out, evaluation)
        self.console.print(str(card))
        return card

    def _exported(
        self,
        tuned: Lite0,
        photos: Sequence[Photo],
        rendered: Sequence[Photo],
        out: Path,
        evaluation: Evaluation,
    ) -> Path:
        """Write a tuned network as it ships, with its card; the card's path."""
        network = interpolated(tuned, pretrained(), self.recipe.tuned_share)
        out.mkdir(parents=True, exist_ok=True)
        model = out / f"{file_stem(self.date)}.onnx"
        export_int8(network, self.recipe.input_px, _calibration(self.recipe, photos, rendered), model)
        sources = (
            source_of(PHOTOGRAPHS, PHOTOGRAPHS_LICENCE, photos),
            source_of(RENDERED, RENDERED_LICENCE, rendered),
        )
        return self._carded(model, self.recipe.input_px, sources, evaluation)

    def _carded(
        self, model: Path, side_px: int, sources: Sequence[TrainingSource], evaluation: Evaluation
    ) -> Path:
        card = describe(
            model, date=self.date, shape=picture_input(side_px), recipe=self.recipe, sources=sources,
            evaluation=evaluation,
        )  # fmt: skip
        file = model.with_suffix(".yaml")
        file.write_text(write_card(card), encoding="utf-8")
        return file

    def _evaluated(
        self, tuned: Lite0, photos: Sequence[Photo], rendered: Sequence[Photo], kept: frozenset[str]
    ) -> Evaluation:
        """Figures of a tuned network, as it would ship, beside the frozen one's, on the SKUs kept back."""
        unmeasured = Evaluation(protocol="not measured", held_out=tuple(sorted(kept)), metrics=())
        card = self._exported(tuned, photos, rendered, self.work / "measured", unmeasured)
        frozen = self.work / "frozen" / f"{file_stem(self.date)}.onnx"
        frozen.parent.mkdir(parents=True, exist_ok=True)
        export_float(pretrained(), FROZEN_PX, frozen)
        frozen_card = self._carded(frozen, FROZEN_PX, (), unmeasured)
        asked = read_photos(self.folder, kept, short_side_px=SHORT_SIDE_PX)
        ours, theirs = (embed_photos(load_embedder(each), asked) for each in (card, frozen_card))
        return Evaluation(
            protocol=DESCRIPTION.format(draws=DRAWS, frozen_px=FROZEN_PX),
            held_out=tuple(sorted(kept)),
            metrics=compared(measure(ours), measure(theirs)),
        )


def _calibration(
    recipe: Recipe, photos: Sequence[Photo], rendered: Sequence[Photo]
) -> list[NDArray[np.uint8]]:
    """Pictures of both sources in the shares of a batch."""
    rng = np.random.default_rng(recipe.seed)
    of_rendered = round(recipe.calibration_pictures * recipe.rendered_share) if rendered else 0
    chosen = []
    for source, count in ((photos, recipe.calibration_pictures - of_rendered), (rendered, of_rendered)):
        if count:
            chosen += [
                source[int(i)].rgb for i in rng.choice(len(source), min(count, len(source)), replace=False)
            ]
    return chosen
