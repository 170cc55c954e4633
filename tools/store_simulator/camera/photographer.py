"""Takes a live store's pictures in a thread of its own: forces must not wait for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from tools.store_simulator.acts import Handling
from tools.store_simulator.camera.crew import Crew
from tools.store_simulator.camera.folder import PictureFolder
from tools.store_simulator.camera.view_file import write_view
from tools.store_simulator.shoppers import Visit


class Photographer:
    """Writes what a crew's cameras see to a folder a camera, and their calibrations beside these.

    Args:
        crew: whose cameras.
        folder: to write to.
        utc_s: [s] epoch time of a moment of the store.

    Raises:
        OSError, StorageError: the folder cannot be written to.
    """

    def __init__(self, crew: Crew, folder: Path, utc_s: Callable[[float], float]) -> None:
        self._crew, self._utc_s = crew, utc_s
        self._folders = {rack: PictureFolder(folder / rack) for rack in crew.cameras}
        for rack, camera in crew.cameras.items():
            write_view(folder / f"camera-{rack}.yaml", rack, camera.viewpoint)
        self._news = threading.Condition()
        self._moved: list[Handling] = []
        self._now: tuple[float, tuple[Visit, ...]] | None = None
        threading.Thread(target=self._work, name="photographer", daemon=True).start()

    def tell(self, now_s: float, visits: Iterable[Visit], moved: Iterable[Handling]) -> None:
        """The store's time, who is inside, and which goods have changed place since the last call."""
        with self._news:
            self._now = now_s, tuple(visits)
            self._moved += moved
            self._news.notify()

    def _work(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._now is not None)
                assert self._now is not None
                (now_s, visits), self._now = self._now, None
                moved, self._moved = self._moved, []
            for handling in moved:
                self._crew.update(handling)
            for shot in self._crew.due(now_s, visits, skip_late=True):
                self._folders[shot.rack].write(shot.jpeg, self._utc_s(shot.at_s))
