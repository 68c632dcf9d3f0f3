"""The search of one region among several, before places are chosen."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.arrays import F32, F64, Bools
from core.errors import QueryError
from core.gallery.opened import Gallery
from core.records import CHANNELS, Channel, Query
from core.retrieval import steering as wishes
from core.retrieval.channels import SPECS, FirstStep
from core.retrieval.confidence import Calibration, Posterior, posterior_from
from core.retrieval.confidence_features import confidence_features
from core.retrieval.missing_numbers import with_missing_numbers
from core.retrieval.opened_regions import encoder_key
from core.retrieval.picture_model import PictureEncoder
from core.retrieval.query_encoding import (
    EncodedQuery,
    KnownPhrases,
    Respelling,
    encode_query,
    tokenize_query,
)
from core.retrieval.regions import names_any_town
from core.retrieval.search import (
    Ranking,
    asking,
    check_query,
    match_index_of,
    rank_tiles,
    region_mask,
)
from core.retrieval.spelling import respellings_of
from core.retrieval.town_suffix import without_town
from core.retrieval.translation import translated
from core.vocabulary import grammar

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder


@dataclass(frozen=True, slots=True)
class RegionSearch:
    """The search of one region, before places are chosen: `features` [C] are those of its
    confidence, `own_town` tells whether the description names it."""

    gallery: Gallery
    channels: tuple[Channel, ...]
    mask: Bools | None
    encoded_query: EncodedQuery
    ranking: Ranking
    features: F32
    own_town: bool
    posterior: Posterior

    demands: bool = False
    """Whether the query has demands, which only some tiles meet."""

    @property
    def allowed(self) -> Bools | None:
        """The tiles [N] that may be candidates, None for all."""
        return self.posterior.mass > 0 if self.demands else self.mask

    @property
    def mass(self) -> F64:
        """The mass [N] of the tiles, if the place is in this region."""
        mass: F64 = self.posterior.mass / max(1 - self.posterior.p_outside, 1e-12)
        return mass


class SharedEncoding:
    """One encoding of a description for all regions that read it alike.

    Regions may read it differently: each keeps its own names in another language, and cuts its own
    town behind an address.
    """

    def __init__(self, text: str, encoder: "SentenceEncoder", exact: bool = False) -> None:
        self._text, self.encoder, self._exact = text, encoder, exact
        self._known: KnownPhrases = {}
        self._made: dict[tuple[str, str, str, tuple[Respelling, ...]], EncodedQuery] = {}
        self.seconds = 0.0

    def of(self, gallery: Gallery, picture_encoder: PictureEncoder | None) -> EncodedQuery:
        """The description as the gallery's search reads it. Raises QueryError without words."""
        match_index = match_index_of(gallery)
        text = without_town(self._text, match_index.mentions)
        gloss = translated(text, match_index)
        respellings = respellings_of(gloss.english if gloss else text, match_index.mentions)
        pictures = picture_encoder.keys if picture_encoder else ""
        key = (text, gloss.english if gloss else "", pictures, respellings)
        if key not in self._made:
            started = time.perf_counter()
            tokenized = tokenize_query(text, self.encoder, picture_encoder, gloss, respellings)
            made = encode_query(tokenized, self.encoder, picture_encoder, self._known)
            self._made[key] = replace(made, exact=self._exact)
            self.seconds += time.perf_counter() - started
        return self._made[key]


class LeftOutError(QueryError):
    """A region that the query leaves out, and why."""


@dataclass(frozen=True, slots=True)
class BegunSearch:
    """The search of one region after the first steps of its channels. `own_town` tells whether the
    description names it."""

    gallery: Gallery
    channels: tuple[Channel, ...]
    mask: Bools | None
    encoded_query: EncodedQuery
    steps: Mapping[Channel, FirstStep]
    own_town: bool


def begin_search(
    gallery: Gallery,
    encoding: SharedEncoding,
    query: Query,
    picture_encoders: Mapping[str, PictureEncoder],
) -> BegunSearch:
    """The first steps of the search of a region. Raises LeftOutError, and QueryError for a bad
    query."""
    wanted = query.channels if query.channels is not None else CHANNELS
    present = tuple(name for name in wanted if name in gallery.card.channels)
    picture_encoder = picture_encoders.get(encoder_key(gallery, query.view))
    if picture_encoder is None or "image" not in present:
        present, picture_encoder = tuple(name for name in present if name != "image"), None
    if not present and gallery.card.channels:
        raise LeftOutError(f"{gallery.card.title} was left out: it has no {', '.join(wanted)}.")
    view = query.view if picture_encoder else None
    channels = check_query(replace(query, channels=present, model=None, view=view), gallery)
    try:
        mask = region_mask(query, gallery)
    except QueryError as error:
        raise LeftOutError(str(error)) from error
    encoded_query = encoding.of(gallery, picture_encoder)
    if gallery.prepared is not None:
        gallery.prepared.note_read()
    steps = {
        name: begin(match_index_of(gallery), encoded_query, mask)
        for name in channels
        if (begin := SPECS[name].begin) is not None
    }
    own_town = bool(names_any_town(query.text, [gallery.card])[0])
    return BegunSearch(gallery, channels, mask, encoded_query, steps, own_town)


def finish_search(
    begun: BegunSearch, encoding: SharedEncoding, query: Query, learned: Calibration
) -> RegionSearch:
    """The search of a region that was begun. Raises LeftOutError, and QueryError for a bad
    query."""
    gallery, channels, mask = begun.gallery, begun.channels, begun.mask
    encoded_query = begun.encoded_query
    ranking = rank_tiles(gallery, encoded_query, channels, mask, begun=begun.steps)
    steering = query.steering
    ask = asking(gallery, encoding.encoder, query, channels, learned)
    if steering:
        wished = wishes.wished_scores(gallery, steering, encoded_query, channels, ask)
        ranking = replace(ranking, scores=ranking.scores + wished, wished=wished)
    features = confidence_features(
        encoded_query,
        ranking.signals,
        ranking.scores,
        channels,
        mask,
        learned.background,
        ranking.fused,
    )
    posterior = posterior_from(
        features,
        ranking.signals,
        ranking.scores,
        mask,
        learned,
        affirms=len(encoded_query.affirmed) > 0,
    )
    posterior = with_missing_numbers(
        posterior, match_index_of(gallery), encoded_query, channels, mask
    )
    if steering.must:
        matched = match_index_of(gallery)
        try:
            posterior = wishes.steered_posterior(matched, steering, posterior, ranking.order, ask)
        except QueryError as error:
            listed = ", ".join(map(grammar.quoted, steering.must))
            raise LeftOutError(
                f"{gallery.card.title} was left out: no place there has {listed}."
            ) from error
    return RegionSearch(
        gallery,
        channels,
        mask,
        encoded_query,
        ranking,
        features,
        begun.own_town,
        posterior,
        bool(steering.must),
    )
