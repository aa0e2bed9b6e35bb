// What the page does beyond showing: which findings the map draws, which one is selected, and what a click opens.
// Folium has described the map (window.geomiljo). Words come from the page and are only ever set as text.

const { map, shapes: groups, plan, labels, settings } = window.geomiljo;
const { objectives, texts, frame, extent } = settings;
const FIT = { padding: [36, 36] };
const isWide = matchMedia("(min-width: 1181px)");
const isStill = matchMedia("(prefers-reduced-motion: reduce)");

const rows = new Map([...document.querySelectorAll("[data-finding]")].map((row) => [row.dataset.finding, row]));
const tiles = [...document.querySelectorAll("[data-objective]")];
const boxes = [...document.querySelectorAll("[data-group]")];
const chip = document.getElementById("chip");
const panel = document.querySelector(".groups");
const showAll = document.getElementById("show-all");
const heading = document.getElementById("findings");
const drawn = new Map([...rows.keys()].map((id) => [id, []]));
for (const group of groups) group.eachLayer((layer) => drawn.get(layer.feature.properties.finding).push(layer));

const hidden = new Set(); // findings that are not on the map
let selected = null; // the finding that stands out
let only = null; // the objective that the list is narrowed to

const number = (id) => id.toUpperCase();
const titleOf = (id) => rows.get(id).querySelector(".finding__title").textContent;
const carrying = (objective) => [...rows.keys()].filter((id) => objectives[id].includes(objective));
const countFor = (objective) => texts.filtered.replace("{count}", carrying(objective).length).replace("{number}", objective);
const say = (text) => { document.getElementById("status").textContent = text; };

function node(name, className = "", text = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

// ---- what is shown ----

function paint() {
  for (const [id, row] of rows) {
    row.hidden = only !== null && !objectives[id].includes(only);
    row.classList.toggle("is-on", id === selected);
    row.querySelector("[data-toggle]").setAttribute("aria-pressed", String(!hidden.has(id)));
    for (const layer of drawn.get(id)) look(layer.getElement(), id);
  }
  for (const tile of tiles) tile.ariaCurrent = Number(tile.dataset.objective) === only ? "true" : null;
  for (const box of boxes) {
    const off = carrying(Number(box.dataset.group)).map((id) => hidden.has(id));
    box.checked = !off.every(Boolean);
    box.indeterminate = box.checked && off.some(Boolean);
  }
  chip.hidden = selected === null;
  if (selected) {
    chip.querySelector(".fid").textContent = number(selected);
    chip.querySelector(".mapchip__t").textContent = titleOf(selected);
  }
  showAll.hidden = only === null && hidden.size === 0;
  heading.firstElementChild.hidden = only !== null;
  heading.lastElementChild.textContent = only === null ? "" : countFor(only);
  labels.show(hidden, selected);
}

function look(element, id) {
  element.classList.toggle("is-off", hidden.has(id));
  element.classList.toggle("is-on", id === selected);
  element.classList.toggle("is-dim", selected !== null && id !== selected);
}

function order() {
  for (const group of groups) group.bringToFront();
  for (const [id, layers] of drawn) for (const layer of layers) layer.setZIndexOffset?.(id === selected ? 1000 : 0);
  if (selected) for (const layer of drawn.get(selected)) layer.bringToFront?.();
  for (const group of plan) group.bringToFront();
}

function select(id) {
  selected = id;
  if (id) {
    hidden.delete(id);
    history.replaceState(null, "", `#${id}`);
    say(`${texts.shown.replace("{number}", number(id))}: ${titleOf(id)}`);
  }
  order();
  paint();
}

function zoomTo(layers) {
  if (!layers.length) return;
  const bounds = L.featureGroup(layers).getBounds();
  const isWholePlan = L.latLngBounds(extent).pad(0.05).contains(bounds)
    && map.getBoundsZoom(bounds.pad(0.4)) < map.getBoundsZoom(extent);
  map.fitBounds(isWholePlan ? extent : bounds.pad(0.3), { ...FIT, maxZoom: 1, animate: !isStill.matches });
}

function zoomToPlan() {
  map.fitBounds(extent, { ...FIT, animate: !isStill.matches });
}

function clear() {
  hidden.clear();
  only = null;
  map.closePopup();
  select(null);
  say(texts.all);
}

function narrow(objective) {
  hidden.clear();
  only = objective;
  const shown = carrying(objective);
  for (const id of rows.keys()) if (!shown.includes(id)) hidden.add(id);
  select(null);
  say(countFor(objective));
  heading.focus();
}

function reveal(id) {
  const row = rows.get(id);
  row.hidden = false;
  row.scrollIntoView({ block: "nearest", behavior: isStill.matches ? "auto" : "smooth" });
}

// ---- the list ----

document.querySelector(".findings").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const id = button.closest("[data-finding]").dataset.finding;
  if ("toggle" in button.dataset) {
    if (!hidden.delete(id)) hidden.add(id);
    if (hidden.has(selected)) selected = null;
    paint();
    return;
  }
  const wanted = button.dataset.object;
  select(id);
  zoomTo(drawn.get(id).filter((layer) => wanted === undefined || String(layer.feature.properties.object) === wanted));
});

document.querySelector(".findings").addEventListener("toggle", (event) => {
  const id = event.target.closest("[data-finding]").dataset.finding;
  if (event.target.open) {
    select(id);
    zoomTo(drawn.get(id));
  } else if (selected === id) {
    select(null);
  }
}, true);

for (const tile of tiles) {
  tile.addEventListener("click", (event) => {
    event.preventDefault();
    const objective = Number(tile.dataset.objective);
    if (only === objective) clear();
    else narrow(objective);
  });
}

for (const box of boxes) {
  box.addEventListener("change", () => {
    for (const id of carrying(Number(box.dataset.group))) box.checked ? hidden.delete(id) : hidden.add(id);
    if (hidden.has(selected)) selected = null;
    paint();
  });
}

for (const button of document.querySelectorAll("[data-groups]")) {
  button.addEventListener("click", () => {
    hidden.clear();
    if (button.dataset.groups === "none") for (const id of rows.keys()) hidden.add(id);
    selected = null;
    paint();
  });
}

showAll.addEventListener("click", () => { clear(); heading.focus(); });
chip.querySelector("button").addEventListener("click", () => { select(null); map.getContainer().focus(); });
document.getElementById("zoom-in").addEventListener("click", () => map.zoomIn());
document.getElementById("zoom-out").addEventListener("click", () => map.zoomOut());
document.getElementById("zoom-all").addEventListener("click", zoomToPlan);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  map.closePopup();
  if (panel.open) panel.open = false;
  else if (selected) select(null);
  else if (only !== null || hidden.size) clear();
});

// ---- clicks on the map ----

for (const group of groups) {
  group.on("click", (event) => {
    L.DomEvent.stopPropagation(event);
    show(event.layer ?? event.propagatedFrom, event.latlng);
  });
}

labels.on("flag", ({ finding, latlng }) => show(drawn.get(finding)[0], latlng));

function show(layer, at) {
  const { finding } = layer.feature.properties;
  select(finding);
  L.popup({ maxWidth: 300, minWidth: 200 }).setLatLng(at).setContent(popupOf(layer, at)).openOn(map);
  if (isWide.matches) reveal(finding);
}

function popupOf(layer, at) {
  const { finding, object } = layer.feature.properties;
  const row = rows.get(finding);
  const table = row.querySelector("[data-objects]");
  const cells = [...(table?.tBodies[0].rows[object]?.cells ?? [])];
  const content = node("div", "pop");
  const title = node("h3");
  title.append(node("span", "fid", number(finding)), titleOf(finding));
  content.append(title);
  if (cells.length) content.append(node("p", "", cells[0].firstChild.textContent.trim()));
  content.append(node("p", "muted", row.querySelector("[data-layer]").textContent));
  const facts = node("dl");
  cells.slice(1, -1).forEach((cell, index) => {
    facts.append(node("dt", "", table.tHead.rows[0].cells[index + 1].textContent), node("dd", "", cell.textContent));
  });
  content.append(facts, link(finding, texts.toFinding.replace("{number}", number(finding))));
  const others = [...rows.keys()].filter((id) => id !== finding && drawn.get(id).some((other) => covers(other, at)));
  if (others.length) {
    const here = node("p", "here", `${texts.alsoHere}: `);
    for (const id of others) here.append(link(id, number(id), "fid"));
    content.append(here);
  }
  return content;
}

function link(id, text, className = "") {
  const anchor = node("a", className, text);
  anchor.href = `#${id}`;
  anchor.addEventListener("click", (event) => {
    event.preventDefault();
    select(id);
    reveal(id);
    rows.get(id).querySelector("summary").focus();
  });
  return anchor;
}

function covers(layer, at) {
  const element = layer.getElement();
  const place = map.latLngToLayerPoint(at);
  if (element.classList.contains("is-off") || !element.isPointInFill) return false;
  return layer instanceof L.Polygon ? element.isPointInFill(place) : element.isPointInStroke(place);
}

// ---- start ----

function fitFrame() {
  map.setMinZoom(map.getBoundsZoom(frame));
}

function fitPaper() {
  const [centre, zoom] = [map.getCenter(), map.getZoom()];
  addEventListener("afterprint", () => map.invalidateSize({ animate: false }).setView(centre, zoom, { animate: false }), { once: true });
  map.invalidateSize({ animate: false });
  map.fitBounds(extent, { ...FIT, animate: false });
}

function follow() {
  const id = location.hash.slice(1);
  if (!rows.has(id)) return;
  reveal(id);
  rows.get(id).querySelector("details").open = true;
}

document.documentElement.classList.add("js");
map.getContainer().setAttribute("role", "region");
map.getContainer().setAttribute("aria-label", texts.map);
map.on("focus", () => map.scrollWheelZoom.enable());
map.on("blur", () => map.scrollWheelZoom.disable());
map.on("resize", fitFrame);
map.on("popupopen", ({ popup }) => {
  popup.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", texts.close);
});
addEventListener("beforeprint", fitPaper);
addEventListener("hashchange", follow);
fitFrame();
paint();
follow();
