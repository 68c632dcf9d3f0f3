/* The layer of regions on a map of the world. */

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
        maxZoom: data.regions.length > 1 ? 8 : 4, animate: false });
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
    keyboard: place < FEW, riseOnHover: true, riseOffset: 1e7, zIndexOffset: -2000 * place,
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

/* The boxes of the buttons and of the credit, which lie above the names. */
function controlBoxes(map) {
  const from = map.getContainer().getBoundingClientRect();
  return [...map.getContainer().querySelectorAll(".leaflet-control")].map((one) => {
    const box = one.getBoundingClientRect();
    return [box.left - from.left, box.top - from.top, box.right - from.left, box.bottom - from.top];
  });
}

/* A name stands right of its dot, or left or below where another is in the way, or is left out. */
function placeNames() {
  if (!state.regions) return;
  const size = state.map.getSize();
  const controls = controlBoxes(state.map);
  const dots = state.regions.map((one) => {
    const at = state.map.latLngToContainerPoint(one.at);
    return { one, at, box: [at.x - one.radius, at.y - one.radius, at.x + one.radius,
                            at.y + one.radius] };
  });
  const few = dots.slice(0, 40).map((dot) => dot.box);
  const taken = [];
  const meet = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  const fits = (own) => own[0] >= 2 && own[2] <= size.x - 2 && own[1] >= 2 && own[3] <= size.y - 2
    && !controls.some((control) => meet(own, control));
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
