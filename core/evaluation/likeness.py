"""Texts grouped by likeness: clusters of the sentence encoder's embeddings, with a title each."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import F32, I64
from core.vocabulary.folding import STOP_WORDS, words_of
from core.vocabulary.kinds import KINDS

_FEWEST = 12
"""Below this number of different texts, groups would be single texts."""
_FEWEST_GROUPS, _MOST_GROUPS = 3, 10
_SAMPLE = 1_000
"""Most texts on which the number of groups is chosen."""
_TITLE_WORDS = 4
_SEED = 0
_THINGS = frozenset(
    word
    for kind in KINDS.values()
    for noun in (kind.noun, *kind.called)
    for word in words_of(noun)
    if word not in STOP_WORDS and len(word) > 2
)
"""Words for kinds of things. Titles are made of them: of all words, fillers tell groups apart."""


@dataclass(frozen=True, slots=True)
class TextGroup:
    """Texts that are alike: their indices, the one in the middle first, and words that are more
    frequent in them than in the others."""

    title: str
    members: tuple[int, ...]


def groups_of(texts: Sequence[str], vectors: F32) -> tuple[TextGroup, ...]:
    """Groups of N texts by their unit embeddings [N, D], the largest first.

    k-means around the mean of all texts, so that the manner which they share does not count, with
    the number of groups, from 3 to 10, that has the largest mean silhouette (Rousseeuw 1987,
    cosine). Fewer than 12 different texts are one group.
    """
    if not texts:
        return ()
    labels = (
        _labels(vectors) if len(set(texts)) >= _FEWEST else np.zeros(len(texts), dtype=np.int64)
    )
    words = [_things_in(text) for text in texts]
    found = []
    for label in range(int(labels.max()) + 1):
        rows = np.flatnonzero(labels == label)
        if not len(rows):
            continue
        centre = vectors[rows].mean(0)
        members = rows[np.argsort(-(vectors[rows] @ centre), kind="stable")].tolist()
        found.append(TextGroup(_title(words, set(members)), tuple(members)))
    return tuple(sorted(found, key=lambda group: (-len(group.members), group.members)))


def _labels(vectors: F32) -> I64:
    """The group of each text [N]."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    vectors = vectors - vectors.mean(0)
    sizes = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors / np.maximum(sizes, 1e-9)
    best, most = np.zeros(len(vectors), dtype=np.int64), -1.0
    for count in range(_FEWEST_GROUPS, min(_MOST_GROUPS, len(vectors) // 3) + 1):
        labels = KMeans(count, n_init=4, random_state=_SEED).fit_predict(vectors)
        score = silhouette_score(
            vectors,
            labels,
            metric="cosine",
            sample_size=min(_SAMPLE, len(vectors)),
            random_state=_SEED,
        )
        if score > most:
            best, most = labels.astype(np.int64), float(score)
    return best


def _things_in(text: str) -> set[str]:
    """The words for kinds of things in a text, plurals by their singular where there is one."""
    words = words_of(text)
    single = (word[:-1] if word[-1] == "s" and word[:-1] in _THINGS else word for word in words)
    return {word for word in single if word in _THINGS}


def _title(words: Sequence[set[str]], members: set[int]) -> str:
    """The words that tell a group from the other texts, by the weighted ratio of their shares."""
    inside = Counter(word for row in members for word in words[row])
    everywhere = Counter(word for each in words for word in each)
    outside_count = len(words) - len(members)

    def weight(word: str) -> float:
        share = inside[word] / len(members)
        elsewhere = (everywhere[word] - inside[word] + 0.5) / (outside_count + 1)
        return share * math.log(share / elsewhere) if outside_count else share

    least = 2 if len(members) > 2 else 1
    telling = [word for word, count in inside.items() if count >= least and weight(word) > 0]
    telling.sort(key=lambda word: (-weight(word), word))
    return ", ".join(telling[:_TITLE_WORDS]) or "others"
