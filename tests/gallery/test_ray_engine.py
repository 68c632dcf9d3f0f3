"""Embedding on a real Ray cluster of two nodes, of which one is killed, beside the plain loop."""

import hashlib
import io
import logging
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.__main__ import main
from core.errors import GalleryError
from core.gallery import embed
from core.gallery.embed import EmbeddingJob, embed_pictures, parts_of, picture_stamp_of, read_part
from core.gallery.manifest import read_manifest
from core.gallery.ray_engine import embed_on_ray, read_shard, shard_of
from core.models.compact import CompactEncoder

PART = 6


def quiet(*_: object) -> None:
    """No progress bar."""


@pytest.fixture
def folder(tiny_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("mapnik", reason="Mapnik has no wheel for this machine")
    monkeypatch.setattr(embed, "_PART", PART)
    return copied(tiny_home, tmp_path / "ray")


def copied(home: Path, to: Path) -> Path:
    return shutil.copytree(home / "galleries" / "tinycity", to / "tinycity")


def job_of(folder: Path, encoder: CompactEncoder, weights: Path) -> EmbeddingJob:
    manifest = read_manifest(folder)
    finished = folder / manifest.build / ".parts"
    finished.mkdir()
    stamp = picture_stamp_of(encoder, weights)
    return EmbeddingJob(folder, stamp, weights, parts_of(folder, manifest), finished)


# --- Without a cluster --------------------------------------------------------------------------


def test_parts_hold_every_tile_once_and_in_order(
    folder: Path, compact: CompactEncoder, compact_weights: Path
) -> None:
    job, manifest = job_of(folder, compact, compact_weights), read_manifest(folder)
    in_parts = [picture for part in job.parts for picture in read_part(job, manifest, part)]
    shards = sorted((folder / manifest.build).glob("tiles-*.parquet"))
    assert in_parts == [
        one for path in shards for one in pq.read_table(path)["picture"].to_pylist()
    ]
    assert len(in_parts) == manifest.tiles > 3 * PART


def test_a_shard_is_named_by_model_and_tiles(
    folder: Path, compact: CompactEncoder, compact_weights: Path
) -> None:
    job, manifest = job_of(folder, compact, compact_weights), read_manifest(folder)
    names = {shard_of(job, manifest, part).name for part in job.parts}
    assert len(names) == len(job.parts)
    others = [
        picture_stamp_of(compact, None),
        picture_stamp_of(compact, compact_weights, "aerial"),
    ]
    for stamp in others:
        other = EmbeddingJob(folder, stamp, None, job.parts, job.finished)
        assert not names & {shard_of(other, manifest, part).name for part in job.parts}


def test_a_missing_package_is_one_line(
    folder: Path,
    compact: CompactEncoder,
    compact_weights: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(GalleryError, match="pip install -r core"):
        embed_pictures(folder, compact, compact_weights, 1, quiet, None, embed_on_ray)


def test_a_damaged_shard_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(GalleryError, match="delete it and run it again"):
        read_shard(tmp_path / "a.parquet")


# --- On a cluster -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ray() -> Any:
    return pytest.importorskip("ray", reason="ray is not installed: core/scale")


@pytest.fixture
def two_nodes(ray: Any) -> Iterator[Callable[[], None]]:
    """A cluster of a head without processors and two nodes; what it gives kills one of them."""
    from ray.cluster_utils import Cluster

    patch = pytest.MonkeyPatch()
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    patch.setenv("PYTHONPATH", ":".join(path for path in sys.path if path))
    small = {"object_store_memory": 100 * 2**20}
    cluster = Cluster(True, head_node_args={"num_cpus": 0, "include_dashboard": False, **small})
    try:
        nodes = [cluster.add_node(num_cpus=1, **small) for _ in range(2)]
        ray.init(address=cluster.address, logging_level=logging.WARNING, log_to_driver=False)
        yield partial(cluster.remove_node, nodes[0], allow_graceful=False)
    finally:
        ray.shutdown()
        cluster.shutdown()
        patch.undo()


@pytest.mark.slow
def test_a_killed_node_changes_nothing(
    folder: Path,
    tiny_home: Path,
    compact: CompactEncoder,
    compact_weights: Path,
    tmp_path: Path,
    two_nodes: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = copied(tiny_home, tmp_path / "plain")
    embed_pictures(plain, compact, compact_weights, 1, quiet)
    job, manifest = job_of(folder, compact, compact_weights), read_manifest(folder)
    killed: list[int] = []

    def kill(_: str, done: int, total: int) -> None:
        if 0 < done < total and not killed:
            killed.append(done)
            two_nodes()

    found = np.concatenate(embed_on_ray(job, kill))
    assert killed, "the node was killed before the end"
    shards = list(job.finished.iterdir())
    assert {path.name for path in shards} == {
        shard_of(job, manifest, part).name for part in job.parts
    }
    embedded = Counter(one for path in shards for one in read_shard(path)[0])
    pictures = [picture for part in job.parts for picture in read_part(job, manifest, part)]
    assert embedded == Counter(hashlib.sha256(picture).hexdigest() for picture in pictures)
    data = plain / read_manifest(plain).build
    buffer = io.BytesIO()
    np.save(buffer, found, allow_pickle=False)
    assert buffer.getvalue() == (data / f"{job.stamp.key}-pictures.npy").read_bytes()

    before = {path.name: path.stat().st_mtime_ns for path in shards}
    shards[0].unlink()
    assert (np.concatenate(embed_on_ray(job, quiet)) == found).all()
    after = {path.name: path.stat().st_mtime_ns for path in job.finished.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {shards[0].name}

    monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path))
    monkeypatch.setenv("SAYWHERE_THREADS", "1")
    words = "embed tinycity --model compact --engine ray --workers 1 --quiet --checkpoint"
    options = ["--out", str(folder.parent)]
    assert main([*words.split(), str(compact_weights), *options]) == 0
    assert read_manifest(folder).files == read_manifest(plain).files
    assert read_manifest(folder).picture_models == (job.stamp,)


def test_an_engine_that_is_not_there_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["embed", "helsinki", "--engine", "ray"]) == 2
    assert "pip install -r core/scale/requirements.txt" in capsys.readouterr().err
    assert main(["build", "x", "--from", "x.osm", "--workers", "2"]) == 2
    assert "--workers goes with --engine ray" in capsys.readouterr().err
    assert main(["bench", "milvus"]) == 2
    assert "--server http://HOST:19530" in capsys.readouterr().err
    assert main(["bench", "milvus", "--server", "tiles.db"]) == 2
    assert "only runs tests" in capsys.readouterr().err
