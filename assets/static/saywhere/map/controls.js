/* The buttons on the map: an area, a place by name, the middle of the map, where the visitor is. */

const DRAW = "Draw an area";

function edges(bounds) {
  return { west: bounds.getWest(), south: bounds.getSouth(),
           east: bounds.getEast(), north: bounds.getNorth() };
}

/* A box of buttons on the map, whose clicks are none on the map. */
function buttonBox(className) {
  const box = element("div", `${className} leaflet-bar`);
  L.DomEvent.disableClickPropagation(box);
  return box;
}

function addButton(box, className, label, act) {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", act);
  box.append(made);
  return made;
}

/* Two buttons: search what is visible, or draw a box or a polygon. */
const AreaControl = L.Control.extend({
  options: { position: "topright" },
  onAdd(map) {
    const box = buttonBox("sw-area");
    addButton(box, "sw-area-button", state.boxOnly ? "Take this view" : "Search this view", () =>
      report({ event: "area", area: edges(map.getBounds()) }));
    const draw = addButton(box, "sw-area-button", DRAW, () => startDrawing(map, draw));
    return box;
  },
});

/* A box for the name of a street, a square or a town; the page looks it up. */
const PlaceControl = L.Control.extend({
  options: { position: "topleft" },
  onAdd() {
    const box = element("form", "sw-place leaflet-bar");
    box.setAttribute("role", "search");
    L.DomEvent.disableClickPropagation(box);
    const open = element("button", "sw-lens", "");
    open.type = "button";
    open.title = "Find a place on the map";
    open.setAttribute("aria-label", open.title);
    const words = element("input", "");
    Object.assign(words, { type: "search", maxLength: 80, hidden: true, enterKeyHint: "search",
      placeholder: "Street, square or town", autocomplete: "off" });
    words.setAttribute("aria-label", "Street, square or town");
    const show = (on) => {
      words.hidden = !on;
      open.setAttribute("aria-expanded", String(on));
      (on ? words : open).focus();
    };
    open.setAttribute("aria-expanded", "false");
    open.addEventListener("click", () => show(words.hidden));
    box.addEventListener("submit", (event) => {
      event.preventDefault();
      report({ event: "place", words: words.value.trim() });
    });
    words.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") show(false);
    });
    box.append(open, words);
    return box;
  },
});

/* Picking a spot without a pointer: the arrow keys move the map, this takes its middle. */
const MiddleControl = L.Control.extend({
  options: { position: "topright" },
  onAdd(map) {
    const box = buttonBox("sw-area sw-middle");
    addButton(box, "sw-area-button", "Take the middle of the map", () => {
      if (state.picking) reportSpot(map.getCenter());
    });
    map.getContainer().append(element("div", "sw-cross", ""));
    return box;
  },
});

/* Moves the map to where the visitor is, if the browser allows it; the server hears nothing. */
const HereControl = L.Control.extend({
  options: { position: "topleft" },
  onAdd(map) {
    const box = buttonBox("sw-here");
    const made = addButton(box, "", "◎", () => {
      say("Looking for you …");
      map.locate({ setView: false, enableHighAccuracy: true, timeout: 15000 });
    });
    const say = (words) => { made.title = words; made.setAttribute("aria-label", words); };
    say("Show where I am");
    map.on("locationfound", (event) => {
      say("Show where I am");
      if (state.here) state.here.remove();
      state.here = L.layerGroup([
        L.circle(event.latlng, { radius: event.accuracy, className: "sw-here-around",
          interactive: false }),
        L.circleMarker(event.latlng, { radius: 7, className: "sw-here-dot" })
          .bindTooltip(element("span", "sw-tip", "You are here"), { direction: "top" }),
      ]).addTo(map);
      state.look = null;
      map.setView(event.latlng, Math.max(map.getZoom(), 16));
    });
    map.on("locationerror", () => say("The browser did not say where you are"));
    return box;
  },
});
