"""The benchmark page: saved evaluation reports side by side, and the queries behind a number."""

import streamlit as st

from pages.benchmark_page import (
    case_import,
    metric_tables,
    paired_comparison,
    plot_panel,
    queries,
    report_actions,
    reports,
    scenario_panel,
    session,
)
from pages.benchmark_page.subgroups import parts_of
from pages.ui import frame
from pages.ui.markdown import plain
from pages.ui.templates import render

frame.begin("benchmark")
with frame.head():
    menus = st.container(horizontal=True, width="content", key="bench-menus")
with menus:
    reports.upload()
reports.draw_result()
found, problems = reports.entries()
for problem in problems:
    st.warning(plain(problem, 500))
if not found:
    reports.nowhere()
    st.stop()

st.html(render("section", title="Reports side by side"))
session.restore(found)
with menus:
    report_actions.draw(found)
    scenario_panel.draw()
report_actions.draw_result()
scenario_panel.draw_result()
runs = session.chosen(found)
if not runs:
    st.info("Choose a report above to see its numbers.")
    session.write_link()
    st.stop()
metric_tables.draw(runs)

parts = parts_of(runs)
session.settle(runs, parts)
st.html(render("section", title="Where it fails"))
plot = plot_panel.which()
left, right = st.columns([7, 5], gap="medium")
with left:
    plot_panel.settings_of(plot, runs)
with right:
    picked = queries.choose(runs, parts)
    queries.listed(picked)
    case_import.draw(picked)
with left:
    plot_panel.draw(plot, runs, picked)

st.html(render("section", title="Is a difference more than chance?"))
paired_comparison.draw(runs)
session.write_link()
