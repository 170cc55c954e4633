"""The shipped model, loaded once."""

from __future__ import annotations

import pytest

from edge.vision.embedder import OnnxEmbedder, load_embedder


@pytest.fixture(scope="session")
def embedder() -> OnnxEmbedder:
    return load_embedder()
