"""Noun phrases for visible objects: number, adjectives, noun and name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.describe.simulate.visible_scene import VisibleObject
from core.vocabulary.attributes import (
    SAID_COLOURS,
    SAID_MATERIALS,
    SAID_ROOFS,
    SAID_SIZES,
    SAID_SURFACES,
)
from core.vocabulary.grammar import plural, with_article
from core.vocabulary.kinds import calls
from core.vocabulary.templates import number_word, pick, vary

_STOREYS = re.compile(r"(\d+)-storey")
_SMALL_M = 9.0
_JOINTS = re.compile(r" (?:in|of|on|for|like|to|that|down|with|above|and) ")
_SIZED = re.compile(r"\b(?:large|big|huge|small|little|tiny|water|tall|high|wide|broad)\b")
_TREES = {"palm": "palm tree|palm", "conifer": "conifer|evergreen tree|pine or fir"}


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun phrase with its article or number, and with "the" if possible."""

    text: str
    definite: str
    is_plural: bool


def is_sayable(thing: VisibleObject) -> bool:
    """Whether there is a word for a thing that does not contain its name."""
    name = thing.name.casefold()
    return bool(calls(thing.kind)) and not (name and name in thing.kind.casefold())


def noun(thing: VisibleObject, rng: np.random.Generator, name: str = "") -> Noun:
    """The noun phrase of a thing; `name` is its name, if that is to be mentioned."""
    if name:
        return _named(thing, rng, name)
    before, after = _adjectives(thing.words, rng)
    if thing.group == "building" and 0 < thing.size_m < _SMALL_M and rng.random() < 0.4:
        before.insert(0, pick(rng, SAID_SIZES["small"].split("|")))
    tree = next((_TREES[word] for word in thing.words if word in _TREES), "")
    phrases = tree.split("|") if tree and thing.kind == "tree" else calls(thing.kind)
    # the plainest word is drawn twice as often as any other
    phrase = phrases[max(0, int(rng.integers(len(phrases) + 1)) - 1)]
    head = _JOINTS.split(phrase)[0]
    is_plural = phrase.startswith("~") and head.endswith("s") and not head.endswith("ss")
    if _SIZED.search(phrase) or (phrase.startswith("~") and not is_plural):
        before = [word for word in before if not _SIZED.search(word)]
    adjectives = " ".join(word for word in before if word.split("-")[0] not in phrase)
    bare = f"{adjectives} {phrase.lstrip('~')}".strip()
    if phrase.startswith("~"):
        some = "some " if rng.random() < 0.25 else ""
        return Noun(f"{some}{bare}{after}", f"the {bare}", is_plural)
    singular = bare.replace("*", "")
    if thing.count == 1:
        return Noun(f"{with_article(singular)}{after}", f"the {singular}", False)
    head, star, rest = bare.partition("*")
    several = plural(head) + rest if star else plural(bare)
    roofs = f"{after.replace(' a ', ' ').replace(' an ', ' ')}s" if after.endswith("roof") else ""
    return Noun(f"{_amount(thing, rng)} {several}{roofs}", f"the {several}", True)


def _amount(thing: VisibleObject, rng: np.random.Generator) -> str:
    if thing.count <= 3 or (thing.count <= 6 and rng.random() < 0.3):
        exact = number_word(thing.count, rng)
        return (
            vary("[a couple of|a pair of]", rng)
            if thing.count == 2 and rng.random() < 0.2
            else (exact if rng.random() < 0.75 else "some")
        )
    if thing.count <= 5:
        return vary("[several|a few|some|a number of]", rng)
    return vary("[lots of|many|plenty of|quite a few|a lot of|several]", rng)


def _named(thing: VisibleObject, rng: np.random.Generator, name: str) -> Noun:
    words = calls(thing.kind) if is_sayable(thing) else []
    if not words or thing.group in ("street", "path") or rng.random() < 0.25:
        return Noun(name, name, False)
    phrase = words[0]
    bare = phrase.lstrip("~").replace("*", "")
    single = bare if phrase.startswith("~") else with_article(bare)
    text = vary(
        "[{single} called {name}|the {bare} {name}|the {name} {bare}|{name}, {single}|"
        "{single}, {name}|{single} ({name})|{single} with a sign saying {name}|"
        '{single}, "{name}"|{name} ({single})|the {bare} "{name}"]',
        rng,
    ).format(single=single, bare=bare, name=name)
    return Noun(text, name, phrase.startswith("~") and bare.endswith("s"))


def floors_of(word: str) -> int:
    """Number of floors in an adjective such as "4-storey"; 0 for any other."""
    if word == "single-storey":
        return 1
    match = _STOREYS.fullmatch(word)
    return int(match[1]) if match else 0


def _adjectives(words: Sequence[str], rng: np.random.Generator) -> tuple[list[str], str]:
    """Words before the noun, and a phrase after it (with a leading blank) or ""."""
    before, after = [], ""
    for word in words:
        if rng.random() < 0.2:
            continue
        if level := floors_of(word):
            if rng.random() < 0.35 and not after:
                after = " " + _floors(level, rng)
            else:
                before.append(_storeys(level, rng))
        elif word in SAID_ROOFS:
            after = after or " " + pick(rng, SAID_ROOFS[word].split("|"))
        elif word.endswith((" roof", " roofs")):
            roof = with_article(word) if word.endswith("roof") else word
            after = after or f" with {roof}"
        elif word == "tall high-rise":
            before.append(vary("[tall|high-rise|very tall|towering]", rng))
        elif word == "multi-lane":
            before.append(vary("[multi-lane|wide|broad]", rng))
        else:
            table = SAID_SIZES.get(word) or SAID_MATERIALS.get(word) or SAID_SURFACES.get(word)
            if table or word in SAID_COLOURS:
                before.append(pick(rng, table.split("|")) if table else word)
    return before, after


def _floors(level: int, rng: np.random.Generator) -> str:
    if level == 1:
        return vary("[with just a ground floor|only one storey high]", rng)
    return vary(
        "[with {0} [floors|storeys|levels]|{0} [floors|storeys] high|of {0} [floors|storeys]]", rng
    ).format(number_word(level, rng))


def _storeys(level: int, rng: np.random.Generator) -> str:
    if rng.random() < 0.25:
        return "low" if level <= 2 else "mid-rise" if level <= 6 else "tall"
    if level == 1:
        return vary("[single-storey|one-storey]", rng)
    return vary("{0}-[storey|storey|floor|story]", rng).format(number_word(level, rng))
