"""How noise is judged, and that the modelled is like the recorded."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tools.scenarios.noise import RecordedNoise
from tools.scenarios.noise_check import BANDS_HZ, characterise, compare, plots, tables

RATE_HZ = 60.0
PLATES = tuple(f"1/1/{plate}" for plate in range(1, 10))


def test_a_shared_sine_is_found_in_its_band_on_all_plates():
    at_s = np.arange(1200) / RATE_HZ
    found = characterise([(PLATES, np.tile(2.0 * np.sin(2 * np.pi * 7.0 * at_s)[:, None], (1, 9)))])

    assert found.std_g == pytest.approx(np.sqrt(2.0), rel=0.01)
    assert found.peak_g == pytest.approx(2.0, rel=0.01)
    assert found.correlation == pytest.approx(1.0)
    assert BANDS_HZ[int(found.band_share.argmax())] == 5.0
    assert found.band_share.sum() == pytest.approx(1.0)


def test_what_plates_share_the_less_the_farther_they_are_apart_correlates_so():
    rng = np.random.default_rng(1)
    shared = rng.normal(size=(6000, 12))
    grams = np.stack([shared[:, plate : plate + 4].sum(axis=1) for plate in range(9)], axis=1)

    found = characterise([(PLATES, grams)])

    # Plates one apart share three of four parts, two apart two, ...
    assert found.correlation[:4] == pytest.approx([0.75, 0.5, 0.25, 0.0], abs=0.05)


def test_other_shelves_and_dead_plates_are_no_neighbours():
    rng = np.random.default_rng(1)
    grams = np.repeat(rng.normal(size=(600, 1)), 3, axis=1)
    grams[:, 1] = 0.0

    found = characterise([(("1/1/1", "1/1/2", "1/2/1"), grams)])

    assert np.isnan(found.correlation).all()
    assert len(found.std_g) == 2


@pytest.mark.store_data
def test_modelled_noise_is_like_the_recorded(nanostore: Path):
    found = compare(RecordedNoise.of_case(nanostore))

    for kind in ("quiet", "walking"):
        real, made = found[f"recorded, {kind}"], found[f"modelled, {kind}"]
        for percentile in (5, 50, 95):
            ratio = np.percentile(made.std_g, percentile) / np.percentile(real.std_g, percentile)
            assert 0.6 < ratio < 1.6, (kind, percentile)
        assert made.correlation == pytest.approx(real.correlation, abs=0.12), kind
        assert made.band_share == pytest.approx(real.band_share, abs=0.1), kind
        apart = np.abs(np.log10(made.spectrum_g / real.spectrum_g))
        assert np.median(apart) < 0.25, kind
    assert {table.row_count for table in tables(found)} == {4}
    for svg in plots(found).values():
        assert len(ElementTree.fromstring(svg).findall("{*}polyline")) == 4
