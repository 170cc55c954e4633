"""The scaffold of the training: additive angular margin over class centres.

Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", arXiv 1801.07698.

It is thrown away afterwards: its 128 dimensions separate the SKUs that it saw and transfer worse than the
pooled feature beneath.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class ArcFace(nn.Module):
    """Pooled features and labels in, the loss out."""

    def __init__(self, features: int, size: int, classes: int, scale: float) -> None:
        super().__init__()
        self.project = nn.Linear(features, size, bias=False)
        self.centres = nn.Parameter(torch.randn(classes, size) / size**0.5)
        self.scale = scale

    def forward(self, features: Tensor, labels: Tensor, margin: float) -> Tensor:
        """Mean cross entropy; ``features`` (n, features), ``labels`` (n,), ``margin`` [rad]."""
        embedding = functional.normalize(self.project(features))
        cosine = embedding @ functional.normalize(self.centres).T
        own = cosine.gather(1, labels[:, None]).clamp(-1 + 1e-6, 1 - 1e-6)
        widened = torch.cos(torch.acos(own).add(margin).clamp(max=torch.pi))
        logits = self.scale * cosine.scatter(1, labels[:, None], widened)
        return functional.cross_entropy(logits, labels)
