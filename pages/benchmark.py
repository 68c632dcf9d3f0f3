"""The benchmark page: saved evaluation reports side by side, and the queries behind a number."""

import streamlit as st

from pages.benchmark_page import metric_tables, plot_panel, queries, reports, session
from pages.ui import frame
from pages.ui.markdown import plain

frame.begin("benchmark")
with frame.head():
    reports.upload()
reports.told()
found, problems = reports.entries()
for problem in problems:
    st.warning(plain(problem, 500))
if not found:
    reports.nowhere()
    st.stop()

st.html('<h2 class="sw-section">Measured runs, side by side</h2>')
session.restore(found)
runs = session.chosen(found)
if not runs:
    st.info("Choose a report above to see its numbers.")
    session.write_link()
    st.stop()
metric_tables.draw(runs)

parts = session.parts_of(runs)
session.settle(runs, parts)
st.html('<h2 class="sw-section">Where it fails</h2>')
plot = plot_panel.which()
left, right = st.columns([7, 5], gap="medium")
with left:
    plot_panel.settings_of(plot, runs)
with right:
    picked = queries.choose(runs, parts)
    queries.listed(picked)
    queries.review(picked.one)
with left:
    plot_panel.draw(plot, runs, picked)

st.html('<h2 class="sw-section">Is a difference more than chance?</h2>')
metric_tables.compare(runs)
session.write_link()
