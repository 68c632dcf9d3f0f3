"""A collection described by a server that does well, refuses, stalls, repeats itself and lies."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_chat import Chat, Reply, chat
from tiny_collection import picture, quiet, rows, written
from tiny_descriptions import GOOD, WORDS, good_text, well

from core.describe.zero_shot.batch import (
    DescribeJob,
    DescribeResult,
    RateLimit,
    describe_collection,
    lines_of,
    read_written,
    waiting_rows,
)
from core.describe.zero_shot.checks import invented_names, repeats_itself, text_faults
from core.describe.zero_shot.estimate import Price, estimate
from core.describe.zero_shot.prompts import DESCRIBER
from core.describe.zero_shot.quality import describe_quality
from core.errors import ModelError, SourceError
from core.settings import AdvisorServer

ROW = rows()[0]
BARE = rows(1, described=False)


def no_sleep(seconds: float) -> None:
    raise AssertionError(f"it slept {seconds} s")


Answer = Callable[[dict[str, Any]], Reply] | Reply
Describe = Callable[..., tuple[DescribeResult, Chat]]


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., DescribeJob]:
    """A batch of the four rows of a collection without descriptions."""
    collection = written(tmp_path / "c", BARE)

    def make(url: str = "", timeout_s: float = 30.0, **options: Any) -> DescribeJob:
        server = AdvisorServer(url, "tiny", "key", timeout_s)
        return DescribeJob(collection, tmp_path / "d.jsonl", server, **options)

    return make


@pytest.fixture
def describe(job: Callable[..., DescribeJob]) -> Describe:
    def run(
        answer: Answer,
        progress: Callable[..., None] = quiet,
        sleep: Callable[[float], None] = no_sleep,
        **options: Any,
    ) -> tuple[DescribeResult, Chat]:
        with chat(answer) as server:
            batch = job(server.url, **options)
            known = read_written(batch)
            rate = RateLimit(0, sleep=sleep)
            return describe_collection(batch, known, len(BARE), rate, progress), server

    return run


def lines(job: Callable[..., DescribeJob]) -> list[dict[str, Any]]:
    return list(lines_of(job().out))


# --- A batch --------------------------------------------------------------------------------------


def test_every_picture_is_described_once(
    describe: Describe, job: Callable[..., DescribeJob]
) -> None:
    result, server = describe(well, workers=2)
    assert (result.written, result.resumed, result.problems) == (4, 0, ())
    assert len(server.asked) == 4
    assert server.asked[0]["messages"][0]["content"].startswith("You get a drawn map of a small")
    told = lines(job)
    assert {line["id"] for line in told} == {row.row_id for row in BARE}
    assert {line["status"] for line in told} == {"accepted"}
    sums = {row.row_id: hashlib.sha256(row.picture).hexdigest() for row in BARE}
    assert {line["id"]: line["picture_sha256"] for line in told} == sums
    report = describe_quality(told)
    assert (report.rows, report.described, report.requests) == (4, 4, 4)
    assert report.regions == (100.0, 100.0)
    least, mean, most = report.words
    assert least <= mean <= most == max(len(line["text"].split()) for line in told)
    again, server = describe(well)
    assert (again.written, again.resumed, server.asked) == (0, 4, [])


def test_a_stopped_batch_goes_on_and_describes_each_picture_once(
    describe: Describe, job: Callable[..., DescribeJob]
) -> None:
    def stop(_: str, done: int, __: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        describe(well, stop)
    before = job().out.read_text("utf-8")
    assert before.count("\n") == 2
    job().out.write_text(before + '{"id": "osaka-0", "text": "A ro', "utf-8")  # what a kill leaves
    result, server = describe(well)
    assert (result.written, result.resumed, len(server.asked)) == (2, 2, 2)
    after = job().out.read_text("utf-8")
    assert after.startswith(before)
    assert Counter(json.loads(line)["id"] for line in after.splitlines()) == Counter(
        row.row_id for row in BARE
    )


@pytest.mark.slow
def test_a_killed_process_goes_on(job: Callable[..., DescribeJob]) -> None:
    """The command line, killed while the server answers the third request."""
    running: list[subprocess.Popen[bytes]] = []
    asked: list[int] = []

    def answer(request: dict[str, Any]) -> Reply:
        asked.append(1)
        if len(asked) == 3:
            os.kill(running[0].pid, signal.SIGKILL)
        return well(request)

    with chat(answer) as server:
        command = [sys.executable, "-m", "core", "describe", "--from", str(job().collection.folder)]
        command += ["--yes", "--quiet", "--out", str(job().out)]
        told = {"SAYWHERE_LLM_URL": server.url, "SAYWHERE_LLM_MODEL": "tiny"}
        for code in (-signal.SIGKILL, 0):
            process = subprocess.Popen(command, env=os.environ | told, stdout=subprocess.DEVNULL)
            running.insert(0, process)
            assert process.wait(timeout=120) == code
    assert Counter(line["id"] for line in lines(job)) == Counter(row.row_id for row in BARE)
    assert len(asked) == 5, "only the answer that was on its way is asked for again"


def test_rows_with_descriptions_and_other_splits_are_left_alone(tmp_path: Path) -> None:
    some = [*rows()[:2], *rows(described=False)[2:]]
    collection = written(tmp_path / "c", some)
    server = AdvisorServer("", "tiny")
    every = DescribeJob(collection, tmp_path / "d.jsonl", server)
    assert [one.row.row_id for one in waiting_rows(every, read_written(every))] == [
        row.row_id for row in some[2:]
    ]
    few = DescribeJob(collection, tmp_path / "d.jsonl", server, splits=("test",), limit=4)
    waiting = list(waiting_rows(few, read_written(few), pictures=False))
    assert [one.row.region for one in waiting] == ["osaka", "osaka", "osaka", "quito"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"id": "a", "text": "", "method": "other"}\n', "was written by 'other', not by tiny"),
        ("Dear diary\n", "line 1 is no description"),
        ("Dear diary", "line 1 is no description"),
    ],
)
def test_a_file_of_something_else_is_refused(
    content: str, told: str, job: Callable[..., DescribeJob]
) -> None:
    job().out.write_text(content)
    with pytest.raises(SourceError, match=told):
        read_written(job("http://asked"))
    assert job().out.read_text() == content


# --- Servers that fail ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply", [Reply(refusal="no"), Reply("I'm sorry, I can't help with that.")]
)
def test_a_refusal_is_kept_and_not_asked_for_again(
    reply: Reply, describe: Describe, job: Callable[..., DescribeJob]
) -> None:
    result, _ = describe(reply)
    assert (result.written, result.problems) == (4, ())
    assert {(line["status"], line["text"]) for line in lines(job)} == {("refused", "")}
    report = describe_quality(lines(job))
    assert (report.described, report.faults) == (0, {"it refused": 4})
    assert report.empty_regions == ("lund", "osaka", "porto", "quito")
    assert describe(well)[1].asked == []


def test_a_server_that_stalls_ends_the_batch_in_one_line_and_is_asked_again(
    describe: Describe, job: Callable[..., DescribeJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.describe.zero_shot.batch._MOST_FAILURES", 3)
    with pytest.raises(ModelError, match=r"tiny failed 3 times in a row \(it took too long\)"):
        describe(Reply(wait_s=20), timeout_s=0.05)
    assert lines(job) == []
    result, _ = describe(well)
    assert result.written == 4


def test_single_failures_are_told_and_left_for_the_next_run(describe: Describe) -> None:
    count = iter(range(100))
    result, _ = describe(lambda asked: Reply(body=b"{") if next(count) % 2 else well(asked))
    assert (result.written, len(result.problems)) == (2, 2)
    assert (
        "part-00000.parquet, row 2: tiny: its server does not follow the protocol"
        in (result.problems[0])
    )
    assert describe(well)[0].written == 2


def test_too_many_requests_are_waited_for(describe: Describe) -> None:
    slept: list[float] = []
    count = iter(range(100))
    result, server = describe(
        lambda asked: Reply(status=429) if next(count) < 3 else well(asked), sleep=slept.append
    )
    assert (result.written, slept, len(server.asked)) == (4, [2.0, 4.0, 8.0], 7)


def test_a_server_that_repeats_itself_describes_one_picture(
    describe: Describe, job: Callable[..., DescribeJob]
) -> None:
    same = GOOD.format(*WORDS)
    _, server = describe(Reply(same))
    assert len(server.asked) == 1 + 2 * 3, "each other one is asked for once more"
    texts = [line["text"] for line in lines(job)]
    assert texts == [same, *[""] * 3]
    assert lines(job)[1]["faults"] == ["it repeats the description of “lund-0”"]
    assert "it repeats the description" in server.asked[2]["messages"][-1]["content"]


def test_a_lie_is_asked_to_be_mended_once(
    describe: Describe, job: Callable[..., DescribeJob]
) -> None:
    def lies(asked: dict[str, Any]) -> Reply:
        text = good_text(asked)
        revised = len(asked["messages"]) > 2
        return Reply(text if revised else f"{text} This is Sankt Petri in Lund, 55.704, 13.193.")

    describe(lies)
    told = lines(job)
    assert {line["status"] for line in told} == {"revised"}
    assert all("Lund" not in line["text"] for line in told)
    assert describe_quality(told).requests == 8


def test_a_lie_that_stays_is_rejected(describe: Describe, job: Callable[..., DescribeJob]) -> None:
    describe(lambda asked: Reply(f"{good_text(asked)} The Eiffel Tower stands in the middle."))
    assert {(line["status"], line["text"]) for line in lines(job)} == {("rejected", "")}
    assert describe_quality(lines(job)).faults == {"it has the name": 4}


def test_a_picture_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    bad = replace(rows(described=False)[0], picture=b"\x89PNG broken")
    collection = written(tmp_path / "c", [bad])
    batch = DescribeJob(collection, tmp_path / "d.jsonl", AdvisorServer("http://x", "tiny"))
    result = describe_collection(batch, read_written(batch), 1, RateLimit(0), quiet)
    assert result.written == 0
    assert "row 1: its picture cannot be read: it is no JPEG" in result.problems[0]


# --- Checks ---------------------------------------------------------------------------------------

TEXT = GOOD.format(*WORDS)


def test_a_good_text_has_no_fault() -> None:
    assert text_faults(TEXT, ROW) == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("A square with trees.", "only 4 words"),
        (" ".join([TEXT] * 5), "more than 160"),
        (
            "Eine Reihe roter Häuser steht an der breiten Straße im Norden. Südlich davon liegt "
            "ein Platz, und im Westen steht eine große Halle neben dem Parkplatz.",
            "not in English",
        ),
        ("这是一个广场。" * 30, "not in English"),
        (f"{TEXT} It lies at 55.70, 13.19.", "coordinates"),
        (f"{TEXT} It lies at 55° 42' N.", "coordinates"),
        (f"{TEXT} Its latitude is low.", "coordinates"),
        (f"{TEXT} This satellite view is clear.", "a view from above"),
        (f"{TEXT} The image shows a park.", "mentions the photograph"),
        (f"{TEXT} It is typical of the south.", "guesses where"),
        (f"{TEXT} It is located in a city.", "guesses where"),
        (f"{TEXT} As an AI, I do what I can.", "language model"),
        (f"Sure, this is it. {TEXT}", "greeting"),
        (f"{TEXT} In the east is Kungsgatan.", "the name “Kungsgatan”"),
        (f"{TEXT} A bus waits on Main Street.", "the name “Main Street”"),
        (f"{TEXT} The houses of lund are low.", "the name “lund”"),
        (f"{TEXT} They look like Sweden.", "Sweden"),
        (f"{TEXT} {TEXT}", "repeats itself"),
    ],
)
def test_a_faulty_text_is_told(text: str, fault: str) -> None:
    assert any(re.search(fault, one) for one in text_faults(text, ROW)), text_faults(text, ROW)


@pytest.mark.parametrize(
    "text",
    [
        "North of the T-junction stands a U-shaped block. Large trees line it: Grass lies between.",
        "Two courts. The south side is paved. West of it, a hall with an L-shaped roof.",
        "A café stands there. Café 0 it says.",
    ],
)
def test_everyday_words_and_carried_names_are_no_inventions(text: str) -> None:
    assert invented_names(text, ROW) == []


def test_a_loop_of_words_is_a_repetition() -> None:
    assert repeats_itself("a tree and a tree and a tree and a tree and a tree and a tree")
    assert not repeats_itself("a tree, a house and a tree; a house, a lamp and a road")


# --- Before and while it runs ---------------------------------------------------------------------


def test_requests_are_spaced_evenly() -> None:
    now, slept = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))
        now[0] += seconds

    rate = RateLimit(30, lambda: now[0], sleep)
    for _ in range(3):
        rate.wait()
    now[0] += 60
    rate.wait()
    rate.wait()
    assert slept == [2.0, 2.0, 2.0], "a pause is not made up for"


def test_the_estimate_by_hand() -> None:
    told = estimate(1000, 7, [picture(1), picture(2, size=1500)], Price(2.0, 8.0), 50)
    read = 1000 * ((85 + 170 + 85 + 4 * 170) / 2 + len(DESCRIBER) / 4)
    assert (told.requests, told.most_requests, told.tokens_read) == (1000, 2000, round(read))
    assert told.tokens_written == 170_000
    assert told.cost == round((2 * read + 8 * 170_000) / 1e6, 2)
    twice = 2 * read + 8 * 170_000 + 2 * (read + 170_000 + 170_000) + 8 * 170_000
    assert told.most_cost == round(twice / 1e6, 2)
    assert told.minutes == 20
    assert "7 are described already" in told.sentence("tiny")
    assert estimate(1, 0, [b"no picture"], None, 0).cost is None
