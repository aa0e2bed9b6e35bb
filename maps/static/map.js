// What the page does beyond showing: which findings the map draws, which one is selected, and what a click opens.
// Folium has described the map (window.geomiljo). Words come from the page and are only ever set as text.

import { SheetMap, connectZoomButtons, scrolls } from "./interactive.js";

const { map, settings } = window.geomiljo;
const { objectives, texts, frame } = settings;
const isWide = matchMedia("(min-width: 1181px)");

const rows = new Map([...document.querySelectorAll("[data-finding]")].map((row) => [row.dataset.finding, row]));
const tiles = [...document.querySelectorAll("[data-objective]")];
const boxes = [...document.querySelectorAll("[data-group]")];
const chip = document.getElementById("chip");
const panel = document.querySelector(".groups");
const showAll = document.getElementById("show-all");
const heading = document.getElementById("findings");
const sheet = new SheetMap(window.geomiljo, { label: texts.map, close: texts.close });
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

function follow() {
  const { hidden, selected } = sheet;
  for (const [id, row] of rows) {
    row.hidden = only !== null && !objectives[id].includes(only);
    row.classList.toggle("is-on", id === selected);
    row.querySelector("[data-toggle]").setAttribute("aria-pressed", String(!hidden.has(id)));
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
}

function select(id) {
  history.replaceState(null, "", `#${id}`);
  say(`${texts.shown.replace("{number}", number(id))}: ${titleOf(id)}`);
  sheet.select(id);
}

function clear() {
  only = null;
  map.closePopup();
  sheet.show([], null);
  say(texts.all);
}

function narrow(objective) {
  only = objective;
  const shown = carrying(objective);
  sheet.show([...rows.keys()].filter((id) => !shown.includes(id)), null);
  say(countFor(objective));
  heading.focus();
}

function reveal(id) {
  const row = rows.get(id);
  row.hidden = false;
  row.scrollIntoView({ block: "nearest", behavior: scrolls() });
}

// ---- the list ----

document.querySelector(".findings").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const id = button.closest("[data-finding]").dataset.finding;
  if ("toggle" in button.dataset) {
    sheet.toggle(id);
    return;
  }
  select(id);
  sheet.zoomTo(id, button.dataset.object);
});

document.querySelector(".findings").addEventListener("toggle", (event) => {
  const id = event.target.closest("[data-finding]").dataset.finding;
  if (event.target.open) {
    select(id);
    sheet.zoomTo(id);
  } else if (sheet.selected === id) {
    sheet.select(null);
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
    const hidden = new Set(sheet.hidden);
    for (const id of carrying(Number(box.dataset.group))) box.checked ? hidden.delete(id) : hidden.add(id);
    sheet.setHidden(hidden);
  });
}

for (const button of document.querySelectorAll("[data-groups]")) {
  button.addEventListener("click", () => {
    sheet.show(button.dataset.groups === "none" ? rows.keys() : [], null);
  });
}

showAll.addEventListener("click", () => { clear(); heading.focus(); });
chip.querySelector("button").addEventListener("click", () => { sheet.select(null); map.getContainer().focus(); });
connectZoomButtons(window.geomiljo);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  map.closePopup();
  if (panel.open) panel.open = false;
  else if (sheet.selected) sheet.select(null);
  else if (only !== null || sheet.hidden.size) clear();
});

// ---- clicks on the map ----

sheet.onFinding((finding, object, at) => {
  select(finding);
  L.popup({ maxWidth: 300, minWidth: 200 }).setLatLng(at).setContent(popupOf(finding, object, at)).openOn(map);
  if (isWide.matches) reveal(finding);
});

function popupOf(finding, object, at) {
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
  const others = sheet.findingsAt(at).filter((id) => id !== finding);
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

// ---- start ----

function fitFrame() {
  map.setMinZoom(map.getBoundsZoom(frame));
}

function open() {
  const id = location.hash.slice(1);
  if (!rows.has(id)) return;
  reveal(id);
  rows.get(id).querySelector("details").open = true;
}

document.documentElement.classList.add("js");
map.on("resize", fitFrame);
addEventListener("hashchange", open);
fitFrame();
sheet.onChange(follow);
follow();
open();
