"""Query encoding: a description is cut, split into phrases, tokenized and embedded."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F32, I64
from core.errors import QueryError
from core.models import StatesReader
from core.retrieval.negation import blanked
from core.retrieval.phrases import Phrase, split_phrases
from core.retrieval.picture_model import PictureEncoder
from core.settings import MAX_DESCRIPTION_CHARS
from core.vocabulary.folding import words_of
from core.vocabulary.languages.gloss import Gloss

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder, Tokens


KnownPhrases = dict[tuple[int, ...], F32]
"""Embeddings [D] of phrases, by their tokens."""


@dataclass(frozen=True, slots=True)
class Respelling:
    """The map's own spelling of `text[start:end]`."""

    start: int
    end: int
    spelling: str


@dataclass(frozen=True, slots=True)
class TokenizedQuery:
    """A description ready for the encoder: its phrases and words, and the tokens of each.

    `whole` and `words` are without what the description denies. `picture_truncated` is the offset
    after which the picture model reads nothing, or None. `gloss` is None for a description in
    English; else `text` is its English.
    """

    text: str
    truncated: int | None
    phrases: list[Phrase]
    words: list[str]
    whole: "Tokens"
    parts: "list[Tokens]"
    picture_truncated: int | None = None
    gloss: Gloss | None = None


@dataclass(frozen=True, slots=True)
class PictureQuery:
    """A description in a picture model's space: the model's key, the embedding [D], and the
    offset after which the model read nothing, or None."""

    key: str
    embedding: F32
    truncated: int | None


@dataclass(frozen=True)
class EncodedQuery:
    """A description with its embeddings.

    `truncated` is the offset after which nothing was read, or None. `words` are its folded
    content words in order. `embedding` [D] is that of the whole description.
    `phrase_embeddings` is [P, D]. `picture_query` is for the `image` channel only, and
    `other_picture_queries` for a tile's other pictures. What the
    description denies is in neither; the embedding of a denial is zero, and so is the whole one if
    nothing else is left. `gloss` is None for a description in English; else `text` is its English,
    and `words` have original ones, too. With `exact` it is compared with every fact and tile of a
    large gallery. `leading` are the tiles, ascending, whose pictures are compared exactly there,
    since they lead by the other channels.
    """

    text: str
    truncated: int | None
    phrases: list[Phrase]
    words: list[str]
    embedding: F32
    phrase_embeddings: F32
    picture_query: PictureQuery | None = None
    other_picture_queries: tuple[PictureQuery, ...] = ()
    gloss: Gloss | None = None
    exact: bool = False
    leading: I64 | None = None

    def own_words(self, phrase: Phrase) -> tuple[str, int, int]:
        """A phrase as the person wrote it, and its offsets in the description."""
        if self.gloss is None:
            return phrase.text, phrase.start, phrase.end
        start, end = self.gloss.original_span(phrase.start, phrase.end)
        return self.gloss.original[start:end], start, end

    def own_offset(self, offset: int) -> int:
        """The offset in the description for one in `text`."""
        return self.gloss.original_span(0, offset)[1] if self.gloss else offset

    @cached_property
    def affirmed_text(self) -> str:
        """The text with blanks in place of its denials; offsets stay valid."""
        return affirmed_text(self.text, self.phrases)

    @property
    def denied_spans(self) -> list[tuple[int, int]]:
        """The stretches of the text that are blank in `affirmed_text`."""
        return denied_spans(self.phrases)

    @cached_property
    def affirmed(self) -> I64:
        """The rows of the phrases whose things are there."""
        rows = [row for row, phrase in enumerate(self.phrases) if not is_denied(phrase)]
        return np.array(rows, dtype=np.int64)

    @cached_property
    def phrase_bearings(self) -> F32:
        """The described bearing of each phrase [P] in degrees, NaN for none."""
        return np.array(
            [np.nan if p.bearing_deg is None else p.bearing_deg for p in self.phrases],
            dtype=np.float32,
        )

    @cached_property
    def word_bearings(self) -> F32:
        """The same for `words` [W]: the bearing of the first phrase that has the word."""
        bearing_of: dict[str, float] = {}
        for phrase, bearing in zip(self.phrases, self.phrase_bearings, strict=True):
            for word in words_of(phrase.text):
                bearing_of.setdefault(word, float(bearing))
        return np.array([bearing_of.get(word, np.nan) for word in self.words], dtype=np.float32)


def is_denied(phrase: Phrase) -> bool:
    """Whether the things of a phrase are said not to be there."""
    return phrase.denial is not None and not phrase.denial.affirms


def affirmed_text(text: str, phrases: list[Phrase]) -> str:
    """A text with blanks in place of the denials among its phrases; offsets stay valid."""
    return blanked(text, tuple(phrase.denial for phrase in phrases if phrase.denial))


def denied_spans(phrases: list[Phrase]) -> list[tuple[int, int]]:
    """The stretches of a text that are blank in its affirmed text."""
    return [
        (phrase.denial.start, phrase.denial.end)
        for phrase in phrases
        if phrase.denial and not phrase.denial.affirms
    ]


def respelled(text: str, start: int, end: int, respellings: Sequence[Respelling]) -> str:
    """`text[start:end]` with the spellings of the map for what lies wholly in it and is not
    blank."""
    parts, done = [], start
    for one in respellings:
        if done <= one.start and one.end <= end and text[one.start : one.end].strip():
            parts += [text[done : one.start], one.spelling]
            done = one.end
    return "".join((*parts, text[done:end]))


def search_words(
    text: str, gloss: Gloss | None, excluded: Sequence[tuple[int, int]] = ()
) -> list[str]:
    """The folded content words of a text and, for one in another language, the original words for
    things; those for the `excluded` stretches of its English are left out."""
    kept = gloss.kept_words(excluded) if gloss else []
    return [*words_of(text), *(word for said in kept for word in words_of(said))]


def tokenize_query(
    text: str,
    encoder: "SentenceEncoder",
    picture_encoder: PictureEncoder | None = None,
    gloss: Gloss | None = None,
    respellings: Sequence[Respelling] = (),
) -> TokenizedQuery:
    """Cuts, splits and tokenizes a description, or its English where there is a `gloss`.

    The encoder and `words` read the map's spellings, the phrases keep the description's own.
    Raises QueryError for one without words.
    """
    text = gloss.english if gloss else text
    char_limit = MAX_DESCRIPTION_CHARS if len(text) > MAX_DESCRIPTION_CHARS else None
    # a lone surrogate is invalid for tokenizers; a question mark in its place keeps the offsets
    text = text[:MAX_DESCRIPTION_CHARS].encode("utf-8", "replace").decode()
    if not any(character.isalnum() for character in text):
        raise QueryError(
            "the description has no words; type what you see, such as "
            "'a white church beside a park, tram tracks in front'"
        )
    (whole,) = encoder.tokenize([text])
    truncated = whole.truncated if whole.truncated is not None else char_limit
    text = text[:truncated]
    phrases = split_phrases(text) or [Phrase(text, 0, len(text))]
    parts = encoder.tokenize(
        [respelled(text, phrase.start, phrase.end, respellings) for phrase in phrases]
    )
    affirmed = respelled(affirmed_text(text, phrases), 0, len(text), respellings)
    if affirmed != text:
        (whole,) = encoder.tokenize([affirmed])
    picture_truncated = None
    if picture_encoder is not None and _reader(picture_encoder, whole) is None:
        picture_truncated = picture_encoder.encoder.tokenize([text])[0].truncated
    words = search_words(affirmed, gloss, denied_spans(phrases))
    return TokenizedQuery(text, truncated, phrases, words, whole, parts, picture_truncated, gloss)


def _reader(picture_encoder: PictureEncoder, whole: "Tokens") -> StatesReader | None:
    """The picture model if it reads the sentence encoder's states and can read all of them."""
    encoder = picture_encoder.encoder
    short = len(whole.ids) <= encoder.spec.max_tokens
    return encoder if short and isinstance(encoder, StatesReader) else None


def encode_query(
    tokenized: TokenizedQuery,
    encoder: "SentenceEncoder",
    picture_encoder: PictureEncoder | None = None,
    known: KnownPhrases | None = None,
) -> EncodedQuery:
    """Runs the forward passes: one for the whole description, one for its phrases as a batch.

    A picture model that reads the sentence encoder's states needs no pass of its own. Phrases that
    are `known` from another reading of the description are not encoded again; the others are added.
    """
    states, mask = encoder.states([tokenized.whole])
    whole = encoder.pooled(states, mask)
    parts = _embedded(tokenized.parts, encoder, {} if known is None else known)
    parts[[is_denied(phrase) for phrase in tokenized.phrases]] = 0
    affirmed = affirmed_text(tokenized.text, tokenized.phrases)
    anything = np.float32(any(character.isalnum() for character in affirmed))
    pictures = (picture_encoder, *picture_encoder.others) if picture_encoder else ()
    picture_queries = []
    for other in pictures:
        reader = _reader(other, tokenized.whole)
        truncated = tokenized.picture_truncated
        if other is not picture_encoder:
            truncated = None if reader else other.encoder.tokenize([tokenized.text])[0].truncated
        embeddings = (
            reader.from_states(states, mask) if reader else other.encoder.encode_texts([affirmed])
        )
        picture_queries.append(PictureQuery(other.key, anything * embeddings[0], truncated))
    return EncodedQuery(
        text=tokenized.text,
        truncated=tokenized.truncated,
        phrases=tokenized.phrases,
        words=list(dict.fromkeys(tokenized.words)),
        embedding=anything * whole[0],
        phrase_embeddings=parts,
        picture_query=picture_queries[0] if picture_queries else None,
        other_picture_queries=tuple(picture_queries[1:]),
        gloss=tokenized.gloss,
    )


def _embedded(phrases: Sequence["Tokens"], encoder: "SentenceEncoder", known: KnownPhrases) -> F32:
    """The embeddings [P, D] of tokenized phrases, each of which is encoded once."""
    new = {tuple(one.ids): one for one in phrases if tuple(one.ids) not in known}
    if new:
        known.update(zip(new, encoder.forward(list(new.values())), strict=True))
    return np.stack([known[tuple(one.ids)] for one in phrases])


def is_mostly_foreign(text: str) -> bool:
    """Whether most letters are of a script that the English text tower cannot read."""
    letters = [character for character in text[:500] if character.isalpha()]
    latin = sum("LATIN" in unicodedata.name(character, "") for character in letters)
    return bool(letters) and latin < len(letters) / 2
