"""One file from a server: whole or not at all, of a limited size, under our own name."""

import urllib.error
import urllib.request
from pathlib import Path

from core import __version__
from core.errors import SourceError
from core.files import open_replacing

PATIENCE_S = 240.0
_PART_BYTES = 1 << 20
_AGAIN = {
    429: "is busy with other requests of this address",
    502: "does not answer",
    503: "does not answer",
    504: "has too much to do",
}


def fetch(
    address: str,
    path: Path,
    most_bytes: int,
    form: bytes | None = None,
    patience_s: float = PATIENCE_S,
) -> str:
    """Writes what an address answers into a file, and returns the server's name.

    With a `form` it is a POST. Raises SourceError for another kind of address, for a server that
    does not give it, and for more than `most_bytes`.
    """
    if not address.startswith(("http://", "https://")):
        raise SourceError(f"{address[:200]!r} is no address of a server; use http or https")
    try:
        request = urllib.request.Request(
            address, form, {"User-Agent": f"Saywhere/{__version__} (gallery build)"}
        )
        with (
            urllib.request.urlopen(request, timeout=patience_s) as answer,
            open_replacing(path, error=SourceError) as file,
        ):
            size = 0
            while part := answer.read(_PART_BYTES):
                size += len(part)
                if size > most_bytes:
                    raise SourceError(
                        f"{request.host} sends more than {most_bytes // 1_000_000} MB; choose a "
                        "smaller box or extract"
                    )
                file.write(part)
    except urllib.error.HTTPError as error:
        reason = _AGAIN.get(error.code, f"answers with status {error.code}")
        raise SourceError(f"{request.host} {reason}; try again in some minutes") from error
    except (OSError, ValueError) as error:
        raise SourceError(
            f"{address[:200]} cannot be reached ({getattr(error, 'reason', error)}); check the "
            "address and the network, or give a file with --from"
        ) from error
    return request.host
