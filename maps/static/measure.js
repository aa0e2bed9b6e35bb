// Measuring on a map: clicks set corners; the length along them and the area between them are told until one ends.

import { areaOf, areaText, lengthOf, lengthText } from "./measures.js";

const EVERYWHERE = [[-80, -180], [80, 180]];
const PANE = "measure";
const DEPTH = 660; // above numbers, below popups
const FEWEST_CORNERS = 3; // of an area

/** Let the button `#measure` measure on `map`; what is measured stands in `#measured`. */
export function measuring({ map, settings: { texts } }) {
  const button = document.getElementById("measure");
  const told = document.getElementById("measured");
  const style = { pane: PANE, interactive: false, pmIgnore: true, snapIgnore: true };
  const line = L.polyline([], { ...style, className: "m-measure" });
  const area = L.polygon([], { ...style, className: "m-measured" });
  const sheet = L.rectangle(EVERYWHERE, { ...style, interactive: true, className: "m-sheet", bubblingMouseEvents: false });
  let corners = [];

  map.createPane(PANE).style.zIndex = DEPTH;
  const isOn = () => map.hasLayer(sheet);

  function begin() {
    map.pm?.disableDraw();
    for (const layer of [sheet, area, line]) layer.addTo(map);
    told.hidden = false;
    show([]);
    button.setAttribute("aria-pressed", "true");
  }

  function end() {
    corners = [];
    for (const layer of [sheet, area, line]) layer.remove();
    told.hidden = true;
    button.setAttribute("aria-pressed", "false");
  }

  function show(places) {
    line.setLatLngs(places);
    area.setLatLngs(places.length < FEWEST_CORNERS ? [] : places);
    const text = places.length < 2 ? texts.measuring : places.length < FEWEST_CORNERS ? texts.length : texts.lengthArea;
    told.textContent = text.replace("{length}", lengthText(lengthOf(places))).replace("{area}", areaText(areaOf(places)));
  }

  sheet.on("click", ({ latlng, originalEvent }) => {
    if (originalEvent.detail > 1) return; // the second half of a double click
    corners.push(latlng);
    show(corners);
  });
  sheet.on("dblclick", (event) => L.DomEvent.stop(event));
  sheet.on("mousemove", ({ latlng }) => { if (corners.length) show([...corners, latlng]); });
  sheet.on("mouseout", () => show(corners));
  button.addEventListener("click", () => (isOn() ? end() : begin()));
  map.on("pm:globaldrawmodetoggled pm:globaleditmodetoggled", ({ enabled }) => { if (enabled && isOn()) end(); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOn()) return;
    event.stopImmediatePropagation();
    end();
    button.focus();
  }, true);
}
