/* Draws an answer on a Leaflet map and reports what a person picks; knows nothing of searching.
   All text is set as text, never as HTML. The page hears of a pick through Streamlit's own
   message; panning and zooming are not reported. */
(function () {
  "use strict";

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
    const apply = () => document.documentElement.classList.toggle("sw-dark", isDark());
    apply();
    new MutationObserver(apply).observe(document.head, { childList: true, subtree: true,
      characterData: true });
  }

  const DRAW = "Draw an area";

  function edges(bounds) {
    return { west: bounds.getWest(), south: bounds.getSouth(),
             east: bounds.getEast(), north: bounds.getNorth() };
  }

  /* Two buttons: search what is visible, or draw a box or a polygon. */
  const AreaControl = L.Control.extend({
    options: { position: "topright" },
    onAdd(map) {
      const box = element("div", "sw-area leaflet-bar");
      L.DomEvent.disableClickPropagation(box);
      this.button(box, state.boxOnly ? "Take this view" : "Search this view", () =>
        report({ event: "area", area: edges(map.getBounds()) }));
      const draw = this.button(box, DRAW, () => startDrawing(map, draw));
      return box;
    },
    button(box, label, act) {
      const made = element("button", "sw-area-button", label);
      made.type = "button";
      made.addEventListener("click", act);
      box.appendChild(made);
      return made;
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
      const box = element("div", "sw-area sw-middle leaflet-bar");
      L.DomEvent.disableClickPropagation(box);
      const made = element("button", "sw-area-button", "Take the middle of the map");
      made.type = "button";
      made.addEventListener("click", () => { if (state.picking) reportSpot(map.getCenter()); });
      box.append(made);
      map.getContainer().append(element("div", "sw-cross", ""));
      return box;
    },
  });

  /* Moves the map to where the visitor is, if the browser allows it; the server hears nothing. */
  const HereControl = L.Control.extend({
    options: { position: "topleft" },
    onAdd(map) {
      const box = element("div", "sw-here leaflet-bar");
      L.DomEvent.disableClickPropagation(box);
      const made = element("button", "", "◎");
      made.type = "button";
      const say = (words) => { made.title = words; made.setAttribute("aria-label", words); };
      say("Show where I am");
      made.addEventListener("click", () => {
        say("Looking for you …");
        map.locate({ setView: false, enableHighAccuracy: true, timeout: 15000 });
      });
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
      box.append(made);
      return box;
    },
  });

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

  function reportSpot(at) {
    const spot = L.latLng(at);
    state.tapped = true;
    report({ event: "spot", lat: spot.lat, lon: spot.lng });
  }

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

  function ready(map, data) {
    state.map = map;
    state.home = data.bounds;
    state.boxOnly = data.use === "boxing";
    map.attributionControl.setPrefix(false);
    look(() => map.fitBounds(data.bounds, { animate: false }));
    const here = window.isSecureContext && navigator.geolocation ? [HereControl] : [];
    const buttons = { searching: [AreaControl, PlaceControl, Legend, ...here],
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

  function footprint(one, group) {
    const shape = L.rectangle(one.footprint, { className: "sw-footprint", weight: 1.5 });
    shape.on("click", (event) => picked(one, event));
    group.addLayer(shape);
    return shape;
  }

  function picked(one, event) {
    if (state.picking) {
      L.DomEvent.stopPropagation(event);
      reportSpot(one.at);
      return;
    }
    choose(one.rank, false);
    report({ event: "choose", rank: one.rank });
    showInList(one.rank);
  }

  function marker(one, shape, group) {
    const icon = element("span", "sw-pin");
    icon.appendChild(element("span", "sw-pin-rank", String(one.rank)));
    const made = L.marker(one.at, {
      icon: L.divIcon({ html: icon, className: "sw-marker", iconSize: [32, 32],
                        iconAnchor: [16, 16] }),
      keyboard: true, riseOnHover: true, zIndexOffset: 1000 - one.rank,
    });
    made.bindTooltip(element("span", "sw-tip", one.rank + " · " + one.title),
                     { direction: "top", offset: [0, -14] });
    made.on("click", (event) => picked(one, event));
    group.addLayer(made);
    const node = made.getElement();
    if (node) {
      node.setAttribute("aria-label", "Candidate " + one.rank + ": " + one.title);
      node.dataset.rank = String(one.rank);
      node.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        picked(one, event);
      });
    }
    state.markers.set(one.rank, { made, shape, at: one.at });
  }

  /* Markers that would lie on each other move apart, each tied to its place by a line. A flag, such
     as that of the truth, gives way to markers. */
  function spreadOut() {
    if (!state.ties) return;
    state.ties.clearLayers();
    const placed = (one, flag) => {
      const point = state.map.latLngToLayerPoint(one.at);
      return { one, flag, home: point, x: point.x, y: point.y };
    };
    const pins = [...state.markers.values()].map((one) => placed(one, false));
    const all = [...pins, ...state.flags.map((one) => placed(one, true))];
    for (let round = 0; round < 80 && pushApart(all); round += 1);
    for (const { one, flag, home, x, y } of all) {
      const node = one.made.getElement();
      if (!node) continue;
      if (flag) moveFlag(one.made, x, y, pins[0]);
      else {
        node.style.marginLeft = `${x - home.x - 16}px`;
        node.style.marginTop = `${y - home.y - 16}px`;
      }
      if (Math.hypot(x - home.x, y - home.y) < 6) continue;
      state.ties.addLayer(L.polyline([one.at, state.map.layerPointToLatLng([x, y])],
        { className: "sw-tie", weight: 2, interactive: false }));
    }
    moveLegend();
  }

  /* A flag's label lies on the side away from the first marker. */
  function moveFlag(made, x, y, first) {
    const label = made.getTooltip();
    if (first && label) label.options.direction = x >= first.x - 1 ? "right" : "left";
    if (label) label.options.offset = L.point(x >= (first ? first.x - 1 : x) ? 12 : -12, 0);
    made.setLatLng(state.map.layerPointToLatLng([x, y]));
  }

  const APART_PX = 30;
  const APART_LARGE_PX = 48;

  /* Whether any two were too near; each gives way by half, or the flag alone. */
  function pushApart(all) {
    const large = document.documentElement.classList.contains("sw-large");
    const apart = large ? APART_LARGE_PX : APART_PX;
    let moved = false;
    for (let i = 0; i < all.length; i += 1) {
      for (let j = i + 1; j < all.length; j += 1) {
        const [a, b] = [all[i], all[j]];
        let [dx, dy] = [b.x - a.x, b.y - a.y];
        const far = Math.hypot(dx, dy);
        if (far >= apart - .5) continue;
        if (far < .01) [dx, dy] = [Math.cos(j), Math.sin(j)];
        const push = (apart - far) / Math.hypot(dx, dy);
        const [ofA, ofB] = a.flag === b.flag ? [push / 2, push / 2] : a.flag ? [push, 0] : [0, push];
        a.x -= dx * ofA; a.y -= dy * ofA;
        b.x += dx * ofB; b.y += dy * ofB;
        moved = true;
      }
    }
    return moved;
  }

  /* The page's own list, once it has followed, which a busy machine may take long for; the page
     itself is not scrolled. */
  function showInList(rank, tries = 200) {
    state.listed = rank;
    const list = window.parent.document.querySelector(".st-key-places [data-testid=stRadioGroup]");
    const entry = list && list.children[rank - 1];
    if (entry && entry.hasAttribute("data-selected")) {
      const [seen, own] = [list.getBoundingClientRect(), entry.getBoundingClientRect()];
      list.scrollBy({ left: Math.round(own.left - seen.left), behavior: "smooth",
        top: own.top < seen.top || own.bottom > seen.bottom ? own.top - seen.top - 8 : 0 });
    } else if (tries > 0) {
      setTimeout(() => state.listed === rank && showInList(rank, tries - 1), 100);
    }
  }

  function choose(rank, keepInView) {
    state.markers.forEach(({ made, shape }, each) => {
      const on = each === rank;
      const node = made.getElement();
      if (node) {
        node.classList.toggle("sw-chosen", on);
        if (on) node.setAttribute("aria-current", "true");
        else node.removeAttribute("aria-current");
      }
      made.setZIndexOffset(on ? 2000 : 1000 - each);
      const path = shape.getElement();
      if (path) path.classList.toggle("sw-chosen", on);
    });
    const chosen = state.markers.get(rank);
    if (keepInView && chosen) {
      state.map.panInside(chosen.at, { paddingTopLeft: [48, 48], paddingBottomRight: [48, 84] });
    }
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

  /* The area that a gallery covers and the chosen tile; the map moves to a tile picked elsewhere. */
  function ground(data, group) {
    group.addLayer(L.geoJSON({ type: "MultiPolygon", coordinates: data.ground },
      { className: "sw-ground", weight: 1, interactive: false }));
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

  function refocus(rank) {
    const kept = state.markers.get(Number(rank));
    const lost = [null, document.body].includes(document.activeElement);
    if (kept && kept.made.getElement() && lost) {
      kept.made.getElement().focus({ preventScroll: true });
    }
  }

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

  /* The land of the world and a graticule, below everything. Without its file the map still works. */
  function world(map, data) {
    map.getContainer().classList.add("sw-world");
    map.createPane("sw-world").style.zIndex = 150;
    const options = { pane: "sw-world", interactive: false, noClip: true };
    const line = (points) => L.polyline(points, { ...options, className: "sw-graticule",
      weight: 1 }).addTo(map);
    for (let lon = -180; lon <= 180; lon += 30) line([[-84, lon], [84, lon]]);
    for (let lat = -60; lat <= 60; lat += 30) line([[lat, -180], [lat, 180]]);
    map.attributionControl.addAttribution(element("span", "", data.credit).innerHTML);
    fetch(data.land)
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))))
      .then((geometry) => L.geoJSON({ type: "Feature", properties: {}, geometry },
        { ...options, className: "sw-land", weight: 0.7 }).addTo(map))
      .catch((error) => window.console.warn("The land is not drawn:", error));
  }

  /* How many regions the Tab key reaches, and how many have a name although they are unlikely. */
  const FEW = 8;

  /* Called again for every answer, with a fresh, empty group on the map. */
  function regions(group, data) {
    const map = state.map;
    group.addTo(map);
    const focused = state.focused;
    state.regions = data.regions.map((one, place) => region(one, place, group));
    const view = JSON.stringify(data.regions.map((one) => one.name).sort());
    if (view !== state.view && data.regions.length) {
      state.view = view;
      const around = L.latLngBounds(data.regions.map((one) => one.at));
      look(() => {
        map.fitBounds(around, { paddingTopLeft: [40, 30], paddingBottomRight: [96, 30],
          maxZoom: 8, animate: false });
        placeNames();
      });
    }
    placeNames();
    /* the style may arrive after the names, and a name has another size in it */
    if (state.named) state.named.disconnect();
    state.named = new ResizeObserver(placeNames);
    for (const one of state.regions.slice(0, 1)) state.named.observe(one.label);
    const kept = state.regions.find((one) => one.name === focused);
    if (kept && document.hasFocus()) kept.made.getElement().focus({ preventScroll: true });
  }

  function region(one, place, group) {
    const first = place === 0 && one.share !== null;
    const radius = one.share === null ? 6 : Math.max(first ? 8 : 4, 4 + 13 * Math.sqrt(one.share));
    const icon = element("span", "sw-region-box");
    const dot = element("span", "sw-region-dot", "");
    dot.style.width = dot.style.height = `${2 * radius}px`;
    dot.style.opacity = one.share === null ? 0.9 : 0.5 + 0.5 * Math.sqrt(one.share);
    const name = element("span", "sw-region-name", one.title);
    if (one.told) name.append(" ", element("b", "", one.told));
    icon.append(dot, name);
    const made = L.marker(one.at, {
      icon: L.divIcon({ html: icon, className: "sw-region" + (first ? " sw-first" : ""),
                        iconSize: [0, 0] }),
      keyboard: place < FEW, riseOnHover: true, zIndexOffset: 2000 - 2 * place,
    });
    const words = one.told ? `${one.title}, ${one.told}` : one.title;
    made.bindTooltip(element("span", "sw-tip", `${words}: search there`),
                     { direction: "auto", offset: [radius + 4, 0] });
    const pick = () => report({ event: "region", name: one.name });
    made.on("click", pick);
    group.addLayer(made);
    const node = made.getElement();
    node.setAttribute("aria-label", `Search in ${words}`);
    node.dataset.rank = one.name;
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      pick();
    });
    const worth = one.share === null || place < FEW || one.share >= 0.01;
    return { name: one.name, at: one.at, radius, made, label: name, worth };
  }

  /* A name stands right of its dot, or left or below where another is in the way, or is left out. */
  function placeNames() {
    if (!state.regions) return;
    const size = state.map.getSize();
    const dots = state.regions.map((one) => {
      const at = state.map.latLngToContainerPoint(one.at);
      return { one, at, box: [at.x - one.radius, at.y - one.radius, at.x + one.radius,
                              at.y + one.radius] };
    });
    const few = dots.slice(0, 40).map((dot) => dot.box);
    const taken = [];
    const meet = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
    const fits = (own) => own[0] >= 2 && own[2] <= size.x - 2 && own[1] >= 2 && own[3] <= size.y - 2;
    for (const { one, at, box } of dots) {
      one.label.hidden = !one.worth || taken.length > 60;
      if (one.label.hidden) continue;
      const [wide, high] = [one.label.offsetWidth, one.label.offsetHeight];
      const [away, half] = [one.radius + 3, high / 2];
      const corners = [[away, -half], [-away - wide, -half], [-wide / 2, away],
                       [-wide / 2, -away - high]];
      const own = ([x, y]) => [at.x + x, at.y + y, at.x + x + wide, at.y + y + high];
      const free = corners.find((corner) => fits(own(corner))
        && !taken.some((other) => meet(own(corner), other))
        && !few.some((other) => other !== box && meet(own(corner), other)));
      one.label.hidden = !free && taken.length > 0;
      const chosen = free || corners.find((corner) => fits(own(corner))) || corners[0];
      one.label.style.left = `${chosen[0]}px`;
      one.label.style.top = `${chosen[1]}px`;
      if (!one.label.hidden) taken.push(own(chosen));
    }
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
})();
