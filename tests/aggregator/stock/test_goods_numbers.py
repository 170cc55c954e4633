"""Goods gone with no visit to charge, counted by hand against stories whose truth is known."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from shelf_goods import CHOCOLATE, WATER, begun, counted
from small_store import T0, Shelf
from store_story import commit, make_store, tell

from edge.aggregator.entries import StatementEntry
from edge.aggregator.stock.losses import sum_of
from edge.aggregator.transparency.goods import goods_of
from edge.messages import Disturbance, DisturbanceKind, EventKind, EvidenceTerms, Hypothesis, ItemCount

SHELF = Shelf()


@pytest.fixture
def store(catalogue, planogram):
    return make_store(catalogue, planogram)


def say(store, *statements) -> None:
    commit(store, [StatementEntry(statement) for statement in statements])


def numbers(store, charged: int = 0, since=None, until=None):
    commit(store, store.finish())
    return goods_of(store.inventory, since=since, until=until, charged=charged)


def test_taken_by_nobody_is_gone_in_units_and_exact_money(store):
    tell(store, SHELF.event(1, "0001", quantity=2, t=T0 + 5), SHELF.event(2, "0002", t=T0 + 9))
    found = numbers(store, charged=7)
    assert (found.gone.units, found.gone.value_minor, found.currency) == (3, 2 * 150 + 249, "EUR")
    assert (found.gone_share.numerator, found.gone_share.denominator) == (3, 10)
    assert found.shrink.units == 3
    assert 0 < found.gone.expected <= 3


def test_taken_by_a_visit_or_in_a_mode_is_not_gone(store):
    say(store, begun(T0 + 20, place="wall/1"))
    tell(store, SHELF.entered("anna", T0 + 1), SHELF.event(1, "0003", t=T0 + 5), SHELF.left("anna", T0 + 12),
         SHELF.event(2, "0001", t=T0 + 60))  # fmt: skip
    assert numbers(store).gone.events == 0


def test_while_tracks_may_still_tell_nothing_is_gone(store):
    tell(store, SHELF.event(1, "0001", t=T0 + 5))
    assert goods_of(store.inventory, since=None, until=None, charged=0).gone.events == 0


def test_a_loss_is_told_once(store):
    """Two units went unseen, one more by nobody; the count then finds one more missing."""
    offline = Disturbance(
        node="n1", boot="b1", seq=2, kind=DisturbanceKind.OFFLINE_CHANGE, plates=("wall/1/1",),
        delta_g=-1201.0, t_onset=T0 + 10, t_settled=T0 + 20, t_decided=T0 + 21,
    )  # fmt: skip
    say(store, counted(10, T0, WATER))
    tell(store, offline, SHELF.event(1, "0001", t=T0 + 5))
    say(store, counted(6, T0 + 100, WATER))
    found = numbers(store)
    assert (found.unseen_gone.units, found.gone.units, found.missing.units) == (2, 1, 1)
    assert (found.shrink.units, found.shrink.value_minor) == (4, 600)
    assert (found.counts.numerator, found.counts.denominator, found.counts_off.mean) == (0, 1, 1.0)


def test_surplus_makes_up_for_what_was_missing(store):
    say(
        store,
        counted(5, T0, WATER),
        counted(4, T0 + 1, WATER),
        counted(5, T0 + 2, WATER),
        counted(2, T0, CHOCOLATE),
    )
    found = numbers(store)
    assert (found.missing.units, found.surplus.units, found.shrink.units) == (1, 1, 0)


def test_only_what_happened_in_the_window_counts(store):
    tell(store, *(SHELF.event(n, "0001", t=T0 + 10.0 * n) for n in range(1, 5)))
    assert numbers(store, since=T0 + 20, until=T0 + 40).gone.units == 2


def test_what_nobody_brought_is_told_beside_it(store):
    event = SHELF.event(1, "0001", kind=EventKind.RETURN, t=T0 + 5)
    sure = Hypothesis((ItemCount("0001", 1),), 0.99, EvidenceTerms(weight=4.0), 600.0)
    tell(store, msgspec.structs.replace(event, hypotheses=(sure, event.hypotheses[1])))
    found = numbers(store)
    assert (found.came.units, found.shrink.units) == (1, 0)


def test_sums_do_not_depend_on_the_order(store):
    tell(store, *(SHELF.event(n, "0002", quantity=n, t=T0 + 10.0 * n) for n in range(1, 5)))
    commit(store, store.finish())
    losses = list(store.inventory.losses)
    assert len({sum_of(order) for order in itertools.permutations(losses)}) == 1
