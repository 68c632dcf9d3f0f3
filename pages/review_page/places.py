"""The places of a card, each with a letter: the truth, the answer, and other models' answers."""

from dataclasses import dataclass

from markupsafe import Markup

from core.errors import GalleryError
from core.gallery import Gallery, GalleryCard
from core.review.model import Card
from pages.ui import resources
from pages.ui.aerial import aerial_uri
from pages.ui.numbers import metres

_LETTERS = "BDEFGHIJKLMNOPQRSUVWXYZ"
_BEYOND = "+"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the map. `letters` has several where several answers are the same place."""

    letters: str
    tile_id: str
    lat: float
    lon: float
    told: str

    @property
    def title(self) -> str:
        """The letters as they are read."""
        return " ".join(self.letters)


@dataclass(frozen=True, slots=True)
class Place:
    """A card's gallery, as far as it is here; `missing` says what lacks, "" for nothing."""

    card: GalleryCard | None
    gallery: Gallery | None
    missing: str = ""

    def picture(self, tile_id: str) -> bytes:
        """The picture of a tile, b"" where there is none."""
        try:
            return self.gallery.picture(tile_id) if self.gallery else b""
        except GalleryError:
            return b""

    def aerial(self, tile_id: str) -> Markup:
        """The aerial picture of a tile that has a drawn one, too; empty where there is none."""
        try:
            return aerial_uri(self.gallery, tile_id) if self.gallery else Markup()
        except GalleryError:
            return Markup()

    def street(self, tile_id: str) -> str:
        """The street of a tile, "" where none is known."""
        try:
            return self.gallery.tile(self.gallery.row_of(tile_id)).street if self.gallery else ""
        except GalleryError:
            return ""


def place_of(card: Card) -> Place:
    """The gallery of a card. A card without one can still be judged by what its report says."""
    found = resources.card_named(card.gallery)
    if found is None:
        return Place(
            None,
            None,
            f"This machine lacks the gallery {card.gallery}, so there are no pictures, "
            "no base map and no evidence.",
        )
    if found.problem:
        return Place(None, None, found.problem)
    try:
        gallery = resources.open_gallery(found)
        for tile_id in (card.tile_id, card.top_tile):
            gallery.row_of(tile_id)
    except GalleryError as error:
        return Place(found, None, f"{error}: the gallery was built again since.")
    return Place(found, gallery)


def spots_of(card: Card) -> tuple[Spot, ...]:
    """The truth first; answers at the same tile share one spot."""
    answer = Spot(
        "A",
        card.top_tile,
        card.top_lat,
        card.top_lon,
        f"answer of {card.model}, {metres(card.distance_m)} away",
    )
    if card.top_tile == card.tile_id:
        spots = [Spot("TA", card.tile_id, card.lat, card.lon, f"truth and answer of {card.model}")]
    else:
        spots = [Spot("T", card.tile_id, card.lat, card.lon, "truth"), answer]
    for letter, other in zip(letters_of(card), card.others, strict=True):
        told = f"answer of {other.model}, {metres(other.distance_m)} away"
        at = next((row for row, one in enumerate(spots) if one.tile_id == other.top_tile), None)
        if at is None:
            spots.append(Spot(letter, other.top_tile, other.top_lat, other.top_lon, told))
        else:
            same = spots[at]
            spots[at] = Spot(
                same.letters + letter, same.tile_id, same.lat, same.lon, f"{same.told}; {told}"
            )
    return tuple(spots)


def letters_of(card: Card) -> tuple[str, ...]:
    """The letter of each other model's answer, a sign for all that come after the last letter."""
    return tuple(_LETTERS[: len(card.others)].ljust(len(card.others), _BEYOND))
