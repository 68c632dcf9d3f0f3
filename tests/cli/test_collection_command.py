"""Collections on the command line: convert, check, build, evaluate, describe."""

import json
from pathlib import Path

import pytest
from tiny_chat import Reply, chat
from tiny_clip import openai_state, saved
from tiny_collection import as_lines, rows, written
from tiny_command_line import Core
from tiny_cvgtext import PUBLIC, some_names
from tiny_descriptions import well

from core.sources.collection import open_collection

# --- convert and check ------------------------------------------------------------------------


def test_lines_are_converted_with_splits_and_places(core: Core, tmp_path: Path) -> None:
    path, out = as_lines(tmp_path / "own", rows(), lambda *_: None), tmp_path / "c"
    options = ["--as", "webdataset", "--title", "Mine", "--licence", "CC0", "--view", "drawn"]
    options += ["--split", "test=lund,osaka", "--split", "train=quito", "--footprint-m", "80"]
    options += ["--intercontinental", "test=South America", "--place", "lund=Danmark,Europe"]
    made = core(
        "collection", "convert", out, "--from", path, *options, "--json", "--quiet"
    ).document
    assert (made["rows"], made["described"], made["shards"]) == (12, 12, 1)
    manifest = open_collection(out).manifest
    assert (manifest.storage, manifest.view, manifest.footprint_m) == ("webdataset", "drawn", 80)
    assert (manifest.title, manifest.licence) == ("Mine", "CC0")
    assert manifest.continents == {"South America": "test"}
    splits = {one.row.region: one.row.split for one in open_collection(out).rows(pictures=False)}
    assert splits == {"lund": "test", "osaka": "test", "quito": "train", "porto": "validation"}
    again = core("collection", "convert", out, "--from", path)
    assert "has a collection already" in again.mistake


def test_a_check_lists_all_faults_and_ends_with_2(core: Core, tmp_path: Path) -> None:
    written(tmp_path / "good")
    run = core("collection", "check", tmp_path / "good", "--quiet")
    assert (run.code, run.out) == (0, "12 rows: no faults\n")
    (tmp_path / "empty.jsonl").write_text("")
    run = core("collection", "check", tmp_path / "empty.jsonl", "--quiet")
    assert (run.code, run.out) == (2, "empty.jsonl: no rows\n0 rows: 1 fault\n")
    spoilt = {2: {"lat": 95}, 4: {"split": ""}, 5: {"id": "\x1b[2J"}, 6: {"id": "\x1b[2J"}}
    path = as_lines(
        tmp_path / "own", rows(), lambda number, values: values.update(spoilt.get(number, {}))
    )
    run = core("collection", "check", path, "--quiet", "--out", tmp_path / "faults.jsonl")
    assert run.code == 2
    assert "\x1b" not in run.out
    told = run.out.splitlines()
    assert told[0].startswith("rows.jsonl, row 2: position out of range (95,")
    assert told[-1] == f"{len(rows())} rows: 3 faults"
    listed = [json.loads(line) for line in (tmp_path / "faults.jsonl").read_text().splitlines()]
    assert [(one["row"], one["fault"]) for one in listed] == [
        (2, "position out of range"),
        (4, "unknown split"),
        (6, "duplicate id"),
    ]
    document = json.loads(core("collection", "check", path, "--quiet", "--json").out)
    assert document["listed"] == listed
    assert document["faults"]["unknown split"] == 1


def test_cvgtext_there_and_back(core: Core, tmp_path: Path) -> None:
    names = some_names(3)
    PUBLIC.write(tmp_path / "copy", "NewYork", "sat", {"test": dict.fromkeys(names, "a park")})
    of = ["--city", "NewYork", "--kind", "sat"]
    run = core("collection", "convert", tmp_path / "c", "--cvgtext", tmp_path / "copy", *of)
    assert run.document["regions"] == {"NewYork": 3}
    assert "no train.json" in run.err
    options = ["--collection", tmp_path / "c", "--as", "cvgtext", *of]
    back = core("collection", "convert", tmp_path / "back", *options, "--json").document
    assert back["panoramas"] == 3
    assert json.loads((tmp_path / "back/CVG-text/NewYork/test.json").read_text()) == dict.fromkeys(
        names, "a park"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["collection", "check", "absent"], "no folder absent"),
        (["collection", "convert", "x", "--from", "absent.jsonl"], "no file absent.jsonl"),
        (["collection", "convert", "x", "--collection", "."], "no collection.json"),
        (["collection", "convert", "x", "--core", "."], "not published"),
        (["collection", "convert", "x", "--cvgtext", "."], "--kind"),
        (["collection", "convert", "x", "--gallery", "nowhere"], "no gallery 'nowhere'"),
        (["collection", "convert", "x", "--core", ".", "--split", "dev=a"], "train, validation"),
        (["collection", "convert", "x", "--core", ".", "--place", "a=b,Atlantis"], "Antarctica"),
        (["collection", "convert", "x", "--as", "cvgtext", "--core", "."], "needs --collection"),
        (["build", "x", "--collection", "absent"], "no folder absent"),
        (["build", "x", "--region", "a"], "goes with --collection"),
        (["evaluate", "--collection", "absent"], "no folder absent"),
        (["evaluate", "--collection", ".", "--scope", "full"], "choose world or region"),
        (["evaluate", "--gallery", "helsinki", "--scope", "world"], "goes with --collection"),
        (["describe", "--from", "."], "no collection.json"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str], told: str, core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert told in core(*arguments).mistake
    assert not (tmp_path / "x").exists()


# --- build and evaluate ---------------------------------------------------------------------------


def test_a_gallery_is_built_and_a_model_evaluated(core: Core, tmp_path: Path) -> None:
    written(tmp_path / "c", unverified="nobody checked it")
    options = ["--region", "lund", "--no-pictures", "--json", "--quiet"]
    run = core("build", "lund", "--collection", tmp_path / "c", *options)
    assert run.document["regions"] == ["lund"]
    assert "nobody checked it" in run.err
    found = core("search", "Café 1", "--gallery", "lund", "--json").document
    assert found["candidates"][0]["names"] == ["Café 1"]
    checkpoint = saved(openai_state(), tmp_path / "clip.pth")
    options = ["--model", "crosstext2loc", "--checkpoint", checkpoint, "--quiet", "--json"]
    reports = []
    for scope in ("world", "region"):
        out = ["--out", tmp_path / f"{scope}.json", "--scope", scope]
        arguments = ["evaluate", "--collection", tmp_path / "c", *options, *out]
        reports.append(core(*arguments).document)
    assert [(one["n"], one["scope"], one["split"]) for one in reports] == [
        (6, "world", "test"),
        (6, "region", "test"),
    ]
    assert reports[0]["R@1"] <= reports[1]["R@1"]
    compared = core("compare", tmp_path / "world.json", tmp_path / "world.json", "--json")
    assert compared.code == 0, compared.err


# --- describe -------------------------------------------------------------------------------------


def test_a_collection_is_described_after_an_estimate(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "c", rows(1, described=False))
    monkeypatch.delenv("SAYWHERE_LLM_URL", raising=False)
    assert "SAYWHERE_LLM_URL" in core("describe", "--from", tmp_path / "c").mistake
    monkeypatch.setenv("SAYWHERE_LLM_MODEL", "tiny")
    with chat(Reply(body=b"{")) as gone:
        monkeypatch.setenv("SAYWHERE_LLM_URL", gone.url)
        failed = core("describe", "--from", tmp_path / "c", "--yes", "--quiet", "--json")
    assert (failed.code, json.loads(failed.out)["written"]) == (2, 0)
    assert "4 rows have no description yet; run the same command again" in failed.err
    with chat(well) as server:
        monkeypatch.setenv("SAYWHERE_LLM_URL", server.url)
        describe = ["describe", "--from", tmp_path / "c", "--quiet", "--price", "2,8"]
        refused = core(*describe)
        assert refused.code == 2
        assert "4 pictures for tiny: 4 to 8 requests" in refused.err
        assert refused.err.splitlines()[-1].endswith("add --yes to start it without asking")
        assert core(*describe, "--estimate", "--json").document["requests"] == 4
        assert server.asked == []
        done = core(*describe, "--yes", "--limit", 2, "--json").document
        assert (done["written"], done["quality"]["described"]) == (2, 2)
        with monkeypatch.context() as without:
            without.delenv("SAYWHERE_LLM_URL")
            left = core(*describe, "--estimate", "--json").document
        assert (left["pictures"], left["described"]) == (2, 2)
        done = core(*describe, "--yes", "--json").document
        assert (done["written"], done["resumed"], len(server.asked)) == (2, 2, 4)
    file = tmp_path / "c" / "descriptions.jsonl"
    options = ["--collection", tmp_path / "c", "--descriptions", file, "--json"]
    made = core("collection", "convert", tmp_path / "d", *options).document
    assert made["described"] == 4
    texts = {json.loads(line)["id"]: json.loads(line)["text"] for line in file.open()}
    assert {
        one.row.row_id: one.row.descriptions for one in open_collection(tmp_path / "d").rows()
    } == {row_id: (text,) for row_id, text in texts.items()}
