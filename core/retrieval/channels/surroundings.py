"""The signal `surroundings`: what lies around, each thing weighed by how rare it is in the town.

A description of what is around speaks mostly of things that are everywhere (houses, trees, a car
park); a few are rare, and they tell the places apart. For each stretch p of the description,
s(p, t) is the best fact of tile t, decayed by its distance and by its direction; it adds
log((ε + s(p, t)) / (ε + mean over all tiles of s(p, ·))), so a thing that all places have adds
nothing, and a rare one that is there adds much. One that is not there costs little: maps and
photographs lack much that people see, and cars drive away. Our own method, after the
log-likelihood ratio.

A place with much around it gets a high score from any description. So each tile loses a share of
what typical phrases give it (`core.vocabulary.from_above.typical_views`), as many times as the
description has phrases: a correction of hubness, as CSLS (arXiv 1710.04087) does for neighbours.

How well a fact fits is the cosine with its text or with what people who look from above call its
kind (`core.vocabulary.from_above`). Colours and sizes that the description states must agree. The
facts are those of the map and those that are seen from above; only galleries with the latter have
this signal. What is said to lie in a direction is compared with the nearest such thing in each
direction (`core.facts.directed_links`).
"""

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F32, I64
from core.retrieval.channels.match_index import MatchIndex
from core.retrieval.channels.nearby_tiles import averaged_near
from core.retrieval.channels.stated_looks import look_factors
from core.retrieval.channels.surroundings_choices import CHOICES, Choices
from core.retrieval.head_nouns import parsed
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.stretches import Stretch, stretches_of

_UNDERFOOT_M = 12.0
_MOST_FACTS = 400


def surroundings(
    match_index: MatchIndex,
    encoded_query: EncodedQuery,
    facts: I64 | None,
    choices: Choices = CHOICES,
) -> F32:
    """The sum over the phrases, about −1..1 for each of N tiles; `facts` are those that count."""
    gallery = match_index.gallery
    spoken = gallery.spoken if facts is None else facts
    scores = np.zeros(len(gallery), dtype=np.float32)
    stretches = stretches_of(encoded_query)
    if not stretches or not len(spoken):
        return scores
    surely = 0.0
    for number, (stretch, fit) in enumerate(
        zip(stretches, _fits(match_index, _embeddings(stretches), spoken), strict=True)
    ):
        if (head := parsed(stretch.text)) is not None:  # a park for "car park"
            fit[match_index.false_friends(head)[spoken]] = 0
        sure = _certainty(fit, choices)
        if not sure:
            continue
        there_m = choices.reach_m if stretch.bearing_deg is None else choices.directed_m
        reach_m = there_m if number else choices.here_m
        surely += sure
        scores += np.float32(sure) * _gain(match_index, stretch, fit, spoken, reach_m, choices)
    scores -= np.float32(choices.usual_share * surely) * _usual_gain_of(match_index)
    return averaged_near(gallery, scores, choices) * np.float32(0.1)


def _embeddings(stretches: Sequence[Stretch]) -> F32:
    return np.stack([stretch.embedding for stretch in stretches])


def _certainty(fit: F32, choices: Choices) -> float:
    """How surely a stretch is about a thing that the gallery has, 0..1, from its fits [V]."""
    best = float(fit.max())
    return min(max((best - choices.sure_from) / choices.sure_over, 0.0), 1.0)


def _gain(
    match_index: MatchIndex,
    stretch: Stretch,
    fit: F32,
    facts: I64,
    reach_m: float,
    choices: Choices,
) -> F32:
    """What a stretch adds to each tile [N], from its fits [V] to V facts."""
    strength = np.maximum(fit - choices.base, 0)
    strength *= look_factors(match_index, stretch.text, choices)[facts]
    strength = (strength / max(float(strength.max()), 1e-6)) ** choices.sharpness
    best = np.argsort(-strength, kind="stable")[:_MOST_FACTS]
    best = best[strength[best] >= choices.least_share**choices.sharpness]
    there = _at_tiles(match_index, facts[best], strength[best], stretch, reach_m, choices)
    floor = np.float32(choices.floor)
    loss = 0.0 if stretch.passing else choices.most_loss
    gain: F32 = np.log((floor + there) / (floor + there.mean()))
    return np.maximum(gain, np.float32(-loss))


_usual_gains: "WeakKeyDictionary[MatchIndex, F32]" = WeakKeyDictionary()


def _usual_gain_of(match_index: MatchIndex, choices: Choices = CHOICES) -> F32:
    """What a typical phrase adds to each tile [N] on average; made once for a gallery."""
    usual = _usual_gains.get(match_index)
    if usual is None:
        gallery = match_index.gallery
        usual = np.zeros(len(gallery), dtype=np.float32)
        sayings, surely = gallery.sayings, 0.0
        if sayings is not None and sayings.typical_embeddings is not None and sayings.typical:
            fits = _fits(match_index, sayings.typical_embeddings, gallery.spoken)
            for row, text in enumerate(sayings.typical):
                sure = _certainty(fits[row], choices)
                if sure:
                    stretch = Stretch(text, sayings.typical_embeddings[row], None)
                    gain = _gain(
                        match_index, stretch, fits[row], gallery.spoken, choices.reach_m, choices
                    )
                    usual += np.float32(sure) * gain
                    surely += sure
        _usual_gains[match_index] = usual = usual / np.float32(max(surely, 1e-6))
    return usual


def _fits(match_index: MatchIndex, embeddings: F32, facts: I64) -> F32:
    """How well each of V facts fits each of Q stretches [Q, V]: by its text or its kind's words."""
    fits = match_index.cosines(embeddings, facts)
    if (sayings := match_index.gallery.sayings) is not None:
        kind = _said_kinds_of(match_index)[facts]
        likeness = sayings.likeness(embeddings)
        fits = np.maximum(fits, np.where(kind >= 0, likeness[:, kind], 0))
    return fits


_said_kinds: "WeakKeyDictionary[MatchIndex, I64]" = WeakKeyDictionary()


def _said_kinds_of(match_index: MatchIndex) -> I64:
    """The row of each fact's kind among the gallery's sayings [F], −1 for none."""
    said = _said_kinds.get(match_index)
    if said is None:
        sayings, kinds = match_index.gallery.sayings, match_index.gallery.facts.kind
        rows = {} if sayings is None else {kind: row for row, kind in enumerate(sayings.kinds)}
        said = np.array([rows.get(kind, -1) for kind in kinds], dtype=np.int64)
        _said_kinds[match_index] = said
    return said


def _at_tiles(
    match_index: MatchIndex,
    facts: I64,
    strength: F32,
    stretch: Stretch,
    reach_m: float,
    choices: Choices,
) -> F32:
    """The best of some facts at each tile [N], 0..1."""
    gallery = match_index.gallery
    directed = None if stretch.bearing_deg is None else gallery.directed
    links = gallery.links if directed is None else directed
    rows, counts = links.rows_of(facts)
    value = np.repeat(strength, counts) * np.exp(
        np.float32(-0.5) * np.square(links.distance_m[rows] / np.float32(reach_m))
    )
    if stretch.bearing_deg is not None:
        apart = np.cos(np.radians(links.bearing_deg[rows] - np.float32(stretch.bearing_deg)))
        least, turn = choices.opposite, choices.turn
        if stretch.held:
            least, turn = choices.held_opposite, choices.held_turn
        agreement = least + (1 - least) * ((1 + apart) / 2) ** turn
        agreement[links.distance_m[rows] < _UNDERFOOT_M] = 0.8
        value *= agreement
    there = np.zeros(len(match_index.gallery), dtype=np.float32)
    np.maximum.at(there, links.tile[rows], value.astype(np.float32))
    return there
