"""A visitor who speaks Streamlit's protocol without a browser, and says what no browser would."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect

_PATIENCE_S = 60


@dataclass
class Drawn:
    """What one run of a page drew: its elements, with the kind of each."""

    elements: list[tuple[str, Any]] = field(default_factory=list)

    def of(self, kind: str) -> list[Any]:
        return [element for is_kind, element in self.elements if is_kind == kind]

    @property
    def errors(self) -> list[str]:
        return [f"{one.type}: {one.message}" for one in self.of("exception")]

    @property
    def lines(self) -> list[str]:
        return [one.body.replace("\\", "") for one in self.of("alert")]

    @property
    def widgets(self) -> dict[str, tuple[str, Any]]:
        """The widgets by their ids, with their kinds."""
        return {
            element.id: (kind, element)
            for kind, element in self.elements
            if isinstance(getattr(element, "id", None), str) and element.id
        }

    def widget(self, key: str) -> str:
        """The id of the widget of a key."""
        return next(one for one in self.widgets if one.endswith(f"-{key}"))


class Visitor:
    """One connection to the app, and its session."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.session_id = ""
        self._page = ""
        self._script = ""

    def send(self, message: BackMsg) -> None:
        self._connection.send(message.SerializeToString())

    def run(self, query: str = "", page: str = "", widgets: tuple[WidgetState, ...] = ()) -> Drawn:
        """Asks for a run of a page and waits for its end."""
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = page
        if page == self._page:  # a page that is open keeps its widgets
            message.rerun_script.page_script_hash = self._script
        self._page = page
        message.rerun_script.widget_states.widgets.extend(widgets)
        self.send(message)
        return self.drawn()

    def drawn(self) -> Drawn:
        """Reads until a run is over, and over once more where the page ran itself again."""
        drawn = Drawn()
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(self._connection.recv(timeout=_PATIENCE_S, decode=False))
            kind = answer.WhichOneof("type")
            if kind == "new_session":
                self.session_id = answer.new_session.initialize.session_id
                drawn.elements.clear()
            elif kind == "navigation":
                self._script = answer.navigation.page_script_hash
            elif kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                element = answer.delta.new_element
                of = element.WhichOneof("type")
                drawn.elements.append((of, getattr(element, of)))
            elif kind == "script_finished" and answer.script_finished in (
                ForwardMsg.FINISHED_SUCCESSFULLY,
                ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
                ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
            ):
                return drawn


@contextmanager
def visiting(url: str, origin: str | None = None) -> Iterator[Visitor]:
    """A visitor at the app; `origin` is the site whose page opens the connection."""
    address = url.replace("http://", "ws://") + "/_stcore/stream"
    with connect(
        address,
        origin=origin or url,  # type: ignore[arg-type]
        subprotocols=["streamlit"],  # type: ignore[list-item]
        max_size=None,
        proxy=None,
    ) as connection:
        yield Visitor(connection)


def state(widget: str, **value: Any) -> WidgetState:
    """A value of a widget as the browser sends it, such as `string_value="x"`."""
    made = WidgetState(id=widget)
    for kind, given in value.items():
        if kind.endswith("array_value"):
            getattr(made, kind).data.extend(given)
        else:
            setattr(made, kind, given)
    return made
