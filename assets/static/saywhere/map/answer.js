/* The layer of an answer, or of a gallery's coverage. */

function reportSpot(at) {
  const spot = L.latLng(at);
  state.tapped = true;
  report({ event: "spot", lat: spot.lat, lon: spot.lng });
}

function evidence(data, group) {
  const chosen = state.markers.get(data.chosen);
  for (const one of data.evidence) {
    if (chosen) {
      group.addLayer(L.polyline([chosen.at, one.at],
        { className: "sw-evidence-line", interactive: false, weight: 2 }));
    }
    const dot = L.circleMarker(one.at, { className: "sw-evidence", radius: 5, weight: 2 });
    dot.bindTooltip(element("span", "sw-tip", one.label), { direction: "top" });
    group.addLayer(dot);
  }
}

function marks(list, group) {
  state.flags = [];
  for (const one of list) {
    const flag = element("span", "sw-flag sw-flag-" + one.kind);
    const made = L.marker(one.at, { keyboard: false, interactive: false, zIndexOffset: 3000,
      icon: L.divIcon({ html: flag, className: "", iconSize: [22, 22], iconAnchor: [11, 11] }) });
    made.bindTooltip(element("span", "sw-tip", one.label), { permanent: true,
      direction: "auto", offset: [12, 0], className: "sw-flag-label" });
    group.addLayer(made);
    state.flags.push({ made, at: one.at });
  }
  const truth = list.find((one) => one.kind === "truth");
  const ends = truth ? list.filter((one) => one.kind === "guess").map((one) => one.at) : [];
  for (const end of ends) {
    group.addLayer(L.polyline([truth.at, end], { className: "sw-between", weight: 3,
      interactive: false }));
  }
}

/* The ground of tiles, as polygons. */
function covered(polygons) {
  return L.geoJSON({ type: "MultiPolygon", coordinates: polygons },
    { className: "sw-ground", weight: 1, interactive: false });
}

/* The area that a gallery covers and the chosen tile; the map moves to a tile picked elsewhere. */
function ground(data, group) {
  group.addLayer(covered(data.ground));
  const key = JSON.stringify([data.tile, data.other]);
  const moved = key !== state.tile && !state.tapped;
  state.tile = key;
  state.tapped = false;
  if (!data.tile) return;
  group.addLayer(L.rectangle(data.tile, { className: "sw-footprint sw-chosen", weight: 2.5,
    interactive: false }));
  if (!moved) return;
  const target = L.latLngBounds(data.tile);
  if (data.other) target.extend(data.other);
  look(() => state.map.fitBounds(target, { padding: [60, 60], maxZoom: 16.5, animate: false }));
}

/* Called again for every answer and every choice, with a fresh, empty group on the map. */
function draw(group, data) {
  const map = state.map;
  group.addTo(map);
  state.markers = new Map();
  state.picking = data.picking;
  map.getContainer().classList.toggle("sw-picking", data.picking);
  spread(data.spread, group);
  if (data.outline && data.outline.length) group.addLayer(covered(data.outline));
  if (data.area) {
    const draw = data.area.length === 2 ? L.rectangle : L.polygon;
    group.addLayer(draw(data.area,
      { className: "sw-area-shape", interactive: false, weight: 2 }));
  }
  if (data.other) {
    group.addLayer(L.rectangle(data.other, { className: "sw-other", weight: 2.5 })
      .bindTooltip(element("span", "sw-tip", "Your spot"), { direction: "top" }));
  }
  const focused = state.focused;
  /* the footprint of the first lies on top; the Tab key goes to the first marker first */
  const shapes = new Map([...data.candidates].reverse()
    .map((one) => [one.rank, footprint(one, group)]));
  state.ties = L.layerGroup().addTo(group);
  for (const one of data.candidates) marker(one, shapes.get(one.rank), group);
  if (focused && document.hasFocus()) refocus(focused);
  evidence(data, group);
  marks(data.marks, group);
  if (data.ground) {
    ground(data, group);
    return;
  }
  const view = JSON.stringify([data.view, data.area]);
  const moved = view !== state.view;
  state.view = view;
  choose(data.chosen, !moved && data.chosen !== state.chosen);
  state.chosen = data.chosen;
  spreadOut();
  const sight = JSON.stringify(data.look || null);
  if (data.look && sight !== state.sight) {
    state.sight = sight;
    look(() => map.setView(data.look.slice(0, 2), Math.max(map.getZoom(), 16.5),
      { animate: false }));
    return;
  }
  state.sight = sight;
  if (!moved) return;
  const points = [...data.candidates, ...data.marks].map((one) => one.at);
  const alone = !data.candidates.length && data.area;
  const target = alone || (points.length ? L.latLngBounds(points) : state.home);
  /* below, room for the legend, which would cover a marker and take its clicks */
  const room = points.length && !alone
    ? { paddingTopLeft: [44, 66], paddingBottomRight: [44, 84], maxZoom: 17 } : {};
  look(() => map.fitBounds(target, { ...room, animate: false }));
}
