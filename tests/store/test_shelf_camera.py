from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.messages import EventKind
from tools.store_simulator.acts import Handling
from tools.store_simulator.camera.arms import arms_of
from tools.store_simulator.camera.crew import Crew
from tools.store_simulator.camera.folder import PictureFolder
from tools.store_simulator.camera.photographer import Photographer
from tools.store_simulator.camera.stock import Stock
from tools.store_simulator.layout import StoreLayout
from tools.store_simulator.shoppers import Behaviour
from tools.store_simulator.world import GoodsMoved, World

CALM_S = 0.0


def crew_of(layout: StoreLayout, standing: dict[str, tuple[str, ...]] | None = None) -> Crew:
    world = World(layout, Behaviour(), seed=1, shoppers=1)
    return Crew(layout, standing or world.standing_at_first, seed=3)


def picture(crew: Crew, rack: str, at_s: float = CALM_S) -> np.ndarray:
    jpeg = crew.cameras[rack].jpeg((), at_s)
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).astype(np.float32)


def moved(kind: EventKind, sku: str, plate: str, units: int = 1) -> Handling:
    return Handling(0.0, 1.0, kind, sku, plate, (100.0,) * units)


def changed(before: np.ndarray, after: np.ndarray, box: tuple[int, int, int, int]) -> tuple[float, float]:
    """Mean change inside and outside of a part of the picture, blurred as noise is of no interest."""
    difference = cv2.blur(np.abs(after - before).mean(axis=2), (5, 5))
    left, top, right, bottom = box
    inside = difference[top:bottom, left:right].mean()
    rest = difference.copy()
    rest[top:bottom, left:right] = 0
    return float(inside), float(rest.max())


def test_equal_seeds_take_equal_pictures(layout: StoreLayout) -> None:
    one, other = ([shot.jpeg for shot in crew_of(layout).due(0.74, ())] for _ in range(2))
    assert one == other
    assert len(one) == 3 * len(layout.racks)


@pytest.mark.parametrize("plate", ["pantry/2/3", "pantry/2/7", "fridge/1/2"])
def test_a_pick_changes_the_picture_where_the_plate_is_and_nowhere_else(
    layout: StoreLayout, plate: str
) -> None:
    crew = crew_of(layout)
    rack, _ = layout.channel_of(plate)
    (sku,) = {each.sku for each in layout.planogram.facings if plate in each.plates}
    before = picture(crew, rack)
    crew.update(moved(EventKind.PICK, sku, plate))
    inside, outside = changed(before, picture(crew, rack), crew.cameras[rack].picture.region_px(plate))
    assert inside > 3.0
    assert outside < 12.0


def test_plates_that_change_at_once_are_all_drawn_again(layout: StoreLayout) -> None:
    goods = {"fridge/1/1": "0210014117575", "fridge/2/3": "2003011379194", "fridge/2/4": "0240012748389"}
    crew = crew_of(layout)
    picture(crew, "fridge")
    for plate, sku in goods.items():
        crew.update(moved(EventKind.PICK, sku, plate))
    afresh = {
        plate: list(skus)
        for plate, skus in World(layout, Behaviour(), seed=1, shoppers=1).standing_at_first.items()
    }
    for plate in goods:
        afresh[plate].pop()
    other = crew_of(layout, {plate: tuple(skus) for plate, skus in afresh.items()})
    picture(other, "fridge")
    assert changed(picture(other, "fridge"), picture(crew, "fridge"), (0, 0, 1, 1))[1] < 12.0


def test_what_is_put_back_looks_as_before(layout: StoreLayout) -> None:
    crew = crew_of(layout)
    plate, sku = "fridge/2/3", "2003011379194"
    before = picture(crew, "fridge")
    crew.update(moved(EventKind.PICK, sku, plate))
    crew.update(moved(EventKind.RETURN, sku, plate))
    after = picture(crew, "fridge")
    assert changed(before, after, (0, 0, 1, 1))[1] < 12.0


def test_misplaced_goods_are_seen_where_they_lie(layout: StoreLayout) -> None:
    crew, same = crew_of(layout), crew_of(layout)
    own, strange = "2003011379194", "0240033296234"  # of the fridge, of the pantry
    for each in (crew, same):
        each.update(moved(EventKind.PICK, own, "fridge/2/3"))
    crew.update(moved(EventKind.RETURN, strange, "fridge/2/3"))
    same.update(moved(EventKind.RETURN, own, "fridge/2/3"))
    box = crew.cameras["fridge"].picture.region_px("fridge/2/3")
    inside, outside = changed(picture(same, "fridge"), picture(crew, "fridge"), box)
    assert inside > 3.0
    assert outside < 12.0


def test_an_empty_shelf_shows_no_goods(layout: StoreLayout) -> None:
    full, empty = crew_of(layout), crew_of(layout, dict.fromkeys(layout.planogram.plates, ()))
    box = full.cameras["fridge"].picture.region_px("fridge/1/2")
    goods, bare = (picture(each, "fridge")[box[1] : box[3], box[0] : box[2]].std() for each in (full, empty))
    assert bare < 0.8 * goods


def test_corners_are_those_of_the_plates_front(layout: StoreLayout) -> None:
    """The picture's corners map the shelf's front plane: every plate's front lies between them, upright."""
    for camera in crew_of(layout).cameras.values():
        top_left, top_right, bottom_right, bottom_left = np.array(camera.viewpoint.corners_px)
        assert (np.array([top_left, bottom_right]) > 0).all()
        assert (np.array([top_left, bottom_right]) < (640, 480)).all()
        assert top_right[0] > top_left[0] + 100
        assert bottom_right[0] > bottom_left[0] + 50
        assert bottom_left[1] > top_left[1] + 100


def test_hands_are_seen_while_they_are_in_the_shelf(layout: StoreLayout) -> None:
    world = World(layout, Behaviour(pace=3.0), seed=5, shoppers=2)
    crew = Crew(layout, world.standing_at_first, seed=3)
    world.open_doors(1.0, 60.0)
    world.advance(12.0)
    visit, handling = next((v, v.handlings[0]) for v in world.inside(12.0) if v.handlings)
    rack, _ = layout.channel_of(handling.plate)
    during, calm = (
        cv2.imdecode(
            np.frombuffer(crew.cameras[rack].jpeg(arms_of((visit,), at_s), at_s), np.uint8), cv2.IMREAD_COLOR
        ).astype(np.float32)
        for at_s in (handling.onset_s, handling.onset_s - 8.0)
    )
    assert changed(calm, during, (0, 0, 1, 1))[1] > 30.0


def test_a_whole_day_of_shopping_keeps_stock_and_truth_together(layout: StoreLayout) -> None:
    world = World(layout, Behaviour(pace=4.0, put_back=0.5, pair=0.3), seed=9, shoppers=4)
    stock = Stock(world.standing_at_first)
    left = sum(len(skus) for skus in world.standing_at_first.values())
    world.open_doors(1.0, 200.0)
    for _, happening in world.advance(210.0):
        if isinstance(happening, GoodsMoved):
            stock.update(happening.handling)
            sign = 1 if happening.handling.kind is EventKind.RETURN else -1
            left += sign * len(happening.handling.units_g)
    assert sum(len(stock.units(plate)) for plate in layout.planogram.plates) == left


def test_a_unit_taken_from_behind_leaves_a_gap() -> None:
    stock = Stock({"a/1/1": ("y", "x", "y")})
    stock.take("a/1/1", "x")
    assert stock.units("a/1/1") == ("y", None, "y")
    stock.take("a/1/1", "y")
    assert stock.units("a/1/1") == ("y",)


def test_goods_that_are_nowhere_cannot_be_taken() -> None:
    with pytest.raises(ValueError, match="no x is left"):
        Stock({"a/1/1": ("y",)}).update(moved(EventKind.PICK, "x", "a/1/1"))


def test_a_live_store_gets_pictures_of_its_racks_and_their_calibrations(
    layout: StoreLayout, tmp_path: Path
) -> None:
    photographer = Photographer(crew_of(layout), tmp_path, lambda at_s: 1000.0 + at_s)
    taken: set[str] = set()
    deadline_s = time.monotonic() + 30.0
    while taken != layout.racks.keys() and time.monotonic() < deadline_s:
        photographer.tell(5.0, (), ())
        time.sleep(0.05)
        taken = {rack for rack in layout.racks if (tmp_path / rack / "1005.000000.jpg").exists()}
    assert taken == layout.racks.keys()
    assert all((tmp_path / f"camera-{rack}.yaml").exists() for rack in layout.racks)


def test_a_folder_holds_whole_pictures_and_the_newest_only(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path / "fridge", kept=3)
    for second in range(5):
        folder.write(b"picture %d" % second, 100.0 + second)
    files = sorted((tmp_path / "fridge").iterdir())
    assert [file.name for file in files] == ["102.000000.jpg", "103.000000.jpg", "104.000000.jpg"]
    assert files[-1].read_bytes() == b"picture 4"


def test_a_reader_never_meets_half_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the folder lists as a picture while one is written is whole."""
    folder = PictureFolder(tmp_path)
    seen: list[list[str]] = []
    write = Path.write_bytes

    def watched(self: Path, data: bytes) -> int:
        written = write(self, data)
        seen.append([each.name for each in tmp_path.glob("*.jpg")])
        return written

    monkeypatch.setattr(Path, "write_bytes", watched)
    folder.write(b"one", 1.0)
    folder.write(b"two", 2.0)
    assert seen == [[], ["1.000000.jpg"]]


def test_what_stands_behind_looks_the_same_when_the_foremost_unit_is_gone(layout: StoreLayout) -> None:
    crew = crew_of(layout)
    shelf = crew.cameras["fridge"].picture
    plate, sku = "fridge/2/3", "2003011379194"
    before = shelf.places(plate)
    crew.update(moved(EventKind.PICK, sku, plate))
    assert shelf.places(plate) == before[:-1]
