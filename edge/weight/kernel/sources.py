"""Which C files are the kernel, and what the library built from them is called.

The name holds a digest of the sources, so that a library is never used with other sources than its own.
Read by the build (``tools/build_kernel.py``) too, before anything is installed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent
HEADER = FOLDER / "kernel.h"


def sources() -> list[Path]:
    """The C files to be compiled."""
    return sorted(FOLDER.glob("*.c"))


def library_file() -> Path:
    """Where the library of these very sources lies once it is built."""
    digest = hashlib.sha256()
    for file in (HEADER, *sources()):
        digest.update(file.read_bytes())
    return FOLDER / f"kernel-{digest.hexdigest()[:16]}.so"
