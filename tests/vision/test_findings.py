"""What is odd about enrolled pictures is said, with the pictures."""

from __future__ import annotations

import numpy as np
from drawn_products import clusters

from edge.vision.gallery.findings import FindingKind, Pictures, examine


def pictures(found: dict[str, np.ndarray]) -> Pictures:
    skus = [sku for sku, vectors in found.items() for _ in vectors]
    sources = [f"{sku}/{row}.jpg" for sku, vectors in found.items() for row in range(len(vectors))]
    return Pictures(skus, sources, np.concatenate(list(found.values())))


def kinds(found: dict[str, np.ndarray]) -> list[tuple[FindingKind, tuple[str, ...], tuple[str, ...]]]:
    return [(finding.kind, finding.skus, finding.pictures) for finding in examine(pictures(found))]


def test_pictures_in_order_are_nothing_to_look_at() -> None:
    assert kinds(clusters(8, 6, spread=0.7)) == []
    assert examine(Pictures([], [], np.zeros((0, 64), np.float32))) == ()


def test_one_picture_for_two_skus() -> None:
    found = clusters(4, 6, spread=0.7)
    found["sku 02"][5] = found["sku 00"][1]
    expected = FindingKind.SAME_PICTURE, ("sku 00", "sku 02"), ("sku 00/1.jpg", "sku 02/5.jpg")
    assert expected in kinds(found)


def test_nearly_the_same_picture_twice() -> None:
    found = clusters(4, 6, spread=0.7)
    found["sku 01"][4] = found["sku 01"][2]
    assert kinds(found) == [(FindingKind.NEAR_DUPLICATE, ("sku 01",), ("sku 01/2.jpg", "sku 01/4.jpg"))]


def test_a_picture_in_the_wrong_folder() -> None:
    found = clusters(5, 8, spread=0.7)
    stray = found["sku 03"][7].copy()
    found["sku 03"] = found["sku 03"][:7]
    found["sku 01"] = np.vstack((found["sku 01"], stray))
    assert kinds(found) == [(FindingKind.MISFIT, ("sku 01", "sku 03"), ("sku 01/8.jpg",))]


def test_two_skus_that_look_alike() -> None:
    found = clusters(5, 10, spread=0.7)
    mixed = clusters(1, 20, spread=0.7, seed=9)["sku 00"]
    found["sku 00"], found["sku 04"] = mixed[::2], mixed[1::2]
    (finding,) = (each for each in examine(pictures(found)) if each.kind is FindingKind.LOOK_ALIKES)
    assert finding.skus == ("sku 00", "sku 04")
    assert "sku 00 and sku 04 look alike" in str(finding)
    assert all(name in str(finding) for name in finding.pictures)


def test_a_single_picture_is_no_misfit() -> None:
    """It has nothing of its own to be compared with."""
    found = clusters(3, 6, spread=0.7)
    found["sku 02"] = found["sku 00"][:1] + 0.1 * found["sku 01"][:1]
    assert all(skus[0] != "sku 02" for kind, skus, _ in kinds(found) if kind is FindingKind.MISFIT)
