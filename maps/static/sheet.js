// What a map sheet has besides its shapes, as Leaflet layers: numbers and use letters, and the grid of SWEREF 99 TM.
// The one-file map is drawn in metres (L.CRS.Simple), served ones in Web Mercator. Text is only ever set as text.

(() => {
  const SVG = document.querySelector(".sprite").namespaceURI;
  const GRID_PX = 130; // least distance between grid lines
  const REACH_PX = [28, 44, 64, 90, 120]; // lengths of leaders that are tried
  const TURNS = [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6].map((turn) => (turn * Math.PI) / 6);
  const SQUARE_PX = 40;
  const CORNERS_PX = [["left", "top", 50, 125], ["right", "top", 130, 50], ["left", "bottom", 180, 34]]; // controls

  function pixelsPerMetre(map) {
    const { crs } = map.options;
    const middle = map.getCenter();
    const east = crs.unproject(crs.project(middle).add([1, 0])); // a metre of the plane
    return crs.scale(map.getZoom()) / crs.scale(0) * crs.latLngToPoint(east, 0).subtract(crs.latLngToPoint(middle, 0)).x / crs.distance(middle, east);
  }

  function make(name, attributes = {}, text = "") {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  }

  function box(centre, width, height) {
    const [left, top] = [centre.x - width / 2, centre.y - height / 2];
    return { left, top, right: left + width, bottom: top + height };
  }

  function meets(one, other) {
    return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
  }

  // Boxes that are taken, found by the squares of a grid that they lie in.
  class Taken {
    constructor(boxes) {
      this.squares = new Map();
      for (const box of boxes) this.add(box);
    }

    add(box) {
      for (const key of this.keys(box)) {
        if (!this.squares.has(key)) this.squares.set(key, []);
        this.squares.get(key).push(box);
      }
    }

    isFree(box) {
      return !this.keys(box).some((key) => this.squares.get(key)?.some((other) => meets(other, box)));
    }

    keys({ left, top, right, bottom }) {
      const keys = [];
      for (let x = Math.floor(left / SQUARE_PX); x * SQUARE_PX < right; x += 1) {
        for (let y = Math.floor(top / SQUARE_PX); y * SQUARE_PX < bottom; y += 1) keys.push(x * 1e6 + y);
      }
      return keys;
    }
  }

  function holds(outer, inner) {
    return inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom;
  }

  // Flags: [{finding, at}], uses: [{text, at, room}]; fires "flag" with the finding when one is clicked.
  L.SheetLabels = L.Layer.extend({
    initialize(flags, uses) {
      this._flags = flags;
      this._uses = uses;
      this._hidden = new Set();
      this._selected = null;
    },

    onAdd(map) {
      const pane = map.getPane("labels") ?? map.createPane("labels");
      pane.style.zIndex = 650;
      this._svg = make("svg", { class: "labels leaflet-zoom-hide", "aria-hidden": "true" });
      pane.append(this._svg);
      map.on("zoomend moveend resize", this._drawSoon, this);
      this._draw();
    },

    onRemove(map) {
      map.off("zoomend moveend resize", this._drawSoon, this);
      clearTimeout(this._soon);
      this._svg.remove();
    },

    // Once for all events that come together, and in a task of its own: the shapes take one.
    _drawSoon() {
      clearTimeout(this._soon);
      this._soon = setTimeout(() => this._draw());
    },

    show(hidden, selected) {
      this._hidden = hidden;
      this._selected = selected;
      this._drawSoon();
    },

    _draw() {
      const shown = this._flags.filter((flag) => !this._hidden.has(flag.finding));
      shown.sort((a, b) => (b.finding === this._selected) - (a.finding === this._selected));
      const view = this._view();
      const flags = shown.map((flag) => [flag, this._map.latLngToLayerPoint(flag.at)])
        .filter(([, dot]) => holds(view, box(dot, 1, 1)));
      const taken = new Taken([...this._controls(view), ...flags.map(([, dot]) => box(dot, 9, 9))]);
      const drawn = document.createDocumentFragment();
      drawn.append(...this._useLabels(taken));
      for (const [flag, dot] of flags) this._place(flag, dot, view, taken, drawn);
      this._svg.replaceChildren(drawn);
    },

    _view() {
      const from = this._map.containerPointToLayerPoint([0, 0]);
      const size = this._map.getSize();
      return { left: from.x, top: from.y, right: from.x + size.x, bottom: from.y + size.y };
    },

    _controls(view) {
      return CORNERS_PX.map(([side, end, width, height]) => box({
        x: side === "left" ? view.left + width / 2 : view.right - width / 2,
        y: end === "top" ? view.top + height / 2 : view.bottom - height / 2,
      }, width, height));
    },

    _useLabels(taken) {
      const pixels = pixelsPerMetre(this._map);
      const fitting = this._uses.filter((use) => use.room * pixels >= 4 + 4 * use.text.length);
      return fitting.map((use) => {
        const place = this._map.latLngToLayerPoint(use.at);
        taken.add(box(place, 10 * use.text.length, 18));
        return make("text", { class: "use", x: place.x, y: place.y + 5 }, use.text);
      });
    },

    // Outwards first, then round the place; a number without room is left out until one zooms in.
    _place(flag, dot, view, taken, drawn) {
      const middle = this._map.latLngToLayerPoint(this._map.options.center);
      const outward = Math.atan2(dot.y - middle.y, dot.x - middle.x);
      const text = flag.finding.toUpperCase();
      const width = 8 + 7.5 * text.length;
      for (const reach of REACH_PX) {
        for (const turn of TURNS) {
          const at = dot.add([Math.cos(outward + turn) * reach, Math.sin(outward + turn) * reach]).round();
          const place = box(at, width + 4, 22);
          if (!holds(view, place) || !taken.isFree(place)) continue;
          taken.add(place);
          drawn.append(this._flag(flag, dot, at, width, text));
          return;
        }
      }
    },

    _flag(flag, dot, at, width, text) {
      const state = this._selected === null ? "" : flag.finding === this._selected ? " is-on" : " is-dim";
      const group = make("g", { class: `flag${state}` });
      group.append(
        make("line", { x1: dot.x, y1: dot.y, x2: at.x, y2: at.y }),
        make("circle", { cx: dot.x, cy: dot.y, r: 3 }),
        make("rect", { x: at.x - width / 2, y: at.y - 9, width, height: 18, rx: 2.5 }),
        make("text", { x: at.x, y: at.y + 4 }, text),
      );
      L.DomEvent.on(group, "click", (event) => {
        L.DomEvent.stop(event);
        this.fire("flag", { finding: flag.finding, latlng: L.latLng(flag.at) });
      });
      return group;
    },
  });

  // Crosses under the shapes, ticks with coordinates along the edges.
  L.SheetGrid = L.Layer.extend({
    onAdd(map) {
      this._crosses = this._layer(map, "grid", 350);
      this._ticks = this._layer(map, "ticks", 640);
      map.on("move zoomend resize", this._draw, this);
      this._draw();
    },

    onRemove(map) {
      map.off("move zoomend resize", this._draw, this);
      this._crosses.remove();
      this._ticks.remove();
    },

    _layer(map, name, depth) {
      const pane = map.getPane(name) ?? map.createPane(name);
      pane.style.zIndex = depth;
      const svg = make("svg", { class: "grid leaflet-zoom-hide", "aria-hidden": "true" });
      pane.append(svg);
      return svg;
    },

    _draw() {
      const size = this._map.getSize();
      const corner = this._map.containerPointToLayerPoint([0, 0]);
      for (const svg of [this._crosses, this._ticks]) {
        L.DomUtil.setPosition(svg, corner);
        svg.setAttribute("width", size.x);
        svg.setAttribute("height", size.y);
      }
      const bounds = this._map.getBounds();
      const easts = this._lines(bounds.getWest(), bounds.getEast(), (east) => this._map.latLngToContainerPoint([0, east]).x);
      const norths = this._lines(bounds.getSouth(), bounds.getNorth(), (north) => this._map.latLngToContainerPoint([north, 0]).y);
      const crosses = norths.flatMap(({ at: y }) => easts.map(({ at: x }) => `M${x - 4} ${y}h8M${x} ${y - 4}v8`));
      const ticks = [...easts.map(({ at }) => `M${at} ${size.y}v-7`), ...norths.map(({ at }) => `M${size.x} ${at}h-7`)];
      this._crosses.replaceChildren(make("path", { d: crosses.join("") }));
      this._ticks.replaceChildren(
        make("path", { d: ticks.join("") }),
        ...easts.filter(({ at }) => at > 190 && at < size.x - 90)
          .map(({ at, text }) => make("text", { x: at, y: size.y - 11, "text-anchor": "middle" }, text)),
        ...norths.filter(({ at }) => at > 60 && at < size.y - 30)
          .map(({ at, text }) => make("text", { x: size.x - 11, y: at + 4, "text-anchor": "end" }, text)),
      );
    },

    _lines(from, to, place) {
      const least = GRID_PX / this._map.options.crs.scale(this._map.getZoom());
      const power = 10 ** Math.floor(Math.log10(least));
      const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= least));
      const lines = [];
      for (let number = Math.ceil(from / step); number * step <= to; number += 1) {
        const text = String(Math.round(number * step)).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
        lines.push({ at: place(number * step), text });
      }
      return lines;
    },
  });
})();
