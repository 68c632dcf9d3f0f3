"""How one thing is called: number, adjectives, noun and name. Knows no sentences."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.describe.facts import plural
from core.describe.lexicon import COLOURS, MATERIALS, ROOFS, SIZES, SURFACES, calls
from core.describe.sight import Seen

_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")
_STOREYS = re.compile(r"(\d+)-storey")
_VOWEL = re.compile(r"(?!uni|use|usa|uti|one\b|one-|eu|u-)[aeiou]|hour", re.IGNORECASE)
_NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_SIGN_CHARS = 40
_SMALL_M = 9.0
_JOINTS = re.compile(r" (?:in|of|on|for|like|to|that|down|with|above|and) ")
_SIZED = re.compile(r"\b(?:large|big|huge|small|little|tiny|water|tall|high|wide|broad)\b")
_TREES = {"palm": "palm tree|palm", "conifer": "conifer|evergreen tree|pine or fir"}


@dataclass(frozen=True, slots=True)
class Noun:
    """A thing in words with its article or number, and with "the" where that is possible."""

    text: str
    definite: str
    is_plural: bool


def pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    """One of several, each as likely."""
    return options[int(rng.integers(len(options)))]


def vary(template: str, rng: np.random.Generator) -> str:
    """A template with one alternative taken from each "[this|that|]", innermost first."""
    while (
        replaced := _ALTERNATIVES.sub(lambda match: pick(rng, match[1].split("|")), template)
    ) != template:
        template = replaced
    return template


def number_word(number: int, rng: np.random.Generator) -> str:
    """A small number as a word, now and then in digits."""
    return str(number) if number >= len(_NUMBERS) or rng.random() < 0.15 else _NUMBERS[number]


def with_article(text: str) -> str:
    """The text behind its indefinite article."""
    return f"{'an' if _VOWEL.match(text) else 'a'} {text}"


def sign(name: str) -> str:
    """What a person would take down of a name; "" for one that is too long to be remembered."""
    first = name.split(";")[0].strip()
    return first if len(first) <= _SIGN_CHARS else ""


def is_sayable(seen: Seen) -> bool:
    """Whether there is a word for it that gives no name away."""
    given = seen.name.casefold()
    return bool(calls(seen.kind)) and not (given and given in seen.kind.casefold())


def noun(seen: Seen, rng: np.random.Generator, name: str = "") -> Noun:
    """One thing in words; `name` is what the sign says, where it shall be told."""
    if name:
        return _named(seen, rng, name)
    before, after = _adjectives(seen.words, rng)
    if seen.group == "building" and 0 < seen.size_m < _SMALL_M and rng.random() < 0.4:
        before.insert(0, pick(rng, SIZES["small"].split("|")))
    tree = next((_TREES[word] for word in seen.words if word in _TREES), "")
    phrases = tree.split("|") if tree and seen.kind == "tree" else calls(seen.kind)
    # the plainest word twice as often as each other
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
    if seen.count == 1:
        return Noun(f"{with_article(singular)}{after}", f"the {singular}", False)
    head, star, rest = bare.partition("*")
    several = plural(head) + rest if star else plural(bare)
    return Noun(f"{_amount(seen, rng)} {several}", f"the {several}", True)


def _amount(seen: Seen, rng: np.random.Generator) -> str:
    if seen.count <= 3 or (seen.count <= 6 and rng.random() < 0.3):
        exact = number_word(seen.count, rng)
        return (
            vary("[a couple of|a pair of]", rng)
            if seen.count == 2 and rng.random() < 0.2
            else (exact if rng.random() < 0.75 else "some")
        )
    if seen.count <= 5:
        return vary("[several|a few|some|a number of]", rng)
    return vary("[lots of|many|plenty of|quite a few|a lot of|several]", rng)


def _named(seen: Seen, rng: np.random.Generator, name: str) -> Noun:
    said = calls(seen.kind) if is_sayable(seen) else []
    if not said or seen.group in ("street", "path") or rng.random() < 0.25:
        return Noun(name, name, False)
    phrase = said[0]
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
    """How many floors an adjective tells; 0 for any other."""
    if word == "single-storey":
        return 1
    match = _STOREYS.fullmatch(word)
    return int(match[1]) if match else 0


def _adjectives(words: Sequence[str], rng: np.random.Generator) -> tuple[list[str], str]:
    """Words in front of the noun, and a phrase behind it (with a leading blank) or ""."""
    before, after = [], ""
    for word in words:
        if rng.random() < 0.2:
            continue
        if level := floors_of(word):
            if rng.random() < 0.35 and not after:
                after = " " + _floors(level, rng)
            else:
                before.append(_storeys(level, rng))
        elif word in ROOFS:
            after = after or " " + pick(rng, ROOFS[word].split("|"))
        elif word == "tall high-rise":
            before.append(vary("[tall|high-rise|very tall|towering]", rng))
        elif word == "multi-lane":
            before.append(vary("[multi-lane|wide|broad]", rng))
        else:
            table = SIZES.get(word) or MATERIALS.get(word) or SURFACES.get(word)
            if table or word in COLOURS:
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
