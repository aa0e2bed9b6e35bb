// The queue of plans: one is chosen in the table or on the map, with J and K while the focus is in the table, or with
// buttons. Words come from the page and are only ever set as text.

import { connectZoomButtons, copiesAddress, keepInAddress, prepare, zoomToLayers } from "./interactive.js";

const handed = window.geomiljo;
const { texts } = handed.settings;
const rows = [...document.querySelectorAll("#queue tbody tr")];
const KEYS = { j: 1, k: -1 };
let chosen = -1;

function choose(position) {
  const row = rows[position];
  if (!row) return;
  chosen = position;
  rows.forEach((other, at) => other.classList.toggle("is-sel", at === position));
  const link = row.querySelector("th a");
  const name = document.getElementById("chosen-name");
  name.textContent = link.textContent;
  name.href = link.href;
  document.getElementById("chosen-open").href = link.href;
  const due = row.querySelector(".due")?.textContent ?? "";
  document.getElementById("chosen-facts").textContent = [row.querySelector(".sub").textContent, row.cells[1].textContent, due].filter(Boolean).join(" · ");
  document.getElementById("chosen-findings").replaceChildren(row.cells[2].firstElementChild.cloneNode(true));
  mark(row.dataset.plan);
}

function mark(plan) {
  for (const layer of drawn()) layer.getElement?.()?.classList.toggle("is-on", layer.feature.properties.plan === plan);
}

function* drawn() {
  for (const group of handed.outlines) yield* group.getLayers();
  yield* handed.plans.getLayers();
}

function step(by) {
  choose(Math.min(rows.length - 1, Math.max(0, chosen + by)));
  rows[chosen]?.scrollIntoView({ block: "nearest" });
  say(texts.chosen.replace("{plan}", rows[chosen].querySelector("th a").textContent));
}

function say(words) {
  document.getElementById("status").textContent = words;
}

function followTable(table) {
  table.addEventListener("focusin", ({ target }) => choose(rows.indexOf(target.closest("tr"))));
  table.addEventListener("keydown", (event) => {
    const by = KEYS[event.key.toLowerCase()];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    step(by);
    rows[chosen].querySelector("th a").focus();
  });
  document.getElementById("next").addEventListener("click", () => step(1));
  document.getElementById("previous").addEventListener("click", () => step(-1));
  choose(0);
}

function followMap() {
  prepare(handed, { label: texts.map, close: texts.close });
  connectZoomButtons(handed);
  keepInAddress(handed);
  const open = ({ layer, propagatedFrom }) => {
    const { plan } = (layer ?? propagatedFrom).feature.properties;
    const position = rows.findIndex((row) => row.dataset.plan === plan);
    if (position < 0) location.assign(`/review/${plan}`);
    else choose(position);
  };
  handed.plans.on("click", open);
  for (const group of handed.outlines) group.on("click", open);
  handed.map.on("zoomend", () => rows[chosen] && mark(rows[chosen].dataset.plan));
}

const copy = document.getElementById("copy");
copiesAddress(copy, (words) => { copy.lastChild.textContent = words; say(words); });
document.documentElement.classList.add("js");
followMap();
const table = document.querySelector(".card .tscroll");
if (rows.length) followTable(table);
document.getElementById("chosen-name")?.addEventListener("mouseenter", () => {
  const { plan } = rows[chosen].dataset;
  zoomToLayers(handed, [...drawn()].filter((layer) => layer.feature.properties.plan === plan), 13);
});
