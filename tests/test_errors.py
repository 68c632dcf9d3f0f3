"""The errors for users."""

import pytest

from core import errors


def children() -> list[type[errors.SaywhereError]]:
    return errors.SaywhereError.__subclasses__()


def test_every_error_of_ours_is_a_saywhere_error() -> None:
    ours = [one for one in vars(errors).values() if isinstance(one, type)]
    assert len(ours) >= 5
    assert all(issubclass(one, errors.SaywhereError) for one in ours)
    assert len(children()) >= 4


@pytest.mark.parametrize("kind", [errors.SaywhereError, *children()])
def test_a_message_is_always_one_line(kind: type[errors.SaywhereError]) -> None:
    assert str(kind("one\n  two\r\n\tthree\u2028four")) == "one two three four"
