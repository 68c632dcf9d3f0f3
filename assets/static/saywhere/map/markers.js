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
    if (flag) moveFlag(one.made, x, y, pins);
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

/* A flag's label lies on the side where it covers fewer markers, and neither the map's edge nor the
   scale is in its way; else on the side away from the first marker. */
const FLAG_PX = 12;
const SCALE_PX = 110;

function moveFlag(made, x, y, pins) {
  const label = made.getTooltip();
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
  label.options.direction = onRight ? "right" : "left";
  label.options.offset = L.point(onRight ? FLAG_PX : -FLAG_PX, 0);
  made.setLatLng(state.map.layerPointToLatLng([x, y]));
}

/* The distance of two markers that just do not meet; at the booth they are larger. */
function pinPx() {
  return document.documentElement.classList.contains("sw-large") ? 48 : 30;
}

/* Whether any two were too near; each gives way by half, or the flag alone. */
function pushApart(all) {
  const apart = pinPx();
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

function refocus(rank) {
  const kept = state.markers.get(Number(rank));
  const lost = [null, document.body].includes(document.activeElement);
  if (kept && kept.made.getElement() && lost) {
    kept.made.getElement().focus({ preventScroll: true });
  }
}
