"""What was made before the layout changed works on: galleries, reports, weights, commands, links.

`made_before.json` was written by the app of that time, from the same bundled galleries and reports.
A store of that time is opened in `tests/review/test_verdict_kinds.py`.
"""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from core import settings
from core.__main__ import main
from core.cli import COMMANDS
from core.cli.parser import joined, parser_of
from core.gallery import open_gallery
from core.models import load_model
from core.models.sentence import SentenceEncoder
from core.retrieval import load_picture_encoder, rank_tiles
from core.retrieval.fusion import suppress_neighbours
from core.retrieval.query_encoding import encode_query, tokenize_query
from core.retrieval.ranking import NO_CORRECTION
from core.retrieval.search import match_index_of
from core.retrieval.town_suffix import without_town

BEFORE: dict[str, Any] = json.loads(
    Path(__file__).with_name("made_before.json").read_text(encoding="utf-8")
)
REPORTS = settings.load({}).bundled_reports

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


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return load_model(threads=1)


@pytest.mark.parametrize("asked", BEFORE["searches"], ids=lambda asked: asked["text"])
def test_a_gallery_made_before_gives_the_same_answers(
    asked: dict[str, Any], encoder: SentenceEncoder
) -> None:
    """Up to the fused scores: the learned ranking and the confidence after them are fitted anew."""
    machine = settings.load({})
    gallery = open_gallery(asked["gallery"], machine)
    picture_encoder = load_picture_encoder(gallery, machine, encoder)
    text = without_town(asked["text"], match_index_of(gallery).mentions)
    query = encode_query(tokenize_query(text, encoder, picture_encoder), encoder, picture_encoder)
    ranking = rank_tiles(gallery, query, gallery.card.channels, None, NO_CORRECTION)
    rows = suppress_neighbours(ranking.order, gallery.lats, gallery.lons, 5)
    assert len(asked["candidates"]) == 5
    assert [gallery.tile_ids[row] for row in rows] == [
        one["tile_id"] for one in asked["candidates"]
    ]
    for row, then in zip(rows, asked["candidates"], strict=True):  # the encoder had 32 bit then
        assert float(ranking.scores[row]) == pytest.approx(then["similarity"], abs=4e-3)
        channels = {name: float(ranking.signals.channel(name)[row]) for name in then["channels"]}
        assert channels == pytest.approx(then["channels"], abs=4e-3)


def test_reports_made_before_compare_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = BEFORE["compare"]
    first, second = (str(REPORTS / name) for name in wanted["reports"])
    found = document(capsys, "compare", first, second)
    assert found["n"] == wanted["n"]
    assert {name: found["metrics"][name] for name in wanted["metrics"]} == wanted["metrics"]


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_a_command_line_of_before_is_understood(line: str, tmp_path: Path) -> None:
    arguments = [part.replace("out.jsonl", str(tmp_path / "out")) for part in shlex.split(line)]
    parsed = parser_of(COMMANDS, "").parse_args(joined(arguments))
    assert parsed.command == arguments[0]
