"""What a person in the street can be asked about, as questions over kinds of things on a map.

Knows kinds, wording and how far answers can be trusted; leaves galleries and chances to others.
Benches, trees, addresses and the like are left out on purpose: maps hold some of them only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from core.describe.nouns import sign, with_article

_HERE_M, _STREET_M, _NEAR_M, _SEEN_M = 15.0, 25.0, 50.0, 100.0


@dataclass(frozen=True, slots=True)
class Trust:
    """The chance that a person says yes: with such a thing on the map near by, and without."""

    if_mapped: float
    if_not: float


SURE = Trust(0.92, 0.15)
"""Tracks, water, churches: mapped nearly everywhere and hard to overlook."""
USUAL = Trust(0.85, 0.15)
"""Shops, stops, statues: mapped mostly, overlooked now and then."""
LOOSE = Trust(0.80, 0.25)
"""Steps, crossings, green: mapped by some, and a matter of words."""
SIGN = Trust(0.75, 0.03)
"""A name that stands on a sign: seen by most, and hardly where it is not.

The chances with the thing mapped are ours. Those without it lean on the words of
tests/descriptions.jsonl: of what people tell there, 28 of 53, 47 of 110 and 64 of 92 things are
not on the map within 1.4 times a question's distance, which by Bayes' rule are chances of 0.23,
0.14 and 0.28 where no distance was asked for; with one, people err less on what is seen from far.
"""


@dataclass(frozen=True, slots=True)
class Topic:
    """One question: `kinds` (a pattern of whole kinds) within `within_m` of where one stands.

    `hints` is a pattern of folded words by which a description has answered it already. `noun`
    is what a thing with a name may be called, "" where no name is asked for. `name` limits the
    topic to things of that name.
    """

    key: str
    text: str
    kinds: str
    hints: str
    within_m: float = _NEAR_M
    trust: Trust = USUAL
    noun: str = ""
    name: str = ""

    def is_of(self, kind: str) -> bool:
        """Whether a thing of this kind makes the answer yes."""
        return re.fullmatch(self.kinds, kind) is not None

    def is_told_in(self, folded: str) -> bool:
        """Whether a description, folded, has words that answer it."""
        return re.search(rf"\b(?:{self.hints})\b", folded) is not None


_FAITH = r"(?:.+ )?(?:church|cathedral|chapel)"
_MEALS = r"(?:.+ )?restaurant|food court|steak house restaurant"
_SALES = (
    r"(?:.+ )?shop|supermarket|convenience store|bakery|butcher|greengrocer|kiosk|deli|"
    r"department store|hardware store|liquor store|variety store|newsagent|chemist|"
    r"fashion boutique|optician|bookshop"
)
_STREETS = (
    r"(?:residential |quiet living |pedestrian |wide through )?street|(?:main|minor) road|"
    r"pedestrian square|big trunk road"
)
_SEA = r"sea shore|bay of water|marina|harbour|port|quay|beach|ferry terminal"

_SIGHTS = (
    Topic(
        "water",
        "Can you see water (the sea, a lake, a river or a pond)?",
        rf"{_SEA}|lake|river|canal|stream|pond|water|pier|reservoir",
        r"water|seas?|seaside|seashore|lake|river|canal|stream|brook|ponds?|bay|beach|harbou?r|"
        r"marina|quay|pier|ferry|boats?|shore|waterfront|waterside|ships?|yachts?|sail\w*|"
        r"port|ducks?|swans?",
        _SEEN_M,
        SURE,
    ),
    Topic(
        "sea",
        "Can you see the sea or a harbour?",
        _SEA,
        r"seas?|seaside|seashore|bay|beach|harbou?r|marina|quay|pier|ferry|boats?|shore|"
        r"waterfront|ships?|yachts?|sail\w*|port",
        _SEEN_M,
        SURE,
    ),
    Topic(
        "tram tracks",
        "Are there tram tracks in the street?",
        r"tram tracks",
        r"trams?|tram\w+|streetcars?|rails",
        _STREET_M,
        SURE,
    ),
    Topic(
        "railway",
        "Are there railway tracks within 50 metres?",
        r"(?:railway|light rail) tracks|railway (?:yard|platform|station|level crossing)",
        r"rail\w*|trains?|tracks|platforms?",
        _NEAR_M,
        SURE,
    ),
    Topic(
        "big road",
        "Are you beside a main road with a lot of traffic?",
        r"main road|big trunk road|motorway",
        r"main|busy|traffic|highway|motorway|"
        r"multi-?lane|lanes|avenue|boulevard|big road|wide",
        _STREET_M,
        LOOSE,
    ),
    Topic(
        "car-free",
        "Are you on a street or square without cars?",
        r"pedestrian (?:street|square)|square",
        r"pedestrian\w*|car-?free|no cars|walking street|"
        r"without cars|squares?|plaza|piazza|cars?",
        _HERE_M,
        USUAL,
    ),
    Topic(
        "square",
        "Is there a square within 30 metres?",
        r"pedestrian square|square",
        r"squares?|plaza|piazza|market\w*",
        30.0,
        LOOSE,
    ),
    Topic(
        "steps",
        "Are there outdoor steps within 30 metres?",
        r"steps",
        r"steps?|stairs?|staircase|stairway|flights?",
        30.0,
        LOOSE,
    ),
    Topic(
        "traffic lights",
        "Are there traffic lights within 50 metres?",
        r"traffic lights",
        r"(?:traffic|stop) ?lights?|signals?|lights",
        _NEAR_M,
        USUAL,
    ),
    Topic(
        "zebra crossing",
        "Is there a pedestrian crossing within 30 metres?",
        r"pedestrian crossing",
        r"crossings?|zebras?|crosswalks?",
        30.0,
        LOOSE,
    ),
    Topic(
        "bus stop",
        "Is there a bus stop within 50 metres?",
        r"bus (?:stop|platform|station)",
        r"bus|buses|bus stops?|stops?",
        _NEAR_M,
        USUAL,
    ),
    Topic(
        "tram stop",
        "Is there a tram stop within 50 metres?",
        r"tram stop",
        r"trams?|tram\w+|streetcars?|stops?",
        _NEAR_M,
        SURE,
    ),
    Topic(
        "metro",
        "Is there an entrance to the metro within 50 metres?",
        r"metro station entrance",
        r"metro|subway|underground|tube",
        _NEAR_M,
        SURE,
    ),
    Topic(
        "cycle path",
        "Is there a separate cycle path beside you?",
        r"cycle path",
        r"bikes?|bicycles?|cycle\w*|cycling|bike\w+",
        _STREET_M,
        LOOSE,
    ),
    Topic(
        "car park",
        "Is there an open car park within 30 metres?",
        r"car park",
        r"car parks?|parking\w*|parked|lot",
        30.0,
        LOOSE,
    ),
    Topic(
        "park",
        "Is there a park within 50 metres?",
        r"park",
        r"parks?|gardens?|greens?|lawns?|grass\w*",
        _NEAR_M,
        LOOSE,
    ),
    Topic(
        "woods",
        "Are there woods within 30 metres?",
        r"forest|woodland",
        r"forests?|woods?|wooded|woodland|trees|pines?|birch\w*",
        30.0,
        LOOSE,
    ),
    Topic(
        "fields",
        "Can you see open fields or meadows?",
        r"fields|meadow|heath|wetland",
        r"fields?|meadows?|farm\w*|reeds?|grass\w*|wetlands?",
        _NEAR_M,
        LOOSE,
    ),
    Topic(
        "allotments",
        "Are there allotment gardens within 50 metres?",
        r"allotment gardens",
        r"allotments?|gardens?|plots?|sheds?",
        _NEAR_M,
        USUAL,
    ),
    Topic(
        "cemetery",
        "Can you see a cemetery?",
        r"cemetery|grave yard",
        r"cemetery|cemeteries|grave\w*|tomb\w*|burial",
        _NEAR_M,
        SURE,
    ),
    Topic(
        "playground",
        "Is there a children's playground within 50 metres?",
        r"children's playground",
        r"playgrounds?|swings?|slides?|kids|children\w*|play\w*",
        _NEAR_M,
        USUAL,
    ),
    Topic(
        "sports pitch",
        "Can you see a sports pitch or a sports ground?",
        r".*sports pitch|stadium|running track|recreation ground|multi sports centre",
        r"pitch\w*|court|courts|stadium|sports?|soccer|football|tennis|basketball|field",
        _NEAR_M,
        USUAL,
    ),
    Topic(
        "church",
        "Can you see a church?",
        _FAITH,
        r"church\w*|cathedrals?|chapels?|spires?|steeples?|domes?|domed|temple|bells?|"
        r"bell ?tower",
        _SEEN_M,
        SURE,
        "church",
    ),
    Topic(
        "statue",
        "Is there a statue or a sculpture within 50 metres?",
        r"statue|bust|sculpture|fountain sculpture|work of art|artwork|monument|art installation",
        r"statues?|busts?|sculptures?|monuments?|memorials?|figures?|bronze|art\w*|obelisk|"
        r"pedestal|horse\w*",
        _NEAR_M,
        USUAL,
    ),
    Topic(
        "fountain",
        "Is there a fountain within 50 metres?",
        r"fountain|fountain sculpture",
        r"fountains?|water jets?|jets?",
        _NEAR_M,
        USUAL,
    ),
    Topic(
        "food",
        "Is there a restaurant, a cafe or a bar within 30 metres?",
        rf"{_MEALS}|cafe|bar|pub|ice cream parlour",
        r"restaurants?|cafes?|bars?|pubs?|diner|pizzeria|takeaway|eat\w*|coffee|food|terraces?|"
        r"burger\w*|pizza|sushi|kebab",
        30.0,
        USUAL,
    ),
    Topic(
        "shops",
        "Is there a shop within 30 metres?",
        _SALES,
        r"shops?|stores?|shopping|boutiques?|bakery|bakeries|supermarket|kiosk|mall|grocer\w*|"
        r"butcher\w*|windows?",
        30.0,
        USUAL,
    ),
)

_PLACES: tuple[tuple[str, str, str], ...] = (
    # what it is called, the kinds (empty: just so), further hints
    ("restaurant", _MEALS, r"restaurants?|diner|eat\w*|pizza|sushi|burger\w*"),
    ("cafe", r"cafe|coffee shop", r"cafes?|coffee\w*"),
    ("bar or pub", r"bar|pub", r"bars?|pubs?|beer"),
    ("fast food place", r"(?:.+ )?fast food restaurant", r"fast food|takeaway|burger\w*|snack\w*"),
    ("ice cream parlour", "", r"ice ?cream|gelat\w+"),
    ("nightclub", "", r"nightclub|club|disco"),
    ("hotel", r"hotel|hotel building", r"hotels?"),
    ("hostel", "", r"hostels?"),
    ("supermarket", "", r"supermarkets?|groc\w+"),
    ("convenience store", "", r"convenience|corner (?:shop|store)|mini-?market|groc\w+"),
    ("bakery", "", r"bakery|bakeries|bakers?|bread"),
    ("butcher", "", r"butchers?|meat"),
    ("pharmacy", "", r"pharmac\w+|chemists?|drug ?stores?|green cross"),
    ("bank", r"bank|bank office", r"banks?"),
    ("post office", "", r"post(?:al)?"),
    ("hairdresser", "", r"hair\w*|barbers?"),
    ("clothes shop", r"clothes shop|fashion boutique", r"cloth\w+|fashion|boutiques?"),
    ("shoe shop", "", r"shoes?"),
    ("jewellery shop", r"(?:jewellery|watches|gold|gems) shop", r"jewel\w+|watch\w*"),
    ("bookshop", "", r"books?\w*"),
    ("flower shop", "", r"flowers?|florist"),
    ("furniture shop", "", r"furniture|sofas?"),
    ("optician", "", r"optician\w*|glasses|spectacles"),
    ("gift or souvenir shop", r"(?:gift|souvenirs?) shop", r"gifts?|souvenirs?"),
    ("bicycle shop", "", r"bikes?|bicycles?"),
    ("toy shop", "", r"toys?"),
    ("antique shop", "", r"antiques?"),
    ("kiosk", r"kiosk|newsagent", r"kiosks?|news\w*"),
    ("department store", "", r"department store|mall"),
    ("shopping centre", "", r"shopping|mall"),
    ("market", "", r"markets?|stalls?"),
    ("car dealer", "", r"cars?|dealer\w*"),
    ("car repair garage", "", r"garages?|repairs?|mechanic\w*"),
    ("petrol station", "", r"petrol|gas|fuel|filling"),
    ("theatre", "", r"theat\w+|playhouse|opera"),
    ("cinema", "", r"cinema\w*|movies?|films?"),
    ("museum", "", r"museums?"),
    ("art gallery", r"art gallery|art gallery shop", r"galler\w+|art"),
    ("library", "", r"librar\w+"),
    ("casino", "", r"casino\w*"),
    ("town hall", "", r"town hall|city hall"),
    ("courthouse", "", r"court\w*"),
    ("police station", "", r"police"),
    ("fire station", "", r"fire\w*"),
    ("embassy", r"embassy|diplomatic office", r"embass\w+|consulate|flags?"),
    ("school", r"school|school building", r"schools?"),
    ("kindergarten", r"kindergarten|kindergarten building", r"kindergarten|nursery"),
    (
        "university building",
        r"university|university building|college",
        r"universit\w+|campus|facult\w+|college",
    ),
    ("hospital", r"hospital|hospital building", r"hospitals?|clinic"),
    ("mosque", "", r"mosques?|minaret\w*"),
    ("synagogue", "", r"synagogues?"),
    ("gym", r"gym|sports centre", r"gyms?|fitness|sports?"),
    ("taxi stand", "", r"taxis?|cabs?"),
    ("bike rental station", "", r"bikes?|bicycles?|rental"),
    ("bus station", "", r"bus|buses"),
    ("railway station", r"railway station|railway station building", r"stations?|rail\w*|trains?"),
)

_UNSIGNED = frozenset(
    {
        "school",
        "kindergarten",
        "university building",
        "hospital",
        "embassy",
        "gym",
        "market",
        "courthouse",
        "town hall",
        "police station",
        "fire station",
        "taxi stand",
        "post office",
        "bike rental station",
        "bus station",
        "art gallery",
        "shopping centre",
    }
)
"""Their names are official ones, which a sign may not show, or none that a person would read."""

_DISHES = ("pizza", "burger", "sushi", "kebab")
_KITCHENS = (
    "Italian",
    "French",
    "German",
    "Greek",
    "Indian",
    "Chinese",
    "Japanese",
    "Thai",
    "Turkish",
    "Mexican",
    "Spanish",
    "Korean",
    "Vietnamese",
    "Lebanese",
    "Nepalese",
    "Georgian",
    "Russian",
    "Portuguese",
    "Asian",
)


_BETWEEN = ": "
_STREET_KEY = f"street{_BETWEEN}"


@cache
def plain_topics() -> tuple[Topic, ...]:
    """Every question that names no name, in a fixed order."""
    return (*_SIGHTS, *_place_topics(), *_kitchen_topics())


def _place_topics() -> Iterator[Topic]:
    for called, kinds, hints in _PLACES:
        text = f"Is there {with_article(called)} within 50 metres?"
        noun = "" if called in _UNSIGNED else called
        yield Topic(called, text, kinds or re.escape(called), hints, noun=noun)


def _kitchen_topics() -> Iterator[Topic]:
    for dish in _DISHES:
        yield Topic(
            f"{dish} place",
            f"Is there {with_article(dish)} place within 50 metres?",
            rf"{dish} (?:fast food )?restaurant",
            rf"{dish}\w*",
        )
    for kitchen in _KITCHENS:
        low = kitchen.lower()
        yield Topic(
            f"{kitchen} restaurant",
            f"Is there {with_article(kitchen)} restaurant within 50 metres?",
            rf"{low} (?:fast food )?restaurant",
            rf"{low}",
        )


def named_topic(kind: str, name: str) -> Topic | None:
    """The question for a thing by what its sign says; None where nobody would look for it.

    The key holds kind and name, so that `topic_of` finds the question again.
    """
    if sign(name) != name or not name or not any(map(str.isalpha, name)):
        return None
    key = f"{kind}{_BETWEEN}{name}"
    if re.fullmatch(_STREETS, kind):
        return Topic(
            _STREET_KEY + name,
            f"Does a sign near you say that this is {name}?",
            _STREETS,
            re.escape(name.casefold()),
            _STREET_M,
            SIGN,
            name=name,
        )
    home = _home(kind)
    if home is None or home.noun in name.casefold():
        return None
    return Topic(
        key,
        f"Is there {with_article(home.noun)} called {name} within 50 metres?",
        re.escape(kind),
        re.escape(name.casefold()),
        _NEAR_M,
        SIGN,
        name=name,
    )


@cache
def _home(kind: str) -> Topic | None:
    """The plain question that says what a named thing of this kind is called."""
    return next((topic for topic in plain_topics() if topic.noun and topic.is_of(kind)), None)


def topic_of(key: str) -> Topic | None:
    """The question of a key, as `Topic.key` gave it; None for any other text."""
    plain = next((topic for topic in plain_topics() if topic.key == key), None)
    if plain is not None:
        return plain
    kind, between, name = key.partition(_BETWEEN)
    topic = named_topic(kind, name) if between else None
    return topic if topic is not None and topic.key == key else None
