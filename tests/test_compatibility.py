"""What was made before the layout changed works on: galleries, reports, weights, commands, links.

The reports in `made_before/` are cut from two that the app of that time wrote, which compared them
with the figures beside them.
A store of that time is opened in `tests/review/test_verdict_kinds.py`.
"""

import hashlib
import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from core import settings
from core.__main__ import main
from core.cli import COMMANDS
from core.cli.parser import joined, parser_of
from core.gallery import Gallery, open_gallery
from core.models import load_model
from core.records import Query
from core.retrieval import search

MADE_BEFORE = Path(__file__).with_name("made_before")

COMMAND_LINES = (
    "galleries --json",
    "search 'a white cathedral' --gallery helsinki -k 10 --near 60.17,24.95 --within-m 300",
    "search church --gallery helsinki --channels image,facts,names --explain --model compact",
    "search church --near -34.9,-56.2 --within-m 500 --checkpoint F --model crosstext2loc --quiet",
    "build here --from a.osm.pbf b.geojson --bbox=24.9,60.1,25.0,60.2 --spacing-m 30",
    "build here --from a.osm --footprint-m 100 --no-pictures --title Here --out folder",
    "build ny --cvgtext root --city NewYork --kind osm --photos --ocr",
    "embed here --model compact --checkpoint F --out folder",
    "encode --model minilm --text 'a church'",
    "encode --model compact --image F",
    "describe --gallery helsinki --from a.osm --n 300 --seed 0 --names mixed --out out.jsonl",
    "evaluate --gallery helsinki --queries F.jsonl --scope nearest-100 --table",
    "evaluate --gallery helsinki --queries F.jsonl --strangers A.jsonl B.jsonl --out O --title T",
    "evaluate --cvgtext root --city Tokyo --kind sat --mixed --model M --checkpoint F",
    "calibrate --set a=F.jsonl --set b=G.jsonl --background c d --seed 42 --out F.json",
    "calibrate --ranking --set a=F.jsonl --out F.json",
    "compare A B --scope thinned",
    "train config.toml --out folder",
    "cases import R --queries F.jsonl --control 20 --scope full --store cases.sqlite",
    "cases export out.csv --format labelstudio",
    "cases agreement --store postgresql://me@here/db --json",
    "cases list",
    "bench search --gallery helsinki",
    "bench relevance --gallery helsinki --queries F.jsonl --model M --checkpoint F",
    "bench cases --annotators 50 --verdicts 10000 --kill 15 --store S",
)


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main([*arguments, "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def older(tmp_path: Path) -> Gallery:
    """Monaco as it was built before: facts without `things`, a manifest without a digest."""
    folder = tmp_path / "galleries" / "older"
    shutil.copytree(settings.load({}).bundled_galleries / "monaco", folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    (name,) = (name for name in manifest["files"] if name.endswith("/facts.parquet"))
    table = pyarrow.parquet.read_table(folder / name)
    pyarrow.parquet.write_table(table.drop_columns(["things"]), folder / name)
    content = (folder / name).read_bytes()
    manifest["files"][name] = {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    manifest["name"] = "older"
    del manifest["digest"]
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return open_gallery("older", settings.load({"SAYWHERE_DATA": str(tmp_path)}))


def test_a_gallery_made_before_gives_the_same_answers(older: Gallery) -> None:
    now = open_gallery("monaco", settings.load({}))
    encoder = load_model(threads=1)
    for text in ("a white cathedral above the sea", "a casino with a fountain in front"):
        found = search(now, encoder, Query(text, k=5, channels=("facts", "names"))).candidates
        assert len(found) == 5
        same = search(older, encoder, Query(text, k=5, channels=("facts", "names"))).candidates
        assert [one.tile.tile_id for one in same] == [one.tile.tile_id for one in found]
        assert [one.confidence for one in same] == [one.confidence for one in found]


def test_reports_made_before_compare_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    reports = ("helsinki-nameless-words.json.gz", "helsinki-nameless-all.json.gz")
    found = document(capsys, "compare", *(str(MADE_BEFORE / name) for name in reports))
    assert found["n"] == 75
    assert found["metrics"] == json.loads((MADE_BEFORE / "compare.json").read_text("utf-8"))


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_a_command_line_of_before_is_understood(line: str, tmp_path: Path) -> None:
    arguments = [part.replace("out.jsonl", str(tmp_path / "out")) for part in shlex.split(line)]
    parsed = parser_of(COMMANDS, "").parse_args(joined(arguments))
    assert parsed.command == arguments[0]
