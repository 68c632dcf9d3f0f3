"""Builds that a page starts: counted first, stopped and continued, renamed and removed."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import settings_for, tiny_town
from tiny_dialects import overpass_json
from tiny_overpass import Overpass

from core.errors import GalleryError
from core.gallery import list_galleries, open_gallery, own_places
from core.gallery.build_jobs import (
    MOST_JOBS,
    BuildJobs,
    JobStatus,
    finished_galleries,
    name_of,
    unfinished_builds,
)
from core.gallery.build_log import problem_in
from core.gallery.build_steps import STEPS, TWIN_STEPS, progress_in
from core.gallery.job_imagery import GivenFile, keep_files
from core.geo import Bounds
from core.settings import Settings, forget_empty_projections

MAP = json.dumps(tiny_town()).encode()
PATIENCE_S = 600


@pytest.fixture
def machine(tmp_path: Path) -> Settings:
    """A machine without any gallery."""
    return settings_for(tmp_path / "data" / "galleries")


def until(jobs: BuildJobs, name: str, true: Callable[[JobStatus], bool]) -> JobStatus:
    """Looks at a job until it is so."""
    end = time.monotonic() + PATIENCE_S
    while not true(status := jobs.status(name)):
        assert time.monotonic() < end, status
        time.sleep(0.05)
    return status


def write_raster(path: Path, west: float, south: float, east: float, north: float) -> None:
    """A grey GeoTIFF of a box."""
    import rasterio
    from rasterio.transform import from_bounds

    forget_empty_projections()
    place = {"crs": "EPSG:4326", "transform": from_bounds(west, south, east, north, 64, 64)}
    size = {"width": 64, "height": 64, "count": 3, "dtype": "uint8"}
    with rasterio.open(path, "w", driver="GTiff", **size, **place) as file:
        file.write(np.full((3, 64, 64), 120, dtype=np.uint8))


def is_over(status: JobStatus) -> bool:
    return status.state not in ("counting", "waiting", "building")


@pytest.mark.parametrize(
    ("title", "name"),
    [("Bad Münster", "bad-munster"), ("Львів", "lviv"), ("  A_b  ", "a-b"), ("x" * 99, "x" * 40)],
)
def test_a_name_is_made_of_a_title(title: str, name: str) -> None:
    assert name_of(title) == name


@pytest.mark.parametrize("title", ["", "../..", "!!!", "\x00"])
def test_a_title_without_letters_is_none(title: str) -> None:
    with pytest.raises(GalleryError, match="is not a gallery name"):
        name_of(title)


def test_a_map_is_counted_first_and_a_second_job_of_its_name_is_refused(machine: Settings) -> None:
    jobs = BuildJobs(machine)
    job = jobs.add("My Town", "../My Town.geojson", MAP)
    assert job.file == "my_town.geojson"
    assert jobs.status("my-town").state == "counting"
    with pytest.raises(GalleryError, match="already"):
        jobs.add("my town", "a.geojson", MAP)
    counted = until(jobs, "my-town", is_over)
    assert (counted.state, counted.problem) == ("counted", "")
    assert 20 < counted.tiles < 500
    assert counted.about_s > 0
    assert counted.about_mb > 0
    assert counted.ground is not None
    assert counted.ground.contains(np.array([60.17]), np.array([24.945])).all()
    assert unfinished_builds(machine) == frozenset()
    assert list_galleries(machine) == ()
    with pytest.raises(GalleryError, match="draw it on its ground"):
        jobs.count("my-town", Bounds(1, 1, 2, 2))
    ground = counted.ground
    assert counted.outline
    with pytest.raises(GalleryError, match="may be looked at but not stored"):
        jobs.add_imagery("my-town", "esri")
    with pytest.raises(GalleryError, match=r"a\.vrt is no imagery"):
        jobs.add_imagery("my-town", "", [GivenFile("a.vrt", b"<x/>")])
    half = Bounds(ground.west, ground.south, ground.center.lon, ground.north)
    assert jobs.count("my-town", half).file == job.file
    assert 0 < until(jobs, "my-town", is_over).tiles < counted.tiles
    jobs.forget("my-town")
    assert jobs.all() == []
    with pytest.raises(GalleryError, match="no job"):
        jobs.status("my-town")


def test_pictures_from_above_are_told_before_a_build_and_can_be_left_out(
    machine: Settings, tmp_path: Path
) -> None:
    jobs = BuildJobs(machine)
    home = machine.user_galleries.parent / "builds" / "town"
    home.mkdir(parents=True)
    about = {"name": "town", "title": "Town", "file": "a.json", "asked": True, "kept": 3}
    (home / "job.json").write_text(json.dumps(about))
    (home / "a.json").write_bytes(MAP)
    write_raster(tmp_path / "a.tif", 24.93, 60.16, 24.96, 60.18)
    files = [GivenFile("../Ortho 1.TIF", (tmp_path / "a.tif").read_bytes())]
    jobs.add_imagery("town", "", files, " © the  town ")
    counted = until(jobs, "town", is_over)
    assert (counted.state, counted.problem) == ("counted", "")
    assert (counted.job.imagery, counted.job.kept) == ("imagery/ortho_1.tif", 0)
    assert counted.imagery is not None
    assert (counted.imagery.licence, counted.imagery.credit) == ("© the town", "© the town")
    assert counted.imagery.missing == 0
    files = [GivenFile("a.png", b""), GivenFile("a.pgw", b"")]
    assert keep_files(home, files) == "imagery"
    assert sorted(path.name for path in (home / "imagery").iterdir()) == ["a.pgw", "a.png"]
    jobs.add_imagery("town", "")
    bare = until(jobs, "town", is_over)
    assert (bare.state, bare.imagery) == ("counted", None)
    assert bare.about_s < counted.about_s


def test_a_file_that_is_no_map_says_so(machine: Settings) -> None:
    jobs = BuildJobs(machine)
    jobs.add("Nothing", "a.xyz", b"nothing", Bounds(1, 1, 2, 2))
    failed = until(jobs, "nothing", is_over)
    assert failed.state == "failed"
    assert "has a format that cannot be read" in failed.problem
    assert "Traceback" not in failed.problem


@pytest.mark.parametrize("extract", [False, True])
def test_a_map_is_downloaded_where_no_file_is_given(
    machine: Settings,
    overpass: Overpass,
    city_osm: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    extract: bool,
) -> None:
    overpass_json(city_osm, tmp_path / "map.json")
    overpass.body = (tmp_path / "map.json").read_bytes()
    monkeypatch.setenv("SAYWHERE_OVERPASS", overpass.url)
    monkeypatch.setenv("SAYWHERE_EXTRACTS", "127.0.0.1")
    address = overpass.url.replace("api/interpreter", "town.json") if extract else ""
    jobs = BuildJobs(machine)
    jobs.add("My Town", "", b"", Bounds(24.92, 60.16, 24.97, 60.18), address)
    counted = until(jobs, "my-town", is_over)
    assert (counted.state, counted.problem) == ("counted", "")
    assert counted.tiles > 20
    (asked,) = overpass.asked
    assert asked.startswith("/town.json" if extract else "[out:json]")


def test_there_is_a_limit_of_jobs(machine: Settings) -> None:
    home = machine.user_galleries.parent / "builds"
    for number in range(MOST_JOBS):
        (home / f"job-{number}").mkdir(parents=True)
        (home / f"job-{number}" / "job.json").write_text(
            json.dumps({"name": f"job-{number}", "title": "a", "file": "a"})
        )
    jobs = BuildJobs(machine)
    assert {one.state for one in jobs.all()} == {"stopped"}
    with pytest.raises(GalleryError, match="remove one first"):
        jobs.add("One more", "a.geojson", MAP)
    (home / "job-0" / "job.json").write_text('{"strange": 1}')
    assert len(jobs.all()) == MOST_JOBS - 1


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("", ""),
        ("embed facts:  40%|####  | 4/10\r", ""),
        ("saywhere: stopped; run the same command again to continue\n", ""),
        ("pictures: 100%|##| 4/4\nsaywhere: the disk is full\n", "the disk is full"),
        ("Traceback …\nKeyError: 1\n", "the build met a fault of ours: KeyError: 1"),
        ("Traceback …\nKeyboardInterrupt\n", ""),
    ],
)
def test_what_a_process_said_last_is_its_problem(said: str, problem: str) -> None:
    assert problem_in(said) == problem


def test_a_build_waits_for_the_one_ahead_and_begins_by_itself(machine: Settings) -> None:
    """The one ahead is a lock that this test holds, as a build's process would. Interrupts are
    ignored, as in an app that a shell started in the background."""
    jobs = BuildJobs(machine)

    def ends(status: JobStatus) -> bool:
        jobs.stop("bergen")  # the first may come before its process has begun
        return is_over(status)

    home = machine.user_galleries.parent / "builds"
    for name in ("vaduz", "bergen"):
        (home / name).mkdir(parents=True)
        (home / name / "job.json").write_text(
            json.dumps({"name": name, "title": name.title(), "file": "a.xyz", "asked": True})
        )
        (home / name / "a.xyz").write_bytes(b"no map")
    with jobs._new_lock("vaduz"):
        assert jobs.status("vaduz").state == "building"
        heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
        jobs.start("bergen")
        signal.signal(signal.SIGINT, heard)
        waiting = jobs.status("bergen")
        assert (waiting.state, waiting.ahead) == ("waiting", ("Vaduz",))
        assert until(jobs, "bergen", ends).state == "stopped"
        jobs.start("bergen")
        assert jobs.status("bergen").state == "waiting"
        assert unfinished_builds(machine) == {"vaduz", "bergen"}
        for name in ("vaduz", "tromso"):
            (machine.user_galleries / name).mkdir(parents=True)
        assert [card.name for card in finished_galleries(machine)] == ["tromso"]
        assert {card.name for card in list_galleries(machine)} == {"vaduz", "tromso"}
    begun = until(jobs, "bergen", is_over)
    assert (begun.state, begun.ahead) == ("failed", ())
    assert "has a format that cannot be read" in begun.problem


@pytest.mark.parametrize(
    ("log", "words", "share"),
    [
        ("", "Step 1 of 6: reading the map", 0.0),
        ("waits for its turn\nbegins now\npictures:  50%|##", "Step 3 of 6: drawing the", 0.14),
        ("facts: 100%\rembed tiles: 100%|##| 4/4", "Step 5 of 6: learning the words", 0.88),
        ("embed pictures: 100%|##| 4/4", "Step 6 of 6: learning what", 1.0),
    ],
)
def test_a_log_is_told_as_one_of_the_steps(log: str, words: str, share: float) -> None:
    assert progress_in(log).words.startswith(words)
    assert progress_in(log).share == pytest.approx(share)
    assert sum(step.share for step in STEPS) == pytest.approx(1)
    assert sum(step.share for step in TWIN_STEPS) == pytest.approx(1)


def test_pictures_from_above_have_steps_of_their_own() -> None:
    log = "download: 100%|##| 9/9\nfacts: 100%\rimagery:  50%|#| 1/2"
    progress = progress_in(log, TWIN_STEPS)
    assert progress.words == "Step 4 of 8: cutting the pictures from above"
    assert progress.share == pytest.approx(0.28 + 0.06 / 4)
    last = progress_in("embed pictures: 100%|##| 4/4\nembed aerial pictures: 100%|", TWIN_STEPS)
    assert (last.step, last.share) == (8, 1)


def test_a_run_that_goes_on_tells_the_steps_that_are_done() -> None:
    begun = progress_in("").going_on(4)
    assert begun.words == (
        "Steps 1 to 4 are done, going on with step 5 of 6. First: reading the map"
    )
    assert begun.share == pytest.approx(0.28)
    assert begun.left_s(100) == pytest.approx(72)
    again = progress_in("facts: 100%|##| 1/1").going_on(4)
    assert again.words.endswith("First: listing what stands around each spot")
    assert again.share == pytest.approx(0.28)
    new = progress_in("embed facts: 100%|##| 4/4").going_on(4)
    assert new.words == "Step 5 of 6: learning the words for each spot"
    assert progress_in("").going_on(1).words.startswith("Step 1 is done, going on with step 2 of")
    assert progress_in("").going_on(0).words == "Step 1 of 6: reading the map"


@pytest.mark.parametrize(
    ("log", "left_s"),
    [
        ("", 100),
        ("pictures:   2%|  | 2/100 [00:01<00:49,  2it/s]", 92 - 0.24),
        ("pictures:  50%|##| 50/100 [00:06<00:06,  8it/s]", 6 + 80),
        ("pictures:  50%|##| 50/100 [00:18<00:18,  3it/s]", 18 + 3 * 80),
        ("pictures:  50%|##| 50/100 [00:01<00:06, 50it/s]", 6 + 80),
        ("embed tiles:  50%|##| 5/10 [01:00<01:00,  1it/s]", 60 + 12 * 4),
        ("embed pictures: 100%|##| 4/4 [00:12<00:00,  1it/s]", 0),
    ],
)
def test_the_time_left_comes_from_what_the_step_has_done(log: str, left_s: float) -> None:
    """The whole was to take 100 s, and its steps 5, 3, 12, 8, 60 and 12 s."""
    assert progress_in(log).left_s(100.0) == pytest.approx(left_s, abs=0.5)


@pytest.mark.slow
def test_a_build_is_stopped_continued_by_another_server_searched_renamed_removed(
    machine: Settings,
) -> None:
    jobs = BuildJobs(machine)
    jobs.add("My Town", "town.geojson", MAP)
    until(jobs, "my-town", is_over)
    jobs.start("my-town")
    with pytest.raises(GalleryError, match="is being built"):
        jobs.start("my-town")
    until(jobs, "my-town", lambda one: one.progress.step > 1)
    jobs.stop("my-town")
    assert until(jobs, "my-town", is_over).state == "stopped"
    assert list_galleries(machine) == ()
    later = BuildJobs(machine)
    later.start("my-town")
    assert until(later, "my-town", is_over) == later.status("my-town")
    assert later.status("my-town").state == "built"
    gallery = open_gallery("my-town", machine)
    assert (gallery.card.title, len(gallery)) == ("My Town", later.status("my-town").tiles)
    made = json.loads((machine.user_galleries / "my-town" / "examples.json").read_text())
    assert len(made) == 5
    assert all(one["text"] for one in made)
    own_places.rename("my-town", " Our  town ", machine)
    assert open_gallery("my-town", machine).card.title == "Our town"
    jobs.rename("my-town", " Our  town ")
    assert jobs.status("my-town").job.title == "Our town"
    with pytest.raises(GalleryError, match="needs a title"):
        own_places.rename("my-town", " ", machine)
    own_places.remove("my-town", machine)
    assert list_galleries(machine) == ()
    with pytest.raises(GalleryError, match="no place of your own"):
        own_places.remove("my-town", machine)
