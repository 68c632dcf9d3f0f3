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
    box.hidden = !state.spread; // moving it to another corner makes it anew
    state.legend = box;
    state.legendControl = this;
    return box;
  },
});

/* The legend goes to the lower corner where it covers fewer markers and no label of a flag; to the
   upper right where a flag is in both. */
function moveLegend() {
  const legend = state.legendControl;
  if (!legend || state.legend.hidden) return;
  const [size, width] = [state.map.getSize(), state.legend.offsetWidth + 24];
  const low = [...state.markers.values()].map((one) => reach(one.at, 0, 0));
  for (const { made } of state.flags) {
    const label = made.getTooltip();
    const long = 16 + ((label && label.getElement() && label.getElement().offsetWidth) || 0);
    const left = label && label.options.direction === "left";
    low.push({ ...reach(made.getLatLng(), left ? long : 12, left ? 12 : long), flag: true });
  }
  const there = low.filter(({ y }) => y > size.y - 64 && y < size.y + 16);
  const left = there.filter((one) => one.from < width);
  const right = there.filter((one) => one.to > size.x - width);
  const flagged = (ones) => ones.some((one) => one.flag);
  const most = (ones) => ones.length + (flagged(ones) ? 1000 : 0);
  const wanted = flagged(left) && flagged(right) ? "topright"
    : most(left) > most(right) ? "bottomright" : "bottomleft";
  if (legend.getPosition() !== wanted) legend.setPosition(wanted);
}

/* What a marker takes on the map, with a label so long to its left and right, in pixels. */
function reach(at, left, right) {
  const { x, y } = state.map.latLngToContainerPoint(at);
  return { y, from: x - left, to: x + right };
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
