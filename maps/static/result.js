// The result page: what is chosen in the list stands out on the map and in the address, and the other way round.
//
// Tabs, filters and pages are swapped in place; layers, view and selection go along in the address. Words come from the
// page and are only ever set as text.

import { SheetMap, connectSwitches, connectZoomButtons, copiesAddress, keepInAddress, scrolls, setInAddress } from "./interactive.js";
import { measuring } from "./measure.js";
import { fetchAhead, swapping } from "./swap.js";

const CARRIED = ["select", "layers", "base", "view", "mode"];
const TOUCH_PX = 6; // how far from a click points and lines are meant
const handed = window.geomiljo;
const { texts } = handed.settings;
const status = document.getElementById("status");
const chip = document.getElementById("chip");
const isWide = matchMedia("(min-width: 1181px)");
let wantsHeading = false;
let place = null;

document.documentElement.classList.add("js");
const hasView = new URLSearchParams(location.search).has("view");
const sheet = new SheetMap(handed, { label: texts.map, close: texts.close });

const result = () => document.getElementById("result");
const rowsOf = (id) => [...result().querySelectorAll(`[data-finding="${CSS.escape(id)}"]`)];
const titleOf = (id) => rowsOf(id)[0]?.querySelector(".finding__title").textContent ?? "";

function say(text) {
  status.textContent = text;
}

// ---- map and list ----

function select(id) {
  sheet.select(id);
  name(id);
}

function name(id) {
  chip.hidden = !id;
  if (!id) return;
  chip.querySelector(".fid").textContent = id.toUpperCase();
  chip.querySelector(".mapchip__t").textContent = titleOf(id);
  say(`${texts.shown.replace("{number}", id.toUpperCase())}: ${titleOf(id)}`);
}

// The worst level of every spot, or each finding through those above it.
const modes = [...document.querySelectorAll("[data-mode]")];

function showMode(mode) {
  document.getElementById("map").classList.toggle("is-each", mode === "each");
  for (const button of modes) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
}

for (const button of modes) {
  button.addEventListener("click", () => {
    showMode(button.dataset.mode);
    setInAddress({ mode: button.dataset.mode === "each" ? "each" : "" });
  });
}

function follow() {
  for (const row of result().querySelectorAll("[data-finding]")) {
    row.classList.toggle("is-on", row.dataset.finding === sheet.selected);
    row.querySelector("[data-toggle]")?.setAttribute("aria-pressed", String(!sheet.hidden.has(row.dataset.finding)));
  }
}

let tab = result().dataset.tab;

// The tab that was left is likely to be wanted again; when the browser has time, it is fetched ahead like the others.
function keepLeft(now) {
  const left = document.getElementById(`tab-${tab}`);
  if (now !== tab) requestIdleCallback(() => fetchAhead(left.href, left.dataset.swap));
  tab = now;
}

// Takes what the list shows: findings that are filtered away leave the map.
function take(part) {
  keepLeft(part.dataset.tab);
  sheet.show(part.dataset.off.split(" ").filter(Boolean), part.dataset.finding || null);
  name(sheet.selected);
  carryOn();
  if (wantsHeading) {
    const heading = document.getElementById("findings");
    heading?.focus();
    if (heading) say(heading.textContent);
  }
  wantsHeading = false;
}

function open(id) {
  const [row] = rowsOf(id);
  if (!row) {
    goTo({ tab: "findings", finding: id });
    return;
  }
  row.querySelector("details").open = true;
  if (isWide.matches) row.scrollIntoView({ block: "nearest", behavior: scrolls() });
}

// Follows an address of this page with other members, as a link of it would.
function goTo(members) {
  const link = document.createElement("a");
  const address = new URL(location.href);
  for (const name of ["objective", "severity", "ground", "q", "page"]) address.searchParams.delete(name);
  for (const [name, value] of Object.entries(members)) address.searchParams.set(name, value);
  link.href = address.href;
  link.dataset.swap = "#result";
  document.body.append(link);
  link.click();
  link.remove();
}

// Brings the body of a finding that came without one.
async function fill(row) {
  if (row.querySelector(".fbody")) return;
  const address = new URL(location.href);
  address.searchParams.set("finding", row.dataset.finding);
  const answer = await fetch(address, { headers: { Accept: "text/html", "X-Swap": "#result" } }).catch(() => null);
  const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
  const body = page?.querySelector(`[data-finding="${CSS.escape(row.dataset.finding)}"] .fbody`);
  if (body && !row.querySelector(".fbody")) row.querySelector("details").append(document.adoptNode(body));
  else if (!body) location.assign(address);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("#result [data-toggle], #result [data-zoom], #result [data-object]");
  if (!button) return;
  const id = button.closest("[data-finding]").dataset.finding;
  if ("toggle" in button.dataset) {
    sheet.toggle(id);
    return;
  }
  select(id);
  sheet.zoomTo(id, button.dataset.object);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("#result [data-open]");
  if (!link || event.button || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  open(link.dataset.open);
  rowsOf(link.dataset.open)[0]?.querySelector("summary").focus();
});

document.addEventListener("toggle", (event) => {
  const row = event.target.closest?.("#result [data-finding]");
  if (!row || event.target.parentElement !== row) return;
  const id = row.dataset.finding;
  if (event.target.open) {
    fill(row);
    const isAsked = id === result().dataset.finding;
    setInAddress({ finding: id });
    select(id);
    if (!(isAsked && hasView)) sheet.zoomTo(id);
  } else if (sheet.selected === id) {
    setInAddress({ finding: "" });
    select(null);
  }
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.target.closest("input, select, textarea")) return;
  if (sheet.selected) select(null);
  else document.querySelector("#show-all, #clear")?.click();
});

chip.querySelector("button").addEventListener("click", () => {
  select(null);
  say(texts.all);
  handed.map.getContainer().focus();
});

// ---- what goes along in the address ----

function carried() {
  const asked = new URLSearchParams(location.search);
  return CARRIED.filter((name) => asked.has(name)).map((name) => [name, asked.get(name)]);
}

let along = carried();

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link) return;
  wantsHeading = link.matches(".obj, #show-all");
  along = carried();
  const address = new URL(link.href);
  for (const name of CARRIED) address.searchParams.delete(name);
  for (const [name, value] of along) address.searchParams.set(name, value);
  link.href = address.href;
}, true);

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-swap]")) return;
  wantsHeading = true;
  along = carried();
  for (const input of event.target.querySelectorAll("[name=select]")) input.value = new Map(along).get("select") ?? "";
}, true);

function carryOn() {
  setInAddress(Object.fromEntries(along));
}

// ---- findings that are selected for export ----

document.addEventListener("change", ({ target }) => {
  if (!target.matches("[name=finding][form=export]")) return;
  const chosen = new Set((new URLSearchParams(location.search).get("select") ?? "").split(",").filter(Boolean));
  if (target.checked) chosen.add(target.value);
  else chosen.delete(target.value);
  setInAddress({ select: [...chosen].join(",") });
  for (const box of result().querySelectorAll(`[name=finding][form=export][value="${CSS.escape(target.value)}"]`)) box.checked = target.checked;
  const told = document.getElementById("selected");
  told.textContent = chosen.size ? told.dataset.some.replace("{count}", chosen.size) : told.dataset.none;
});

copiesAddress(document.getElementById("copy"), say);

// ---- what is at a place ----

async function ask(fields) {
  const answer = await fetch(`/here?${new URLSearchParams(fields)}`, { headers: { Accept: "text/html" } }).catch(() => null);
  const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page?.getElementById("here");
  if (!found) {
    say(page?.querySelector("h1")?.textContent ?? "");
    return;
  }
  document.getElementById("here").replaceWith(document.adoptNode(found));
  say(found.querySelector("[role=status]").textContent);
}

function mark(latlng) {
  place?.remove();
  place = L.circleMarker(latlng, { radius: 7, className: "m-place", interactive: false }).addTo(handed.map);
  const aside = handed.map.containerPointToLatLng(handed.map.latLngToContainerPoint(latlng).add([TOUCH_PX, 0]));
  ask({ lon: latlng.lng, lat: latlng.lat, within: Math.min(1_000, handed.map.distance(latlng, aside)).toFixed(1) });
}

sheet.onPlace((_where, latlng) => mark(latlng));
sheet.onFinding((id, _object, latlng) => {
  open(id);
  mark(latlng);
});
document.querySelector(".hereform").addEventListener("submit", (event) => {
  event.preventDefault();
  ask([...new FormData(event.target), ["within", "5"]]);
});

// ---- start ----

connectZoomButtons(handed);
connectSwitches(handed);
measuring(handed);
sheet.onChange(follow);
sheet.setHidden(result().dataset.off.split(" ").filter(Boolean));
keepInAddress(handed);
showMode(new URLSearchParams(location.search).get("mode") === "each" ? "each" : "worst");
const first = result().dataset.finding;
if (first) {
  select(first);
  if (!hasView) sheet.zoomTo(first);
}
// Some tabs leave the map no room: it learns its size when the page has been laid out, not before.
new ResizeObserver(() => handed.map.invalidateSize({ animate: false })).observe(handed.map.getContainer());
swapping(take);
if (sessionStorage.getItem("checked") === location.pathname) {
  const title = document.getElementById("title");
  title.focus({ preventScroll: true });
  say(title.textContent);
}
sessionStorage.removeItem("checked");
for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, ({ target }) => {
    const link = target.closest?.(".plantabs a");
    if (link) fetchAhead(link.href, link.dataset.swap);
  });
}
addEventListener("load", () => {
  for (const link of document.querySelectorAll(".plantabs a:not([aria-current])")) fetchAhead(link.href, link.dataset.swap);
});
