"""The bench of aerial pictures: what it compares is the same."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.__main__ import main
from core.cli.bench import build
from core.cli.imagery_options import stated_of
from core.sources.imagery import open_imagery

BOUNDS = [15.0, 50.0, 15.003, 50.002]


@pytest.fixture(scope="module")
def ortho(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench") / "ortho"
    folder.mkdir()
    at = np.arange(400)
    waves = np.stack([np.sin(at / 30), np.cos(at / 25), np.sin(at / 40)], axis=-1)
    rgb = 127 + 60 * (waves[None] + waves[:, None])
    Image.fromarray(rgb.clip(0, 255).astype(np.uint8)).save(folder / "a.png")
    (folder / "bounds.json").write_text(json.dumps({"a": BOUNDS}), "utf-8")
    return folder


def figures(capsys: pytest.CaptureFixture[str], ortho: Path) -> dict[str, float]:
    assert main(["bench", "build", "--imagery", str(ortho), "--json", "--quiet"]) == 0
    found: dict[str, float] = json.loads(capsys.readouterr().out)
    return found


def test_both_ways_make_the_same_tiles(
    ortho: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "_TILES", 9)
    found = figures(capsys, ortho)
    assert found["n"] == 9
    assert found["mean_difference"] < 5
    assert found["ratio"] == pytest.approx(
        found["ours_tiles_per_s"] / found["plain_tiles_per_s"], rel=0.1
    )
    assert min(found["ours_mb_per_km2"], found["plain_mb_per_km2"], found["rss_mb"]) > 0


def test_other_pictures_are_noticed(ortho: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_TILES", 1)
    black = np.zeros((256, 256, 3), dtype=np.uint8)
    monkeypatch.setattr(build, "_plain_picture", lambda *_: black)
    with pytest.raises(RuntimeError, match="differ from those of the plain loop"):
        main(["bench", "build", "--imagery", str(ortho), "--quiet"])


def test_a_source_states_its_origin_and_its_resolution(ortho: Path) -> None:
    stated = stated_of(open_imagery([str(ortho)]))
    assert stated["licence"] == "licence not stated"
    assert stated["may_be_stored"] is True
    assert stated["source"] == "a.png"
    assert {"credit", "date"} <= set(stated)
    assert 0.5 < stated["metres_per_px"] < 0.6
