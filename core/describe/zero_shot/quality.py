"""The quality report of descriptions in a file, read line by line."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class DescribeQuality:
    """Counts over a file. `described` have a text; `faults` counts each fault of the others.

    `words` are the least, mean and most words of a text, `regions` the least and most share of a
    region's rows that are described, in percent; `empty_regions` have none.
    """

    rows: int
    described: int
    by_status: dict[str, int]
    requests: int
    words: tuple[int, float, int]
    faults: dict[str, int]
    regions: tuple[float, float]
    empty_regions: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command line."""
        return asdict(self)


def describe_quality(rows: Iterable[dict[str, Any]]) -> DescribeQuality:
    """The report of the rows that a batch wrote."""
    statuses, faults = Counter[str](), Counter[str]()
    of_region, in_region = Counter[str](), Counter[str]()
    requests = words = count = 0
    least, most = 10**9, 0
    for row in rows:
        count += 1
        statuses[row["status"]] += 1
        requests += row["requests"]
        of_region[row["region"]] += 1
        if row["text"]:
            length = len(row["text"].split())
            in_region[row["region"]] += 1
            words, least, most = words + length, min(least, length), max(most, length)
        else:
            faults.update(fault.partition(" “")[0] for fault in row["faults"])
    described = in_region.total()
    shares = [round(100 * in_region[name] / rows_of, 1) for name, rows_of in of_region.items()]
    return DescribeQuality(
        rows=count,
        described=described,
        by_status=dict(statuses),
        requests=requests,
        words=(least if described else 0, round(words / max(described, 1), 1), most),
        faults=dict(faults.most_common()),
        regions=(min(shares, default=0.0), max(shares, default=0.0)),
        empty_regions=tuple(sorted(set(of_region) - set(in_region))),
    )
