"""The file formats for cases, one module each: a module with a `FORMAT` is a format.

Pages, command line and reading go by `FORMATS`; knows no store.
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

_MODULES = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
FORMATS: Final[dict[str, Format]] = {
    form.name: form
    for form in sorted((module.FORMAT for module in _MODULES), key=lambda form: form.key)
}
"""Every format by its name, in the order of keys."""


def format_of(path: Path, given: str | None) -> str:
    """The name of the format of a file to write, by its ending where none is given."""
    if given is not None:
        return given
    for form in FORMATS.values():
        if form.suffix == path.suffix.lower():
            return form.name
    raise CasesError(
        f"{path.name} has no ending of a format; wanted "
        f"{', '.join(_ending(form) for form in FORMATS.values())}, or --format"
    )


def _ending(form: Format) -> str:
    if form.inside:
        return f"none (a {form.title} folder)"
    return form.suffix if form.suffix == f".{form.name}" else f"{form.suffix} ({form.title})"


def write_cases(rows: Sequence[Row], path: Path, kind: str, pictures: Pictures) -> Path:
    """Writes rows in the format named `kind`, whole or not at all; `path` may be a folder.

    Raises CasesError where it cannot.
    """
    form = FORMATS[kind]
    if not path.parent.is_dir():
        raise CasesError(f"there is no folder {path.parent}; make it, or choose another")
    if form.inside and path.exists() and not (path / form.inside).is_file():
        raise CasesError(f"{path} is there and no dataset of {form.title}; give a new folder")
    try:
        with replacing(path) as part:
            form.write(rows, part, pictures)
            if form.inside and path.exists():  # a folder is not renamed onto another
                shutil.rmtree(path)
    except OSError as error:
        raise CasesError(f"{path} cannot be written ({error}); is the disk full?") from error
    return path
