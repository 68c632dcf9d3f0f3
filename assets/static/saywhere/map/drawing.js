/* Drawing of an area by hand. */

/* A box is dragged, a polygon clicked corner by corner; the first corner, Enter or the button
   close it, Escape gives up. */
const NEAR_PX = 12;
const MOST_CORNERS = 40;

function startDrawing(map, button) {
  if (state.drawing) { state.drawing.press(); return; }
  const container = map.getContainer();
  const corners = [];
  let start = null;
  let shape = null;
  const near = (one, other) => map.latLngToContainerPoint(one)
    .distanceTo(map.latLngToContainerPoint(other)) <= NEAR_PX;
  const show = (made) => {
    if (shape) shape.remove();
    shape = made.addTo(map);
  };
  const stop = () => {
    for (const [name, act] of Object.entries(hands)) {
      container.removeEventListener(name, act, true);
    }
    /* the click that belongs to the last pointerup is still to come */
    setTimeout(() => container.removeEventListener("click", swallow, true), 0);
    document.removeEventListener("keydown", keys, true);
    container.classList.remove("sw-drawing");
    map.dragging.enable();
    map.doubleClickZoom.enable();
    if (shape) shape.remove();
    button.textContent = DRAW;
    button.setAttribute("aria-pressed", "false");
    state.drawing = null;
  };
  const close = () => {
    stop();
    if (corners.length > 2) {
      report({ event: "area", area: corners.map((one) => [one.lat, one.lng]) });
    }
  };
  const add = (at) => {
    const last = corners.length > 2 && near(at, corners[corners.length - 1]);
    if (last || (corners.length > 2 && near(at, corners[0]))) { close(); return; }
    if (corners.length < MOST_CORNERS) corners.push(at);
    show(L.featureGroup([
      L.polygon(corners, { className: "sw-area-shape", interactive: false }),
      ...corners.map((one) => L.circleMarker(one,
        { className: "sw-corner", radius: 5, weight: 2, interactive: false })),
    ]));
    button.textContent = corners.length > 2 ? "Close the shape" : "Next corner…";
  };
  const outside = (event) => event.target.closest(".leaflet-control");
  const swallow = (event) => { if (!outside(event)) event.stopPropagation(); };
  const hands = {
    pointerdown: (event) => {
      if (outside(event)) return;
      event.stopPropagation();
      event.preventDefault();
      container.setPointerCapture(event.pointerId); // or the end of a drag beyond is lost
      start = map.mouseEventToLatLng(event);
    },
    pointermove: (event) => {
      if (!start || corners.length) return;
      event.stopPropagation();
      show(L.rectangle(L.latLngBounds(start, map.mouseEventToLatLng(event)),
        { className: "sw-area-shape", interactive: false }));
    },
    pointerup: (event) => {
      if (!start) return;
      event.stopPropagation();
      const [from, to] = [start, map.mouseEventToLatLng(event)];
      start = null;
      if (corners.length || near(from, to)) {
        if (state.boxOnly) show(L.layerGroup());
        else add(to);
        return;
      }
      stop();
      report({ event: "area", area: edges(L.latLngBounds(from, to)) });
    },
  };
  const keys = (event) => {
    if (event.key === "Escape") stop();
    if (event.key === "Enter" && corners.length > 2) { event.preventDefault(); close(); }
  };
  for (const [name, act] of Object.entries(hands)) container.addEventListener(name, act, true);
  container.addEventListener("click", swallow, true);
  document.addEventListener("keydown", keys, true);
  container.classList.add("sw-drawing");
  map.dragging.disable();
  map.doubleClickZoom.disable();
  button.textContent = state.boxOnly ? "Drag on the map…" : "Drag, or click corners…";
  button.setAttribute("aria-pressed", "true");
  state.drawing = { press: () => (corners.length > 2 ? close() : stop()) };
}
