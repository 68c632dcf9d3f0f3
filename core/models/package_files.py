"""Files of weights with a known content in Python packages."""

import hashlib
import importlib.util
from pathlib import Path

from core.errors import ModelError


def package_file(package: str, file: str, sha256: str, title: str, missing: ModelError) -> Path:
    """The path of a `file` in an installed `package`, which is not imported, with this hash;
    `title` is its name for people.

    Raises `missing` where it is not there, and ModelError for any other content.
    """
    spec = importlib.util.find_spec(package)
    folders = (spec and spec.submodule_search_locations) or []
    path = next((Path(folder) / file for folder in folders), None)
    if path is None or not path.is_file():
        raise missing
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    if digest != sha256:
        raise ModelError(f"{path} is not {title}; reinstall the package {package}")
    return path
