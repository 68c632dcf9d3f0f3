"""Descriptions of a folder of photographs, as JSON lines and as a copy of CVG-Text.

A batch can be stopped and run again: each description is written as soon as it is there, and a
photo that has one from the same bytes, method and prompts is not described again.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from core.describe.streetview.decoding import LIMITS, Photo, PhotoLimits, read_photo
from core.describe.streetview.panorama import is_equirectangular
from core.describe.streetview.pipeline import PhotoDescriber
from core.describe.streetview.prompts import VERSION
from core.errors import SaywhereError, SourceError
from core.files import replacing, write_json
from core.geo import Position
from core.sources.cvgtext import base_name, coordinates_of, is_panorama, stem_of

ENDINGS: Final = (".jpg", ".jpeg", ".png", ".webp")
BATCH_LIMITS: Final = replace(LIMITS, file_bytes=100 * 2**20, wall_s=300, cpu_s=120)
"""Panoramas of a user's own are larger than what visitors may send."""
_QUALITY = 92
_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The rows of all described photos in the order of their names, one line for each photo that
    could not be described, and how many rows were there from an earlier run."""

    rows: tuple[dict[str, Any], ...]
    problems: tuple[str, ...]
    resumed: int


def photos_in(folder: Path) -> tuple[Path, ...]:
    """The photographs of a folder by name. Raises SourceError where there is none."""
    if not folder.is_dir():
        raise SourceError(f"there is no folder {folder}; give the folder of the photographs")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    if not paths:
        raise SourceError(f"{folder} has no photo that ends with {', '.join(ENDINGS)}")
    return tuple(paths)


def describe_folder(
    folder: Path,
    out: Path,
    describers: Sequence[PhotoDescriber],
    progress: Progress,
    limits: PhotoLimits = BATCH_LIMITS,
) -> BatchResult:
    """Describes the photographs of a folder into a file of JSON lines, one worker a describer.

    Raises SourceError for a folder without photographs or a file that is something else.
    """
    paths = photos_in(folder)
    method = method_of(describers[0])
    done = {row["file"]: row for row in _rows(out) if row["method"] == method}
    hashes = {path.name: _sha256(path) for path in paths}
    kept = {
        name: done[name]
        for name, digest in hashes.items()
        if name in done and done[name]["sha256"] == digest
    }
    rows, problems, total = dict(kept), dict[str, str](), len(paths)
    _write(out, rows)
    progress("describe photos", len(rows), total)
    waiting = [path for path in paths if path.name not in kept]
    free = list(describers)

    def work(path: Path) -> dict[str, Any]:
        describer = free.pop()
        try:
            return _row(path, hashes[path.name], method, describer, limits)
        finally:
            free.append(describer)

    with ThreadPoolExecutor(len(describers)) as pool, out.open("a", encoding="utf-8") as file:
        jobs = {pool.submit(work, path): path for path in waiting}
        for job in as_completed(jobs):
            name = jobs[job].name
            try:
                rows[name] = job.result()
                file.write(_line(rows[name]))
                file.flush()
            except SaywhereError as error:
                problems[name] = f"{name}: {error}"
            progress("describe photos", len(rows) + len(problems), total)
    ordered = {path.name: rows[path.name] for path in paths if path.name in rows}
    _write(out, ordered)
    return BatchResult(
        tuple(ordered.values()), tuple(problems[name] for name in sorted(problems)), len(kept)
    )


def method_of(describer: PhotoDescriber) -> str:
    """What decides a description beside the photograph: models and prompts."""
    parts = [
        describer.detector.name if describer.detector else "classical",
        *(["main things"] if describer.network else []),
        f"{describer.server.model} {VERSION}" if describer.server else "rules",
    ]
    return " + ".join(parts)


def _row(
    path: Path, digest: str, method: str, describer: PhotoDescriber, limits: PhotoLimits
) -> dict[str, Any]:
    """The line of one photograph. Its position comes from its name, else from its metadata."""
    photo = read_photo(path, with_position=True, limits=limits)
    description = describer.describe(photo.picture)
    told = description.to_json()
    place = position_of(path.name, photo)
    return {
        "id": stem_of(path.name),
        "file": path.name,
        "text": told.pop("description"),
        "lat": place.lat if place else None,
        "lon": place.lon if place else None,
        "panorama": is_equirectangular(photo.picture),
        **told,
        "written_by": "program",
        "method": method,
        "sha256": digest,
    }


def position_of(name: str, photo: Photo) -> Position | None:
    """Where a photograph was taken: as its name says, else as its metadata say."""
    at = coordinates_of(base_name(name))
    try:
        return Position(*at) if at else photo.taken_at
    except ValueError:
        return photo.taken_at


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of an earlier run; one that was cut off while it was written is left out."""
    if not path.exists():
        return
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            whole = {"file", "sha256", "method", "text", "signs", "status"} <= row.keys()
        except (ValueError, AttributeError):
            whole = False
        if whole:
            yield row
        elif number == 1 and not line.startswith('{"id": '):  # not cut off by a kill either
            raise SourceError(f"{path} holds something else than descriptions; give another file")


def _write(path: Path, rows: dict[str, dict[str, Any]]) -> None:
    with replacing(path, error=SourceError) as part:
        part.write_text("".join(map(_line, rows.values())), "utf-8")


# ---- A copy of CVG-Text ----------------------------------------------------------------------


def write_cvgtext(
    folder: Path,
    rows: Iterable[dict[str, Any]],
    root: Path,
    city: str,
    split: str = "test",
    limits: PhotoLimits = BATCH_LIMITS,
) -> dict[str, int]:
    """Writes descriptions as CVG-Text: pictures under `<version>-ground`, texts under
    `CVG-text/<version>/<split>.json`. Returns counts; photos without a position are left out.

    Pictures are written anew from their pixels, so no metadata are passed on.
    """
    texts: dict[str, dict[str, str]] = {city: {}, f"{city}-photos": {}}
    without = 0
    for row in rows:
        if row["lat"] is None:
            without += 1
            continue
        version = city if row["panorama"] else f"{city}-photos"
        name = cvgtext_name(row)
        texts[version][name] = row["text"]
        target = root / f"{version}-ground" / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_picture(folder / row["file"], target, limits)
    for version, described in texts.items():
        if described:
            path = root / "CVG-text" / version / f"{split}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, described, error=SourceError)
    return {
        "panoramas": len(texts[city]),
        "single_views": len(texts[f"{city}-photos"]),
        "without_position": without,
    }


def cvgtext_name(row: dict[str, Any]) -> str:
    """The file name in CVG-Text: position first; three parts for a panorama, two for a view."""
    if coordinates_of(row["file"]) and is_panorama(row["id"]) == row["panorama"]:
        return f"{row['id']}.jpg"
    at = f"{row['lat']:.6f},{row['lon']:.6f}"
    label = _UNSAFE.sub("-", row["id"])
    label = f"{label.strip('-')[:40]}-{row['sha256'][:8]}"
    return f"{at}_{label}_d0_z1.jpg" if row["panorama"] else f"{at}_{label}.jpg"


def _write_picture(source: Path, target: Path, limits: PhotoLimits) -> None:
    photo = read_photo(source, limits=limits)
    with replacing(target, error=SourceError) as part:
        photo.picture.save(part, "JPEG", quality=_QUALITY)


def workers_for(wanted: int) -> int:
    """The number of workers: as asked, but not more than cores."""
    return max(1, min(wanted, os.cpu_count() or 1))
