"""How a model is trained: every number that changes the result."""

from __future__ import annotations

import msgspec


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two runs of the same recipe, pictures and machine give the same model."""

    seed: int = 5
    steps: int = 800  # [batches] of the run that is measured
    final_steps: int = 1000  # [batches] of the one that ships, which has more SKUs to see
    batch: int = 64  # [pictures]
    train_px: int = 160  # [px] side of a training view
    input_px: int = 224  # [px] side of the exported input; larger, since training views are magnified crops
    frozen_blocks: int = 5  # of 16, behind the stem
    head_size: int = 128  # [dimensions] of the scaffold that the loss sees
    body_rate: float = 6e-4  # peak learning rate of the network
    head_rate: float = 3e-3  # peak learning rate of the scaffold and its class centres
    weight_decay: float = 1e-3
    warm_up: float = 0.05  # [of the steps] with the rate rising
    scale: float = 24.0  # ArcFace s
    margin: float = 0.25  # [rad] ArcFace m, rising over the first half
    average_decay: float = 0.995  # [a step] of the exponential moving average of the weights
    tuned_share: float = 0.7  # of the tuned weights in the exported ones; the rest is ImageNet's
    rendered_share: float = 0.35  # of a batch
    rendered_designs: int = 480  # [SKUs] of rendered packaging, in families of look-alikes
    rendered_views: int = 8  # [pictures] of each design
    held_out: int = 24  # [SKUs] kept from the run that is measured
    held_out_seed: int = 0  # which ones
    calibration_pictures: int = 160  # that the INT8 scales are taken from
