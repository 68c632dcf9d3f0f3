"""The origin of imagery: licence, credit, date, and whether it may be stored."""

from dataclasses import dataclass
from typing import Final

UNKNOWN_LICENCE: Final = "licence not stated"


@dataclass(frozen=True, slots=True)
class ImageryCredit:
    """The origin of imagery for people, and what its licence allows.

    `credit` is the line that must stand beside every picture, "" where the source states none.
    `date` is ISO, or a part of it ("2024"), "" where unknown. `source` names files or an address.
    Imagery that may not be stored can be looked at, but is never written to disk.
    """

    licence: str = UNKNOWN_LICENCE
    credit: str = ""
    date: str = ""
    source: str = ""
    may_be_stored: bool = True


def joined(credits_of_layers: list[ImageryCredit]) -> ImageryCredit:
    """The credit of several layers together: each text once, the earliest date, and no storing
    unless all may be stored."""

    def texts(values: list[str], between: str) -> str:
        return between.join(dict.fromkeys(value for value in values if value))

    dates = sorted(credit.date for credit in credits_of_layers if credit.date)
    return ImageryCredit(
        licence=texts([credit.licence for credit in credits_of_layers], "; "),
        credit=texts([credit.credit for credit in credits_of_layers], "; "),
        date=dates[0] if dates else "",
        source=texts([credit.source for credit in credits_of_layers], ", "),
        may_be_stored=all(credit.may_be_stored for credit in credits_of_layers),
    )
