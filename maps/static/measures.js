// Places, lengths and areas as the service measures them: in the plane of SWEREF 99 TM, by Lantmäteriet's series for
// the transverse Mercator projection of GRS 80, which is right to a millimetre in all of Sweden.

const AXIS_M = 6_378_137;
const FLATTENING = 1 / 298.257222101;
const [SCALE, MERIDIAN, FALSE_EAST_M] = [0.9996, 15, 500_000];
const E = Math.sqrt(FLATTENING * (2 - FLATTENING));
const N = FLATTENING / (2 - FLATTENING);
const RADIUS_M = (AXIS_M / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64) * SCALE;
const SERIES = [
  N / 2 - (2 / 3) * N ** 2 + (5 / 16) * N ** 3 + (41 / 180) * N ** 4,
  (13 / 48) * N ** 2 - (3 / 5) * N ** 3 + (557 / 1440) * N ** 4,
  (61 / 240) * N ** 3 - (103 / 140) * N ** 4,
  (49561 / 161280) * N ** 4,
];
const HECTARE_M2 = 10_000;

/** A place in degrees as metres of SWEREF 99 TM. */
export function inPlane({ lat, lng }) {
  const sine = Math.sin((lat * Math.PI) / 180);
  const aside = ((lng - MERIDIAN) * Math.PI) / 180;
  const conformal = Math.sinh(Math.atanh(sine) - E * Math.atanh(E * sine));
  const xi = Math.atan2(conformal, Math.cos(aside));
  const eta = Math.asinh(Math.sin(aside) / Math.hypot(conformal, Math.cos(aside)));
  let [north, east] = [xi, eta];
  SERIES.forEach((term, index) => {
    const times = 2 * (index + 1);
    north += term * Math.sin(times * xi) * Math.cosh(times * eta);
    east += term * Math.cos(times * xi) * Math.sinh(times * eta);
  });
  return { north: RADIUS_M * north, east: FALSE_EAST_M + RADIUS_M * east };
}

/** Metres along places. */
export function lengthOf(places) {
  const along = places.map(inPlane);
  return along.slice(1).reduce((sum, to, index) => sum + Math.hypot(to.east - along[index].east, to.north - along[index].north), 0);
}

/** Square metres inside a ring of places, which need not be closed. */
export function areaOf(places) {
  const ring = places.map(inPlane);
  const twice = ring.reduce((sum, { east, north }, index) => {
    const next = ring[(index + 1) % ring.length];
    return sum + (east - ring[0].east) * (next.north - ring[0].north) - (next.east - ring[0].east) * (north - ring[0].north);
  }, 0);
  return Math.abs(twice) / 2;
}

const written = (value, decimals) => new Intl.NumberFormat(document.documentElement.lang, {
  minimumFractionDigits: decimals, maximumFractionDigits: decimals,
}).format(value);

/** As the service writes them; see `units.py`. */
export const lengthText = (metres) => (metres >= 1_000 ? `${written(metres / 1_000, 1)}\u00a0km` : `${written(metres, 0)}\u00a0m`);
export const areaText = (squareMetres) => (squareMetres >= HECTARE_M2
  ? `${written(squareMetres / HECTARE_M2, 1)}\u00a0ha` : `${written(squareMetres, 0)}\u00a0m²`);

/** Fills `{north}` and `{east}` of a text with whole metres. */
export function placeText(template, place) {
  const { north, east } = inPlane(place);
  return template.replace("{north}", written(north, 0)).replace("{east}", written(east, 0));
}
