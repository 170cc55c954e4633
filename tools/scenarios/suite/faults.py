"""Sensors that fail in the middle of a pick, nodes that are off, a planogram that is wrong."""

from __future__ import annotations

from tools.scenarios.stage import Stage


def fault_stuck(stage: Stage) -> None:
    """The plate repeats one reading while its goods leave."""
    _fault(stage, "stuck", 1.5)


def fault_nan(stage: Stage) -> None:
    """Readings are missing while goods leave."""
    _fault(stage, "nan", 0.8)


def fault_spikes(stage: Stage) -> None:
    """One reading in twenty is off by kilograms, for four seconds."""
    _fault(stage, "spikes", 4.0)


def fault_bad_reads(stage: Stage) -> None:
    """One reading in twenty is all ones or all zeros, as from a converter read at the wrong moment."""
    _fault(stage, "bad_reads", 4.0)


def fault_noisy(stage: Stage) -> None:
    """Readings scatter by tens of grams while goods leave: a wet connector."""
    _fault(stage, "noisy", 1.5)


def fault_lost(stage: Stage) -> None:
    """A gondola loses batches for up to four seconds: short enough to look across."""
    _fault(stage, "lost", float(stage.rng.uniform(0.4, 4.0)))


def fault_saturated(stage: Stage) -> None:
    """The plate reads its limit while its goods leave."""
    _fault(stage, "saturated", 0.8)


def _fault(stage: Stage, kind: str, for_s: float) -> None:
    t = stage.enter("A", 3.0)
    for goods in stage.any_goods(2):
        t = stage.go("A", goods, t) + 0.9
        start = t - float(stage.rng.uniform(0.1, 0.4))
        stage.fault(kind, goods.plates[0], start, start + for_s)
        stage.pick("A", goods, t, at=((goods.plates[0],), [1.0]))
        t += max(2.0, for_s + 1.2)
    stage.leave("A", t)


def plate_dies(stage: Stage) -> None:
    """A plate fails for good as its goods leave: to be reported, nothing to be charged."""
    t = stage.enter("A", 3.0)
    dying, other = stage.any_goods(2)
    t = stage.go("A", dying, t) + 0.9
    kind = ("nan", "stuck", "saturated")[int(stage.rng.integers(3))]
    stage.fault(kind, dying.plates[0], t - 0.5, 1e9)
    stage.pick("A", dying, t, at=((dying.plates[0],), [1.0]), seen=False)
    t = stage.go("A", other, t + 1.4) + 0.9
    stage.pick("A", other, t)
    stage.leave("A", t + 4.0)


def node_off(stage: Stage) -> None:
    """A node is off for 7 to 12 s while an item leaves: to be reported, nothing to be charged."""
    t = stage.enter("A", 3.0)
    gone, other = stage.any_goods(2)
    t = stage.go("A", gone, t) + 0.9
    start = t - float(stage.rng.uniform(1.0, 3.0))
    back_s = start + float(stage.rng.uniform(7.0, 12.0))
    stage.fault("lost", gone.plates[0], start, back_s)
    stage.pick("A", gone, t, seen=False)
    t = max(stage.go("A", other, t + 1.4), back_s + 2.5) + 0.9
    stage.pick("A", other, t)
    stage.leave("A", t + 1.0)


def wrong_planogram(stage: Stage) -> None:
    """A gondola's facings were rearranged and nobody told the planogram."""
    gondola, unlike = stage.gondola_of_unlike()
    skus = sorted({each.sku for each in stage.goods if each.plates[0].startswith(gondola + "/")})
    claimed = [str(sku) for sku in stage.rng.permutation(skus)]
    stage.script.replanned.update(zip(skus, claimed, strict=True))
    t = stage.enter("A", 3.0)
    for goods in unlike[:4]:
        t = stage.go("A", goods, t) + 0.9
        stage.pick("A", goods, t)
        t += 1.3
    stage.leave("A", t)
