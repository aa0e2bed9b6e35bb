// Drawing a planning area: the page's own buttons work Leaflet-Geoman, and what is drawn goes into the form.

const SNAP_PX = 16;
const PLANS_FROM_ZOOM = 12;
const MOST_PLANS = 60;

/** Let the buttons of the page draw on `map`; `changed` is called with what is drawn, as GeoJSON. */
export function drawing({ map, settings: { texts } }, say, changed) {
  const button = (name) => document.getElementById(`draw-${name}`);
  const drawn = L.featureGroup().addTo(map);

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
    changed(areas.length ? { type: "FeatureCollection", features: areas.map((area) => area.toGeoJSON()) } : null);
    say(areas.length ? texts.drawn.replace("{count}", areas.length).replace("{corners}", corners) : texts.none);
  }

  map.on("pm:globaldrawmodetoggled pm:globaleditmodetoggled", (event) => {
    press();
    if (event.enabled) say(event.type === "pm:globaldrawmodetoggled" ? texts.drawing : texts.editing);
    else tell();
  });
  map.on("pm:create", ({ layer }) => {
    layer.on("pm:edit pm:markerdragend pm:vertexremoved", tell);
    layer.on("pm:intersect", () => say(texts.crossing));
    tell();
  });
  map.on("pm:drawstart", ({ workingLayer }) => workingLayer.on("pm:snapdrag pm:vertexadded", () => {
    if (map.pm.Draw.Polygon._doesSelfIntersect) say(texts.crossing);
  }));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && map.pm.globalDrawModeEnabled()) map.pm.disableDraw();
  });
  snapToPlans(map);
}

// Outlines of stored plans in view: corners snap to them, and they cannot be changed.
function snapToPlans(map) {
  const plans = L.geoJSON(null, { pmIgnore: true, snapIgnore: false, interactive: false, className: "m-use" }).addTo(map);
  let asked = null;
  map.on("moveend", async () => {
    asked?.abort();
    if (map.getZoom() < PLANS_FROM_ZOOM) return;
    asked = new AbortController();
    const fields = new URLSearchParams({ bbox: map.getBounds().toBBoxString(), limit: MOST_PLANS, f: "json" });
    const answer = await fetch(`/ogc/collections/plans/items?${fields}`, { signal: asked.signal }).catch(() => null);
    if (!answer?.ok) return;
    plans.clearLayers();
    plans.addData(await answer.json());
  });
}
