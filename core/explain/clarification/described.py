"""Questions about what a description mentions without telling how near it is.

"Past a church", "a church to the north" and "just off Bulevardi" leave open whether the church is
near and whether the person stands in Bulevardi; "next to a church" does not. The roles are those of
`core.retrieval.relations`.
"""

from collections.abc import Mapping

from core.explain.clarification.question_bank import kind_questions
from core.geo import compass
from core.retrieval.channels import MatchIndex
from core.retrieval.query_encoding import EncodedQuery, is_denied
from core.retrieval.relations import relations_of
from core.vocabulary.folding import fold
from core.vocabulary.grammar import with_article
from core.vocabulary.relation_cues import Role

_OPEN_ROLES: frozenset[Role] = frozenset({"past", "directed", "across"})
_OPEN_STREET_ROLES: frozenset[Role] = _OPEN_ROLES | {"beside"}
_WORDS: Mapping[Role, str] = {"past": " on the way", "across": " across from you"}


def open_questions(encoded_query: EncodedQuery) -> dict[str, str]:
    """The keys of questions about kinds that the description mentions and leaves open, each with
    the words to ask it in."""
    phrases = encoded_query.phrases
    spans = [(phrase.start, phrase.end) for phrase in phrases]
    directed = [phrase.bearing_deg is not None for phrase in phrases]
    relations = relations_of(encoded_query.text, spans, directed)
    asked: dict[str, str] = {}
    closed: set[str] = set()
    for phrase, relation in zip(phrases, relations, strict=True):
        folded = fold(phrase.text)
        for template in kind_questions():
            if not template.is_answered_in(folded):
                continue
            if relation.role not in _OPEN_ROLES or is_denied(phrase) or not template.noun:
                closed.add(template.key)
                continue
            where = _WORDS.get(relation.role, "")
            if phrase.bearing_deg is not None:
                where = f" to the {compass(phrase.bearing_deg)}"
            asked[template.key] = (
                f"You mention {with_article(template.noun)}{where}: "
                f"is it within {template.within_m:.0f} metres of you?"
            )
    return {key: text for key, text in asked.items() if key not in closed}


def open_streets(encoded_query: EncodedQuery, match_index: MatchIndex) -> frozenset[str]:
    """The names of streets that the description mentions and that the person may stand in or not,
    folded."""
    mentions = match_index.mentions.mentions(encoded_query.affirmed_text)
    spans = [(mention.start, mention.end) for mention in mentions]
    names = set()
    for mention, relation in zip(mentions, relations_of(encoded_query.text, spans), strict=True):
        places = [match_index.mentions.places.places[option.place] for option in mention.options]
        if mention.number is None and relation.role in _OPEN_STREET_ROLES:
            names |= {fold(place.name) for place in places if place.kind == "street"}
    return frozenset(names)
