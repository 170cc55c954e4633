"""The kernel against NumPy where NumPy has a word for it, and its library when it is absent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import WeightSection
from edge.errors import StartError
from edge.messages import SensorState
from edge.samples import RackLayout, WeightBlock
from edge.weight.baseline import Baseline
from edge.weight.conditioning import Conditioner
from edge.weight.kernel import library
from edge.weight.kernel.library import kernel, names, pointer, structure
from tools import build_kernel

SEEDS = st.integers(0, 2**32 - 1)


@given(seed=SEEDS, hops=st.integers(1, 20), plates=st.integers(1, 70))
def test_hops_have_the_mean_and_spread_of_their_usable_samples(seed: int, hops: int, plates: int) -> None:
    rng = np.random.default_rng(seed)
    grams = rng.normal(2_000.0, 5.0, (hops * 3 + 1, plates))
    grams[rng.random(grams.shape) < 0.1] = np.nan
    conditioner = Conditioner(RackLayout("r", tuple(map(str, range(plates))), 60.0), WeightSection())
    stretch = conditioner.update(WeightBlock("r", 0, 1e9 / 60, grams))
    assert stretch is not None
    hop_grams = grams[:-1].reshape(hops, 3, plates).swapaxes(1, 2)  # [hop, plate, sample]
    enough = np.isfinite(hop_grams).sum(axis=2) >= 2
    np.testing.assert_array_equal(np.isfinite(stretch.mean_g), enough)
    np.testing.assert_allclose(stretch.mean_g[enough], np.nanmean(hop_grams[enough], axis=1))
    np.testing.assert_allclose(stretch.spread_g[enough], np.nanstd(hop_grams[enough], axis=1), atol=1e-9)


@given(seed=SEEDS, plates=st.integers(3, 300))
def test_loudness_is_the_median_of_ripples(seed: int, plates: int) -> None:
    baseline = Baseline(plates, 0.05, WeightSection())
    spread_g = np.round(np.random.default_rng(seed).gamma(2.0, 2.0, plates), 1)  # with equal ones
    loudness = kernel.rack_loudness(baseline.state, pointer(spread_g), pointer(np.empty(plates)))
    assert loudness == max(1.0, np.sort(spread_g)[plates // 2])


@given(seed=SEEDS, hops=st.integers(3, 40))
def test_the_swing_is_the_spread_of_the_trail(seed: int, hops: int) -> None:
    mean_g = np.random.default_rng(seed).normal(1_000.0, 0.1, 16)
    spread_g, loudness = np.full(16, 0.1), np.ones(16)
    trail = structure(
        "trail", stride=1, hops=hops, level_g=2_000.0, noise_g=0.2, ripple_g=0.3,
        mean_g=pointer(mean_g) + 15, spread_g=pointer(spread_g) + 15, loudness=pointer(loudness) + 15,
    )  # fmt: skip
    search = structure("rest_search", shortest=3, longest=16, hop_s=0.05)
    rest = kernel.find_rest(search, trail)
    assert 3 <= rest.hops <= min(hops, 16)
    assert rest.mean_g == pytest.approx(mean_g[-rest.hops :].mean())
    assert rest.swing_g == pytest.approx(mean_g[-min(hops, 16) :].std(), abs=1e-6)


def test_the_kernels_states_are_those_of_messages() -> None:
    said = {SensorState[name.removeprefix("SENSOR_")] for name in names("sensor_state").values()}
    assert said < set(SensorState)
    assert names("sensor_state")[0] == "SENSOR_OK"


def test_without_its_library_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(library, "library_file", lambda: tmp_path / "kernel-0.so")
    with pytest.raises(StartError, match=r"not built.*kernel-0\.so.*C compiler"):
        library._loaded()


def test_without_a_compiler_the_build_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(build_kernel, "library_file", lambda: tmp_path / "kernel-0.so")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(SystemExit, match="needs a C compiler"):
        build_kernel.built_kernel()
