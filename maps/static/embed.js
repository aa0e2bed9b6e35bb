// The map as a page of its own, also inside pages of others: findings stand out, layers are switched, the address keeps
// both. Words come from the list in the page and are only ever set as text.

import { SheetMap, connectSwitches, connectZoomButtons, keepInAddress, setInAddress } from "./interactive.js";

const handed = window.geomiljo;
const { texts } = handed.settings;
const rows = new Map([...document.querySelectorAll("[data-finding]")].map((row) => [row.dataset.finding, row]));
const chip = document.getElementById("chip");
const sheet = new SheetMap(handed, { label: texts.map, close: texts.close });
const titleOf = (id) => rows.get(id).querySelector(".finding__title").textContent;

function select(id) {
  sheet.select(id);
  setInAddress({ finding: id ?? "" });
  if (id) document.getElementById("status").textContent = `${texts.shown.replace("{number}", id.toUpperCase())}: ${titleOf(id)}`;
}

function follow() {
  chip.hidden = sheet.selected === null;
  if (chip.hidden) return;
  chip.querySelector(".fid").textContent = sheet.selected.toUpperCase();
  chip.querySelector(".mapchip__t").textContent = titleOf(sheet.selected);
}

function popupOf(id) {
  const content = document.createElement("div");
  content.className = "pop";
  for (const [tag, text] of [["h3", `${id.toUpperCase()} ${titleOf(id)}`], ["p", rows.get(id).querySelector(".measure").textContent], ["p", rows.get(id).querySelector(".sub").textContent]]) {
    const element = document.createElement(tag);
    element.textContent = text;
    content.append(element);
  }
  return content;
}

document.documentElement.classList.add("js");
sheet.onChange(follow);
sheet.onFinding((id, object, latlng) => {
  select(id);
  L.popup({ maxWidth: 300 }).setLatLng(latlng).setContent(popupOf(id)).openOn(sheet.map);
});
for (const [id, row] of rows) {
  row.querySelector("button").addEventListener("click", () => { select(id); sheet.zoomTo(id); });
}
chip.querySelector("button").addEventListener("click", () => { select(null); sheet.map.getContainer().focus(); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  sheet.map.closePopup();
  select(null);
});
connectZoomButtons(handed);
connectSwitches(handed);
keepInAddress(handed);
const asked = new URLSearchParams(location.search).get("finding");
if (rows.has(asked)) { select(asked); sheet.zoomTo(asked); }
follow();
