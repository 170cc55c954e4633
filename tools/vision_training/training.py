"""The training loop: a recipe and pictures in, tuned weights out, with checkpoints to resume from.

Step ``n`` draws its batch from a generator seeded by (seed, n), so that a run that was cut off goes on
exactly as it would have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from torch import Tensor

from edge.errors import SteelyardError
from tools.vision_training.arcface import ArcFace
from tools.vision_training.augmentation import augmented
from tools.vision_training.network import FEATURES, Lite0, pretrained
from tools.vision_training.photos import Photo
from tools.vision_training.recipe import Recipe

CHECKPOINT_EVERY = 50  # [steps]


class CheckpointError(SteelyardError):
    """A checkpoint that belongs to another run."""


class Training:
    """Tunes a network so that pictures of one SKU lie together and apart from those of others."""

    def __init__(
        self, recipe: Recipe, photos: Sequence[Photo], rendered: Sequence[Photo], checkpoint: Path
    ) -> None:
        """Photographs and rendered pictures enter with the recipe's shares, each class alike often."""
        self.recipe, self.checkpoint = recipe, checkpoint
        names = sorted({photo.sku for photo in (*photos, *rendered)})
        label = {name: index for index, name in enumerate(names)}
        self.pools = [_by_class(source, label) for source in (photos, rendered) if source]
        torch.manual_seed(recipe.seed)
        self.network = pretrained()
        self.network.freeze(recipe.frozen_blocks)
        self.network.to(memory_format=torch.channels_last)
        self.scaffold = ArcFace(FEATURES, recipe.head_size, len(names), recipe.scale)
        self.average = {name: value.clone() for name, value in self.network.state_dict().items()}
        body = [value for value in self.network.parameters() if value.requires_grad]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": [each for each in body if each.ndim > 1], "peak": recipe.body_rate},
                {
                    "params": [each for each in body if each.ndim == 1],
                    "peak": recipe.body_rate,
                    "weight_decay": 0.0,
                },
                {"params": list(self.scaffold.parameters()), "peak": recipe.head_rate},
            ],
            weight_decay=recipe.weight_decay,
        )
        self.step = 0

    def run(self) -> Lite0:
        """Train to the recipe's end from wherever the checkpoint left off; the averaged network."""
        self._resume()
        recipe = self.recipe
        with Progress(
            TextColumn("training"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TimeRemainingColumn(), TextColumn("loss {task.fields[loss]:.3f}"), refresh_per_second=0.2,
        ) as progress:  # fmt: skip
            task = progress.add_task("steps", total=recipe.steps, completed=self.step, loss=math.nan)
            smooth = math.nan
            while self.step < recipe.steps:
                loss = self._update()
                smooth = loss if math.isnan(smooth) else 0.95 * smooth + 0.05 * loss
                progress.update(task, completed=self.step, loss=smooth)
                if self.step % CHECKPOINT_EVERY == 0 or self.step == recipe.steps:
                    self._save()
        tuned = Lite0()
        tuned.load_state_dict(self.average)
        return tuned

    def _update(self) -> float:
        recipe = self.recipe
        pictures, labels = self._batch(np.random.default_rng((recipe.seed, self.step)))
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * self._rate()
        margin = recipe.margin * min(1.0, 2 * self.step / recipe.steps)
        loss: Tensor = self.scaffold(self.network(pictures), labels, margin)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        self.step += 1
        # A young average must not remember where it started.
        decay = min(recipe.average_decay, self.step / (self.step + 10))
        for name, value in self.network.state_dict().items():
            self.average[name].lerp_(value, 1 - decay)
        return loss.item()

    def _rate(self) -> float:
        done = self.step / self.recipe.steps
        if done < self.recipe.warm_up:
            return (self.step + 1) / (self.recipe.warm_up * self.recipe.steps)
        return 0.5 * (1 + math.cos(math.pi * (done - self.recipe.warm_up) / (1 - self.recipe.warm_up)))

    def _batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Views (batch, 3, px, px) as the network takes them, and their labels (batch,)."""
        views, labels = [], []
        for _ in range(self.recipe.batch):
            pool = self.pools[int(len(self.pools) > 1 and rng.random() < self.recipe.rendered_share)]
            label, pictures = pool[rng.integers(len(pool))]
            views.append(augmented(pictures[rng.integers(len(pictures))], self.recipe.train_px, rng))
            labels.append(label)
        return as_input(np.stack(views)), torch.tensor(labels)

    def _save(self) -> None:
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.checkpoint.with_suffix(".new")
        torch.save(
            {
                "recipe": repr(self.recipe), "step": self.step, "network": self.network.state_dict(),
                "scaffold": self.scaffold.state_dict(), "optimizer": self.optimizer.state_dict(),
                "average": self.average,
            },
            fresh,
        )  # fmt: skip
        fresh.replace(self.checkpoint)

    def _resume(self) -> None:
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, weights_only=True)
        if state["recipe"] != repr(self.recipe):
            raise CheckpointError(
                "a checkpoint of another recipe", where=str(self.checkpoint), found=state["recipe"],
                expected=repr(self.recipe), fix="Name another --work folder, or remove this one.",
            )  # fmt: skip
        self.network.load_state_dict(state["network"])
        self.scaffold.load_state_dict(state["scaffold"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average, self.step = state["average"], state["step"]


def as_input(pictures: NDArray[np.uint8]) -> Tensor:
    """(n, h, w, 3) RGB -> (n, 3, h, w) as the pretrained network expects: (x - 127) / 128."""
    scaled = (torch.from_numpy(pictures).permute(0, 3, 1, 2).to(torch.float32) - 127) / 128
    return scaled.contiguous(memory_format=torch.channels_last)


def _by_class(photos: Sequence[Photo], label: dict[str, int]) -> list[tuple[int, list[NDArray[np.uint8]]]]:
    classes: dict[int, list[NDArray[np.uint8]]] = {}
    for photo in photos:
        classes.setdefault(label[photo.sku], []).append(photo.rgb)
    return sorted(classes.items())
