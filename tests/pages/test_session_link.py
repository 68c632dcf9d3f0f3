"""One page's state follows its address, and only when the address changed without us."""

from streamlit.testing.v1 import AppTest


def _page() -> None:
    from dataclasses import dataclass

    import streamlit as st

    from pages.ui import session_link

    @dataclass
    class Counted(session_link.SessionLink):
        number: str = "none"
        followed: int = 0

        def follow(self, params: dict[str, str]) -> None:
            self.number, self.followed = params.get("n", "none"), self.followed + 1

    # a class of a script is made anew in every run, so the object is kept as it is
    state = st.session_state.setdefault("counted", Counted())

    def choose() -> None:
        state.number, state.touched = "chosen", True

    state.sync(state.follow)
    st.button("choose", on_click=choose)
    st.text(f"{state.number} {state.followed}")
    state.write({"n": state.number})


def _shown(app: AppTest) -> str:
    assert not app.exception
    return str(app.text[0].value)


def test_the_first_address_is_followed_and_a_second_run_keeps_it() -> None:
    app = AppTest.from_function(_page)
    app.query_params["n"] = "7"
    assert _shown(app.run()) == "7 1"
    assert _shown(app.run()) == "7 1"


def test_an_address_that_changed_without_us_replaces_the_state() -> None:
    app = AppTest.from_function(_page)
    app.query_params["n"] = "7"
    app.run()
    app.query_params["n"] = "8"
    assert _shown(app.run()) == "8 2"


def test_a_widgets_choice_outlives_an_older_address_and_is_written() -> None:
    app = AppTest.from_function(_page)
    app.query_params["n"] = "7"
    app.run()
    app.query_params["n"] = "6"
    assert _shown(app.button[0].click().run()) == "chosen 1"
    assert app.query_params["n"] in ("chosen", ["chosen"])
    assert _shown(app.run()) == "chosen 1"
