"""Folders and limits, read from the environment."""

import os
from pathlib import Path

import pytest

from core import settings


def test_the_users_folder_can_be_moved(tmp_path: Path) -> None:
    found = settings.load({"SAYWHERE_DATA": str(tmp_path)})
    assert found.user_galleries == tmp_path / "galleries"


def test_cases_are_kept_in_the_users_folder_unless_an_address_is_given(tmp_path: Path) -> None:
    data = {"SAYWHERE_DATA": str(tmp_path)}
    assert settings.load(data).cases == str(tmp_path / "cases.sqlite")
    address = "postgresql://me@there/cases"
    assert settings.load(data | {"SAYWHERE_CASES": address}).cases == address


def test_a_tilde_means_the_home_folder() -> None:
    found = settings.load({"SAYWHERE_DATA": "~/maps"})
    assert found.user_galleries == Path("~/maps/galleries").expanduser()


def test_without_a_choice_the_platforms_folder_is_taken() -> None:
    found = settings.load({})
    assert found.user_galleries.is_absolute()
    assert "saywhere" in str(found.user_galleries).lower()


def test_bundled_things_lie_beside_the_code() -> None:
    found = settings.load({})
    assert found.bundled_galleries == settings.ROOT / "assets" / "galleries"
    assert (settings.ROOT / "core" / "settings.py").is_file()


def test_threads_are_as_many_as_asked_for() -> None:
    found = settings.load({"SAYWHERE_THREADS": "3"})
    assert (found.search_threads, found.batch_threads) == (3, 3)


@pytest.mark.parametrize(
    ("cores", "load", "free"), [(8, 0.2, 8), (8, 3.4, 5), (2, 19.0, 1), (1, 0.0, 1)]
)
def test_work_on_many_texts_takes_the_cores_that_are_free(
    cores: int, load: float, free: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 9.0, 9.0), raising=False)
    assert settings.free_cores.__wrapped__() == free


def test_the_number_of_threads_is_decided_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings.load({})
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 99.0, 99.0), raising=False)
    assert settings.load({}) == before
    assert before.search_threads == 1
    assert before.batch_threads == settings.free_cores()


def test_a_system_that_does_not_tell_its_load_lends_every_core(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(os, "getloadavg", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert settings.free_cores.__wrapped__() == 4


@pytest.mark.parametrize("text", ["", "0", "-2", "many", "²", "1.5"])
def test_threads_that_are_no_number_fall_back_to_what_is_usual(text: str) -> None:
    assert settings.load({"SAYWHERE_THREADS": text}) == settings.load({})


def test_no_language_model_is_asked_unless_address_and_model_are_set() -> None:
    assert settings.load({}).advisor is None
    assert settings.load({"SAYWHERE_LLM_URL": "http://127.0.0.1:11434/v1"}).advisor is None
    assert settings.load({"SAYWHERE_LLM_MODEL": "m"}).advisor is None
    found = settings.load({"SAYWHERE_LLM_URL": "file:///etc", "SAYWHERE_LLM_MODEL": "m"})
    assert found.advisor is None


def test_a_language_model_is_read_with_its_key_which_is_never_shown() -> None:
    found = settings.load(
        {
            "SAYWHERE_LLM_URL": "http://127.0.0.1:8000/v1",
            "SAYWHERE_LLM_MODEL": "m",
            "SAYWHERE_LLM_KEY": "hush",
            "SAYWHERE_LLM_TIMEOUT_S": "7",
        }
    )
    assert found.advisor == settings.AdvisorServer("http://127.0.0.1:8000/v1", "m", "hush", 7.0)
    assert "hush" not in repr(found)
