/* The numbered markers of candidates: picked, chosen, kept apart. */

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
  const placed = (one) => {
    const point = state.map.latLngToLayerPoint(one.at);
    return { one, home: point, x: point.x, y: point.y };
  };
  const pins = [...state.markers.values()].map(placed);
  for (let round = 0; round < 80 && pushApart(pins); round += 1);
  for (const { one, home, x, y } of pins) {
    const node = one.made.getElement();
    if (!node) continue;
    node.style.marginLeft = `${x - home.x - 16}px`;
    node.style.marginTop = `${y - home.y - 16}px`;
    tie(one.at, home, x, y);
  }
  const taken = [...pins];
  for (const flag of state.flags.map(placed)) {
    if (!flag.one.made.getElement()) continue;
    const spot = spotOf(flag, taken, pins);
    taken.push(spot);
    moveFlag(flag.one.made, spot);
    tie(flag.one.at, flag.home, spot.x, spot.y);
  }
  moveLegend();
}

function tie(at, home, x, y) {
  if (Math.hypot(x - home.x, y - home.y) < 6) return;
  state.ties.addLayer(L.polyline([at, state.map.layerPointToLatLng([x, y])],
    { className: "sw-tie", weight: 2, interactive: false }));
}

/* The distance of two markers that just do not meet; at the booth they are larger. */
function pinPx() {
  return document.documentElement.classList.contains("sw-large") ? 48 : 30;
}

/* Whether any two were too near; each gives way by half. */
function pushApart(pins) {
  const apart = pinPx();
  let moved = false;
  for (let i = 0; i < pins.length; i += 1) {
    for (let j = i + 1; j < pins.length; j += 1) {
      const [a, b] = [pins[i], pins[j]];
      let [dx, dy] = [b.x - a.x, b.y - a.y];
      const far = Math.hypot(dx, dy);
      if (far >= apart - .5) continue;
      if (far < .01) [dx, dy] = [Math.cos(j), Math.sin(j)];
      const push = (apart - far) / Math.hypot(dx, dy) / 2;
      a.x -= dx * push; a.y -= dy * push;
      b.x += dx * push; b.y += dy * push;
      moved = true;
    }
  }
  return moved;
}

/* The spot of a flag, where it meets nothing that is taken, and the side of its label. A marker
   under the label counts as much as so many pixels away. */
const COVERED_PX = 40;

function spotOf({ one, home }, taken, pins) {
  const apart = pinPx();
  const label = one.made.getTooltip();
  let best = null;
  for (let away = 0; away < Math.min(6 * apart, best ? best.cost : Infinity); away += 6) {
    const turns = away ? 24 : 1;
    for (let turn = 0; turn < turns; turn += 1) {
      const angle = 2 * Math.PI * turn / turns;
      const [x, y] = [home.x + away * Math.cos(angle), home.y + away * Math.sin(angle)];
      if (taken.some((other) => Math.hypot(other.x - x, other.y - y) < apart - .5)) continue;
      const { onRight, covered } = sideOf(label, x, y, pins);
      const cost = away + COVERED_PX * covered;
      if (!best || cost < best.cost) best = { x, y, onRight, cost };
    }
  }
  return best || { x: home.x, y: home.y, ...sideOf(label, home.x, home.y, pins) };
}

const FLAG_PX = 12;
const SCALE_PX = 110;

/* The side of a flag where its label covers fewer markers, and neither the map's edge nor the scale
   is in its way; else the one away from the first marker. */
function sideOf(label, x, y, pins) {
  const [seen, size] = [state.map.layerPointToContainerPoint([x, y]), state.map.getSize()];
  const { offsetWidth: wide, offsetHeight: high } = label.getElement();
  const room = [seen.x - (seen.y > size.y - 64 ? SCALE_PX : 0), size.x - seen.x];
  const half = pinPx() * .65;
  const level = pins.filter((pin) => Math.abs(pin.y - y) < high / 2 + half);
  const [left, right] = [-1, 1].map((side, row) => {
    const away = level.map((pin) => (pin.x - x) * side);
    const covered = away.filter((far) => Math.abs(far - FLAG_PX - wide / 2) < wide / 2 + half).length;
    return covered + (room[row] < FLAG_PX + wide + 8 ? 1000 : 0);
  });
  const onRight = right < left || (right === left && (!pins.length || x >= pins[0].x - 1));
  return { onRight, covered: onRight ? right : left };
}

function moveFlag(made, { x, y, onRight }) {
  const label = made.getTooltip();
  label.options.direction = onRight ? "right" : "left";
  label.options.offset = L.point(onRight ? FLAG_PX : -FLAG_PX, 0);
  made.setLatLng(state.map.layerPointToLatLng([x, y]));
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

function refocus(rank) {
  const kept = state.markers.get(Number(rank));
  const lost = [null, document.body].includes(document.activeElement);
  if (kept && kept.made.getElement() && lost) {
    kept.made.getElement().focus({ preventScroll: true });
  }
}
