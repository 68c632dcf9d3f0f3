"""Preparation of pictures for CLIP, against transformers' own."""

from pathlib import Path

import numpy as np
import pytest
import transformers
from PIL import Image
from tiny_clip import prepared_by_hand, some_pictures

from core.errors import SourceError
from core.models.pictures import Preparation, open_picture


def test_pixels_are_those_of_transformers_where_it_halves_alike() -> None:
    processor = transformers.CLIPImageProcessorPil(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    )
    shown = some_pictures(64)[:2]
    assert len(shown) == 2
    for picture in shown:
        expected = processor(picture, return_tensors="pt").pixel_values[0]
        assert Preparation(32).pixels(picture).numpy() == pytest.approx(expected.numpy(), abs=1e-5)


def test_pictures_of_odd_sizes_are_cut_in_the_middle() -> None:
    shown = some_pictures()
    assert shown
    for picture in shown:
        found = Preparation(24).pixels(picture)
        expected = prepared_by_hand(picture, 24)
        assert found.numpy() == pytest.approx(expected.numpy(), abs=1e-5)


def test_the_middle_of_a_striped_picture_is_kept() -> None:
    # 2 px high, 6 px wide, of black, white and black squares: the white one is in the middle.
    stripes = np.zeros((2, 6, 3), dtype=np.uint8)
    stripes[:, 2:4] = 255
    plain = Preparation(2, (0, 0, 0), (1, 1, 1), resample=int(Image.Resampling.NEAREST))
    assert plain.pixels(Image.fromarray(stripes)).tolist() == [[[1, 1], [1, 1]]] * 3
    squashed = Preparation(3, (0, 0, 0), (1, 1, 1), crop=False, resample=0)
    assert squashed.pixels(Image.fromarray(stripes))[0].tolist() == [[0, 1, 0]] * 3


def test_a_half_pixel_over_is_rounded_as_torchvision_does() -> None:
    # 7 columns to 4: (7 − 4) / 2 = 1.5 rounds to the even 2, so columns 2 to 5 stay.
    columns = np.repeat(np.arange(7, dtype=np.uint8)[None, :, None], 4, axis=0).repeat(3, axis=2)
    plain = Preparation(4, (0, 0, 0), (1 / 255, 1 / 255, 1 / 255), resample=0)
    found = plain.pixels(Image.fromarray(columns))
    assert found[0, 0].tolist() == pytest.approx([2, 3, 4, 5], abs=1e-4)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
def test_pictures_of_any_mode_are_seen_in_colour(mode: str) -> None:
    picture = some_pictures()[0].convert(mode)
    found = Preparation(32).pixels(picture)
    assert found.equal(Preparation(32).pixels(picture.convert("RGB")))


@pytest.mark.parametrize("odd", [{"mean": (1.0,)}, {"std": (1.0, 0.0, 1.0)}, {"resample": 77}])
def test_a_preparation_that_makes_no_sense_is_refused(odd: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"three channels|77"):
        Preparation(32, **odd)  # type: ignore[arg-type]


def test_a_picture_is_read_whole(tmp_path: Path) -> None:
    picture = some_pictures()[0]
    picture.save(tmp_path / "tile.png")
    read = open_picture(tmp_path / "tile.png")
    (tmp_path / "tile.png").unlink()
    assert np.array_equal(np.asarray(read), np.asarray(picture))


def test_what_is_no_picture_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tile.png"
    path.write_text("no picture", "utf-8")
    with pytest.raises(SourceError, match="not a picture"):
        open_picture(path)
    some_pictures()[0].save(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(SourceError, match="cannot be read"):
        open_picture(path)
    with pytest.raises(SourceError, match="missing"):
        open_picture(tmp_path / "missing.png")
    some_pictures()[0].save(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(SourceError, match="too many pixels"):
        open_picture(path)
