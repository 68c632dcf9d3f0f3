"""The search of many regions in two stages: an overview of all, then the likely ones exactly.

Before a region is searched, the first steps of its search tell most about how likely it is, so
that many searches end there.
"""

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
from core.retrieval.estimates import read_estimates
from core.retrieval.first_look import look_features
from core.retrieval.opened_regions import encoder_key
from core.retrieval.overview import Overview
from core.retrieval.picture_model import PictureEncoder
from core.retrieval.region_search import (
    BegunSearch,
    LeftOutError,
    RegionSearch,
    SharedEncoding,
    begin_search,
    finish_search,
)
from core.retrieval.regions import RegionModel, description_features, region_features
from core.retrieval.search import match_index_of, no_tile_here

LEAST_LIKELY = 0.075
"""A region that is less likely has no places among the candidates, as long as others have enough.
Its places would be the last of them, and each region costs time. Of 0.05, 0.075, 0.1 and 0.15, the
first two find the same of 364 descriptions of the bundled cities among the first five and the first
ten; with the third, two fewer are among the first five, with the last six."""


MOST_SEARCHED = 5
"""Regions that are searched at the most, in two stages. Each costs as much as a city."""
MOST_BEGUN = 7
"""Regions at which a search looks at the most. Each costs a third of a search."""
_SURE, _SURE_OF_NAMES = 3.0, 4.0
"""The next region is looked at, and then searched, while its estimate plus so many standard errors
of the estimates would give it `LEAST_LIKELY`, or make it the likeliest. Names need more:
"Boulevard" is nearly a street of Helsinki, too. The second was chosen among 3, 3.25, 3.5 and 4 on
220 descriptions, for which the ten places are those of a search in all cities from 3.25 on."""


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
        self._begun: dict[int, BegunSearch] = {}
        self._searched: dict[int, RegionSearch] = {}
        self._looks: dict[int, float] = {}
        self._exact: dict[int, float] = {}
        self._left_out: dict[int, str] = {}
        self._overview: F64 = np.zeros(len(galleries))
        self._sure = _SURE

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
            for one in self._inside:
                self._search(one)
            return
        self._estimate()
        while (chosen := self._next()) is not None and len(self._searched) < MOST_SEARCHED:
            is_known = chosen in self._begun
            if not is_known:
                self._look(chosen)
            if is_known or not self._searched:
                self._search(chosen)

    def _begin(self, number: int) -> BegunSearch | None:
        """The first steps of a search, None for a region that is left out."""
        if number not in self._begun and number not in self._left_out:
            gallery, query = self._galleries[number], self._query
            try:
                self._begun[number] = begin_search(
                    gallery, self._encoding, query, self._picture_encoders
                )
            except LeftOutError as error:
                self._left_out[number] = str(error)
        return self._begun.get(number)

    def _look(self, number: int) -> None:
        """Estimates the utility of a region from a look, which needs facts and names."""
        begun = self._begin(number)
        if begun is not None and {"facts", "names"} <= begun.steps.keys():
            features = look_features(begun.gallery, begun.steps, begun.own_town)
            self._looks[number] = float(read_estimates().look.utilities(features))

    def _search(self, number: int) -> None:
        begun = self._begin(number)
        if begun is None:
            return
        try:
            one = finish_search(begun, self._encoding, self._query, self._learned)
        except LeftOutError as error:
            self._left_out[number] = str(error)
            del self._begun[number]
            self._looks.pop(number, None)
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
        self._overview = read_estimates().overview.utilities(features)
        self._sure = _SURE_OF_NAMES if written_as_names(encoded_query).any() else _SURE

    def _next(self) -> int | None:
        """The region that may be the likeliest of those that were not searched, None where even
        that cannot matter."""
        inside, may_begin = self._inside, len(self._begun) < MOST_BEGUN
        waiting = [
            number
            for number in inside
            if number not in self._searched and (may_begin or number in self._begun)
        ]
        if not waiting:
            return None
        utilities, errors = self._utilities(), self._errors()
        if not self._searched:
            return waiting[int(utilities[waiting].argmax())]
        number = waiting[int((utilities + self._sure * errors)[waiting].argmax())]
        utilities[number] += self._sure * errors[number]
        exponentials = np.exp(utilities[inside] - utilities[inside].max())
        own = exponentials[inside.index(number)]
        may_matter = own >= LEAST_LIKELY * exponentials.sum() or own >= exponentials.max()
        return number if may_matter else None

    def _errors(self) -> F64:
        """The standard error of the estimate of each region that was not searched."""
        estimates = read_estimates()
        errors = np.full(len(self._galleries), estimates.overview.error)
        if self._compared:
            errors[list(self._looks)] = estimates.look.error
        return errors

    @property
    def _compared(self) -> list[int]:
        """The searched regions with a look. Without any, looks tell nothing beside the others."""
        return [number for number in self._exact if number in self._looks]

    def _utilities(self) -> F64:
        """The utilities of all regions: exact ones, and estimates that are moved so that they
        agree with better ones on average."""
        utilities, known = self._overview.copy(), dict(self._exact)
        if both := self._compared:
            moved = sum(self._exact[number] - self._looks[number] for number in both) / len(both)
            known = {number: look + moved for number, look in self._looks.items()} | known
        if known:
            numbers = list(known)
            utilities += np.mean(np.array(list(known.values())) - utilities[numbers])
            utilities[numbers] = list(known.values())
        return utilities

    def shares(self) -> F64:
        """The probability of each region that was not left out, then that of none of them."""
        searches = self.searches
        described = max(searches, key=lambda one: len(one.channels)).features
        in_area = searches[0].mask is not None
        utilities = self._utilities()[self._inside]
        return self._model.shares(utilities, description_features(described), in_area)


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
