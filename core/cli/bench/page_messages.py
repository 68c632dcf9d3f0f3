"""Streamlit's messages between a browser and the app, as far as a visitor of a bench needs them.

They are in protobuf's wire format (`BackMsg` and `ForwardMsg`), which is read and written here by
field numbers: `core` does not import Streamlit. A test compares them with Streamlit's own classes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

_RERUN, _QUERY, _WIDGETS, _PAGE = 11, 1, 2, 3
_ID, _TRIGGER, _TEXT = 1, 2, 6
_DELTA, _FINISHED, _NAVIGATION = 5, 6, 23
_SCRIPT_OF_NAVIGATION = 4
_FINISHED_EARLY = 2
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
_NEW_ELEMENT, _EXCEPTION = 3, 8


@dataclass(frozen=True, slots=True)
class WidgetValue:
    """The value of a widget: its text, or True for a button that was pressed."""

    widget: str
    value: str | bool


def run_request(
    params: dict[str, str], page: str = "", values: tuple[WidgetValue, ...] = ()
) -> bytes:
    """The message that asks for a run of the page whose address has these parameters.

    `page` is the hash of the script that is open, "" on the first visit.
    """
    widgets = b"".join(_field(1, _widget(one)) for one in values)
    link = urlencode(params).encode()
    content = _field(_QUERY, link) + (_field(_WIDGETS, widgets) if widgets else b"")
    return _field(_RERUN, content + (_field(_PAGE, page.encode()) if page else b""))


def _widget(one: WidgetValue) -> bytes:
    named = _field(_ID, one.widget.encode())
    if isinstance(one.value, str):
        return named + _field(_TEXT, one.value.encode())
    return named + _varint(_TRIGGER << 3 | _VARINT) + _varint(int(one.value))


def _field(number: int, content: bytes) -> bytes:
    """A field of bytes: its number and wire type, the length, the content."""
    return _varint(number << 3 | _LENGTH) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    coded = bytearray()
    while number > 0x7F:
        coded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*coded, number])


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message: numbers, and contents of bytes. Raises ValueError for another
    format."""
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _read_varint(message, at)
            yield number, value
            continue
        size = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}.get(kind, 0)
        if kind == _LENGTH:
            size, at = _read_varint(message, at)
        elif not size:
            raise ValueError(f"a field of type {kind}")
        yield number, message[at : at + size]
        at += size


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if at >= len(message):
            raise ValueError("a message that ends in a number")
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


@dataclass(frozen=True, slots=True)
class PagePart:
    """What one message of the app is about.

    `finished`: a run of the page is over, and no other follows. `script` is the hash of the page
    that is open, "" where the message does not say it. `drawn` is what an element holds, b"" for
    other messages, and `failed` says that the element is an error card.
    """

    finished: bool = False
    script: str = ""
    drawn: bytes = b""
    failed: bool = False


def page_part(message: bytes) -> PagePart:
    """What one message of the app is about. Raises ValueError for another format."""
    for number, value in fields(message):
        if number == _FINISHED:
            return PagePart(finished=value != _FINISHED_EARLY)
        if number == _DELTA and isinstance(value, bytes):
            return PagePart(drawn=value, failed=_is_error_card(value))
        if number == _NAVIGATION and isinstance(value, bytes):
            script = dict(fields(value)).get(_SCRIPT_OF_NAVIGATION, b"")
            return PagePart(script=script.decode() if isinstance(script, bytes) else "")
    return PagePart()


def _is_error_card(delta: bytes) -> bool:
    element = dict(fields(delta)).get(_NEW_ELEMENT, b"")
    return isinstance(element, bytes) and _EXCEPTION in dict(fields(element))


def widget_of(drawn: bytes, key: str) -> str:
    """The id of the widget of a key that an element holds, "" for none."""
    found = re.search(rb"\$\$ID-[0-9a-f]+-" + re.escape(key.encode()), drawn)
    return found.group().decode() if found else ""
