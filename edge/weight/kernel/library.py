"""The compiled kernel as Python sees it: what ``kernel.h`` declares, with NumPy arrays as its memory."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from cffi import FFI

from edge.errors import StartError
from edge.weight.kernel.sources import HEADER, library_file

Structure = Any
"""A C structure, by reference. What it says of itself is in ``kernel.h``."""

_POINTERS = {
    np.dtype(np.float64): "double[]",
    np.dtype(np.int64): "int64_t[]",
    np.dtype(np.uint8): "uint8_t[]",
    np.dtype(np.bool_): "bool[]",
}

_ffi = FFI()
_ffi.cdef("\n".join(line for line in HEADER.read_text("utf-8").splitlines() if not line.startswith("#")))
_members: WeakKeyDictionary[Structure, Any] = WeakKeyDictionary()  # what a structure points to lives as long


def _loaded() -> Any:
    file = library_file()
    if not file.is_file():
        raise StartError(
            "the kernel of the weight path is not built", where=str(file.parent), expected=file.name,
            fix="Install Steelyard again, or run `python -m tools.build_kernel`; both need a C compiler.",
        )  # fmt: skip
    return _ffi.dlopen(str(file))


kernel: Any = _loaded()
"""The functions of ``kernel.h``."""


def pointer(array: Any) -> Any:
    """The memory of a dense array, which has to live for as long as the pointer is used.

    >>> numbers = np.array([1.0, 2.0])
    >>> pointer(numbers)[1]
    2.0
    """
    return _ffi.from_buffer(_POINTERS[array.dtype], array)


def structure(name: str, **members: Any) -> Structure:
    """A structure of the kernel; arrays become pointers, members that are not named are 0.

    >>> structure("rest", mean_g=2.0).hops
    0
    """
    made = _ffi.new(
        f"struct {name} *",
        {
            member: pointer(value) if isinstance(value, np.ndarray) else value
            for member, value in members.items()
        },
    )
    _members[made] = members
    return made


def structures(name: str, count: int) -> Structure:
    """Many of them in a row, all zeros."""
    return _ffi.new(f"struct {name}[]", count)


def names(enumeration: str) -> dict[int, str]:
    """Names of an enumeration of the kernel by value.

    >>> names("sensor_state")[0]
    'SENSOR_OK'
    """
    return dict(_ffi.typeof(f"enum {enumeration}").elements)
