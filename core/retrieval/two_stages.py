"""The search of many regions in two stages: an overview of all, then the likely ones exactly."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np

from core.arrays import F64
from core.gallery.cards import GalleryCard
from core.gallery.opened import Gallery
from core.geo import Bounds, tile_bounds
from core.records import Query
from core.retrieval.channels.names import written_as_names
from core.retrieval.confidence import Calibration
from core.retrieval.opened_regions import encoder_key
from core.retrieval.overview import Overview, read_overview
from core.retrieval.picture_model import PictureEncoder
from core.retrieval.region_search import LeftOutError, RegionSearch, SharedEncoding, search_region
from core.retrieval.regions import RegionModel, description_features, region_features
from core.retrieval.search import match_index_of, no_tile_here

LEAST_LIKELY = 0.05
"""A region that is less likely has no places among the candidates, as long as others have enough.
Its places would be the last of them, and each region costs time."""


MOST_SEARCHED = 5
"""Regions that are searched at the most, in two stages. Each costs as much as a city."""
_SURE, _SURE_OF_NAMES = 3.0, 4.0
"""The next region is searched while its estimate plus so many standard errors of the estimates
would give it `LEAST_LIKELY`, or make it the likeliest. Names need more: "Boulevard" is nearly a
street of Helsinki, too. The second was chosen among 3, 3.25, 3.5 and 4 on 220 descriptions, for
which the ten places are those of a search in all cities from 3.25 on."""


class TwoStages:
    """The search of the likely regions among G.

    `rows` are those of the `searches` among the regions that were not left out, whose cards are
    `cards`; `left_out` says why others were.
    """

    def __init__(
        self,
        galleries: Sequence[Gallery],
        encoding: SharedEncoding,
        query: Query,
        picture_encoders: Mapping[str, PictureEncoder],
        learned: Calibration,
        model: RegionModel,
    ) -> None:
        self._galleries, self._encoding, self._query = galleries, encoding, query
        self._picture_encoders, self._learned, self._model = picture_encoders, learned, model
        self._searched: dict[int, RegionSearch] = {}
        self._exact: dict[int, float] = {}
        self._left_out: dict[int, str] = {}
        self._estimates: F64 = np.zeros(len(galleries))
        self._doubt = 0.0

    @property
    def searches(self) -> list[RegionSearch]:
        """The searches that were made, in the galleries' order."""
        return [self._searched[number] for number in sorted(self._searched)]

    @property
    def left_out(self) -> list[str]:
        """Why galleries were left out, in their order."""
        return [self._left_out[number] for number in sorted(self._left_out)]

    @property
    def _inside(self) -> list[int]:
        return [row for row in range(len(self._galleries)) if row not in self._left_out]

    @property
    def rows(self) -> list[int]:
        """The row of each search among the regions that were not left out."""
        return [row for row, number in enumerate(self._inside) if number in self._searched]

    @property
    def cards(self) -> list[GalleryCard]:
        """The cards of the regions that were not left out."""
        return [self._galleries[number].card for number in self._inside]

    def run(self, every: bool) -> None:
        """Searches the likely regions, or all."""
        area = _Area(self._query)
        for number, gallery in enumerate(self._galleries):
            if not area.meets(gallery.card.bounds):
                self._left_out[number] = str(no_tile_here(gallery.card))
        if every or len(self._inside) <= 1:
            for number in self._inside:
                self._search(number)
            return
        self._estimate()
        while (likeliest := self._next()) is not None and len(self._searched) < MOST_SEARCHED:
            self._search(likeliest)

    def _search(self, number: int) -> None:
        try:
            one = search_region(
                self._galleries[number],
                self._encoding,
                self._query,
                self._picture_encoders,
                self._learned,
            )
        except LeftOutError as error:
            self._left_out[number] = str(error)
            return
        features = region_features(one.features, self._learned, one.own_town)
        self._searched[number] = one
        self._exact[number] = float(self._model.utilities(features[None])[0])

    def _estimate(self) -> None:
        """Estimates the utilities from the overview, with the description as the first region
        reads it."""
        first = self._galleries[self._inside[0]]
        seeing = self._picture_encoders.get(encoder_key(first, self._query.view))
        overview, encoded_query = overview_of(self._galleries), self._encoding.of(first, seeing)
        features = overview.features(encoded_query, self._query.text)
        learned = read_overview()
        sure = _SURE_OF_NAMES if written_as_names(encoded_query).any() else _SURE
        self._estimates, self._doubt = learned.utilities(features), sure * learned.error

    def _next(self) -> int | None:
        """The likeliest region that was not searched, None where it cannot matter."""
        waiting = [number for number in self._inside if number not in self._searched]
        if not waiting:
            return None
        number = waiting[int(self._estimates[waiting].argmax())]
        if not self._searched:
            return number
        utilities = self._utilities()
        utilities[self._inside.index(number)] += self._doubt
        exponentials = np.exp(utilities - utilities.max())
        share = exponentials[self._inside.index(number)] / exponentials.sum()
        may_lead = exponentials[self._inside.index(number)] >= exponentials.max()
        return number if share >= LEAST_LIKELY or may_lead else None

    def _utilities(self) -> F64:
        """The utilities of the regions that were not left out: exact ones, and estimates that are
        moved so that they agree with these on average."""
        searched, exact = list(self._exact), list(self._exact.values())
        utilities = self._estimates + np.mean(exact - self._estimates[searched])
        utilities[searched] = exact
        return utilities[self._inside]

    def shares(self) -> F64:
        """The probability of each region that was not left out, then that of none of them."""
        searches = self.searches
        described = max(searches, key=lambda one: len(one.channels)).features
        in_area = searches[0].mask is not None
        return self._model.shares(self._utilities(), description_features(described), in_area)


class _Area:
    """The area of a query, to leave out regions without looking at their tiles."""

    def __init__(self, query: Query) -> None:
        self._boxes = [] if query.area is None else [query.area.bounds]
        if query.near is not None and query.within_m is not None and 0 < query.within_m < _FAR_M:
            self._boxes.append(tile_bounds(query.near, 2 * query.within_m))

    def meets(self, bounds: Bounds) -> bool:
        """Whether a region may have tiles in the area."""
        return all(box.overlaps(bounds) for box in self._boxes)


_FAR_M = 1_000_000.0


_overviews: "OrderedDict[tuple[int, ...], Overview]" = OrderedDict()
_OVERVIEWS_KEPT = 3


def overview_of(galleries: Sequence[Gallery]) -> Overview:
    """The overview of some galleries, made once."""
    key = tuple(map(id, galleries))
    if key not in _overviews:
        _overviews[key] = Overview(galleries, match_index_of)
        while len(_overviews) > _OVERVIEWS_KEPT:
            _overviews.popitem(last=False)
    return _overviews[key]
