// Drawing a planning area: the page's own buttons work Leaflet-Geoman, and what is drawn goes into the form.

import { areaOf, areaText, placeText } from "./measures.js";

const SNAP_PX = 16;
const PLANS_FROM_ZOOM = 12;
const MOST_PLANS = 60;
const DECIMALS = 8; // of degrees, as plans are given: a corner that snaps to one is the same

/** Let the buttons of the page draw on `map`; `changed` is called with what is drawn, as GeoJSON. */
export function drawing({ map, settings: { texts } }, say, changed) {
  const button = (name) => document.getElementById(`draw-${name}`);
  const drawn = L.featureGroup().addTo(map);

  const reading = document.getElementById("draw-read");
  let working = null; // what is being drawn

  // Tells where the pointer is, and how large what is drawn is so far.
  function read(place, corners) {
    const size = corners.length < 3 ? "" : areaText(areaOf(corners));
    reading.textContent = [place && placeText(texts.place, place), size].filter(Boolean).join(" · ");
  }

  map.pm.setLang(document.documentElement.lang);
  map.pm.setGlobalOptions({
    allowSelfIntersection: false,
    snappable: true,
    snapDistance: SNAP_PX,
    layerGroup: drawn,
    pathOptions: { className: "m-drawn" },
    hintlineStyle: { className: "m-hint" },
    templineStyle: { className: "m-hint" },
  });

  const shapes = { polygon: "Polygon", rectangle: "Rectangle" };
  for (const [name, shape] of Object.entries(shapes)) {
    button(name).addEventListener("click", () => {
      if (map.pm.globalDrawModeEnabled() && map.pm.Draw.getActiveShape() === shape) map.pm.disableDraw();
      else map.pm.enableDraw(shape);
    });
  }
  button("edit").addEventListener("click", () => map.pm.toggleGlobalEditMode());
  button("undo").addEventListener("click", () => map.pm.Draw.Polygon._removeLastVertex?.());
  button("remove").addEventListener("click", () => {
    map.pm.disableDraw();
    drawn.clearLayers();
    tell();
  });

  function press() {
    const active = map.pm.globalDrawModeEnabled() ? map.pm.Draw.getActiveShape() : null;
    for (const [name, shape] of Object.entries(shapes)) button(name).setAttribute("aria-pressed", String(active === shape));
    button("edit").setAttribute("aria-pressed", String(map.pm.globalEditModeEnabled()));
  }

  function tell() {
    const areas = drawn.getLayers().filter((layer) => layer instanceof L.Polygon);
    const corners = areas.reduce((sum, area) => sum + area.getLatLngs().flat(2).length, 0);
    const size = areas.reduce((sum, area) => sum + areaOf(area.getLatLngs().flat(2)), 0);
    changed(areas.length ? { type: "FeatureCollection", features: areas.map((area) => area.toGeoJSON(DECIMALS)) } : null);
    say(areas.length
      ? texts.drawn.replace("{count}", areas.length).replace("{corners}", corners).replace("{area}", areaText(size)) : texts.none);
  }

  map.on("pm:globaldrawmodetoggled pm:globaleditmodetoggled", (event) => {
    press();
    if (event.enabled) say(event.type === "pm:globaldrawmodetoggled" ? texts.drawing : texts.editing);
    else tell();
  });
  map.on("pm:create", ({ layer }) => {
    layer.on("pm:edit pm:markerdragend pm:vertexremoved", tell);
    layer.on("pm:change", () => read(null, layer.getLatLngs().flat(2)));
    layer.on("pm:intersect", () => say(texts.crossing));
    tell();
  });
  map.on("pm:drawstart", ({ workingLayer }) => {
    working = workingLayer;
    workingLayer.on("pm:snapdrag pm:vertexadded", () => {
      if (map.pm.Draw.Polygon._doesSelfIntersect) say(texts.crossing);
    });
  });
  map.on("pm:drawend", () => { working = null; });
  map.on("mousemove", ({ latlng }) => {
    if (!working) return;
    const isPolygon = map.pm.Draw.getActiveShape() === shapes.polygon;
    read(latlng, [...working.getLatLngs().flat(2), ...(isPolygon ? [latlng] : [])]);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && map.pm.globalDrawModeEnabled()) map.pm.disableDraw();
  });
  snapToPlans(map);
}

// Outlines of stored plans in view: corners snap to them, and they cannot be changed.
function snapToPlans(map) {
  const plans = L.geoJSON(null, { pmIgnore: true, snapIgnore: false, interactive: false, className: "m-use" }).addTo(map);
  let asked = null;
  map.on("moveend", ask);
  ask();

  async function ask() {
    asked?.abort();
    if (map.getZoom() < PLANS_FROM_ZOOM) return;
    asked = new AbortController();
    const fields = new URLSearchParams({ bbox: map.getBounds().toBBoxString(), limit: MOST_PLANS, f: "json" });
    const answer = await fetch(`/ogc/collections/plans/items?${fields}`, { signal: asked.signal }).catch(() => null);
    if (!answer?.ok) return;
    plans.clearLayers();
    plans.addData(await answer.json());
  }
}
