// The map in a notebook: a click on a finding tells what it is. Words are only ever set as text.

import { SheetMap } from "./interactive.js";

const { texts, findings } = window.geomiljo.settings;
const sheet = new SheetMap(window.geomiljo, { label: texts.map, close: texts.close });

sheet.onFinding((id, object, latlng) => {
  const { title, severity, measure, statement } = findings[id];
  const content = document.createElement("div");
  content.className = "pop";
  for (const [tag, text] of [["h3", `${id.toUpperCase()} ${title}`], ["p", `${severity} · ${measure}`], ["p", statement]]) {
    const element = document.createElement(tag);
    element.textContent = text;
    content.append(element);
  }
  sheet.select(id);
  L.popup({ maxWidth: 320 }).setLatLng(latlng).setContent(content).openOn(sheet.map);
});
sheet.map.on("popupclose", () => sheet.select(null));
L.control.zoom().addTo(sheet.map);
