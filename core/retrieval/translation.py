"""The English of a description in another language, with the gallery's own names kept.

Search reads the English; a phrase is shown in the person's own words. The tables of
`core.vocabulary.languages` translate word by word.
"""

from dataclasses import replace

from core.records import Evidence, Translation
from core.retrieval.channels.match_index import MatchIndex
from core.retrieval.channels.mentions import Mention
from core.retrieval.phrases import Phrase
from core.retrieval.query_encoding import EncodedQuery, is_mostly_foreign
from core.settings import MAX_DESCRIPTION_CHARS
from core.vocabulary.common_words import written_as_name
from core.vocabulary.folding import WORD, fold
from core.vocabulary.languages.detection import is_unknown_language, language_of
from core.vocabulary.languages.gloss import Gloss, gloss
from core.vocabulary.languages.lexicon import CODES, TOKEN, Lexicon, lexicon
from core.vocabulary.languages.tables import TABLES, read_rows


def translated(text: str, match_index: MatchIndex) -> Gloss | None:
    """The English of a description; None for one in English or an unknown language."""
    text = text[:MAX_DESCRIPTION_CHARS]
    mentions = match_index.mentions.mentions(text)
    code = language_of(text, [(one.start, one.end) for one in mentions])
    if code is None:
        return None
    words = lexicon(code)
    names = [(one.start, one.end) for one in mentions if _is_name(one, text, words)]
    found = gloss(
        text,
        words,
        match_index.kinds,
        names,
        lambda word: _in_names(match_index, word),
    )
    return found if any(character.isalnum() for character in found.english) else None


def _in_names(match_index: MatchIndex, text: str) -> bool:
    """Whether names of the gallery have every word of a text."""
    words = WORD.findall(fold(text))
    names = match_index.gallery.names
    return bool(words) and all(names.postings(word, "name").facts.size for word in words)


def _is_name(mention: Mention, text: str, words: Lexicon) -> bool:
    """Whether a mention is more than an ordinary word of the language: "Kirche", "la plaza"."""
    spelled = TOKEN.findall(text[mention.start : mention.end])
    if mention.number is not None or not all(map(words.has_spelling, spelled)):
        return True
    if len(spelled) == 1 and words.settings.get("nouns") != "capital":
        return written_as_name(text, mention.start, fold(spelled[0]))
    return len(spelled) > 1 and all(word[0].isupper() for word in (spelled[0], spelled[-1]))


def in_own_words(evidence: Evidence, phrase: Phrase, encoded_query: EncodedQuery) -> Evidence:
    """Evidence for a phrase as the person wrote it, with its English where that differs."""
    if encoded_query.gloss is None:
        return evidence
    own, start, end = encoded_query.own_words(phrase)
    english = "" if phrase.text.casefold() in own.casefold() else phrase.text
    return replace(evidence, phrase=own, start=start, end=end, english=english)


def all_in_own_words(
    evidence: tuple[Evidence, ...], encoded_query: EncodedQuery
) -> tuple[Evidence, ...]:
    """The evidence for all phrases in order, or none, as `in_own_words`."""
    if not evidence:
        return ()
    return tuple(
        in_own_words(piece, phrase, encoded_query)
        for piece, phrase in zip(evidence, encoded_query.phrases, strict=True)
    )


def language_note(encoded_query: EncodedQuery, match_index: MatchIndex) -> str:
    """A sentence for a description in a language that has no table; "" for any other."""
    text = encoded_query.text
    if encoded_query.gloss is not None:
        return ""
    names = [(one.start, one.end) for one in match_index.mentions.mentions(text)]
    if not (is_mostly_foreign(text) or is_unknown_language(text, names)):
        return ""
    return (
        f"Saywhere understands English, {', '.join(language_names())}; of other languages only "
        "names can match."
    )


def translation_of(found: Gloss | None) -> Translation | None:
    """What an answer says about the language of its description."""
    if found is None:
        return None
    return Translation(
        found.language, found.name, found.english, found.understood, found.not_understood
    )


def language_names() -> list[str]:
    """The English names of all languages that have a table, in order."""
    tables = (read_rows(TABLES / f"{code}.csv", by_hand=True) for code in CODES)
    return sorted(row.english for rows in tables for row in rows if row.said == "name")
