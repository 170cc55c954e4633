from __future__ import annotations

import math

import msgspec
import pytest

from edge.aggregator.people.attribution import Attribution
from edge.aggregator.people.reach import MISSING, UNSEEN
from edge.aggregator.people.track_history import TrackHistory
from edge.config import AttributionSection
from edge.messages import KeyPoint, Target, TrackFrame
from edge.planogram import Planogram

AT_WATER = (0.05, 0.1, 0.85)  # [m] a wrist before plate wall/1/1
FAR = (3.0, -3.0, 1.0)


@pytest.fixture
def attribution(planogram) -> Attribution:
    return Attribution(planogram, AttributionSection())


def history_of(event, **points_of) -> TrackHistory:
    """Frames around an event; ``points_of`` gives each visit's key points."""
    history = TrackHistory()
    for step in range(20):
        targets = tuple(
            Target(visit, {name: KeyPoint(at) for name, at in points.items()})
            for visit, points in points_of.items()
        )
        history.add(TrackFrame(t=event.t_onset - 0.8 + 0.1 * step, targets=targets))
    return history


def likelihoods(judged) -> dict[tuple[str, str], float]:
    return {(each.visit, each.hand): each.log_likelihood for each in judged}


def test_the_hand_at_the_goods_did_it(attribution, shelf):
    event = shelf.event(1)
    history = history_of(
        event, anna={"r_wrist": AT_WATER, "l_wrist": FAR}, bela={"r_wrist": (0.6, 0.1, 0.85)}
    )
    judged = likelihoods(attribution.judge(event, history, ["anna", "bela"]))
    assert judged["anna", "r_wrist"] > 5
    assert judged["anna", "l_wrist"] < 0
    assert judged["bela", "r_wrist"] < judged["anna", "r_wrist"] - 5


def test_one_likelihood_for_each_hand_with_its_distance(attribution, shelf):
    event = shelf.event(1)
    history = history_of(event, anna={"r_wrist": AT_WATER, "l_wrist": FAR, "head": FAR})
    by_hand = {each.hand: each for each in attribution.judge(event, history, ["anna"])}
    assert set(by_hand) == {"l_wrist", "r_wrist"}, "with hands the head says nothing"
    assert by_hand["r_wrist"].hand_distance_m < 0.1 < 3 < by_hand["l_wrist"].hand_distance_m


def test_a_head_alone_says_less_than_a_hand(attribution, shelf):
    event = shelf.event(1)
    near, hand = (0.05, -0.4, 1.6), {"r_wrist": AT_WATER}
    history = history_of(event, anna={"head": near}, bela={"head": FAR}, carl=hand)
    judged = likelihoods(attribution.judge(event, history, ["anna", "bela", "carl"]))
    assert judged["carl", "r_wrist"] > judged["anna", ""] > judged["bela", ""]
    assert judged["anna", ""] > 0, "somebody rather than nobody"


def test_present_but_unseen(attribution, shelf):
    """Absent from frames that show others tells more than that there are no frames."""
    event, nobody = shelf.event(1), math.log(AttributionSection().nobody)
    seen = attribution.judge(event, history_of(event, anna={"r_wrist": FAR}), ["anna", "dora"])
    dora = next(each for each in seen if each.visit == "dora")
    assert (dora.hand, dora.hand_distance_m) == ("", None)
    assert dora.log_likelihood == pytest.approx(MISSING - nobody, abs=1e-5)
    (unseen,) = attribution.judge(event, TrackHistory(), ["dora"])
    assert unseen.log_likelihood == pytest.approx(UNSEEN - nobody, abs=1e-5)
    assert unseen.log_likelihood > dora.log_likelihood


def test_nobody_there(attribution, shelf):
    assert attribution.judge(shelf.event(1), TrackHistory(), []) == ()


def test_a_tracked_person_needs_no_gate(attribution, shelf):
    event = shelf.event(1)
    judged = attribution.judge(event, history_of(event, anna={"r_wrist": AT_WATER}), [])
    assert [each.visit for each in judged] == ["anna"]


def test_guesses_of_the_tracker_do_not_count(attribution, shelf):
    event = shelf.event(1)
    history = TrackHistory()
    points = {"r_wrist": KeyPoint(AT_WATER, score=0.05)}
    history.add(TrackFrame(t=event.t_settled, targets=(Target("anna", points),)))
    (anna,) = attribution.judge(event, history, ["anna"])
    assert anna.hand_distance_m is None


def test_unknown_plates_tell_people_not_apart(attribution, planogram, shelf):
    event = shelf.event(1, plates=["elsewhere/1/1"])
    history = history_of(event, anna={"r_wrist": AT_WATER}, bela={"r_wrist": FAR})
    judged = attribution.judge(event, history, ["anna", "bela"])
    assert len({each.log_likelihood for each in judged}) == 1
    nowhere = Attribution(Planogram("empty", {}, []), AttributionSection())
    assert len(nowhere.judge(event, history, ["anna", "bela"])) == 2


def test_the_middle_of_the_change_counts(attribution, shelf):
    """A thing over two plates lies mostly on the right one: so does the hand."""
    event = shelf.event(1, plates=["wall/1/1", "wall/1/2"])
    plates = tuple(
        msgspec.structs.replace(row, delta_g=delta_g)
        for row, delta_g in zip(event.plates, (-60.0, -540.0), strict=True)
    )
    event = msgspec.structs.replace(event, plates=plates)
    history = history_of(event, anna={"r_wrist": (0.05, 0.1, 0.85)}, bela={"r_wrist": (0.15, 0.1, 0.85)})
    judged = likelihoods(attribution.judge(event, history, []))
    assert judged["bela", "r_wrist"] > judged["anna", "r_wrist"]


@pytest.mark.parametrize("is_above", [False, True])
def test_a_hand_beyond_a_board_is_at_other_goods(attribution, planogram, shelf, is_above):
    """Just below the board that the goods stand on, or above the next: as far aside would be nearer."""
    event = shelf.event(1)
    box = planogram.plates["wall/1/1"]
    z_m = box.corner_m[2] + (box.size_m[2] + 0.1 if is_above else -0.14)
    history = history_of(
        event, anna={"r_wrist": AT_WATER}, bela={"r_wrist": (AT_WATER[0], AT_WATER[1], z_m)},
        carl={"r_wrist": (AT_WATER[0] + 0.1, *AT_WATER[1:])},
    )  # fmt: skip
    judged = likelihoods(attribution.judge(event, history, ["anna", "bela", "carl"]))
    assert judged["anna", "r_wrist"] > judged["carl", "r_wrist"] + 1 > judged["bela", "r_wrist"]
