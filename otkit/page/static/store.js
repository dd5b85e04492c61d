// The town as the reader has made it, with what it was before; kept by the browser for the next visit.

const KEY = "otkit-bakery";
const LONGEST_HISTORY = 200;
const ONE_GESTURE = 700; // milliseconds: a drag, or a number being typed, is undone as a whole

export const SIDES = { bakeries: { letter: "x", name: "bakery" }, cafes: { letter: "y", name: "café" } };

// What is shipped: loaves, or the units of Monge's problem.
export const GOODS = { kantorovich: { one: "loaf", many: "loaves" }, monge: { one: "unit", many: "units" } };

export function placeName(side, k) {
  return `${SIDES[side].letter}${k + 1}`;
}

export class Store {
  #town = null;
  #history = [];
  #gesture = { name: "", time: -Infinity };

  constructor(onChange) {
    this.onChange = onChange;
  }

  get town() {
    return this.#town;
  }

  get canUndo() {
    return this.#history.length > 0;
  }

  // Begin with a town; nothing before it can be brought back.
  begin(town) {
    this.#history = [];
    this.#set(structuredClone(town));
  }

  // Change the town by a function; changes of one gesture that follow each other closely are undone together.
  change(gesture, alter) {
    const now = performance.now();
    const same = gesture === this.#gesture.name && now - this.#gesture.time < ONE_GESTURE;
    this.#gesture = { name: gesture, time: now };
    if (!same) this.#history = [...this.#history.slice(1 - LONGEST_HISTORY), this.#town];
    const town = structuredClone(this.#town);
    alter(town);
    this.#set(town);
  }

  // The answer has made a plan of the name by which one was asked for: it is the same town.
  settleOwn(plan) {
    this.#town.own = plan;
    this.#keep();
  }

  undo() {
    if (!this.canUndo) return;
    this.#gesture.name = "";
    this.#set(this.#history.pop());
  }

  #set(town) {
    this.#town = town;
    this.#keep();
    this.onChange();
  }

  #keep() {
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#town));
    } catch {
      // a browser that keeps nothing begins anew each time
    }
  }
}

// The town of the last visit, if there was one, drawn as one of the examples.
export function lastTown(examples) {
  try {
    const town = JSON.parse(localStorage.getItem(KEY));
    const { frame, unit } = examples[town.example];
    return { ...town, frame, unit };
  } catch {
    return null;
  }
}

// --- changes of a town ------------------------------------------------------------------------------------------------

export function movePlace(town, side, k, x, y) {
  const [left, top, width, height] = town.frame;
  const tenth = (value, low, high) => Math.round(10 * Math.min(Math.max(value, low), high)) / 10;
  Object.assign(town[side][k], { x: tenth(x, left, left + width), y: tenth(y, top, top + height) });
}

export function addPlace(town, side) {
  town[side].push({ ...freeSpot(town), loaves: 0 });
  for (const [name, entry] of [["table", NEW_ROAD], ["own", 0]]) {
    if (!Array.isArray(town[name])) continue;
    if (side === "bakeries") town[name].push(Array(town.cafes.length).fill(entry));
    else town[name].forEach((row) => row.push(entry));
  }
}

const NEW_ROAD = 10; // what a road of the table costs until somebody says otherwise

export function removePlace(town, side, k) {
  town[side].splice(k, 1);
  const without = (row) => row.toSpliced(k, 1);
  for (const name of ["table", "own"]) {
    if (!Array.isArray(town[name])) continue;
    town[name] = side === "bakeries" ? without(town[name]) : town[name].map(without);
  }
}

// The point of a coarse grid that is farthest from all places.
function freeSpot(town) {
  const [left, top, width, height] = town.frame;
  const places = [...town.bakeries, ...town.cafes];
  const room = (spot) => Math.min(...places.map((place) => Math.hypot(place.x - spot.x, place.y - spot.y)));
  const spots = [];
  for (let i = 1; i < 8; i++) {
    for (let j = 1; j < 8; j++) spots.push({ x: left + (width * i) / 8, y: top + (height * j) / 8 });
  }
  return spots.reduce((best, spot) => (room(spot) > room(best) ? spot : best));
}
