"""The file formats for cases, one module each: a module with a `FORMAT` is a format.

Pages, the command line and imports read `FORMATS`.
"""

import pkgutil
import shutil
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from core.errors import CasesError
from core.files import replacing
from core.review.export_format import Format, Pictures
from core.review.rows import Row

_MODULES = (import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
FORMATS: Final[dict[str, Format]] = {
    form.name: form
    for form in sorted((module.FORMAT for module in _MODULES), key=lambda form: form.key)
}
"""All formats by name, in the order of their keys."""


def format_of(path: Path, given: str | None) -> str:
    """The name of the format for a file: the given one, or by the suffix of the file.

    Raises CasesError for an unknown suffix.
    """
    if given is not None:
        return given
    for form in FORMATS.values():
        if form.suffix == path.suffix.lower():
            return form.name
    raise CasesError(
        f"{path.name} has an unknown suffix; give one of "
        f"{', '.join(_shown_suffix(form) for form in FORMATS.values())}, or --format"
    )


def _shown_suffix(form: Format) -> str:
    if form.inside:
        return f"none (a {form.title} folder)"
    return form.suffix if form.suffix == f".{form.name}" else f"{form.suffix} ({form.title})"


def write_cases(rows: Sequence[Row], path: Path, kind: str, pictures: Pictures) -> Path:
    """Writes rows atomically in the format named `kind`; `path` is a folder for some formats.

    Raises CasesError if it cannot be written.
    """
    form = FORMATS[kind]
    if not path.parent.is_dir():
        raise CasesError(f"there is no folder {path.parent}; make it, or choose another")
    if form.inside and path.exists() and not (path / form.inside).is_file():
        raise CasesError(f"{path} exists and is not a dataset of {form.title}; give a new folder")
    try:
        with replacing(path) as part:
            form.write(rows, part, pictures)
            if form.inside and path.exists():  # a folder cannot replace another by renaming
                shutil.rmtree(path)
    except OSError as error:
        raise CasesError(f"{path} cannot be written ({error}); is the disk full?") from error
    return path
