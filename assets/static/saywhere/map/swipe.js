/* Swiping between the map and the aerial picture of the same ground, on maps that have both. The
   picture is a layer of its own, cut at a divider; its tiles are asked for only while it is
   shown. */

const SwipeControl = L.Control.extend({
  options: { position: "topright" },
  onAdd(map) {
    const box = buttonBox("sw-area sw-swipe-switch");
    const made = addButton(box, "sw-area-button", "Swipe to the photo", () => {
      if (state.swipe) state.swipe.stop();
      else state.swipe = startSwipe(map, state.photo);
      made.setAttribute("aria-pressed", String(Boolean(state.swipe)));
    });
    made.setAttribute("aria-pressed", "false");
    return box;
  },
});

/* The handle is a slider, so that the arrow keys move it too. */
function startSwipe(map, photo) {
  const pane = map.getPane("sw-swipe") || map.createPane("sw-swipe");
  pane.style.zIndex = 250;
  const layer = L.tileLayer(photo.url, { ...photo.options, pane: "sw-swipe" }).addTo(map);
  const divider = element("div", "sw-swipe");
  const line = element("div", "sw-swipe-line");
  const slider = element("input", "");
  Object.assign(slider, { type: "range", min: 0, max: 1000, value: 500 });
  slider.setAttribute("aria-label", "Where the map ends and the photo begins");
  divider.append(line, slider);
  L.DomEvent.disableClickPropagation(slider);
  L.DomEvent.on(slider, "pointerdown touchstart", L.DomEvent.stopPropagation);
  slider.addEventListener("keydown", (event) => event.stopPropagation());
  const cut = () => {
    const size = map.getSize();
    const start = map.containerPointToLayerPoint([0, 0]);
    const end = map.containerPointToLayerPoint(size);
    const x = Math.round(size.x * slider.value / 1000);
    line.style.left = `${x}px`;
    pane.style.clip = `rect(${start.y}px, ${end.x}px, ${end.y}px, ${start.x + x}px)`;
  };
  slider.addEventListener("input", cut);
  map.on("move zoomend viewreset resize", cut);
  map.getContainer().append(divider);
  cut();
  return {
    stop() {
      map.off("move zoomend viewreset resize", cut);
      divider.remove();
      layer.remove();
      state.swipe = null;
    },
  };
}
