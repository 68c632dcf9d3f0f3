"""Changes to rows on their way into another collection: splits, places, descriptions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import SourceError
from core.sources.collection.schema import CollectionRow, Split, json_of


class DescriptionFile:
    """Descriptions by the id of their row, in a file of JSON lines with `id` and `text`.

    Only the place of each line is in memory. Lines with an empty text, which tell of a refusal,
    are passed over. A row may have several lines.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[str, tuple[int, ...]] = {}
        try:
            with path.open("rb") as file:
                at = 0
                for number, line in enumerate(file, 1):
                    self._add(number, line, at)
                    at += len(line)
        except OSError as error:
            raise SourceError(
                f"{path} cannot be read ({error.strerror}); check the path"
            ) from error

    def _add(self, number: int, line: bytes, at: int) -> None:
        if not line.strip():
            return
        try:
            row = json_of(line)
            row_id, text = row["id"], row["text"]
            if not (isinstance(row_id, str) and isinstance(text, str)):
                raise TypeError("id and text must be texts")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise SourceError(
                f"{self._path.name}, line {number}: write JSON with id and text ({error!s:.60})"
            ) from error
        if text.strip():
            self._places[row_id] = (*self._places.get(row_id, ()), at)

    def __len__(self) -> int:
        return len(self._places)

    def texts_of(self, row_id: str) -> tuple[str, ...]:
        """The descriptions of a row in the order of the file."""
        if not (places := self._places.get(row_id)):
            return ()
        texts = []
        with self._path.open("rb") as file:
            for at in places:
                file.seek(at)
                texts.append(str(json_of(file.readline())["text"]))
        return tuple(texts)


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change: the split, and country and continent, by region; descriptions to add."""

    splits: Mapping[str, Split] = field(default_factory=dict)
    places: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    descriptions: DescriptionFile | None = None

    def applied(self, rows: Iterable[CollectionRow]) -> Iterator[CollectionRow]:
        """The changed rows, one after another."""
        for row in rows:
            country, continent = self.places.get(row.region, (row.country, row.continent))
            texts = self.descriptions.texts_of(row.row_id) if self.descriptions else ()
            yield replace(
                row,
                split=self.splits.get(row.region, row.split),
                country=country,
                continent=continent,
                descriptions=tuple(dict.fromkeys((*row.descriptions, *texts))),
            )
