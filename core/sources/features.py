"""Map features, as the readers of map files return them."""

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

IGNORED_KEYS = frozenset(
    {
        "source",
        "created_by",
        "note",
        "fixme",
        "FIXME",
        "attribution",
        "wikidata",
        "wikipedia",
        "import_uuid",
        "email",
        "phone",
        "fax",
        "website",
    }
)
"""Keys of tags that describe the data and not the place."""


@dataclass(frozen=True, slots=True)
class MapFeature:
    """A geometry with tags. `feature_id` is "" if the source gives none."""

    feature_id: str
    geometry: BaseGeometry
    tags: dict[str, str]
