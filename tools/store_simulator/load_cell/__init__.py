"""A board's load cells: from the force on them to what the converter counts.

Each effect is one file and one small stage; :class:`LoadCells` puts them in the order of physics::

    force -> corner -> creep -> hysteresis -> temperature -> noise -> converter -> misreads -> counts

The first of them acts where forces are summed up (``rack``), for only there it is known where a thing stands.
How time is cut into blocks changes nothing in any of them.
"""

from tools.store_simulator.load_cell.cells import LoadCells

__all__ = ["LoadCells"]
