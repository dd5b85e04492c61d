// Where things go on the map: sizes in pixels of the screen, never numbers of the problem.

const SMALL = 480; // a picture as narrow as a phone
const LEAST_MAP = 560; // narrower, a true map can't be read: it scrolls in its own box
const SAMPLES = 12; // points of an arc that labels keep away from

// The map of the notes has no coordinates and may be stretched to fill the screen; all others keep their proportions.
// `given` is the height, where the map has to fill a place.
export function view(town, room, given = null) {
  const [left, top, w, h] = town.frame;
  const stretched = town.example === "notes" && town.costs === "table";
  const width = stretched || given ? room : Math.max(room, LEAST_MAP);
  const margin = width < SMALL ? 26 : 40; // for markers and pins
  const height = given ?? (stretched ? 540 : Math.min((width * h) / w, 540));
  const inner = [Math.max(width - 2 * margin, 1), height - 2 * margin];
  let scale = [inner[0] / w, inner[1] / h];
  if (!stretched) scale = Array(2).fill(Math.min(...scale));
  const shift = [margin + (inner[0] - scale[0] * w) / 2, margin + (inner[1] - scale[1] * h) / 2];
  return {
    width,
    height,
    small: width < SMALL,
    scale,
    stretched,
    toScreen: ({ x, y }) => ({ x: shift[0] + (x - left) * scale[0], y: shift[1] + (y - top) * scale[1] }),
    toMap: ({ x, y }) => ({ x: left + (x - shift[0]) / scale[0], y: top + (y - shift[1]) / scale[1] }),
  };
}

// The area of a marker grows with its loaves.
export function markerRadius(loaves, most, small) {
  const [least, more] = small ? [9, 4] : [10, 6];
  return least + more * Math.sqrt(most > 0 ? loaves / most : 0);
}

export function arcWidth(loaves, most, small) {
  return 1.5 + (small ? 9 : 13) * (most > 0 ? loaves / most : 0);
}

// Where the head of a pin is: on a pole beside the marker, up for a price above zero, down for one below.
export function pinHead({ x, y, r }, outer, price, largest, small) {
  const length = price === 0 ? 0 : Math.sign(price) * (6 + (small ? 16 : 24) * (Math.abs(price) / largest));
  return { x: x + outer * (r + 9), y: y - length };
}

// A quadratic curve; plans that are compared bend to different sides.
export function arc(from, to, bend) {
  const middle = {
    x: (from.x + to.x) / 2 - bend * (to.y - from.y),
    y: (from.y + to.y) / 2 + bend * (to.x - from.x),
  };
  const at = (t) => {
    const [p, q, r] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
    return { x: p * from.x + q * middle.x + r * to.x, y: p * from.y + q * middle.y + r * to.y };
  };
  const path = `M${from.x} ${from.y}Q${middle.x} ${middle.y} ${to.x} ${to.y}`;
  return { path, at, samples: Array.from({ length: SAMPLES }, (_, k) => at((k + 0.5) / SAMPLES)) };
}

// Whether a label fits between two markers.
export function hasRoom(from, to) {
  return Math.hypot(from.x - to.x, from.y - to.y) > from.r + to.r + 14;
}

// A place on each arc for its label, away from other arcs, from markers, from pins and from labels before it.
export function labelSpots(arcs, markers, pins) {
  const spots = [];
  arcs.forEach((own, k) => {
    const others = arcs.filter((_, l) => l !== k).flatMap((other) => other.samples);
    const rating = ({ x, y }) =>
      clearance(x, y, others, 16) + 2 * clearance(x, y, markers, 34)
      + 2 * clearance(x, y, pins, 24) + 4 * clearance(x, y, spots, 26);
    const candidates = [0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73].map(own.at);
    spots.push(candidates.reduce((best, spot) => (rating(spot) > rating(best) ? spot : best)));
  });
  return spots;
}

// Where the loaves of a marker are written: below it unless there is more room above it or on its inner side.
export function loavesSpot({ x, y, r }, inner, obstacles) {
  const candidates = [{ x: 0, y: r + 9 }, { x: 0, y: -r - 9 }, { x: inner * (r + 12), y: 0 }];
  const room = (spot) => clearance(x + spot.x, y + spot.y, obstacles, 20);
  return candidates.reduce((best, spot) => (room(spot) > room(best) + 6 ? spot : best));
}

function clearance(x, y, obstacles, enough) {
  return obstacles.reduce((least, spot) => Math.min(least, Math.hypot(spot.x - x, spot.y - y)), enough);
}
