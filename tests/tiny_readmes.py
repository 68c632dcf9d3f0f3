"""What the commands in the READMEs need: a folder with small files under the READMEs' names."""

import gzip
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import osmium
import torch
from tiny_clip import openai_state
from tiny_collection import written
from tiny_cvgtext import PUBLIC, panorama, write_picture
from tiny_osm import Town, tiny_city
from tiny_street import write_street, write_streets
from tiny_training import COMPACT, write_town

ROOT = Path(__file__).resolve().parent.parent

TEXTS = ("a white cathedral above wide steps", "the statue on Market Square", "benches in a park")
"""Written at three viewpoints of the tiny city, which lies inside Helsinki."""

HERE = [(60.1706, 24.943), (60.1705, 24.9412), (60.1714, 24.9409)]


def _pbf(source: Path, target: Path) -> None:
    """The same map in the format that extracts have."""
    with osmium.SimpleWriter(str(target)) as writer:
        for item in osmium.FileProcessor(str(source)):
            writer.add(item)


def _a_map(town: Town, path: Path) -> None:
    xml = town.write(path.with_name(f"{path.name}.osm"))
    _pbf(xml, path)
    xml.unlink()


def _city(path: Path) -> None:
    _a_map(tiny_city(), path)


def _town(lat: float, lon: float, seed: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        xml = write_town(path.with_name(f"{path.name}.osm"), lat, lon, seed)
        _pbf(xml, path)
        xml.unlink()

    return write


def _points(path: Path) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"amenity": "cafe", "name": f"Cafe {number}"},
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
        }
        for number, (lat, lon) in enumerate(HERE)
    ]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump({"type": "FeatureCollection", "features": features}, file)


def _descriptions(*galleries: str) -> Callable[[Path], None]:
    """Three descriptions for each gallery; without a gallery they belong to any."""

    def write(path: Path) -> None:
        rows = [
            {"id": f"{gallery}-{number}", "text": text, "lat": lat, "lon": lon, "gallery": gallery}
            for gallery in galleries or ("",)
            for number, (text, (lat, lon)) in enumerate(zip(TEXTS, HERE, strict=True))
        ]
        for row in rows:
            if not row["gallery"]:
                del row["gallery"]
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    return write


def _report(path: Path) -> None:
    bundled = ROOT / "assets" / "reports" / "helsinki-by-hand-all.json.gz"
    path.write_bytes(gzip.decompress(bundled.read_bytes()))


def _copy_of_cvgtext(path: Path) -> None:
    names = [panorama(40.7 + row / 1000, -74.0, row) for row in range(12)]
    texts = {name: f"a street with {row} trees" for row, name in enumerate(names)}
    PUBLIC.write(path, "NewYork", "osm", {"test": texts})


def _sheet(path: Path) -> None:
    """A folder with one picture of the tiny city's ground, and its bounds."""
    path.mkdir()
    write_picture(path / "a.png", 1, size=256)
    bounds = {"a": [24.9385, 60.1690, 24.9455, 60.1725]}
    (path / "bounds.json").write_text(json.dumps(bounds), "utf-8")


def _checkpoint(path: Path) -> None:
    torch.save(openai_state(), path)


def _picture(path: Path) -> None:
    write_picture(path, 1, size=256)


def toml_example() -> str:
    """The training that core/training/README.md shows."""
    text = (ROOT / "core" / "training" / "README.md").read_text("utf-8")
    (block,) = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return str(block)


def _training(path: Path) -> None:
    """The README's example with fewer tiles and steps and a smaller network."""
    small = toml_example()
    for pattern, value in (
        (r"^limit = \d+", "limit = 16"),
        (r"^steps = \d+", "steps = 2"),
        (r"^batch = \d+", "batch = 8"),
        (r"^seed = 1\n", "seed = 1\nkinds_at_least = 2\n"),
    ):
        small, count = re.subn(pattern, value, small, flags=re.MULTILINE)
        assert count, pattern
    path.write_text(small + COMPACT, "utf-8")


def _photographs(path: Path) -> None:
    """What is known of the drawn street."""
    lat, lon = HERE[0]
    row = {"file": "60.170500,24.941200_001.jpg", "lat": lat, "lon": lon, "signs": ["APOTHEKE"]}
    path.write_text(json.dumps(row) + "\n", "utf-8")


REPORTS = ("first.json", "second.json", "words.json", "all.json")

FILES: dict[str, Callable[[Path], None]] = {
    "mytown.osm.pbf": _city,
    "helsinki.osm.pbf": _city,
    "here.osm.pbf": _town(48.2, 16.3, 1),
    "elsewhere.osm.pbf": _town(-33.4, -70.6, 2),
    "manhattan-pois.geojson.gz": _points,
    "mytown.jsonl": _descriptions("mytown"),
    "othertown.jsonl": _descriptions("othertown"),
    "thirdtown.jsonl": _descriptions("thirdtown"),
    "rvs-dev.jsonl": _descriptions(),
    "helsinki-nameless.jsonl": _descriptions("helsinki"),
    "helsinki-named.jsonl": _descriptions("helsinki"),
    "tests/descriptions.jsonl": _descriptions("helsinki", "monaco"),
    "tests/descriptions_held_out.jsonl": _descriptions("helsinki", "monaco"),
    "tests/descriptions_other_languages.jsonl": _descriptions("helsinki", "monaco"),
    **dict.fromkeys(REPORTS, _report),
    "tile.png": _picture,
    "street.jpg": write_street,
    "photos": write_streets,
    "photographs.jsonl": _photographs,
    "clip.pth": _checkpoint,
    "CVG-Text": _copy_of_cvgtext,
    "mycollection": written,
    "training.toml": _training,
    "ortho": _sheet,
}
"""Each placeholder of the READMEs, and what stands for it in the tests."""

GALLERIES = ("mytown", "othertown", "thirdtown", "rvs")
"""The READMEs' names of a user's own galleries; each is the tiny city."""


def write_results(folder: Path) -> None:
    """Reports and descriptions as they were: some commands write files of the same names."""
    for name in (*REPORTS, "mytown.jsonl"):
        FILES[name](folder / name)


def make_workplace(folder: Path, tiny_gallery: Path) -> None:
    """The placeholders' files in a folder, and the galleries in its data folder."""
    for name, write in FILES.items():
        write(folder / name)
    for name in GALLERIES:
        copy = folder / "data" / "galleries" / name
        shutil.copytree(tiny_gallery, copy)
        manifest = copy / "manifest.json"
        document = json.loads(manifest.read_text("utf-8"))
        assert document["name"] == tiny_gallery.name
        del document["digest"]
        manifest.write_text(json.dumps(document | {"name": name}), "utf-8")
