"""Words that stand for several kinds, when somebody says that there are none of them."""

from collections.abc import Mapping
from types import MappingProxyType

from core.vocabulary.questions import QUESTIONS

_SAID: Mapping[str, tuple[str, ...]] = {
    "bar": ("bar or pub",),
    "bus": ("bus stop",),
    "buse": ("bus stop",),
    "crossing": ("zebra crossing",),
    "eatery": ("food",),
    "eaterie": ("food",),
    "field": ("fields",),
    "forest": ("woods",),
    "green": ("park", "woods"),
    "green area": ("park", "woods"),
    "green space": ("park", "woods"),
    "greenery": ("park", "woods"),
    "place to eat": ("food",),
    "places to eat": ("food",),
    "pub": ("bar or pub",),
    "rail": ("railway", "tram tracks"),
    "restaurant": ("restaurant",),
    "seaside": ("sea",),
    "shop": ("shops",),
    "stair": ("steps",),
    "store": ("shops",),
    "streetcar": ("tram tracks", "tram stop"),
    "subway": ("metro",),
    "train": ("railway", "railway station"),
    "tram": ("tram tracks", "tram stop"),
    "tramway": ("tram tracks", "tram stop"),
    "underground": ("metro",),
    "vegetation": ("park", "woods"),
    "wood": ("woods",),
}

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {key: (row.key,) for row in QUESTIONS for key in (row.key, row.key.removesuffix("s"))}
    | dict(_SAID)
)
"""The questions whose kinds a word stands for, by the word in the singular and as it is."""
