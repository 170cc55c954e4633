"""Which adapter a port's name means, when names lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge import usb_adapters
from firmware_bridge.errors import PortError
from firmware_bridge.link import LinkFault, LinkState
from firmware_bridge.port_choice import ANYWHERE, LEFT_ALONE_NS, PortChoice
from firmware_bridge.usb_adapters import UsbAdapter, ambiguity, plugged_in, stable_name

CLONE = "1a86:7523"
FTDI = "0403:6001"


class Machine:
    """Adapters in sockets, and the links that udev makes for them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.adapters: list[UsbAdapter] = []
        self.mono_ns = 0
        for folder in ("serial/by-id", "serial/by-path"):
            (root / folder).mkdir(parents=True)

    def plug(self, socket: str, model: str = CLONE, serial_number: str = "") -> UsbAdapter:
        device = self.root / f"ttyUSB{len(self.adapters)}"
        device.touch()
        self.adapters.append(UsbAdapter(str(device), model, serial_number, socket))
        for folder, name in (
            ("by-path", socket),
            ("by-id", f"usb-{model}{serial_number and '_'}{serial_number}"),
        ):
            link = self.root / "serial" / folder / name
            link.unlink(missing_ok=True)
            link.symlink_to(device)
        return self.adapters[-1]

    def unplug_all(self) -> None:
        for link in [*self.root.glob("serial/*/*"), *self.root.glob("tty*")]:
            link.unlink()
        self.adapters = []

    def choice(self, name: str, *, identified: bool = False) -> PortChoice:
        return PortChoice(
            str(self.root / name),
            identified=identified,
            adapters=lambda: self.adapters,
            clock=lambda: self.mono_ns,
        )


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path.resolve())
    monkeypatch.setattr(usb_adapters, "BY_PATH", machine.root / "serial" / "by-path")
    return machine


def refusal(choice: PortChoice) -> PortError:
    with pytest.raises(PortError) as caught:
        choice.candidates()
    assert caught.value.fault is LinkFault.PORT_AMBIGUOUS
    assert caught.value.fault.state is LinkState.WRONG_BOARD
    return caught.value


def test_two_clones_in_other_order_never_swap_shelves(machine: Machine) -> None:
    """By-path names follow the socket; the name that both share is refused, before and after replugging."""
    machine.plug("1-1.2")
    machine.plug("1-1.3")
    left = machine.choice("serial/by-path/1-1.2")
    shared = machine.choice(f"serial/by-id/usb-{CLONE}")
    assert Path(left.candidates()[0]).resolve().name == "ttyUSB0"
    assert "has no serial number" in refusal(shared).found
    machine.unplug_all()
    machine.plug("1-1.3")
    machine.plug("1-1.2")
    assert Path(left.candidates()[0]).resolve().name == "ttyUSB1"
    told = refusal(shared)
    assert "socket 1-1.2" in told.found
    assert told.fix.endswith("/serial/by-path/1-1.2")


def test_a_lone_clone_is_refused_by_its_shared_name_too(machine: Machine) -> None:
    """Its twin may be the one that is plugged in next time."""
    machine.plug("1-1.2")
    refusal(machine.choice(f"serial/by-id/usb-{CLONE}"))


def test_a_serial_number_makes_a_name_safe_unless_it_is_shared(machine: Machine) -> None:
    machine.plug("1-1.2", FTDI, "A50285BI")
    named = machine.choice(f"serial/by-id/usb-{FTDI}_A50285BI")
    assert len(named.candidates()) == 1
    machine.plug("1-1.3", FTDI, "A50285BI")
    assert "same serial number" in refusal(named).found


def test_a_number_is_safe_only_while_there_is_one_adapter() -> None:
    first = UsbAdapter("/dev/ttyUSB0", CLONE, "", "1-1.2")
    second = UsbAdapter("/dev/ttyUSB1", CLONE, "", "1-1.3")
    assert ambiguity("/dev/ttyUSB0", [first]) == ""
    assert "2 adapters" in ambiguity("/dev/ttyUSB0", [first, second])
    assert ambiguity("/dev/ttyAMA0", [first, second]) == ""
    assert ambiguity("/dev/shelf-left", [first, second]) == ""


def test_a_board_that_says_who_it_is_may_have_any_name(machine: Machine) -> None:
    machine.plug("1-1.2")
    machine.plug("1-1.3")
    assert machine.choice(f"serial/by-id/usb-{CLONE}", identified=True).candidates()


def names(choice: PortChoice) -> list[str]:
    return [Path(path).name for path in choice.candidates()]


def test_a_search_tries_every_device_once_and_the_rejected_last(machine: Machine) -> None:
    for socket in ("1-1.2", "1-1.3", "1-1.4"):
        machine.plug(socket)
    choice = machine.choice("tty*", identified=True)
    assert choice.is_search
    assert names(choice) == ["ttyUSB0", "ttyUSB1", "ttyUSB2"]
    choice.reject(choice.candidates()[0])
    choice.reject(choice.candidates()[0])
    assert names(choice) == ["ttyUSB2"]
    machine.mono_ns += LEFT_ALONE_NS + 1
    choice.reject(choice.candidates()[0])
    assert names(choice) == ["ttyUSB0", "ttyUSB1"]
    machine.mono_ns += LEFT_ALONE_NS + 1
    assert names(choice) == ["ttyUSB0", "ttyUSB1", "ttyUSB2"]


def test_a_search_without_a_port_to_try_says_which_it_has_seen(machine: Machine) -> None:
    machine.plug("1-1.2")
    choice = machine.choice("tty*", identified=True)
    choice.reject(choice.candidates()[0])
    with pytest.raises(PortError) as caught:
        choice.candidates()
    assert caught.value.fault is LinkFault.NOT_FOUND
    assert "ttyUSB0" in caught.value.found
    machine.unplug_all()
    with pytest.raises(PortError) as caught:
        choice.candidates()
    assert caught.value.fault is LinkFault.PORT_MISSING


def test_two_names_of_one_device_are_one_candidate(machine: Machine) -> None:
    machine.plug("1-1.2")
    (machine.root / "tty-of-my-own").symlink_to(machine.root / "ttyUSB0")
    assert len(machine.choice("tty*", identified=True).candidates()) == 1


def test_no_name_means_any_usb_adapter() -> None:
    assert PortChoice("").name == ANYWHERE
    assert PortChoice("").is_search
    assert not PortChoice("/dev/ttyUSB0").is_search


def test_the_machines_own_adapters_can_be_listed() -> None:
    assert all(isinstance(each, UsbAdapter) for each in plugged_in())
    assert stable_name("/dev/none") == "/dev/none"
