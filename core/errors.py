"""The errors for users. Every other exception is a fault of ours.

Each message is one line: the problem, and what to do next.
"""


class SaywhereError(Exception):
    """A problem that the user can fix. The command line prints it as one line and exits with 2."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class SourceError(SaywhereError):
    """A map, picture or annotation file cannot be read in its format."""


class GalleryError(SaywhereError):
    """A gallery is missing, damaged, foreign, or cannot be written."""


class QueryError(SaywhereError):
    """A description or a search option is invalid."""


class ModelError(SaywhereError):
    """A model is missing, of the wrong kind, or its weights are not the expected ones."""


class TrainingError(SaywhereError):
    """The configuration or the run folder of a training is invalid."""


class ReportError(SaywhereError):
    """The report of an evaluation cannot be read, saved, or compared with another."""


class CasesError(SaywhereError):
    """The store of cases cannot be used, or a request to it is invalid."""
