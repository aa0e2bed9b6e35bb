// Vector tiles of our own layers, and clusters of plans: what Folium's description of a served map names. A map without
// layers comes without VectorGrid.

(() => {
  const KINDS = ["", "point", "line", "polygon"]; // by the type of geometry in tiles
  const SLICE_MS = 8; // of drawing without a pause
  const WORST_FIRST = ["pro", "per", "con", "opp"];

  // Plans that lie close: how many, in the colour of the worst, with its mark.
  L.plansIcon = (cluster) => {
    const all = cluster.getAllChildMarkers();
    const codes = all.map((marker) => marker.feature.properties.code);
    const worst = WORST_FIRST.find((code) => codes.includes(code)) ?? "none";
    const html = document.createElement("span");
    html.textContent = all.length;
    return L.divIcon({ html, className: `cluster cluster--${worst}`, iconSize: [36, 36] });
  };

  if (!L.VectorGrid) return;

  // A style for each value of a property and kind of geometry; "" is for values without one.
  L.symbolsBy = (by, styles) => {
    const order = Object.keys(styles).reverse();
    const choose = ({ kind, [by]: value }) => (styles[value] ?? styles[""] ?? styles[order[0]])[kind];
    choose.rank = (properties) => (by === null ? 0 : order.indexOf(properties[by]));
    return choose;
  };

  const source = L.VectorGrid.Protobuf.prototype._getVectorTilePromise;

  // Tiles are 512 pixels wide, so those of the level above serve; points that belong together are drawn each. A canvas
  // is made when there is something for it, one in a task, and drawing pauses every few milliseconds, so that the window
  // answers while thousands of objects come.
  L.VectorGrid.Protobuf.include({
    createTile(coords, done) {
      const tile = document.createElement("div");
      setTimeout(() => this._fill(tile, coords).then(() => done(null), done));
      return tile;
    },

    // Nothing for a tile that the map has left meanwhile.
    async _fill(tile, coords) {
      if (!tile.isConnected) return;
      const levels = Math.log2(this.getTileSize().x / 256);
      const { layers } = await source.call(this, { x: coords.x, y: coords.y, z: coords.z - levels });
      if (tile.isConnected) await this._drawTile(tile, coords, layers);
    },

    async _drawTile(tile, coords, layers) {
      const filled = Object.entries(layers).filter(([, { features }]) => features.length);
      if (!filled.length) return;
      const renderer = this.options.rendererFactory(coords, this.getTileSize(), this.options);
      tile.append(renderer.getContainer());
      for (const [name, layer] of filled) {
        const style = this.options.vectorTileLayerStyles[name];
        const scale = this.getTileSize().divideBy(layer.extent);
        let paused = performance.now();
        for (const feature of drawable(layer.features, style)) {
          const drawn = this._createLayer(feature, scale);
          drawn.render(renderer, { ...L.Path.prototype.options, ...style(feature.properties) });
          renderer._addPath(drawn);
          if (performance.now() - paused < SLICE_MS) continue;
          await new Promise((resolve) => setTimeout(resolve));
          paused = performance.now();
        }
      }
    },
  });

  function drawable(features, { rank }) {
    for (const feature of features) feature.properties.kind = KINDS[feature.type];
    const single = features.flatMap((feature) => (feature.type === 1 ? apart(feature) : [feature]));
    return single.sort((a, b) => rank(a.properties) - rank(b.properties));
  }

  function apart({ type, properties, geometry }) {
    return geometry.map((point) => ({ type, properties, geometry: [point] }));
  }

  // A canvas with as many dots as the screen has.
  const CrispTile = L.Canvas.Tile.extend({
    initialize(coords, size, options) {
      L.Canvas.Tile.prototype.initialize.call(this, coords, size, options);
      const canvas = this.getContainer();
      canvas.width = size.x * devicePixelRatio;
      canvas.height = size.y * devicePixelRatio;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
      this._ctx.scale(devicePixelRatio, devicePixelRatio);
    },
  });
  L.canvas.crispTile = (coords, size, options) => new CrispTile(coords, size, options);
})();
