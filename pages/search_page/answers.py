"""What every answer has, from one city or from all: its places, and the cities that have them."""

from typing import Protocol

from core.gallery import Gallery, GalleryCard
from core.records import SearchResult
from pages.search_page.query_params import SearchParams


class Cities(Protocol):
    """All cities as where the places come from."""

    @property
    def card(self) -> GalleryCard:
        """All of them as if they were one."""

    def gallery_of(self, tile_id: str) -> Gallery:
        """The city that has a candidate's tile."""


Source = Gallery | Cities
"""Where the places come from."""


class FoundPlaces(Protocol):
    """The places that were found, and how long it took."""

    @property
    def ask(self) -> SearchParams:
        """The question."""

    @property
    def problem(self) -> str:
        """Why there is no answer, else ""."""

    @property
    def result(self) -> SearchResult | None:
        """The result that is shown."""

    @property
    def took_ms(self) -> float:
        """The time from the question to the answer."""

    def explained(self) -> SearchResult:
        """The result, each candidate with its ledger, effects and reason."""
