"""The seeded description generator: plans that choose sentences, their order and their number.

Every text mentions only what is visible, apart from remarks on weather, people and the like from
`noise`.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from core.describe.simulate import noise
from core.describe.simulate.sampling import is_landmark
from core.describe.simulate.sentences import DescriptionWriter
from core.describe.simulate.style import WORDS, Length, Style
from core.describe.simulate.surroundings import emptiness, junction, storeys, walls
from core.describe.simulate.visible_scene import VisibleScene
from core.geo import compass
from core.vocabulary.templates import pick, vary

__all__ = ["Style", "describe"]


def describe(scene: VisibleScene, rng: np.random.Generator, style: Style) -> str:
    """Writes a description of a scene as a person could; equal `rng` states give equal texts."""
    plans = _PLANS[style.length]
    writer = DescriptionWriter.begin(scene, rng, style)
    sentences = plans[int(rng.integers(len(plans)))](writer)
    text = " ".join(_capitalized(sentence) for sentence in sentences if sentence)
    return noise.scrawl(text, rng) if style.care == "sloppy" else text


def _capitalized(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _word_count(sentences: Sequence[str]) -> int:
    return sum(len(sentence.split()) for sentence in sentences)


def _filled(writer: DescriptionWriter, sentences: list[str], tail: Sequence[str] = ()) -> list[str]:
    """Adds things, then remarks, until the text is long enough; drops sentences beyond that."""
    least, most = WORDS[writer.style.length]
    span = most - least
    limit = int(writer.rng.integers(least + span // 4, most - span // 8))
    while _word_count([*sentences, *tail]) < limit and (thing := writer.next_spare()) is not None:
        sentence = writer.about([thing])
        if sentence.startswith("There ") and writer.chance(0.3):
            sentence = f"{pick(writer.rng, ('Also,', 'Then', 'And'))} t{sentence[1:]}"
        sentences.append(sentence)
    for sentence_of in (
        junction,
        walls,
        storeys,
        emptiness,
        DescriptionWriter.remark,
        DescriptionWriter.remark,
    ):
        if (
            _word_count([*sentences, *tail]) < least
            and (more := sentence_of(writer)) not in sentences
        ):
            sentences.append(more)
    while len(sentences) > 1 and _word_count([*sentences, *tail]) > most:
        sentences.pop()
    return [*sentences, *tail]


def _body(writer: DescriptionWriter) -> list[str]:
    """Sentences on each side, and now and then one on the buildings or a remark."""
    sentences = [
        writer.about(left)
        for group in writer.groups(writer.chosen)
        if (left := writer.take_all(group))
    ]
    if writer.style.length == "short":
        return sentences
    sentences = _joined(writer, sentences)
    for chance, sentence_of in (
        (0.35, walls),
        (0.4, storeys),
        (0.3, junction),
        (0.3, DescriptionWriter.remark),
    ):
        if writer.chance(chance) and (more := sentence_of(writer)):
            sentences.insert(int(writer.rng.integers(len(sentences) + 1)), more)
    return sentences


def _joined(writer: DescriptionWriter, sentences: Sequence[str]) -> list[str]:
    """Joins some sentences to the one before: "On my left is a bank, while ahead is a park."."""
    joined: list[str] = []
    for sentence in sentences:
        if joined and len(joined[-1].split()) < 14 and writer.chance(0.2):
            joint = pick(writer.rng, (", and ", ", while ", "; "))
            clause = f"t{sentence[1:]}" if sentence.startswith("There ") else sentence
            joined[-1] = joined[-1].removesuffix(".") + joint + clause
        else:
            joined.append(sentence)
    return joined


def _prose(writer: DescriptionWriter) -> list[str]:
    """The place and the heading, then the things on each side."""
    opening = writer.opening()
    if writer.chance(0.15):
        greeting = noise.greeting(writer.rng)
        opening = greeting + (opening if greeting.endswith(", ") else _capitalized(opening))
    tail = [noise.ending(writer.rng)] if writer.chance(0.12) else []
    return _filled(writer, [opening, writer.facing(), *_body(writer)], tail)


def _things_first(writer: DescriptionWriter) -> list[str]:
    """Some things around, then the place, then more things."""
    facing, body = writer.facing(), _body(writer)
    return _filled(writer, [facing, *body[:2], writer.opening(), *body[2:]])


def _outward(writer: DescriptionWriter) -> list[str]:
    """From the nearest thing to the farthest, one sentence each."""
    things = sorted(writer.chosen, key=lambda thing: thing.distance_m)
    sentences = [writer.opening(), writer.facing()]
    sentences += [writer.about(left) for thing in things if (left := writer.take_all([thing]))]
    return _filled(writer, sentences)


def _headwords(writer: DescriptionWriter) -> list[str]:
    """Headwords: "cobbled street, rails in the road, left: bakery"."""
    parts = [writer.place_phrase().removeprefix("on ").removeprefix("in ")]
    if writer.style.orientation == "heading":
        parts.append(f"facing {compass(writer.heading)}")
    least, most = WORDS[writer.style.length]
    for group in [*writer.groups(writer.chosen), *([thing] for thing in writer.spare)]:
        enough = (least + most) // 2 if group[0] in writer.spare else most - 4
        if _word_count(parts) + 4 * len(group) > enough:
            break
        phrase, _ = writer.list_phrase(group)
        place = writer.place(group[0])
        parts.append(
            vary("[{1}: {0}|{0} {1}|{0} {1}|{0} {1}]", writer.rng).format(phrase, place)
            if writer.chance(0.75)
            else phrase
        )
    for sentence_of in (junction, walls, emptiness):
        if _word_count(parts) < least and (more := sentence_of(writer)):
            parts.append(more.rstrip("."))
    if writer.chance(0.4):
        parts.append(noise.fragment(writer.rng))
    joint = pick(writer.rng, (", ", ", ", "; ", ". "))
    return [f"{joint.join(_capitalized(part) if joint == '. ' else part for part in parts)}."]


def _meeting(writer: DescriptionWriter) -> list[str]:
    """A meeting point: "Meet me in front of the bank, the one next to the church."."""
    landmarks = [thing for thing in writer.chosen if is_landmark(thing)]
    if not landmarks:
        return _prose(writer)
    target = min(landmarks, key=lambda thing: thing.distance_m)
    writer.take(target)
    noun = writer.noun(target)
    is_near = target.distance_m < 25
    where = "[by|in front of|at|next to|right by]" if is_near else "[near|not far from]"
    start = "[Meet me|Let's meet|I'm waiting|Come and find me|I'll be|Pick me up]"
    sentence = f"{vary(start, writer.rng)} {vary(where, writer.rng)} "
    sentence += noun.definite if writer.chance(0.5) else noun.text
    if other := writer.neighbour(target):
        sentence += f", the one{other}" if writer.chance(0.5) else other
    sentences = [f"{sentence}."]
    if writer.style.length != "short" or writer.chance(0.5):
        sentences.append(writer.opening())
    return _filled(writer, [*sentences, writer.facing(), *_body(writer)])


def _one_sentence(writer: DescriptionWriter) -> list[str]:
    """The place and one or two things in a single sentence."""
    sentence = f"{writer.say('[{am}|{am} standing|{am}]')} {writer.place_phrase()}".strip()
    if writer.style.orientation == "heading":
        sentence += f" facing {compass(writer.heading)}"
    things = ""
    for thing in writer.take_all(writer.chosen[:2]):
        if _word_count([sentence, things]) < 20:
            things += f"{' and ' if things else ''}{writer.noun(thing).text} {writer.place(thing)}"
    joint = vary("[, with |, there's |; |, ]", writer.rng) if things else ""
    return _filled(writer, [f"{sentence}{joint}{things}."])


def _walking(writer: DescriptionWriter) -> list[str]:
    """Walking directions: "Go north along the street until you have a bank on your left."."""
    way = writer.scene.way
    if not way or writer.style.orientation != "heading" or way.bearing_deg is None:
        return _prose(writer)
    writer.address_reader()
    start = vary("[Go|Walk|Head|Come|If you come|When you walk] ", writer.rng)
    street = vary("[the street|the road]", writer.rng) if way.group == "street" else "the path"
    reached = [thing for thing in writer.chosen if not writer.is_behind(thing)][:2]
    groups = [left for group in writer.groups(reached) if (left := writer.take_all(group))]
    phrases = [f"{writer.list_phrase(group)[0]} {writer.side(group[0])}" for group in groups]
    joint = ", " if start in ("If you come ", "When you walk ") else " until "
    sentence = f"{start}{compass(writer.heading)} along {street}"
    if phrases:
        sentence += f"{joint}you have {' and '.join(phrases)}"
    place = writer.place_phrase()
    return _filled(
        writer,
        [
            f"{sentence}.",
            f"{vary('[You end up|You are then]', writer.rng)} {place}.",
            *_body(writer),
        ],
    )


_PLANS: Mapping[Length, tuple[Callable[[DescriptionWriter], list[str]], ...]] = {
    "short": (_headwords, _headwords, _one_sentence, _one_sentence, _meeting, _prose, _walking),
    "medium": (_prose, _prose, _things_first, _outward, _headwords, _meeting, _walking),
    "long": (_prose, _prose, _things_first, _outward, _meeting, _walking),
}
