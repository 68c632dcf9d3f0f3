"""Values that no browser sends for a widget: they are ignored, and the widget keeps what it had.

Streamlit hands whatever a client sends to the deserializer of the widget, and shows an error card
where that fails or where the page then meets a value of another type. Values are checked when they
arrive, for widgets of the last run, and when a widget registers itself, for the others.
"""

import json
import math
from functools import wraps
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.state.common import unpack_widget_state_value
from streamlit.runtime.state.session_state import Serialized, SessionState

_INSTALLED = "_saywhere_checks_values"
_READ_ONCE = frozenset({"file_uploader_state_value", "chat_input_value"})
"""Kinds of values that are not deserialized twice: that takes uploaded files out of memory."""


def install() -> None:
    """Makes every session check its values. Raises RuntimeError where Streamlit has changed so that
    this cannot be done."""
    if hasattr(SessionState, _INSTALLED):
        return
    for name in ("set_widgets_from_proto", "register_widget"):
        if not callable(getattr(SessionState, name, None)):
            raise RuntimeError(f"Streamlit's SessionState has no {name}: see pages/ui/{__name__}")
    setattr(SessionState, _INSTALLED, True)
    arrive, register = SessionState.set_widgets_from_proto, SessionState.register_widget

    @wraps(arrive)
    def checked_arrive(self: SessionState, widget_states: WidgetStates) -> None:
        known = self._new_widget_state.widget_metadata
        fine = [
            state
            for state in widget_states.widgets
            if state.id not in known or fits(state, known[state.id])
        ]
        arrive(self, WidgetStates(widgets=fine))

    @wraps(register)
    def checked_register(self: SessionState, metadata: Any, user_key: str | None) -> Any:
        states = self._new_widget_state.states
        arrived = states.get(metadata.id)
        if isinstance(arrived, Serialized) and not fits(arrived.value, metadata):
            del states[metadata.id]
        return register(self, metadata, user_key)

    setattr(SessionState, "set_widgets_from_proto", checked_arrive)  # noqa: B010
    setattr(SessionState, "register_widget", checked_register)  # noqa: B010


def is_sound(state: WidgetState) -> bool:
    """Whether a value is one at all: finite numbers, and JSON of finite numbers and whole signs."""
    match state.WhichOneof("value"):
        case "double_value":
            return math.isfinite(state.double_value)
        case "double_array_value":
            return all(map(math.isfinite, state.double_array_value.data))
        case "json_value":
            return _is_json(state.json_value)
        case "json_trigger_value":
            return _is_json(state.json_trigger_value)
    return True


def _is_json(text: str) -> bool:
    try:
        json.dumps(json.loads(text), ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def fits(state: WidgetState, metadata: Any) -> bool:
    """Whether a widget can take a value: it has its type, and its deserializer accepts it."""
    kind = state.WhichOneof("value")
    # Streamlit forgets the type of a widget that was cleared until it registers itself again
    if kind is not None and metadata.value_type not in (kind, None):
        return False
    if kind in _READ_ONCE:
        return True
    try:
        metadata.deserializer(unpack_widget_state_value(state))
    except Exception:  # noqa: BLE001 - deserializers of other people's widgets
        return False
    return True
