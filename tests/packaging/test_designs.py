import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.packaging import FAMILY, design, relatives
from tools.packaging.designs import Shape


@given(st.integers(0, 10**9))
def test_one_seed_one_design(seed):
    assert design(seed) == design(seed)


@given(st.integers(0, 10**6))
def test_look_alikes_share_body_and_brand_and_differ_in_flavour_or_claim(seed):
    own = design(seed)
    others = [design(each) for each in relatives(seed)]
    assert len(others) == FAMILY - 1
    for other in others:
        assert (other.brand, other.shape, other.size_m, other.layout) == (
            own.brand,
            own.shape,
            own.size_m,
            own.layout,
        )
        assert (other.flavour, other.claim) != (own.flavour, own.claim)


def test_families_differ_in_brand():
    brands = {design(seed).brand for seed in range(0, 400, FAMILY)}
    assert len(brands) == 100


def test_every_shape_is_on_sale():
    assert {design(seed).shape for seed in range(0, 400, FAMILY)} == set(Shape)


def test_a_seed_below_zero_is_refused():
    with pytest.raises(ValueError, match="found -1"):
        design(-1)
