"""``python -m tools.build_kernel``: compiles the weight path's kernel where it lies.

Installing the package does the same (``hatch_build.py``). No header of Python's is needed, and the library
serves any Python: cffi opens it as it is.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from edge.weight.kernel.sources import FOLDER, library_file, sources

COMPILERS = ("cc", "gcc", "clang")

FLAGS = (
    *("-std=c11", "-O3", "-fPIC", "-shared", "-Wall", "-Wextra"),
    # The same results on every machine: a multiplication and an addition stay two roundings.
    *("-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"),
)


def built_kernel() -> Path:
    """Compile the kernel, unless there is one of these sources already.

    Raises:
        SystemExit: there is no compiler, or it fails.
    """
    library = library_file()
    if library.is_file():
        return library
    with tempfile.TemporaryDirectory(dir=FOLDER) as directory:
        made = Path(directory) / library.name
        result = subprocess.run(
            [*_compiler(), *FLAGS, *map(str, sources()), "-o", str(made), "-lm"], check=False
        )
        if result.returncode:
            raise SystemExit("The kernel of the weight path does not compile; the compiler says why.")
        earlier = list(FOLDER.glob("*.so"))
        made.replace(library)  # at once: others may be building or loading it
    for file in earlier:
        file.unlink(missing_ok=True)
    return library


def _compiler() -> list[str]:
    chosen = shlex.split(os.environ.get("CC", ""))
    found = [path for path in map(shutil.which, COMPILERS) if path is not None]
    if not chosen and not found:
        raise SystemExit(
            f"Steelyard needs a C compiler, found none of {', '.join(COMPILERS)}. "
            "On Debian and Ubuntu: sudo apt-get install gcc libc6-dev"
        )
    return chosen or found[:1]


if __name__ == "__main__":
    print(built_kernel())
