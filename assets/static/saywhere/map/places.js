/* The layer of a case's places, by letters. */

/* The places of a case by letters, their tiles, and the way from the truth to the answer. */
function places(group, data) {
  const map = state.map;
  group.addTo(map);
  for (const one of data.places) {
    if (one.box) {
      group.addLayer(L.rectangle(one.box, { className: "sw-footprint", weight: 1.5,
        interactive: false }));
    }
  }
  if (data.line.length) {
    group.addLayer(L.polyline(data.line,
      { className: "sw-way", weight: 2.5, interactive: false }));
    const middle = L.latLngBounds(data.line).getCenter();
    group.addLayer(L.marker(middle, { interactive: false, keyboard: false, icon: L.divIcon({
      html: element("span", "", data.length), className: "sw-length", iconSize: [0, 0] }) }));
  }
  for (const one of data.places) letters(one, group);
  if (state.view === data.view) return;
  state.view = data.view;
  const main = data.places.filter((one) => /[TA]/.test(one.letters)).map((one) => one.at);
  look(() => map.fitBounds(L.latLngBounds(main),
    { padding: [40, 40], maxZoom: 17, animate: false }));
}

function letters(one, group) {
  const kind = one.letters.includes("T") ? "sw-the-truth"
    : one.letters.includes("A") ? "sw-chosen" : "";
  const icon = element("span", "sw-pin sw-letters");
  icon.appendChild(element("span", "", one.letters));
  const made = L.marker(one.at, {
    icon: L.divIcon({ html: icon, className: `sw-marker ${kind}`, iconSize: [32, 32],
                      iconAnchor: [16, 16] }),
    keyboard: false, riseOnHover: true, zIndexOffset: kind ? 1000 : 0, alt: one.letters,
  });
  made.bindTooltip(element("span", "sw-tip", one.letters + " · " + one.told),
                   { direction: "top", offset: [0, -14] });
  group.addLayer(made);
}
