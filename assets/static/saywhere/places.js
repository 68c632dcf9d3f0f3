/* Draws the places of a case on a Leaflet map: letters, tiles, and the way from the truth to the
   answer. All text is set as text, never as HTML. Reports nothing; keys go on to the page. */
(function () {
  "use strict";

  const state = { map: null, shown: null, look: null };

  function element(tag, name, text) {
    const made = document.createElement(tag);
    made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function followTheme() {
    const apply = () => {
      const root = getComputedStyle(document.documentElement);
      const colour = root.getPropertyValue("--background-color").trim() || "#ffffff";
      const [r, g, b] = (colour.match(/[0-9a-f]{2}/gi) || []).map((part) => parseInt(part, 16));
      document.documentElement.classList.toggle("sw-dark", 0.3 * r + 0.59 * g + 0.11 * b < 110);
    };
    apply();
    new MutationObserver(apply).observe(document.head, { childList: true, subtree: true,
      characterData: true });
  }

  /* Who has clicked the map still works by keys: those that Leaflet does not take go on. */
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

  function ready(map) {
    state.map = map;
    map.attributionControl.setPrefix(false);
    followTheme();
    passKeys();
    const container = map.getContainer();
    for (const hand of ["pointerdown", "wheel", "keydown"]) {
      container.addEventListener(hand, () => { state.look = null; }, { passive: true });
    }
    new ResizeObserver(() => {
      map.invalidateSize({ animate: false });
      if (state.look) state.look();
    }).observe(container);
  }

  function pin(spot) {
    const kind = spot.letters.includes("T") ? "sw-truth"
      : spot.letters.includes("A") ? "sw-chosen" : "";
    const icon = element("span", "sw-pin sw-letters");
    icon.appendChild(element("span", "", spot.letters));
    const made = L.marker(spot.at, {
      icon: L.divIcon({ html: icon, className: `sw-marker ${kind}`, iconSize: [32, 32],
                        iconAnchor: [16, 16] }),
      keyboard: false, riseOnHover: true, zIndexOffset: kind ? 1000 : 0,
      alt: spot.letters,
    });
    made.bindTooltip(element("span", "sw-tip", spot.letters + " · " + spot.told),
                     { direction: "top", offset: [0, -14] });
    return made;
  }

  function draw(group, data) {
    const map = state.map;
    group.addTo(map);
    for (const spot of data.spots) {
      if (spot.box) {
        group.addLayer(L.rectangle(spot.box, { className: "sw-footprint", weight: 1.5,
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
    for (const spot of data.spots) group.addLayer(pin(spot));
    if (state.shown === data.case) return;
    state.shown = data.case;
    const main = data.spots.filter((spot) => /[TA]/.test(spot.letters)).map((spot) => spot.at);
    state.look = () => map.fitBounds(L.latLngBounds(main),
      { padding: [40, 40], maxZoom: 17, animate: false });
    state.look();
  }

  window.saywherePlaces = { ready, draw };
})();
