"""A folder of photographs as JSON lines, and as CVG-Text that is read back."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_hostile import saved

from core.describe.streetview import PhotoDescriber
from core.describe.streetview.batch import describe_folder, write_cvgtext
from core.describe.streetview.quality import quality_of
from core.errors import SourceError
from core.sources.cvgtext import read_cvgtext

VIEW, PANORAMA = "55.698167,13.195389_007.jpg", "52.518917,13.400294_2019-05_a_b-c_d90_z1.jpg"


class Calls:
    """Counts what a describer was asked for, and describes."""

    def __init__(self, describer: PhotoDescriber) -> None:
        self.describer, self.count = describer, 0
        self.network, self.detector = describer.network, describer.detector
        self.server = describer.server

    def describe(self, picture: Image.Image) -> object:
        self.count += 1
        return self.describer.describe(picture)


def quiet(*_: object) -> None:
    """No progress."""


def panorama() -> Image.Image:
    """A panorama whose edges meet: walls of one colour all around, below a blue sky."""
    pixels = np.full((256, 512, 3), (150, 60, 50), dtype=np.uint8)
    pixels[:90] = (110, 160, 230)
    return Image.fromarray(pixels)


def test_a_batch_is_written_as_cvgtext_and_read_back(
    folder: Callable[..., Path], by_rules: PhotoDescriber, tmp_path: Path
) -> None:
    photos, root = folder(VIEW, "nowhere.jpg", broken=b"no picture"), tmp_path / "copy"
    panorama().save(photos / PANORAMA)
    result = describe_folder(photos, tmp_path / "out.jsonl", [by_rules], quiet)
    report = quality_of(result.rows, result.problems)
    assert (report.photos, report.described, report.panoramas) == (4, 3, 1)
    assert report.by_status == {"rules only": 3}
    assert report.signs_understood == 2
    assert [line.partition(": ")[0] for line in result.problems] == ["broken.jpg"]
    counts = write_cvgtext(photos, result.rows, root, "Lund")
    assert counts == {"panoramas": 1, "single_views": 1, "without_position": 1}
    texts = {row["file"]: row["text"] for row in result.rows}
    for version, name in (("photos", VIEW), ("panorama", PANORAMA)):
        copy = read_cvgtext(root, "Lund", version, "ground", "test")
        assert not copy.faults
        (row,) = copy.rows
        assert (row.name, row.description) == (name, texts[name])
        assert row.is_panorama == (version == "panorama")
        with Image.open(row.picture) as picture:
            assert not picture.getexif()
    assert "Behind me" in texts[PANORAMA] or "behind me" in texts[PANORAMA]


def test_a_batch_goes_on_where_it_was_stopped(
    folder: Callable[..., Path], by_rules: PhotoDescriber, tmp_path: Path
) -> None:
    photos, out = folder("a.jpg", "b.jpg"), tmp_path / "out.jsonl"
    first = describe_folder(photos, out, [by_rules], quiet)
    lines = out.read_text("utf-8").splitlines(keepends=True)
    out.write_text(lines[0] + lines[1][:40], "utf-8")
    calls = Calls(by_rules)
    again = describe_folder(photos, out, [calls], quiet)
    assert (calls.count, again.resumed) == (1, 1)
    assert again.rows == first.rows
    assert out.read_text("utf-8") == "".join(lines)
    folder("b.jpg", "c.jpg")  # another b, and c is new
    assert describe_folder(photos, out, [calls], quiet).resumed == 1
    assert calls.count == 3


def test_a_file_of_something_else_is_not_overwritten(
    folder: Callable[..., Path], by_rules: PhotoDescriber, tmp_path: Path
) -> None:
    out = tmp_path / "diary.txt"
    out.write_text("Dear diary\n", "utf-8")
    with pytest.raises(SourceError, match="something else"):
        describe_folder(folder("a.jpg"), out, [by_rules], quiet)
    assert out.read_text("utf-8") == "Dear diary\n"
    with pytest.raises(SourceError, match="no folder"):
        describe_folder(tmp_path / "absent", out, [by_rules], quiet)


def test_a_position_comes_from_the_metadata_where_the_name_has_none(
    folder: Callable[..., Path], by_rules: PhotoDescriber, street: Image.Image, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (55.0, 30.0, 0.0), 3: "E", 4: (13.0, 0.0, 0.0)})
    photos = folder(shop=saved(street, exif=exif))
    (row,) = describe_folder(photos, tmp_path / "o.jsonl", [by_rules], quiet).rows
    assert (row["lat"], row["lon"]) == (55.5, 13.0)
    write_cvgtext(photos, [row], tmp_path / "copy", "Lund")
    (read,) = read_cvgtext(tmp_path / "copy", "Lund", "photos", "ground", "test").rows
    assert (read.lat, read.lon) == (55.5, 13.0)
    assert json.loads((tmp_path / "o.jsonl").read_text("utf-8")) == row
