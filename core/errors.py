"""The errors a person may see; leaves every other exception to be a fault of ours.

Each message says what was found, what was wanted and what to do next, in one line.
"""


class SaywhereError(Exception):
    """A mistake the user can mend. The command line prints it as one line and exits with 2."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class SourceError(SaywhereError):
    """A map, picture or annotation file cannot be read as what it claims to be."""


class GalleryError(SaywhereError):
    """A gallery is missing, damaged, foreign, or cannot be written."""


class QueryError(SaywhereError):
    """A description or a search option makes no sense."""


class ModelError(SaywhereError):
    """A model is missing, of the wrong kind, or its weights are not the expected ones."""


class TrainingError(SaywhereError):
    """A training's configuration or its run folder makes no sense."""


class ReportError(SaywhereError):
    """The report of a measured run cannot be read, kept, or compared with another."""


class CasesError(SaywhereError):
    """The store of cases cannot be used, or what is asked of it makes no sense."""
