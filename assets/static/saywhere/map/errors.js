/* The layer of lines between a truth and an answer. */

/* The legend of the dots and lines between a truth and an answer. */
const ErrorLegend = L.Control.extend({
  options: { position: "bottomleft" },
  onAdd() {
    const box = element("div", "sw-error-legend leaflet-bar");
    for (const [look, words] of [["sw-truth-key", "where it was written"],
                                 ["sw-top-key", "the first candidate"]]) {
      box.append(element("span", look, ""), element("span", "", words));
    }
    return box;
  },
});

function miss([number, truth, top, label], group, chosen) {
  const own = number === chosen ? " sw-chosen" : "";
  const line = L.polyline([truth, top], { className: "sw-miss" + own, weight: own ? 3 : 1.6 });
  const touch = L.polyline([truth, top], { className: "sw-miss-touch", weight: 14, opacity: 0 });
  const ends = [
    L.circleMarker(top, { className: "sw-top" + own, radius: own ? 7 : 5, weight: 2.5 }),
    L.circleMarker(truth, { className: "sw-truth" + own, radius: own ? 6 : 4, weight: 1 }),
  ];
  for (const layer of [touch, ...ends]) {
    layer.bindTooltip(element("span", "sw-tip", label), { sticky: true });
    layer.on("click", () => report({ event: "miss", number }));
  }
  for (const layer of [line, touch, ...ends]) group.addLayer(layer);
}

/* Called again for every choice, with a fresh, empty group on the map. */
function errors(group, data) {
  const map = state.map;
  group.addTo(map);
  if (!state.errorLegend) state.errorLegend = new ErrorLegend().addTo(map);
  const first = data.lines.filter(([number]) => number === data.chosen);
  for (const one of data.lines) if (one[0] !== data.chosen) miss(one, group, data.chosen);
  for (const one of first) miss(one, group, data.chosen);
  const view = JSON.stringify(data.lines.map(([number]) => number));
  if (view === state.view) return;
  state.view = view;
  const points = data.lines.flatMap(([, truth, top]) => [truth, top]);
  look(() => map.fitBounds(points.length ? L.latLngBounds(points) : state.home,
    { paddingTopLeft: [28, 28], paddingBottomRight: [28, 72], maxZoom: 17, animate: false }));
}
