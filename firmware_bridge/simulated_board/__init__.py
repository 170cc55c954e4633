"""A board in Python behind a real pty: the same messages as the firmware, and faults at will.

``python -m firmware_bridge.simulated_board --help`` runs one with constant loads; a program with a physics
of its own makes a ``SimulatedBoard`` from its signal and hands it to ``run_board``.
"""

from firmware_bridge.simulated_board.board import Signal, SimulatedBoard
from firmware_bridge.simulated_board.load_signal import LoadSignal
from firmware_bridge.simulated_board.process import run_board

__all__ = ["LoadSignal", "Signal", "SimulatedBoard", "run_board"]
