"""Noise of descriptions: remarks without map content, fillers and typing errors."""

import re

import numpy as np

from core.vocabulary.templates import pick, vary

_WEATHER = (
    "[It's|It is] [quite|a bit|rather|very|pretty] [windy|cold|hot|noisy|quiet|busy|grey|sunny|"
    "warm|humid|foggy|chilly] [here|today|right now|at the moment].",
    "[The sky is|It's] [grey|overcast|clear|bright blue|getting dark|cloudy].",
    "[It's|It has just started] [drizzling|raining|snowing a little].",
    "[The sun is in my eyes|There's a nice light|It's already getting dark].",
)
_SENTENCES = (
    "[A|Some] [dog|child] [is|keeps] [making noise|howling] somewhere.",
    "[A|Some] [car alarm|radio|baby] [won't stop|can be heard|is going on and on].",
    "[Lots of|A few|Some|Several|Hardly any] [people|tourists|kids|students|cyclists|pensioners] "
    "[around|walking past|about|passing by|hurrying past].",
    "[A couple of|Two|Three|Some] [teenagers|kids|men|women|tourists|builders] are "
    "[chatting|taking photos|on scooters|waiting for somebody|laughing loudly|looking lost too].",
    "[Cars|Vans|Scooters|Motorbikes] are parked [everywhere|all along|along the kerb].",
    "[A|One] [white|red|blue|silver|black] [van|car|taxi|lorry|scooter] is [double-parked|parked "
    "badly|waiting with its engine running].",
    "[Not much|Hardly any|A lot of|Plenty of|A bit of] traffic [today|at this hour|right now].",
    "[It smells of|There's a smell of] [coffee|rain|exhaust fumes|fresh bread|food|cut grass|wet "
    "leaves].",
    "[Somebody|An old man|A woman|A young guy] is [feeding pigeons|walking a dog|sweeping up|"
    "playing the accordion|shouting into a phone|carrying a guitar].",
    "[Pigeons|Seagulls|Crows|Sparrows] [all over the place|everywhere|hopping about].",
    "[I'm|I am] [a bit lost|not sure how I got here|waiting for a friend|pretty tired|late already|"
    "hungry by now].",
    "[The leaves are coming down|There are puddles everywhere|Everything is wet].",
    "[It feels|The place feels] [pretty lively|a bit run-down|rather posh|calm|a little sleepy|"
    "quite touristy].",
    "[I can hear|You can hear] [a siren|birds|music|drilling|a lawn mower|children] "
    "[in the background|somewhere|right now].",
    "[Somebody has|People have] [left a bike lying about|stuck posters everywhere|put out rubbish "
    "bags|chalked something on the ground].",
)
_FRAGMENTS = (
    "[people|tourists|kids] [everywhere|walking past]",
    "[lots of|some] parked cars",
    "[windy|sunny|grey|rainy|cold] [today|right now]",
    "[noisy|quiet] [spot|place]",
    "pigeons",
    "[a lot of|little] traffic",
    "somebody with a dog",
    "scooters lying about",
)
_ENDINGS = (
    "[That's|That is] [all I can see|about it|all I can tell you|really all].",
    "Hope that helps.",
    "[Do you know where that is?|Where am I?|Can you find me?|Any idea where this is?]",
    "[I'll wait here|I won't move|I'm not moving until you come].",
    "See you [there|soon|in a bit].",
)
_GREETINGS = (
    "[Hi|Hello|Hey|OK|Right|So], ",
    "[Ok so|Well], ",
    "[I'm lost.|No idea where I am.|Where am I?|Help.] ",
    "Hi, I'm [a bit lost|trying to describe where I am|not from here]. ",
)
_FILLERS = (
    "um",
    "i think",
    "like",
    "you know",
    "sort of",
    "well",
    "err",
    "basically",
    "i guess",
    "anyway",
    "looks like",
    "pretty sure",
    "so",
    "hmm",
)
_PAUSES = frozenset({"and", "there", "with", "behind", "on", "near", "then", "next", "across"})
_HEDGES = ("some kind of ", "what looks like ", "i think ", "maybe ", "probably ", "sort of ")
_SHORTER = (
    (r"\bstreet\b", "st"),
    (r"\bbuilding\b", "bldg"),
    (r"\band\b", "&"),
    (r"\bwith\b", "w/"),
    (r"\byou\b", "u"),
    (r"\babout\b", "abt"),
    (r"\bpeople\b", "ppl"),
    (r"\bthere is\b", "theres"),
    (r"\bacross from\b", "opp"),
    (r"\bopposite\b", "opp"),
    (r"\bmetres\b", "m"),
)


def remarks(rng: np.random.Generator, count: int) -> list[str]:
    """Sentences about people, parked cars and the like, at most one of them on the weather."""
    weather = pick(rng, _WEATHER)
    templates = [weather, *_SENTENCES]
    return [vary(templates[row], rng) for row in rng.permutation(len(templates))[:count]]


def fragment(rng: np.random.Generator) -> str:
    """Such a remark in two or three words."""
    return vary(pick(rng, _FRAGMENTS), rng)


def ending(rng: np.random.Generator) -> str:
    """A last sentence without content."""
    return vary(pick(rng, _ENDINGS), rng)


def greeting(rng: np.random.Generator) -> str:
    """First words without content, with a blank after them."""
    return vary(pick(rng, _GREETINGS), rng)


def scrawl(text: str, rng: np.random.Generator) -> str:
    """Rewrites a text as typed in a hurry: fillers, lower case, no full stops, typing errors."""
    words = text.split(" ")
    filled = []
    for position, word in enumerate(words):
        pause = position and (words[position - 1][-1:] in ".,;:" or word in _PAUSES)
        if pause and rng.random() < 0.1:
            filled.append(pick(rng, _FILLERS))
        if word in ("a", "an") and rng.random() < 0.06:
            filled.append(pick(rng, _HEDGES).strip())
        filled.append(word)
    text = " ".join(filled)
    habits = rng.random(5)
    if habits[0] < 0.6:
        text = text.lower()
    if habits[1] < 0.25:
        for long, short in _SHORTER:
            if rng.random() < 0.6:
                text = re.sub(long, short, text)
    if habits[2] < 0.35:
        text = re.sub(r"[.:;](?= |$)", "" if rng.random() < 0.5 else ",", text).rstrip(",")
    elif habits[2] < 0.6:
        text = text.rstrip(".")
    if habits[3] < 0.4:
        text = text.replace("'", "")
    if habits[3] > 0.85:
        text = text.replace(",", "")
    return _misspell(text, rng, 0.03 if habits[4] < 0.3 else 0.008)


def _misspell(text: str, rng: np.random.Generator, share: float) -> str:
    """Swaps, drops or doubles a letter in some words of more than three letters."""
    words = text.split(" ")
    for row in np.flatnonzero(rng.random(len(words)) < share * 2):
        word = words[row]
        if len(word) < 4 or not word.isalpha():
            continue
        at = int(rng.integers(1, len(word) - 1))
        words[row] = pick(
            rng,
            (
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
            ),
        )
    return " ".join(words)
