"""Descriptions of a sight by many plans, seeded: which sentences, in which order, how many.

Says only what the sight holds, but for remarks on weather, people and the like from `chatter`.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from core.describe import chatter
from core.describe.salience import is_landmark
from core.describe.sight import Sight
from core.describe.style import WORDS, Length, Style
from core.describe.surroundings import emptiness, junction, storeys, walls
from core.describe.telling import Telling
from core.geo import compass
from core.vocabulary.templates import pick, vary

__all__ = ["Style", "describe"]


def describe(sight: Sight, rng: np.random.Generator, style: Style) -> str:
    """What a person could write at the viewpoint; equal generators give equal texts."""
    plans = _PLANS[style.length]
    telling = Telling.begin(sight, rng, style)
    sentences = plans[int(rng.integers(len(plans)))](telling)
    text = " ".join(_started(sentence) for sentence in sentences if sentence)
    return chatter.scrawl(text, rng) if style.care == "sloppy" else text


def _started(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _word_count(sentences: Sequence[str]) -> int:
    return sum(len(sentence.split()) for sentence in sentences)


def _filled(telling: Telling, sentences: list[str], tail: Sequence[str] = ()) -> list[str]:
    """Adds things, then remarks, until the text is long enough; drops what is too much."""
    least, most = WORDS[telling.style.length]
    span = most - least
    limit = int(telling.rng.integers(least + span // 4, most - span // 8))
    while _word_count([*sentences, *tail]) < limit and (one := telling.more()) is not None:
        sentence = telling.about([one])
        if sentence.startswith("There ") and telling.chance(0.3):
            sentence = f"{pick(telling.rng, ('Also,', 'Then', 'And'))} t{sentence[1:]}"
        sentences.append(sentence)
    for said in (junction, walls, storeys, emptiness, Telling.remark, Telling.remark):
        if _word_count([*sentences, *tail]) < least and (more := said(telling)) not in sentences:
            sentences.append(more)
    while len(sentences) > 1 and _word_count([*sentences, *tail]) > most:
        sentences.pop()
    return [*sentences, *tail]


def _body(telling: Telling) -> list[str]:
    """What lies on each side, and now and then a word on the buildings or on something else."""
    sentences = [
        telling.about(left)
        for group in telling.groups(telling.chosen)
        if (left := telling.takes(group))
    ]
    if telling.style.length == "short":
        return sentences
    sentences = _joined(telling, sentences)
    for chance, say in ((0.35, walls), (0.4, storeys), (0.3, junction), (0.3, Telling.remark)):
        if telling.chance(chance) and (said := say(telling)):
            sentences.insert(int(telling.rng.integers(len(sentences) + 1)), said)
    return sentences


def _joined(telling: Telling, sentences: Sequence[str]) -> list[str]:
    """Some sentences joined with the one before: "On my left is a bank, while ahead is a park."."""
    joined: list[str] = []
    for sentence in sentences:
        if joined and len(joined[-1].split()) < 14 and telling.chance(0.2):
            joint = pick(telling.rng, (", and ", ", while ", "; "))
            begun = f"t{sentence[1:]}" if sentence.startswith("There ") else sentence
            joined[-1] = joined[-1].removesuffix(".") + joint + begun
        else:
            joined.append(sentence)
    return joined


def _prose(telling: Telling) -> list[str]:
    """Where one stands and looks, then what lies on each side."""
    opening = telling.opening()
    if telling.chance(0.15):
        greeting = chatter.greeting(telling.rng)
        opening = greeting + (opening if greeting.endswith(", ") else _started(opening))
    tail = [chatter.ending(telling.rng)] if telling.chance(0.12) else []
    return _filled(telling, [opening, telling.facing(), *_body(telling)], tail)


def _things_first(telling: Telling) -> list[str]:
    """What lies around, then where one stands."""
    facing, body = telling.facing(), _body(telling)
    return _filled(telling, [facing, *body[:2], telling.opening(), *body[2:]])


def _outward(telling: Telling) -> list[str]:
    """From the nearest thing to the farthest, one sentence each."""
    things = sorted(telling.chosen, key=lambda one: one.distance_m)
    sentences = [telling.opening(), telling.facing()]
    sentences += [telling.about(left) for one in things if (left := telling.takes([one]))]
    return _filled(telling, sentences)


def _headwords(telling: Telling) -> list[str]:
    """Headwords: "cobbled street, rails in the road, left: bakery"."""
    parts = [telling.standing().removeprefix("on ").removeprefix("in ")]
    if telling.style.orientation == "heading":
        parts.append(f"facing {compass(telling.heading)}")
    least, most = WORDS[telling.style.length]
    for group in [*telling.groups(telling.chosen), *([one] for one in telling.spare)]:
        enough = (least + most) // 2 if group[0] in telling.spare else most - 4
        if _word_count(parts) + 4 * len(group) > enough:
            break
        told, _ = telling.listed(group)
        place = telling.place(group[0])
        parts.append(
            vary("[{1}: {0}|{0} {1}|{0} {1}|{0} {1}]", telling.rng).format(told, place)
            if telling.chance(0.75)
            else told
        )
    for said in (junction, walls, emptiness):
        if _word_count(parts) < least and (more := said(telling)):
            parts.append(more.rstrip("."))
    if telling.chance(0.4):
        parts.append(chatter.fragment(telling.rng))
    joint = pick(telling.rng, (", ", ", ", "; ", ". "))
    return [f"{joint.join(_started(part) if joint == '. ' else part for part in parts)}."]


def _meeting(telling: Telling) -> list[str]:
    """A meeting point: "Meet me in front of the bank, the one next to the church."."""
    places = [one for one in telling.chosen if is_landmark(one)]
    if not places:
        return _prose(telling)
    target = min(places, key=lambda one: one.distance_m)
    telling.take(target)
    said = telling.noun(target)
    is_near = target.distance_m < 25
    where = "[by|in front of|at|next to|right by]" if is_near else "[near|not far from]"
    start = "[Meet me|Let's meet|I'm waiting|Come and find me|I'll be|Pick me up]"
    sentence = f"{vary(start, telling.rng)} {vary(where, telling.rng)} "
    sentence += said.definite if telling.chance(0.5) else said.text
    if other := telling.neighbour(target):
        sentence += f", the one{other}" if telling.chance(0.5) else other
    sentences = [f"{sentence}."]
    if telling.style.length != "short" or telling.chance(0.5):
        sentences.append(telling.opening())
    return _filled(telling, [*sentences, telling.facing(), *_body(telling)])


def _one_sentence(telling: Telling) -> list[str]:
    """Where one stands and one or two things in a single sentence."""
    sentence = f"{telling.say('[{am}|{am} standing|{am}]')} {telling.standing()}".strip()
    if telling.style.orientation == "heading":
        sentence += f" facing {compass(telling.heading)}"
    told = ""
    for one in telling.takes(telling.chosen[:2]):
        if _word_count([sentence, told]) < 20:
            told += f"{' and ' if told else ''}{telling.noun(one).text} {telling.place(one)}"
    joint = vary("[, with |, there's |; |, ]", telling.rng) if told else ""
    return _filled(telling, [f"{sentence}{joint}{told}."])


def _walking(telling: Telling) -> list[str]:
    """Directions: go that way until these are on the left and those on the right."""
    way = telling.sight.way
    if not way or telling.style.orientation != "heading" or way.bearing_deg is None:
        return _prose(telling)
    telling.guide()
    start = vary("[Go|Walk|Head|Come|If you come|When you walk] ", telling.rng)
    thing = vary("[the street|the road]", telling.rng) if way.group == "street" else "the path"
    reached = [one for one in telling.chosen if not telling.is_behind(one)][:2]
    groups = [left for group in telling.groups(reached) if (left := telling.takes(group))]
    told = [f"{telling.listed(group)[0]} {telling.side(group[0])}" for group in groups]
    joint = ", " if start in ("If you come ", "When you walk ") else " until "
    sentence = f"{start}{compass(telling.heading)} along {thing}"
    if told:
        sentence += f"{joint}you have {' and '.join(told)}"
    here = telling.standing()
    return _filled(
        telling,
        [
            f"{sentence}.",
            f"{vary('[You end up|You are then]', telling.rng)} {here}.",
            *_body(telling),
        ],
    )


_PLANS: Mapping[Length, tuple[Callable[[Telling], list[str]], ...]] = {
    "short": (_headwords, _headwords, _one_sentence, _one_sentence, _meeting, _prose, _walking),
    "medium": (_prose, _prose, _things_first, _outward, _headwords, _meeting, _walking),
    "long": (_prose, _prose, _things_first, _outward, _meeting, _walking),
}
