"""Words of street names, their spellings by country, ordinals and house numbers.

`street_tokens` maps every spelling of a street to the same tokens: "W. 43rd St" and "West 43rd
Street", "Turmstr." and "Turm Straße", "Bd. d'Italie" and "Boulevard d'Italie". Both the names of a
map and a description pass through it, so that a token need not be a word.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from core.vocabulary.folding import WORD, fold

_SPELLINGS: Mapping[str, str] = {
    # English, with the Dutch and Scandinavian words of the same use
    "st": "street st str strt strasse straat saint sainte sankt ste szent sao",
    "av": "avenue ave av aven avenida avda avd aleja aleje al avinguda",
    "rd": "road rd",
    "bd": "boulevard blvd boul bd bld bvd bulevar bulvar bulvari bulevardi bulevarden",
    "ln": "lane ln",
    "dr": "drive dr drv doctor doktor doutor docteur",
    "ct": "court ct",
    "sq": "square sq",
    "pl": "place pl plaza platz plac plads plats plass plein pza pzza piazza praca pca plc",
    "ter": "terrace ter terr terrasse",
    "pkwy": "parkway pkwy pky",
    "hwy": "highway hwy",
    "aly": "alley aly allee allee ally alle",
    # German
    "weg": "weg wg",
    "gasse": "gasse",
    # French
    "rue": "rue rua r",
    "quai": "quai qu",
    "pas": "passage psg pass pasaje passatge",
    "ch": "chemin che chem",
    "imp": "impasse imp",
    # Spanish, Portuguese, Italian
    "cl": "calle cl carrer c",
    "cra": "carrera cra kra",
    "cam": "camino cno caminho",
    "tv": "travessa tv trav",
    "via": "via v",
    "cso": "corso cso",
    "gral": "general gral gen generale",
    "pte": "presidente pte pres president",
    "ing": "ingeniero ing",
    "cnel": "coronel cnel cel colonel",
    "cap": "capitan cap captain capitaine capitao",
    "prof": "profesor prof professor professeur",
    # Finnish, Swedish, Danish, Norwegian
    "katu": "katu k",
    "gatan": "gatan gata gate gade g",
    # Czech, Polish, Russian
    "ul": "ulice ulica ul ulitsa ulitza vulitsa",
    "nam": "namesti nam naberezhnaya",
    "prosp": "prospekt pr prospect",
    "per": "pereulok per",
    # directions
    "n": "north n northern norte nord",
    "s": "south s southern sul sud sur syd",
    "e": "east e eastern este est",
    "w": "west w western oeste ouest",
}
"""Token → its spellings. One letter stands for a word only where the map has the word in full."""


def _listed(words: str) -> list[str]:
    return words.split()


_TYPES = frozenset(
    _listed(
        "st av rd bd ln dr ct sq pl ter pkwy hwy aly weg gasse rue quai pas ch imp cl cra cam tv "
        "via cso katu gatan ul nam prosp per"
    )
)
_SAINTS = frozenset(_listed("saint sainte sankt st ste szent sao"))
_TYPE_WORDS = (
    frozenset(word for token in _TYPES for word in _SPELLINGS.get(token, token).split()) - _SAINTS
)
_OTHER_TYPES = frozenset(
    _listed("bowery broadway circle close crescent esplanade loop mews promenade row slip walk way")
)
"""Words that show that a name is a street's, and that nobody leaves out."""
_HONORIFICS = frozenset(_listed("gral pte ing cnel cap prof dr"))
_DIRECTIONS = frozenset("nsew")
_CONNECTORS = frozenset(
    _listed("de del della dela des do du da dos das la las le les los der den dem the of y van von")
)
"""Words inside of street names that people leave out."""
_SUFFIXES = (
    ("strasse", "st"),
    ("str", "st"),
    ("platz", "pl"),
    ("allee", "aly"),
    ("gasse", "gasse"),
    ("weg", "weg"),
)
"""Last parts of compounds → token: "Turmstraße" is "turm st"."""
_TOKEN_OF = {word: token for token, words in _SPELLINGS.items() for word in words.split()}
_ELISIONS = re.compile(r"\b([dl]|dell|nell|all|sull)['’´`](?=\w)", re.IGNORECASE)
_WORDS = re.compile(r"[\w'’´`]+|#")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_PREFIXED = re.compile(r"([nsew])(\d+(?:st|nd|rd|th)?)")
_ONES = _listed(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ORDINALS = {word: f"{number}th" for number, word in enumerate(_ONES, 1)}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70}
_LONGEST_NUMBER = 5
_LETTER = r"(?:[a-z]|bis|ter|quater)?"
_HOUSE_NUMBER = re.compile(rf"(\d{{1,{_LONGEST_NUMBER}}})({_LETTER})")
_NUMBER_WORDS = frozenset(_listed("no nr number num nro numero n #"))
"""What may stand between a street and its house number."""
_ON = frozenset(_listed("on in at along"))
"""What may stand between a house number that is called one and its street."""
_LISTED = re.compile(r"\s*[,;/+&]\s*")
_JOINED = re.compile(r"[-–,;/+&]")
_SPAN = re.compile(rf"(\d+)\s*({_LETTER})\s*[-–]\s*(\d+)\s*({_LETTER})", re.IGNORECASE)
_LONGEST_SPAN = 60
_TRAILING_NUMBER = re.compile(
    rf"^(?P<street>.*?[^\W\d_].*?)[\s,]+(?P<number>\d{{1,5}}\s?{_LETTER}"
    rf"(?:\s?[-–/,;+&]\s?\d{{1,5}}\s?{_LETTER})*)$",
    re.IGNORECASE,
)

_STREET_FIRST_WORD = "rue|avenue|boulevard|quai|allée|impasse|chemin|ruelle|promenade"
_STREET_LAST_WORD = (
    "street|st|avenue|ave|road|rd|lane|drive|boulevard|blvd|place|court|square|terrace|way|"
    "highway|crescent|broadway"
)
_NUMBER_LAST = re.compile(
    rf"(?P<street>(?:{_STREET_FIRST_WORD})\b.*|"
    rf".*\b(?:{_STREET_LAST_WORD})(?: (?:north|south|east|west))?) (?P<number>\d\S*)",
    re.IGNORECASE,
)
"""An English or French street with its number behind, as maps have it."""


_OTHER_SIDE, _OTHER_LETTER = 0.5, 0.1


@dataclass(frozen=True, slots=True)
class StreetToken:
    """A token and the stretch of the text that it stands for."""

    token: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, order=True)
class HouseNumber:
    """A house number and its letter in lower case, "" for none."""

    number: int
    letter: str = ""

    def agrees(self, other: "HouseNumber") -> bool:
        """Whether both may be the same house: a letter may be left out, but not differ."""
        letters = {self.letter, other.letter} - {""}
        return self.number == other.number and len(letters) < 2

    def steps_to(self, other: "HouseNumber") -> float:
        """Distance along the street in numbers; more for the other side or another letter."""
        apart = abs(self.number - other.number)
        return apart + _OTHER_SIDE * (apart % 2) + _OTHER_LETTER * (self.letter != other.letter)


def tokens_of(text: str, letters: frozenset[str] = frozenset()) -> list[StreetToken]:
    """The tokens of a text in order, with their offsets.

    `letters` are the one-letter abbreviations that hold here (see `local_letters`); those of
    directions always hold. Those of a description are read once for all galleries.
    """
    if len(text) <= _NAME:
        return _tokens(text, letters)
    return list(_tokens_of_long(text, letters & _single_letters(text)))


def _tokens(text: str, letters: frozenset[str]) -> list[StreetToken]:
    kept = _ELISIONS.sub(lambda found: " " * len(found.group()), text)
    tokens: list[StreetToken] = []
    for found in _WORDS.finditer(kept):
        parts = ["#"] if found.group() == "#" else WORD.findall(fold(found.group()))
        for part in parts:
            tokens += (
                StreetToken(token, found.start(), found.end()) for token in _split(part, letters)
            )
    return _ordinals(tokens)


_NAME = 30
"""Texts up to this length are mostly names of a gallery."""


@lru_cache(maxsize=64)
def _single_letters(text: str) -> frozenset[str]:
    folded = {*WORD.findall(fold(text)), *(fold(word) for word in _WORD.findall(text))}
    return frozenset(word for word in folded if len(word) == 1)


_WORD = re.compile(r"[^\W_]+")
_tokens_of_long = lru_cache(maxsize=64)(_tokens)


def street_tokens(name: str, letters: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The tokens of a name."""
    return tuple(token.token for token in tokens_of(name, letters))


def local_letters(words: set[str]) -> frozenset[str]:
    """The one-letter abbreviations whose word in full is among a map's folded `words`."""
    return frozenset(
        word
        for spellings in _SPELLINGS.values()
        for word in spellings.split()
        if len(word) == 1 and words & {full for full in spellings.split() if len(full) > 2}
    )


def _split(word: str, letters: frozenset[str]) -> Iterator[str]:
    if prefixed := _PREFIXED.fullmatch(word):
        yield from prefixed.groups()
        return
    if len(word) > 1 or word in _DIRECTIONS or word in letters:
        if token := _TOKEN_OF.get(word):
            yield token
            return
        for suffix, token in _SUFFIXES:
            if word.endswith(suffix) and len(word) > len(suffix) + 2:
                yield word.removesuffix(suffix)
                yield token
                return
    yield word


def _ordinals(tokens: list[StreetToken]) -> list[StreetToken]:
    """Ordinals in one form: "43rd", "forty third" and "43" before "street" become "43th"."""
    result: list[StreetToken] = []
    for place, token in enumerate(tokens):
        word = token.token
        after = tokens[place + 1].token if place + 1 < len(tokens) else ""
        if match := _ORDINAL.fullmatch(word):
            word = f"{match[1]}th"
        elif word in _ORDINALS:
            word = _ORDINALS[word]
            before = result[-1] if result else None
            if before and before.token in _TENS and int(word[:-2]) < 10:
                result.pop()
                word = f"{_TENS[before.token] + int(word[:-2])}th"
                token = StreetToken(word, before.start, token.end)
        elif word.isdigit() and len(word) < 4 and after in ("st", "av"):
            word = f"{word}th"
        result.append(StreetToken(word, token.start, token.end))
    return result


@dataclass(frozen=True, slots=True)
class Variant:
    """A shorter way to say a street's name, and how certain it is: 1 for the whole name."""

    tokens: tuple[str, ...]
    certainty: float


_DROPPED = 0.8
"""Certainty left for each part of a name that is left out."""


def variants(tokens: tuple[str, ...]) -> list[Variant]:
    """The ways to say a street's name: without kind, direction, title or small words."""
    whole = tuple(token for token in tokens if token not in _CONNECTORS) or tokens
    certainty = {whole: 1.0}
    for droppable in (_TYPES, _DIRECTIONS, _HONORIFICS):
        for known, sure in list(certainty.items()):
            rest = tuple(token for token in known if token not in droppable)
            if rest != known and _is_telling(rest):
                certainty.setdefault(rest, sure * _DROPPED)
    return [Variant(known, sure) for known, sure in certainty.items()]


def _is_telling(tokens: tuple[str, ...]) -> bool:
    return any(len(token) > 2 and not token.isdigit() for token in tokens)


def is_connector(token: str) -> bool:
    """Whether a token is a small word that street names may have or not."""
    return token in _CONNECTORS


def has_street_word(tokens: tuple[str, ...]) -> bool:
    """Whether a name has a word for a kind of street."""
    typed = len(tokens) > 1 and any(token in _TYPES for token in tokens)
    return typed or any(token in _OTHER_TYPES for token in tokens)


def is_street_type(word: str) -> bool:
    """Whether a folded word says that a name is a street's, and not which: "strasse"."""
    return len(word) > 1 and word in _TYPE_WORDS


def split_numbers(name: str) -> tuple[str, str]:
    """Street and house numbers of an address as they are written: "Solís" and "1554,1568"; no
    numbers for none."""
    found = _TRAILING_NUMBER.match(name.strip())
    return (found["street"], found["number"]) if found else (name, "")


@lru_cache(maxsize=4096)
def house_numbers(text: str) -> tuple[HouseNumber, ...]:
    """The house numbers of a tag's value: lists by comma, spans by hyphen ("10-14": 10, 12, 14).

    Streets have mostly the same ones, which are read once.
    """
    if len(text) <= _LONGEST_NUMBER and text.isascii() and text.isdigit():
        return (HouseNumber(int(text)),)
    numbers: list[HouseNumber] = []
    for part in _LISTED.split(text):
        if span := _SPAN.fullmatch(part.strip()):
            low, high = int(span[1]), int(span[3])
            if low < high <= low + _LONGEST_SPAN:
                numbers += [HouseNumber(number) for number in range(low, high + 1, 2)]
            numbers += [HouseNumber(low, span[2].lower()), HouseNumber(high, span[4].lower())]
        elif one := _HOUSE_NUMBER.fullmatch(part.replace(" ", "").lower()):
            numbers.append(HouseNumber(int(one[1]), one[2]))
    return tuple(dict.fromkeys(numbers))


@dataclass(frozen=True, slots=True)
class NumberAfter:
    """A house number behind a street, and the place of the token behind the number."""

    number: HouseNumber
    behind: int


def number_after(tokens: list[StreetToken], place: int, text: str) -> NumberAfter | None:
    """The house number that begins at token `place`: "22", "Nr. 22", "12 A", "12a", "4 bis".

    Of several ("18-20", "833,835") it is the first.
    """
    while place < len(tokens) and tokens[place].token in _NUMBER_WORDS:
        place += 1
    number = _HOUSE_NUMBER.fullmatch(tokens[place].token) if place < len(tokens) else None
    if number is None:
        return None
    behind, letter = place + 1, number[2]
    if not letter and behind < len(tokens) and tokens[behind].start == tokens[place].end + 1:
        follower = text[tokens[behind].start : tokens[behind].end]
        ends = text[tokens[behind].end :].lstrip(" ")[:1] in ("", ",", ";", ".")
        is_letter = len(follower) == 1 and follower.isalpha() and (follower.isupper() or ends)
        if is_letter or follower.lower() in ("bis", "ter", "quater"):
            letter, behind = fold(follower), behind + 1
    while (
        behind < len(tokens)
        and _HOUSE_NUMBER.fullmatch(tokens[behind].token)
        and _JOINED.fullmatch(text[tokens[behind - 1].end : tokens[behind].start])
    ):
        behind += 1
    return NumberAfter(HouseNumber(int(number[1]), letter), behind)


@dataclass(frozen=True, slots=True)
class NumberBefore:
    """A house number before a street, and the place of its token."""

    number: HouseNumber
    place: int


def number_before(tokens: list[StreetToken], place: int, text: str) -> NumberBefore | None:
    """The house number before token `place`: "22 rue Grimaldi", "350 5th Avenue", and
    "number 22 on Turmstraße", but not "22 on Turmstraße"."""
    at = place - 1
    if at >= 2 and tokens[at].token in _ON and tokens[at - 2].token in _NUMBER_WORDS:
        at -= 1
    if at < 0:
        return None
    before = tokens[at]
    found = _HOUSE_NUMBER.fullmatch(text[before.start : before.end].lower())
    return NumberBefore(HouseNumber(int(found[1]), found[2]), at) if found else None


def as_written(address: str) -> str:
    """An address as people write it: the number first behind English and French streets."""
    parts = _NUMBER_LAST.fullmatch(address)
    return f"{parts['number']} {parts['street']}" if parts else address
