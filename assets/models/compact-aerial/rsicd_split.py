"""Splits RSICD for the files `planet-rsicd*.toml` into pictures and files of sentences.

Run it as `python assets/models/compact-aerial/rsicd_split.py images.tar captions.jsonl FOLDER`.
Each line of `captions.jsonl` has `image`, a name in the archive, and `captions`. In the order of
the SHA-256 of their names, the first 1,000 pictures are for the test (`held.jsonl`), the next
6,000 for the training (`train.jsonl`); equal sentences of a picture are written once. The first 300
and 1,200 of these are also written by themselves (`held-small.jsonl`, `train-small.jsonl`).
"""

import argparse
import hashlib
import json
import tarfile
from pathlib import Path

HELD, TRAIN = 1_000, 6_000
SMALL = {"held": 300, "train": 1_200}


def split(archive: Path, captions: Path, folder: Path) -> None:
    """Writes `pictures/`, `held.jsonl` and `train.jsonl` into the folder."""
    lines = captions.read_text("utf-8").splitlines()
    texts = {row["image"]: list(dict.fromkeys(row["captions"])) for row in map(json.loads, lines)}
    order = sorted(texts, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    parts = {"held": order[:HELD], "train": order[HELD : HELD + TRAIN]}
    wanted = {name for names in parts.values() for name in names}
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            name = Path(member.name).name
            if name in wanted and (content := tar.extractfile(member)) is not None:
                (pictures / name).write_bytes(content.read())
                wanted.discard(name)
    if wanted:
        raise SystemExit(f"{archive} lacks {len(wanted)} pictures, such as {min(wanted)}")
    for part, names in parts.items():
        rows = [json.dumps({"picture": name, "texts": texts[name]}) + "\n" for name in names]
        (folder / f"{part}.jsonl").write_text("".join(rows), "utf-8")
        few = "".join(rows[: SMALL[part]])
        (folder / f"{part}-small.jsonl").write_text(few, "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("archive", "captions", "folder"):
        parser.add_argument(name, type=Path)
    read = parser.parse_args()
    split(read.archive, read.captions, read.folder)
