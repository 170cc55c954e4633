"""Messages of one boot: their numbers, their times, and what is said of an act or of plates."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from edge.fusion.act import Act
from edge.fusion.segmentation import SURE
from edge.messages import (
    Disturbance,
    DisturbanceKind,
    EventIdentity,
    EventKind,
    NodeMessage,
    PlateDelta,
    ShelfEvent,
)
from edge.samples import UtcReading


@dataclass(frozen=True, slots=True)
class Said:
    """The name under which something was published, and when."""

    seq: int
    revision: int
    decided_ns: int  # [ns] mono, last sample used

    def revised(self, decided_ns: int) -> Said:
        """The name of the next revision."""
        return Said(self.seq, self.revision + 1, decided_ns)


class Wording:
    """Numbers and dates what one boot of a node says.

    Args:
        node: name of the node.
        boot: identity of this run of it.
    """

    def __init__(self, node: str, boot: str) -> None:
        self._node, self._boot = node, boot
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new object."""
        self.utc = UtcReading(mono_ns=0, utc_s=0.0, synchronized=False)
        """Dates what is said from now on."""
        self._seq = 0

    @property
    def next_seq(self) -> int:
        """Sequence number of the next new message."""
        return self._seq + 1

    def new(self, decided_ns: int) -> Said:
        """The next number of this boot."""
        self._seq += 1
        return Said(self._seq, 0, decided_ns)

    def identity(self, said: Said) -> EventIdentity:
        """The event's name in the store, which all of its revisions share."""
        return EventIdentity(self._node, self._boot, said.seq)

    def act(self, said: Said, act: Act, undoes: Said | None = None) -> NodeMessage:
        """Goods that changed place; an act that by now is taken for a touch is no event any more.

        Args:
            said: its name.
            act: what was done.
            undoes: name of an earlier act that it may have undone.
        """
        total = act.total
        delta_g = float(total.delta_g.sum())
        if not act.hypotheses:
            doubtful = act.probability < SURE
            return self.disturbance(
                said,
                DisturbanceKind.TOUCH,
                total.plates,
                onset_ns=total.onset_ns,
                settled_ns=total.settled_ns,
                delta_g=delta_g,
                reason=f"goods, with a probability of {1 - act.probability:.2f}" if doubtful else "",
            )
        return ShelfEvent(
            node=self._node,
            boot=self._boot,
            seq=said.seq,
            revision=said.revision,
            t_onset=self.utc.at(total.onset_ns),
            t_settled=self.utc.at(total.settled_ns),
            t_decided=self.utc.at(said.decided_ns),
            utc_synchronized=self.utc.synchronized,
            kind=EventKind.PICK if delta_g < 0 else EventKind.RETURN,
            delta_g=round(delta_g, 3),
            sigma_g=round(float((total.sigma_g**2).sum() ** 0.5), 3),
            plates=tuple(
                PlateDelta(plate, round(float(moved), 3), round(float(sigma), 3))
                for plate, moved, sigma in zip(total.plates, total.delta_g, total.sigma_g, strict=True)
            ),
            hypotheses=tuple(
                msgspec.structs.replace(each, probability=round(each.probability * act.probability, 9))
                for each in act.hypotheses
            ),
            log_odds=round(act.log_odds, 6),
            log_odds_goods=round(act.log_odds_goods, 6),
            undoes=self.identity(undoes) if undoes is not None else None,
        )

    def withdrawal(self, said: Said) -> NodeMessage:
        """What was taken for an act of its own was part of another, which is revised beside this."""
        return self.disturbance(
            said,
            DisturbanceKind.TOUCH,
            (),
            onset_ns=said.decided_ns,
            settled_ns=said.decided_ns,
            reason="part of another act",
        )

    def disturbance(
        self,
        said: Said,
        kind: DisturbanceKind,
        plates: tuple[str, ...],
        *,
        onset_ns: int,
        settled_ns: int,
        delta_g: float = 0.0,
        reason: str = "",
    ) -> NodeMessage:
        """Plates moved, or failed, and nobody is charged."""
        return Disturbance(
            node=self._node,
            boot=self._boot,
            seq=said.seq,
            revision=said.revision,
            t_onset=self.utc.at(onset_ns),
            t_settled=self.utc.at(settled_ns),
            t_decided=self.utc.at(said.decided_ns),
            utc_synchronized=self.utc.synchronized,
            kind=kind,
            plates=plates,
            delta_g=round(delta_g, 3),
            reason=reason,
        )
