"""A description as search reads it: cut, split, tokenized and embedded. Knows no gallery."""

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F32
from core.errors import QueryError
from core.models import StatesReader
from core.retrieval.phrases import Phrase, split_phrases
from core.retrieval.picture_model import PictureEncoder
from core.settings import MAX_DESCRIPTION_CHARS
from core.vocabulary.folding import words_of

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder, Tokens


@dataclass(frozen=True, slots=True)
class TokenizedQuery:
    """A description ready for the encoder: its phrases and words, and the tokens of each.

    `seen_to` is where the picture model stops reading before `text` ends, or None.
    """

    text: str
    truncated: int | None
    phrases: list[Phrase]
    words: list[str]
    whole: "Tokens"
    parts: "list[Tokens]"
    seen_to: int | None = None


@dataclass(frozen=True, slots=True)
class PictureQuery:
    """A description in a picture model's space: the model's key, the embedding [D], and the
    offset after which the model read nothing, or None."""

    key: str
    embedding: F32
    truncated: int | None


@dataclass(frozen=True, slots=True)
class EncodedQuery:
    """A description that has been read.

    `truncated` is the offset after which nothing was read, or None. `words` are its folded
    content words in order. `embedding` [D] is of the whole, `phrase_embeddings` [P, D] of each.
    `picture_query` is there for the `image` channel only.
    """

    text: str
    truncated: int | None
    phrases: list[Phrase]
    words: list[str]
    embedding: F32
    phrase_embeddings: F32
    picture_query: PictureQuery | None = None

    @property
    def phrase_bearings(self) -> F32:
        """Where each phrase says its thing lies [P], NaN where it does not."""
        return np.array(
            [np.nan if p.bearing_deg is None else p.bearing_deg for p in self.phrases],
            dtype=np.float32,
        )

    @property
    def word_bearings(self) -> F32:
        """The same for each of `words` [W], from the first phrase that has the word."""
        said: dict[str, float] = {}
        for phrase, bearing in zip(self.phrases, self.phrase_bearings, strict=True):
            for word in words_of(phrase.text):
                said.setdefault(word, float(bearing))
        return np.array([said.get(word, np.nan) for word in self.words], dtype=np.float32)


def tokenize_query(
    text: str, encoder: "SentenceEncoder", picture_encoder: PictureEncoder | None = None
) -> TokenizedQuery:
    """Cuts and splits a description. Raises QueryError where there is nothing to read."""
    cut = MAX_DESCRIPTION_CHARS if len(text) > MAX_DESCRIPTION_CHARS else None
    # half of a surrogate pair is no text to any tokenizer; a question mark keeps the offsets
    text = text[:MAX_DESCRIPTION_CHARS].encode("utf-8", "replace").decode()
    if not any(character.isalnum() for character in text):
        raise QueryError(
            "the description has no words; type what you see, such as "
            "'a white church beside a park, tram tracks in front'"
        )
    (whole,) = encoder.tokenize([text])
    truncated = whole.truncated if whole.truncated is not None else cut
    text = text[:truncated]
    phrases = split_phrases(text) or [Phrase(text, 0, len(text))]
    parts = encoder.tokenize([phrase.text for phrase in phrases])
    seen_to = None
    if picture_encoder is not None and _reader(picture_encoder, whole) is None:
        seen_to = picture_encoder.encoder.tokenize([text])[0].truncated
    return TokenizedQuery(text, truncated, phrases, words_of(text), whole, parts, seen_to)


def _reader(picture_encoder: PictureEncoder, whole: "Tokens") -> StatesReader | None:
    """The picture model where it reads the sentence encoder's states, and all of these."""
    encoder = picture_encoder.encoder
    short = len(whole.ids) <= encoder.spec.max_tokens
    return encoder if short and isinstance(encoder, StatesReader) else None


def encode_query(
    tokenized: TokenizedQuery,
    encoder: "SentenceEncoder",
    picture_encoder: PictureEncoder | None = None,
) -> EncodedQuery:
    """The forward passes: one of the whole description, one of its phrases as a batch.

    A picture model that reads the sentence encoder's states costs no pass of its own.
    """
    states, mask = encoder.states([tokenized.whole])
    whole = encoder.pooled(states, mask)
    parts = encoder.forward(tokenized.parts)
    picture_query = None
    if picture_encoder is not None:
        reader = _reader(picture_encoder, tokenized.whole)
        seen = (
            reader.from_states(states, mask)
            if reader
            else picture_encoder.encoder.encode_texts([tokenized.text])
        )
        picture_query = PictureQuery(picture_encoder.key, seen[0], tokenized.seen_to)
    return EncodedQuery(
        text=tokenized.text,
        truncated=tokenized.truncated,
        phrases=tokenized.phrases,
        words=list(dict.fromkeys(tokenized.words)),
        embedding=whole[0],
        phrase_embeddings=parts,
        picture_query=picture_query,
    )


def is_mostly_foreign(text: str) -> bool:
    """Whether most letters are of a script that the English text tower does not read."""
    letters = [character for character in text[:500] if character.isalpha()]
    latin = sum("LATIN" in unicodedata.name(character, "") for character in letters)
    return bool(letters) and latin < len(letters) / 2
