"""The manifest: names that stay in their folder, foreign and damaged galleries refused."""

import json
import math
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import settings_for
from hypothesis import given
from hypothesis import strategies as st

from core.errors import GalleryError
from core.gallery import find_gallery, list_galleries, open_gallery
from core.gallery.manifest import (
    PictureStamp,
    check_name,
    file_entry,
    read_manifest,
    write_manifest,
)
from core.records import CHANNEL_TRAITS, ChannelTraits
from core.settings import Settings

BAD_NAMES = (
    "",
    ".",
    "..",
    "../x",
    "x/..",
    "a/b",
    "a\\b",
    "/etc",
    "/",
    "Tiny",
    "tiny city",
    "-x",
    "x-",
    "tiny\n",
    "tiny\0",
    "ä",
    "x" * 65,
    "x" * 10_000,
    "~",
    "$HOME",
    "%2e%2e",
    "con.",
    "\u202etiny",
)


@pytest.mark.parametrize("name", BAD_NAMES, ids=repr)
def test_a_name_that_could_leave_its_folder_is_refused(name: str, tiny_settings: Settings) -> None:
    for use in (
        check_name,
        lambda name: find_gallery(name, tiny_settings),
        lambda name: open_gallery(name, tiny_settings),
    ):
        with pytest.raises(GalleryError) as caught:
            use(name)
        assert len(str(caught.value)) < 300
        assert str(caught.value).isprintable()


def test_a_title_in_the_place_of_a_name_gets_the_name() -> None:
    with pytest.raises(GalleryError, match="did you mean 'new-york'"):
        check_name("New York")


@pytest.mark.parametrize("name", ["x", "tiny", "rvs-manhattan", "a_b", "2026", "x" * 64])
def test_plain_names_are_names(name: str) -> None:
    assert check_name(name) == name


@given(st.text())
def test_a_name_is_refused_or_means_a_folder_right_here(name: str) -> None:
    try:
        checked = check_name(name)
    except GalleryError:
        return
    home = Path("/galleries")
    assert (home / checked).parent == home
    assert checked not in (".", "..")


def test_the_hash_of_a_file_is_what_sha256sum_says(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert file_entry(path) == {
        "bytes": 3,
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    }


# --- Damaged and foreign galleries --------------------------------------------------------------

Changed = Callable[[Callable[[dict[str, object]], object]], Settings]


@pytest.fixture
def copied(tiny_home: Path, tmp_path: Path) -> Settings:
    """A copy of the tiny gallery that a test may damage."""
    shutil.copytree(tiny_home / "galleries", tmp_path / "galleries")
    return settings_for(tmp_path / "galleries")


@pytest.fixture
def changed(copied: Settings) -> Changed:
    """Changes the copy's manifest, which then has no digest, as those of before it had none."""

    def change(how: Callable[[dict[str, object]], object]) -> Settings:
        path = copied.user_galleries / "tinycity" / "manifest.json"
        manifest = json.loads(path.read_text("utf-8"))
        del manifest["digest"]
        how(manifest)
        path.write_text(json.dumps(manifest), "utf-8")
        return copied

    return change


def refusal(settings: Settings, name: str = "tinycity") -> str:
    with pytest.raises(GalleryError) as caught:
        open_gallery(name, settings)
    (card,) = [card for card in list_galleries(settings) if card.name == name]
    assert card.name == name, "a list of galleries never fails"
    assert "\n" not in str(caught.value)
    return str(caught.value)


def data_files(settings: Settings) -> list[Path]:
    folder = settings.user_galleries / "tinycity"
    return [folder / name for name in sorted(read_manifest(folder).files)]


def test_an_untouched_copy_opens(copied: Settings) -> None:
    assert len(open_gallery("tinycity", copied))


def test_every_file_cut_short_is_noticed(copied: Settings) -> None:
    paths = data_files(copied)
    assert paths
    for path in paths:
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        assert path.name in refusal(copied)
        path.write_bytes(whole)


def test_every_file_with_one_changed_byte_is_noticed(copied: Settings) -> None:
    paths = data_files(copied)
    assert paths
    for path in paths:
        whole = path.read_bytes()
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        assert path.name in refusal(copied)
        path.write_bytes(whole)


def test_every_file_that_is_gone_is_noticed(copied: Settings) -> None:
    paths = data_files(copied)
    assert paths
    for path in paths:
        path.rename(path.with_name("away"))
        assert path.name in refusal(copied)
        path.with_name("away").rename(path)


def test_a_gallery_is_searched_by_the_channels_whose_part_it_has(
    copied: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (name,) = (card.name for card in list_galleries(copied))
    manifest = read_manifest(find_gallery(name, copied))
    colour = ChannelTraits("colour", "Colour: of the houses", "names")
    monkeypatch.setitem(CHANNEL_TRAITS, "colour", colour)  # type: ignore[misc]
    picture = PictureStamp("compact", "Compact", "0" * 64, 8)
    of_map = replace(manifest, channels=("facts", "names"), picture_models=()).searched_by
    of_pictures = replace(manifest, channels=(), picture_models=(picture,)).searched_by
    assert {"facts", "names", "colour"} <= set(of_map)
    assert "image" in of_pictures
    assert not set(of_map) & set(of_pictures)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"3", b"\xff\xfe\x00"], ids=repr)
def test_a_manifest_that_is_none_is_refused(content: bytes, copied: Settings) -> None:
    (copied.user_galleries / "tinycity" / "manifest.json").write_bytes(content)
    assert "tinycity" in refusal(copied)
    (card,) = list_galleries(copied)
    assert card.problem


def test_a_folder_without_manifest_is_refused(copied: Settings) -> None:
    (copied.user_galleries / "tinycity" / "manifest.json").unlink()
    assert "manifest" in refusal(copied)


def rename_first_file(manifest: dict[str, object], name: str) -> None:
    files = manifest["files"]
    assert isinstance(files, dict)
    files[name] = files.pop(next(iter(files)))


A_MODEL = {"name": "compact", "title": "Compact", "weights_sha256": "0" * 64, "dimensions": 16}

FOREIGN: dict[str, Callable[[dict[str, object]], object]] = {
    "a later format": lambda one: one.update(format=99),
    "no format": lambda one: one.pop("format"),
    "a format as text": lambda one: one.update(format="1"),
    "another gallery's name": lambda one: one.update(name="othercity"),
    "a name that is a path": lambda one: one.update(name="../tinycity"),
    "a missing key": lambda one: one.pop("model"),
    "an unknown key": lambda one: one.update(surprise=1),
    "a file above the folder": lambda one: rename_first_file(one, "../../etc/passwd"),
    "a file at the root": lambda one: rename_first_file(one, "/etc/passwd"),
    "a file by a hidden way": lambda one: rename_first_file(one, "build/../../x"),
    "a build above the folder": lambda one: one.update(build=".."),
    "a build at the root": lambda one: one.update(build="/etc"),
    "a build that is a number": lambda one: one.update(build=5),
    "a model's name that is a path": lambda one: one["model"].update(name="../../x"),  # type: ignore[attr-defined]
    "files as a list": lambda one: one.update(files=[]),
    "files as text": lambda one: one.update(files="all"),
    "no files": lambda one: one.update(files={}),
    "a file without hash": lambda one: one["files"].update({"build-x/y": {"bytes": 3}}),  # type: ignore[attr-defined]
    "bounds with three edges": lambda one: one.update(bounds=[1, 2, 3]),
    "bounds in the wrong order": lambda one: one.update(bounds=[3, 3, 1, 1]),
    "bounds as text": lambda one: one.update(bounds=["a", "b", "c", "d"]),
    "an origin as text": lambda one: one.update(origin="here"),
    "a model as text": lambda one: one.update(model="minilm"),
    "channels as a number": lambda one: one.update(channels=3),
    "picture models as text": lambda one: one.update(picture_models="compact"),
    "a picture model without its file": lambda one: one.update(picture_models=[A_MODEL]),
    "a picture model's name that is a path": lambda one: one.update(
        picture_models=[A_MODEL | {"name": "../../x"}]
    ),
    "a checkpoint that is a path": lambda one: one.update(
        picture_models=[A_MODEL | {"checkpoint": "../../x.pth"}]
    ),
}


@pytest.mark.parametrize("how", FOREIGN)
def test_a_foreign_manifest_is_refused_in_one_line(how: str, changed: Changed) -> None:
    assert "tinycity" in refusal(changed(FOREIGN[how]))


WRONG_FIELDS: dict[str, dict[str, object]] = {
    **{
        f"footprint_m {value}": {"footprint_m": value}
        for value in (0, -5, 1e9, math.nan, math.inf, True, "100", None, 10**400)
    },
    "a negative spacing": {"spacing_m": -1.0},
    "a view without end": {"view_m": math.inf},
    "no tiles": {"tiles": 0},
    "tiles beyond 64 bits": {"tiles": 2**70},
    "a fraction of a fact": {"facts": 1.5},
    "a truth for a number": {"named": True},
    "half a surrogate pair in the title": {"title": "Tiny \ud83d City"},
    "half a surrogate pair in the licence": {
        "origin": {"files": {}, "licence": "\udc00", "date": ""}
    },
    "a title without end": {"title": "x" * 10_000},
    "a day that is none": {"created": "2026-02-30T00:00:00+00:00"},
    "a data date that is none": {"origin": {"files": {}, "licence": "", "date": "2023-13-26"}},
    "a source without hash": {"origin": {"files": {"a": 1}, "licence": "", "date": ""}},
    "bounds not a number": {"bounds": [math.nan] * 4},
    "bounds beyond the world": {"bounds": [24.0, 60.0, 240.0, 61.0]},
    "a bound of 400 digits": {"bounds": [10**400, 60.0, 25.0, 61.0]},
    "a channel of nobody": {"channels": ["facts", "smells"]},
    "channels as text": {"channels": "facts"},
    "a model of no dimensions": {"model": A_MODEL | {"dimensions": 0}},
    "a size that is negative": {"files": {"build-x/y": {"bytes": -1, "sha256": "0" * 64}}},
    "a hash that is none": {"files": {"build-x/y": {"bytes": 1, "sha256": "../x"}}},
    "a file as text": {"files": {"build-x/y": "3 bytes"}},
}


@pytest.mark.parametrize("how", WRONG_FIELDS)
def test_a_wrong_field_is_one_line_and_harms_no_other_gallery(
    how: str, changed: Changed, tiny_settings: Settings
) -> None:
    settings = changed(lambda one: one.update(WRONG_FIELDS[how]))
    line = refusal(settings)
    assert "manifest of tinycity" in line
    assert line.isprintable()
    assert len(line) < 400
    shutil.copytree(tiny_settings.user_galleries / "tinycity", settings.user_galleries / "other")
    cards = {card.name: card.problem for card in list_galleries(settings)}
    assert set(cards) == {"tinycity", "other"}
    assert cards["tinycity"] == line


def test_a_number_of_ten_thousand_digits_is_refused(copied: Settings) -> None:
    path = copied.user_galleries / "tinycity" / "manifest.json"
    text = path.read_text("utf-8")
    many = re.sub(r'"tiles": \d+', f'"tiles": {"9" * 10_000}', text)
    assert many != text
    path.write_text(many, "utf-8")
    assert "damaged" in refusal(copied)


def test_a_manifest_without_digest_still_opens(changed: Changed) -> None:
    assert len(open_gallery("tinycity", changed(lambda _: None)))


def test_any_changed_digit_of_a_manifest_is_noticed(copied: Settings) -> None:
    path = copied.user_galleries / "tinycity" / "manifest.json"
    whole = path.read_text("utf-8")
    digits = [at for at, sign in enumerate(whole) if sign.isdigit()]
    assert len(digits) > 100
    opened = []
    for at in digits:
        changed = f"{whole[:at]}{(int(whole[at]) + 1) % 10}{whole[at + 1 :]}"
        path.write_text(changed, "utf-8")
        (card,) = list_galleries(copied)
        if not card.problem and json.loads(changed) != json.loads(whole):
            opened.append(whole[at - 30 : at + 1])
    assert opened == []


def test_a_manifest_is_the_same_in_another_layout(copied: Settings) -> None:
    path = copied.user_galleries / "tinycity" / "manifest.json"
    document = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(dict(reversed(document.items()))), "utf-8")
    assert len(open_gallery("tinycity", copied))


def test_tiles_outside_the_bounds_are_noticed_without_a_digest(changed: Changed) -> None:
    settings = changed(lambda one: one.update(bounds=[24.0, 61.0, 25.0, 62.0]))
    with pytest.raises(GalleryError, match="outside its bounds"):
        open_gallery("tinycity", settings)


def test_a_manifest_that_could_not_be_read_back_is_not_written(copied: Settings) -> None:
    folder = copied.user_galleries / "tinycity"
    manifest, before = read_manifest(folder), (folder / "manifest.json").read_bytes()
    wrong = {"title": "\ud83d", "footprint_m": math.nan, "created": "today"}
    for name, value in wrong.items():
        with pytest.raises(GalleryError, match="tinycity cannot be described"):
            write_manifest(folder, replace(manifest, **{name: value}))
    assert (folder / "manifest.json").read_bytes() == before


def test_a_folder_whose_name_is_no_text_is_one_line_that_can_be_shown(copied: Settings) -> None:
    (copied.user_galleries / os.fsdecode(b"\xff\xfe")).mkdir()
    cards = list_galleries(copied)
    assert len(cards) == 2
    (broken,) = [card for card in cards if card.problem]
    assert f"{broken.name}{broken.title}{broken.problem}".encode()


def test_a_folder_under_another_name_is_refused(copied: Settings) -> None:
    (copied.user_galleries / "tinycity").rename(copied.user_galleries / "renamed")
    assert "tinycity" in refusal(copied, "renamed")


def test_what_is_listed_as_healthy_can_be_opened(changed: Changed) -> None:
    settings = changed(lambda manifest: manifest.update(name="Tiny City"))
    (settings.user_galleries / "tinycity").rename(settings.user_galleries / "Tiny City")
    cards = list_galleries(settings)
    assert [card.name for card in cards] == ["Tiny City"]
    for card in cards:
        if card.problem:
            assert refusal(settings, card.name)
        else:
            assert open_gallery(card.name, settings)


def test_one_broken_gallery_does_not_hide_the_others(copied: Settings) -> None:
    (copied.user_galleries / "broken").mkdir()
    (copied.user_galleries / "broken" / "manifest.json").write_text("{")
    (copied.user_galleries / "a file").write_text("no gallery")
    cards = {card.name: card.problem for card in list_galleries(copied)}
    assert set(cards) == {"broken", "tinycity"}
    assert cards["broken"]
    assert not cards["tinycity"]


def test_an_unknown_gallery_is_refused_with_those_there_are(tiny_settings: Settings) -> None:
    with pytest.raises(GalleryError, match="tinycity"):
        open_gallery("nosuchcity", tiny_settings)


def test_without_any_gallery_the_list_is_empty(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "none")
    assert list_galleries(settings) == ()
    with pytest.raises(GalleryError, match="none yet"):
        open_gallery("tinycity", settings)


def test_the_users_own_gallery_hides_a_bundled_one(
    copied: Settings, tiny_settings: Settings
) -> None:
    both = settings_for(copied.user_galleries, tiny_settings.user_galleries)
    assert len(list_galleries(both)) == 1
    assert find_gallery("tinycity", both).parent == copied.user_galleries
