/* The map's frame: its state, its reports to the page, its view and its theme. A part of one
   script: `pages/ui/map_script.py` joins the parts in one scope. Draws an answer on a Leaflet map
   and reports what a person picks; knows nothing of searching. All text is set as text, never as HTML. The page
   hears of a pick through Streamlit's own message; panning and zooming are not reported. */

const state = { map: null, view: null, markers: new Map(), area: null, count: 0,
                spread: null, spreadOn: true, picking: false, tapped: false, tile: null,
                focused: null, ties: null, flags: [], regions: null, named: null };
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function report(event) {
  state.count += 1;
  window.Streamlit.setComponentValue({ ...event, count: state.count, at: Date.now() });
}

function element(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

function isDark() {
  const parts = (css("--background-color") || "#ffffff").match(/[0-9a-f]{2}/gi) || [];
  const [r, g, b] = parts.map((part) => parseInt(part, 16));
  return 0.3 * r + 0.59 * g + 0.11 * b < 110;
}

function followTheme() {
  const own = [];
  state.map.eachLayer((layer) => {
    if (layer.options.className === "sw-own") own.push([layer, layer._url]);
  });
  let dark = false;
  const apply = () => {
    document.documentElement.classList.toggle("sw-dark", isDark());
    if (dark === isDark()) return;
    dark = isDark();
    for (const [layer, url] of own) {
      /* setUrl alone would ask for tiles of half a zoom */
      layer.setUrl(dark ? `${url}&dark=1` : url, true);
      if (state.map.hasLayer(layer)) layer.remove().addTo(state.map);
    }
  };
  apply();
  new MutationObserver(apply).observe(document.head, { childList: true, subtree: true,
    characterData: true });
}

function ready(map, data) {
  if (window.frameElement) window.frameElement.title = "Map"; // else a screen reader says a module's name
  state.map = map;
  state.home = data.bounds;
  state.boxOnly = data.use === "boxing";
  map.attributionControl.setPrefix(false);
  look(() => map.fitBounds(data.bounds, { animate: false }));
  const here = window.isSecureContext && navigator.geolocation ? [HereControl] : [];
  const swipe = data.photo ? [SwipeControl] : [];
  state.photo = data.photo;
  const buttons = { searching: [AreaControl, PlaceControl, Legend, ...here, ...swipe],
    boxing: [AreaControl, Legend, ...here], picking: [MiddleControl, Legend],
    looking: [], overview: [] };
  for (const Buttons of buttons[data.use]) new Buttons().addTo(map);
  if (data.land) world(map, data);
  if (data.use === "looking") passKeys();
  map.on("click", (event) => { if (state.picking) reportSpot(event.latlng); });
  map.on("zoomend", spreadOut);
  map.on("zoomend viewreset", halfway);
  map.on("zoomend", placeNames);
  map.on("moveend", moveLegend);
  /* the layer is drawn again after a choice, and the keyboard shall stay where it was */
  document.addEventListener("focusin", (event) => {
    state.focused = event.target.dataset && event.target.dataset.rank || null;
  });
  followTheme();
  const large = window.parent.document.querySelector(".st-key-booth") !== null;
  document.documentElement.classList.toggle("sw-large", large);
  const container = map.getContainer();
  for (const hand of ["pointerdown", "wheel", "keydown"]) {
    container.addEventListener(hand, () => { state.look = null; }, { passive: true });
    document.addEventListener(hand, tellOfHand, { passive: true, capture: true });
  }
  new ResizeObserver(() => {
    map.invalidateSize({ animate: false });
    if (state.look) state.look();
  }).observe(container);
}

/* Between two zooms tiles are scaled, and a line of the ground would show between them. */
function halfway() {
  state.map.getContainer().classList.toggle("sw-halfway", state.map.getZoom() % 1 !== 0);
}

/* The page cannot hear what happens in this frame, and the booth wants to know. */
function tellOfHand(event) {
  if (event.type !== "wheel") {
    document.documentElement.classList.toggle("sw-keys", event.type === "keydown");
  }
  window.parent.document.dispatchEvent(new CustomEvent("saywhere:hand"));
}

/* The view of the map; set again when the frame gets its size, until somebody moves the map. */
function look(act) {
  state.look = act;
  act();
}

/* On a map that is only looked at, keys belong to the page: those that Leaflet does not use go on
   to it. */
function passKeys() {
  document.addEventListener("keydown", (event) => {
    const plain = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.repeat || !(event.key === "Enter" || (plain && /[a-z0-9]/i.test(event.key)))) return;
    if (event.target.closest && event.target.closest("a, input, .leaflet-marker-icon")) return;
    const page = window.parent;
    page.document.body.focus();
    for (const kind of ["keydown", "keyup"]) {
      page.document.body.dispatchEvent(new page.KeyboardEvent(kind, {
        key: event.key, code: event.code, keyCode: event.keyCode, bubbles: true,
        cancelable: true, composed: true }));
    }
  });
}

window.saywhere = { ready, draw, errors, places, regions };
