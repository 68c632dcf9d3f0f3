"""Lengths that no gallery can have are mistakes, and no faults of the program."""

from pathlib import Path

import pytest

from core.__main__ import main


@pytest.mark.parametrize("option", ["--spacing-m", "--footprint-m"])
@pytest.mark.parametrize("length", ["0", "-5", "nan", "inf", "1e-9", "20001", "thirty"])
def test_a_length_out_of_range_is_told_in_one_line(
    length: str, option: str, city_osm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["build", "town", "--from", str(city_osm), f"{option}={length}", "--estimate"])
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"'{length}' is not a number of metres from 1 to 20000" in line
