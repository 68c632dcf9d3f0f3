"""The benchmark page: saved evaluation reports side by side, and the queries behind a number."""

import streamlit as st

from pages.shared import page
from pages.shared.benchmark import choice, drawing, figures, queries, reports
from pages.shared.markdown import plain

page.begin("benchmark")
with page.head():
    reports.upload()
reports.told()
found, problems = reports.entries()
for problem in problems:
    st.warning(plain(problem, 500))
if not found:
    reports.nowhere()
    st.stop()

st.html('<h2 class="sw-section">Measured runs, side by side</h2>')
choice.restore(found)
runs = choice.chosen(found)
if not runs:
    st.info("Choose a report above to see its numbers.")
    choice.write_link()
    st.stop()
figures.draw(runs)

parts = choice.parts_of(runs)
choice.settle(runs, parts)
st.html('<h2 class="sw-section">Where it fails</h2>')
plot = drawing.which()
left, right = st.columns([7, 5], gap="medium")
with left:
    drawing.settings_of(plot, runs)
with right:
    picked = queries.choose(runs, parts)
    queries.listed(picked)
    queries.review(picked.one)
with left:
    drawing.draw(plot, runs, picked)

st.html('<h2 class="sw-section">Is a difference more than chance?</h2>')
figures.compare(runs)
choice.write_link()
