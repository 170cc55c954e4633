"""What the build backend runs before it packs a wheel, or installs this checkout: the kernel is compiled."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))

from tools.build_kernel import built_kernel


class KernelBuild(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the library to the wheel, which is one for this platform and any Python."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """See hatchling."""
        library = built_kernel()
        build_data["artifacts"].append(str(library.relative_to(self.root)))
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"
