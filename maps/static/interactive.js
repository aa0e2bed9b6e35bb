// What the maps of all pages can do: findings that stand out, are hidden or zoomed to; layers and base maps that are
// switched; places that are clicked; a view that stands in the address. Pages' modules decide when, and own all words.
//
//   const sheet = new SheetMap(window.geomiljo, { label: texts.map, close: texts.close });
//   sheet.onFinding((id, object, latlng) => …);  sheet.onPlace(({ lon, lat }, latlng) => …);  sheet.onChange(() => …);
//   sheet.select("f3");  sheet.zoomTo("f3");  sheet.setHidden(ids);  sheet.zoomToPlan();
//   setOverlay(window.geomiljo, "naturreservat", true);  keepInAddress(window.geomiljo);

const FIT = { padding: [36, 36] };
const still = matchMedia("(prefers-reduced-motion: reduce)");
const DECIMALS = 5; // of degrees in the address: a metre
const SETTLED_MS = 200; // after which a view is noted

export const moves = () => ({ animate: !still.matches });
export const scrolls = () => (still.matches ? "auto" : "smooth");

// Name for screen readers, wheel only while the map has focus, the whole extent on paper.
export function prepare({ map, settings }, { label, close }) {
  const container = map.getContainer();
  container.setAttribute("role", "region");
  container.setAttribute("aria-label", label);
  map.on("focus", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());
  map.on("popupopen", ({ popup }) => {
    popup.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", close);
  });
  addEventListener("beforeprint", () => fitPaper(map, settings.extent));
}

function fitPaper(map, extent) {
  const [centre, zoom] = [map.getCenter(), map.getZoom()];
  addEventListener("afterprint", () => map.invalidateSize({ animate: false }).setView(centre, zoom, { animate: false }), { once: true });
  map.invalidateSize({ animate: false });
  map.fitBounds(extent, { ...FIT, animate: false });
}

// Zooms to layers unless they fill the extent anyway; then to the extent.
export function zoomToLayers({ map, settings: { extent } }, layers, maxZoom) {
  if (!layers.length) return;
  const bounds = L.featureGroup(layers).getBounds();
  const isWhole = L.latLngBounds(extent).pad(0.05).contains(bounds)
    && map.getBoundsZoom(bounds.pad(0.4)) < map.getBoundsZoom(extent);
  map.fitBounds(isWhole ? extent : bounds.pad(0.3), { ...FIT, maxZoom, ...moves() });
}

export function zoomToExtent({ map, settings }) {
  map.fitBounds(settings.extent, { ...FIT, ...moves() });
}

// The map of a plan with its findings.
export class SheetMap {
  constructor(handed, words) {
    this.handed = handed;
    this.map = handed.map;
    this.hidden = new Set();
    this.selected = null;
    this.drawn = new Map(); // layers by finding
    for (const group of handed.shapes) group.eachLayer((layer) => this.layersOf(layer.feature.properties.finding, true).push(layer));
    this.deepest = this.map.options.crs === L.CRS.Simple ? 1 : 18;
    this.changed = [];
    prepare(handed, words);
  }

  layersOf(id, isMade = false) {
    if (isMade && !this.drawn.has(id)) this.drawn.set(id, []);
    return this.drawn.get(id) ?? [];
  }

  onChange(listener) {
    this.changed.push(listener);
  }

  // Listens to clicks on shapes and flags: finding, number of the object, place, layer.
  onFinding(listener) {
    const tell = (layer, latlng) => listener(layer.feature.properties.finding, layer.feature.properties.object, latlng, layer);
    for (const group of this.handed.shapes) {
      group.on("click", (event) => {
        L.DomEvent.stopPropagation(event);
        tell(event.layer ?? event.propagatedFrom, event.latlng);
      });
    }
    this.handed.labels.on("flag", ({ finding, latlng }) => tell(this.layersOf(finding)[0], latlng));
  }

  // Listens to clicks beside shapes.
  onPlace(listener) {
    onPlace(this.handed, listener);
  }

  // What is hidden and what stands out, which is never hidden; the map is drawn anew only where that changes it.
  show(ids, selected) {
    const hidden = new Set(ids);
    hidden.delete(selected);
    const isOther = selected !== this.selected;
    const isSame = !isOther && hidden.size === this.hidden.size && [...hidden].every((id) => this.hidden.has(id));
    this.hidden = hidden;
    this.selected = selected;
    if (isOther) this.order();
    if (!isSame) this.draw();
    for (const listener of this.changed) listener();
  }

  select(id) {
    this.show(this.hidden, id);
  }

  setHidden(ids) {
    const hidden = new Set(ids);
    this.show(hidden, hidden.has(this.selected) ? null : this.selected);
  }

  toggle(id) {
    const hidden = new Set(this.hidden);
    if (!hidden.delete(id)) hidden.add(id);
    this.setHidden(hidden);
  }

  zoomTo(id, object) {
    const layers = this.layersOf(id).filter((layer) => object === undefined || layer.feature.properties.object === Number(object));
    zoomToLayers(this.handed, layers, this.deepest);
  }

  zoomToPlan() {
    zoomToExtent(this.handed);
  }

  // Findings whose shapes lie at a place and are shown.
  findingsAt(latlng) {
    const place = this.map.latLngToLayerPoint(latlng);
    return [...this.drawn].filter(([id, layers]) => !this.hidden.has(id) && layers.some((layer) => covers(layer, place))).map(([id]) => id);
  }

  draw() {
    for (const [id, layers] of this.drawn) {
      for (const layer of layers) {
        const { classList } = layer.getElement();
        classList.toggle("is-off", this.hidden.has(id));
        classList.toggle("is-on", id === this.selected);
        classList.toggle("is-dim", this.selected !== null && id !== this.selected);
      }
    }
    this.handed.labels.show(this.hidden, this.selected);
  }

  order() {
    for (const group of this.handed.shapes) group.bringToFront();
    for (const [id, layers] of this.drawn) for (const layer of layers) layer.setZIndexOffset?.(id === this.selected ? 1000 : 0);
    for (const layer of this.layersOf(this.selected)) layer.bringToFront?.();
    for (const group of this.handed.plan) group.bringToFront();
  }
}

function covers(layer, place) {
  const element = layer.getElement();
  if (!element.isPointInFill) return false;
  return layer instanceof L.Polygon ? element.isPointInFill(place) : element.isPointInStroke(place);
}

export function onPlace({ map }, listener) {
  map.on("click", ({ latlng }) => listener({ lon: latlng.lng, lat: latlng.lat }, latlng));
}

export function connectZoomButtons(handed) {
  document.getElementById("zoom-in").addEventListener("click", () => handed.map.zoomIn());
  document.getElementById("zoom-out").addEventListener("click", () => handed.map.zoomOut());
  document.getElementById("zoom-all").addEventListener("click", () => zoomToExtent(handed));
}

// ---- layers and base maps ----

export function setOverlay({ map, overlays }, id, isShown) {
  const layer = overlays[id];
  if (!layer) return;
  if (isShown) layer.addTo(map);
  else layer.remove();
  map.fire("overlays");
}

export const shownOverlays = ({ map, overlays }) => Object.keys(overlays).filter((id) => map.hasLayer(overlays[id]));

// Shows one base map by its number, or our own layers.
export function setBase({ map, bases, backdrop }, number) {
  for (const [key, layer] of Object.entries(bases)) if (key !== number) layer.remove();
  for (const layer of backdrop) if (number in bases) layer.remove(); else layer.addTo(map);
  bases[number]?.addTo(map);
  map.fire("overlays");
}

export const shownBase = ({ map, bases }) => Object.keys(bases).find((number) => map.hasLayer(bases[number])) ?? "own";

// Check boxes `[data-overlay]` and radio buttons `[data-base]` switch layers, and follow them.
export function connectSwitches(handed, root = document) {
  const boxes = [...root.querySelectorAll("[data-overlay]")];
  const radios = [...root.querySelectorAll("[data-base]")];
  const follow = () => {
    const shown = shownOverlays(handed);
    for (const box of boxes) box.checked = shown.includes(box.dataset.overlay);
    for (const radio of radios) radio.checked = radio.dataset.base === shownBase(handed);
  };
  for (const box of boxes) box.addEventListener("change", () => setOverlay(handed, box.dataset.overlay, box.checked));
  for (const radio of radios) radio.addEventListener("change", () => setBase(handed, radio.dataset.base));
  handed.map.on("overlays", follow);
  follow();
}

// ---- the address ----

// Takes layers, base map and view from the address (`layers`, `base`, `view`), and keeps them there.
export function keepInAddress(handed) {
  const { map } = handed;
  const asked = new URLSearchParams(location.search);
  for (const id of (asked.get("layers") ?? "").split(",")) setOverlay(handed, id, true);
  if (asked.has("base")) setBase(handed, asked.get("base"));
  const [lat, lng, zoom] = (asked.get("view") ?? "").split(",").map(Number);
  if (Number.isFinite(zoom)) map.setView([lat, lng], zoom, { animate: false });
  const first = shownBase(handed);
  map.on("overlays", () => {
    const base = shownBase(handed);
    setInAddress({ layers: shownOverlays(handed).join(","), base: base === first && !asked.has("base") ? "" : base });
  });
  let soon = null; // the map answers first
  map.on("moveend", () => {
    clearTimeout(soon);
    soon = setTimeout(() => {
      const { lat: north, lng: east } = map.getCenter();
      setInAddress({ view: `${north.toFixed(DECIMALS)},${east.toFixed(DECIMALS)},${map.getZoom()}` });
    }, SETTLED_MS);
  });
}

// Sets members of the query without a new entry in the history; empty ones go.
export function setInAddress(members) {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(members)) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  history.replaceState(history.state, "", address.href.replaceAll("%2C", ","));
}

// A button that copies the address of the page as it is; `told` gets the words for it.
export function copiesAddress(button, told) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(location.href);
    told(button.dataset.done);
  });
}
