"""The page that adds a place without a browser: its title, its faults, its queue, its cities."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import settings
from core.gallery.build_jobs import BuildJobs
from pages.add_page.form import title_of_file
from pages.ui import resources

ROOT = Path(__file__).resolve().parent.parent.parent

Written = Callable[..., Path]


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Writes a job of a machine's own, counted or asked for."""
    monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path))
    home = settings.load().user_galleries.parent / "builds"

    def write(name: str, *, asked: bool) -> Path:
        folder = home / name
        folder.mkdir(parents=True)
        about = {"name": name, "title": name.title(), "file": "a.xyz", "asked": asked}
        (folder / "job.json").write_text(json.dumps(about))
        (folder / "a.xyz").write_bytes(b"no map")
        size = {"tiles": 40, "about_s": 24.0, "about_mb": 9.1, "bounds": [9.5, 47.1, 9.6, 47.2]}
        (folder / "size.json").write_text(json.dumps(size))
        return folder

    return write


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_file(str(ROOT / "pages" / "add.py"), default_timeout=60)


def lines(found: object) -> list[str]:
    """The texts without the signs that keep them from being Markdown."""
    return [str(one.value).replace("\\", "") for one in found]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("file", "title"),
    [
        ("bad_münster-latest.osm.pbf", "Bad münster"),
        ("Vaduz.geojson", "Vaduz"),
        ("old.town.osm.gz", "Old town"),
        ("2024-town.shp.zip", "2024 town"),
        (".pbf", ""),
        ("", ""),
    ],
)
def test_a_title_is_made_of_the_name_of_a_file(file: str, title: str) -> None:
    assert title_of_file(file) == title


@pytest.mark.usefixtures("job")
def test_a_fault_names_the_field_that_is_empty(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert lines(page.error) == []
    submit = next(one for one in page.button if one.label == "Count its tiles")
    submit.click().run()
    assert set(lines(page.error)) == {
        "Type a title.",
        "Choose a town, a box, a map file or an extract.",
    }
    page.text_input(key="add-title").input("My Town")
    page.text_input(key="add-box").input("1, 2, 3")
    next(one for one in page.button if one.label == "Count its tiles").click().run()
    assert lines(page.error) == ["The box needs four numbers: west, south, east, north."]
    assert BuildJobs(settings.load()).all() == []


@pytest.mark.usefixtures("job")
def test_without_a_typed_title_that_of_the_extract_is_taken(page: AppTest) -> None:
    page.run()
    page.text_input(key="add-extract").input("https://elsewhere.test/old_town-latest.osm.pbf")
    next(one for one in page.button if one.label == "Count its tiles").click().run()
    (fault,) = lines(page.error)
    assert "elsewhere.test" in fault, "the title is no fault, the server is"


def test_a_second_build_says_that_it_waits_and_for_whom(job: Written, page: AppTest) -> None:
    job("vaduz", asked=True)
    job("bergen", asked=False)
    jobs = BuildJobs(settings.load())
    with jobs._new_lock("vaduz"):  # as its process would hold it
        page.run()
        assert any("The map shows Bergen." in line for line in lines(page.caption))
        page.button(key="start-bergen").click().run()
        assert not page.exception
        assert lines(page.info) == ["Waits for Vaduz, number 2 in the queue. It starts by itself."]
        assert lines(page.error) == []
        page.button(key="stop-bergen").click().run()


def test_a_counted_place_shows_whose_pictures_it_takes_and_can_leave_them_out(
    job: Written, page: AppTest
) -> None:
    folder = job("vaduz", asked=False)
    page.run()
    assert [one.label for one in page.button if one.key == "bare-vaduz"] == []
    about = json.loads((folder / "job.json").read_text()) | {"imagery": "swisstopo"}
    (folder / "job.json").write_text(json.dumps(about))
    told = {"source": "swisstopo", "licence": "free use", "credit": "© swisstopo", "date": ""}
    told |= {"missing": 1200, "download_mb": 15.2, "download_s": 130.0}
    size = json.loads((folder / "size.json").read_text()) | {"imagery": told}
    (folder / "size.json").write_text(json.dumps(size))
    page.run()
    assert (
        "Pictures from above: Switzerland, SWISSIMAGE · free use · © swisstopo. "
        "To download: 1,200 pieces, about 15 MB in 2 min."
    ) in lines(page.caption)
    assert page.button(key="bare-vaduz").label == "Leave the pictures from above out"


def test_a_place_is_a_city_to_search_when_its_build_is_over(job: Written) -> None:
    machine = settings.load()
    (machine.user_galleries / "vaduz").mkdir(parents=True)
    assert "vaduz" in [card.name for card in resources.cards()]
    folder = job("vaduz", asked=True)
    names = [card.name for card in resources.cards()]
    assert names
    assert "vaduz" not in names
    (folder / "built.json").write_text(json.dumps({"gallery": "vaduz"}))
    assert "vaduz" in [card.name for card in resources.cards()]
