"""Two processes with one name, and what only looks like it."""

from __future__ import annotations

from edge.messages import NodeState
from edge.node.identity_watch import MEMORY_S, IdentityWatch

S = 1_000_000_000


def state(boot: str, *, online: bool = True) -> NodeState:
    return NodeState(node="n", online=online, boot=boot)


def watch() -> IdentityWatch:
    identity = IdentityWatch("n", "mine")
    identity.connected()
    return identity


def test_what_the_last_boot_left_is_no_fault() -> None:
    identity = watch()
    assert not identity.heard(state("before", online=False), retained=True, mono_ns=0)
    assert not identity.heard(state("mine"), retained=False, mono_ns=0)
    # The broker noticed only now that the last boot's connection is dead.
    assert identity.heard(state("before", online=False), retained=False, mono_ns=0)
    assert identity.fault(0) == ""


def test_our_own_late_will_is_overruled() -> None:
    assert watch().heard(state("mine", online=False), retained=False, mono_ns=0)


def test_another_process_with_our_name_is_told_with_what_to_do() -> None:
    identity = watch()
    identity.heard(state("before"), retained=True, mono_ns=0)
    identity.heard(state("other"), retained=False, mono_ns=S)
    assert identity.fault(S) == ""
    identity.connected()
    assert not identity.heard(state("other"), retained=True, mono_ns=2 * S)
    fault = identity.fault(3 * S)
    assert "`n`" in fault
    assert "boot other" in fault
    assert identity.fault(int((MEMORY_S + 3) * S)) == ""
