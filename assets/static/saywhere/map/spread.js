/* The tinted area with most of the probability, and its legend. */

/* The legend of the tinted area, with a switch. */
const Legend = L.Control.extend({
  options: { position: "bottomleft" },
  onAdd() {
    const box = element("label", "sw-legend leaflet-bar");
    L.DomEvent.disableClickPropagation(box);
    const tick = element("input", "");
    tick.type = "checkbox";
    tick.checked = state.spreadOn;
    tick.addEventListener("change", () => { state.spreadOn = tick.checked; showSpread(); });
    box.append(tick, element("span", "sw-legend-tint", ""),
      element("span", "", "80 % of the probability"));
    box.hidden = true;
    state.legend = box;
    state.legendControl = this;
    return box;
  },
});

/* The legend goes to the lower corner where it covers fewer markers. */
function moveLegend() {
  const legend = state.legendControl;
  if (!legend || state.legend.hidden) return;
  const [size, width] = [state.map.getSize(), state.legend.offsetWidth + 24];
  const low = [...state.markers.values()].map((one) => state.map.latLngToContainerPoint(one.at))
    .filter((point) => point.y > size.y - 64 && point.y < size.y + 16);
  const left = low.filter((point) => point.x < width).length;
  const right = low.filter((point) => point.x > size.x - width).length;
  const wanted = left > right ? "bottomright" : "bottomleft";
  if (legend.getPosition() !== wanted) legend.setPosition(wanted);
}

function showSpread() {
  if (!state.spread) return;
  if (state.spreadOn) state.spread.group.addLayer(state.spread.layer);
  else state.spread.group.removeLayer(state.spread.layer);
}

/* One layer of a shape for each level, the likeliest in all of them: the tints add up. */
function spread(data, group) {
  state.spread = null;
  state.legend.hidden = !data;
  if (!data) return;
  const [north, turn] = [data.radius / 111195, Math.PI / 4];
  const ring = ([lat, lon]) => Array.from({ length: 9 }, (_, corner) => {
    const angle = (corner + 0.5) * turn;
    return [lon + north * Math.cos(angle) / Math.cos(lat * Math.PI / 180),
            lat + north * Math.sin(angle)];
  });
  const levels = [...new Set(data.tiles.map((tile) => tile[2]))].sort((a, b) => b - a);
  const features = levels.map((level) => ({ type: "Feature", properties: {}, geometry: {
    type: "MultiPolygon",
    coordinates: data.tiles.filter((tile) => tile[2] <= level).map((tile) => [ring(tile)]),
  } }));
  const layer = L.geoJSON({ type: "FeatureCollection", features }, { className: "sw-spread",
    fillRule: "nonzero", stroke: false, interactive: false });
  state.spread = { group, layer };
  showSpread();
}
