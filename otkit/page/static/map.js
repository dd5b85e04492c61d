// The map: markers to move, the plan as arcs, the prices as pins, the reader's plan as dashed arcs.

import { brief, byId, count, html, short, svg } from "./dom.js";
import { arc, arcWidth, hasRoom, labelSpots, loavesSpot, markerRadius, pinHead, view } from "./layout.js";
import { handleMoves } from "./moves.js";
import { GOODS, placeName, SIDES } from "./store.js";

const BEST_BEND = 0.06;
const OWN_BEND = -0.06;
const MOST_LABELS = 40; // more roads than these are told apart in the table alone
const USUAL_SIZE = 14; // of letters in the lecture view; on larger screens the whole map is drawn larger
const OUTER = { bakeries: -1, cafes: 1 }; // the side of a marker that its pin stands on

export class TownMap {
  #store;
  #markers = { bakeries: [], cafes: [] };
  #layers = {};
  #last = null;

  constructor(store) {
    this.#store = store;
    this.root = byId("map");
    for (const name of ["ground", "best", "own", "pins", "markers", "labels"]) {
      this.#layers[name] = svg("g", { class: name });
      this.root.append(this.#layers[name]);
    }
    new ResizeObserver(() => this.#last && this.draw(...this.#last)).observe(this.root.parentElement);
  }

  draw(town, answer) {
    this.#last = [town, answer];
    const box = this.root.parentElement;
    const fills = document.body.classList.contains("hall") && getComputedStyle(this.root).position === "absolute";
    this.zoom = fills ? parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_SIZE : 1;
    const look = view(town, box.clientWidth / this.zoom, fills ? box.clientHeight / this.zoom : null);
    this.look = look;
    this.root.setAttribute("width", look.width * this.zoom);
    this.root.setAttribute("height", look.height * this.zoom);
    this.root.setAttribute("viewBox", `0 0 ${look.width} ${look.height}`);
    const loaves = { bakeries: answer.supply, cafes: answer.demand };
    const spots = this.#spots(town, loaves, look);
    this.#layers.ground.replaceChildren(...(town.costs === "distance" ? ruler(look) : []));
    const pins = answer.optimum ? pinsOf(answer.optimum, spots, look) : [];
    this.#layers.pins.replaceChildren(...pins.map(drawPin));
    const texts = pins.map(({ head, outer }) => ({ x: head.x + 16 * outer, y: head.y }));
    const arcs = this.#drawArcs(answer, spots, texts, look);
    this.#drawMarkers(town, answer, loaves, spots, [...texts, ...arcs.flatMap(({ samples }) => samples)]);
    byId("legend").replaceChildren(...legend(answer));
    byId("map-costs").textContent = costsInWords(town);
  }

  // Where places are on the screen, and how large.
  #spots(town, loaves, look) {
    const most = Math.max(...loaves.bakeries, ...loaves.cafes);
    const side = (name) =>
      town[name].map((place, k) => ({ ...look.toScreen(place), r: markerRadius(loaves[name][k], most, look.small) }));
    return { bakeries: side("bakeries"), cafes: side("cafes") };
  }

  #drawMarkers(town, answer, loaves, spots, drawn) {
    const all = [...spots.bakeries, ...spots.cafes];
    for (const side of Object.keys(SIDES)) {
      this.#matchMarkers(side, town[side].length);
      this.#markers[side].forEach((marker, k) => {
        const spot = spots[side][k];
        const obstacles = [...drawn, ...all.filter((other) => other !== spot)];
        const below = { x: 0, y: spot.r + 9 };
        const beside = this.look.stretched ? below : loavesSpot(spot, -OUTER[side], obstacles);
        marker.show(spot, beside, words(side, k, loaves[side][k], answer));
      });
    }
  }

  // Markers are kept as long as there are as many, so that one stays in focus while it moves.
  #matchMarkers(side, wanted) {
    const markers = this.#markers[side];
    while (markers.length > wanted) markers.pop().root.remove();
    while (markers.length < wanted) {
      const marker = new Marker(side, markers.length);
      handleMoves(marker, this.#store, this);
      markers.push(marker);
      this.#layers.markers.append(marker.root);
    }
  }

  // Draws the plans and returns their arcs.
  #drawArcs({ mode, optimum, own, supply }, spots, pins, look) {
    const compared = own !== null;
    const most = mode === "monge" ? 3 : Math.max(...supply); // units are all alike, and thin
    const roads = (plan, bend) =>
      entries(plan).map(({ i, j, loaves }) => ({ i, j, loaves, ...arc(spots.bakeries[i], spots.cafes[j], bend(i, j)) }));
    const best = optimum ? roads(optimum.plan, () => BEST_BEND) : [];
    const shared = (i, j) => optimum?.plan[i][j] > 0; // such a road is one line, dashed over grey
    const mine = compared ? roads(own.plan, (i, j) => (shared(i, j) ? BEST_BEND : OWN_BEND)) : [];
    const draw = (road, dearer) => {
      const width = arcWidth(road.loaves, most, look.small);
      return svg("path", { d: road.path, class: dearer ? "dearer" : null, "stroke-width": width });
    };
    const secret = document.body.classList.contains("secret"); // then labels tell loaves, and no losses
    const slack = (road) => (secret ? undefined : own.roads.find(({ from, to }) => from === road.i && to === road.j)?.slack);
    this.#layers.best.replaceChildren(...best.map((road) => draw(road)));
    this.#layers.own.replaceChildren(...mine.map((road) => draw(road, slack(road))));
    this.#layers.best.classList.toggle("faded", compared);
    const shown = compared ? mine : best;
    const telling = (road) => mode !== "monge" || (compared && slack(road)); // that a unit is one goes without saying
    const wanted = shown.filter((road) => hasRoom(spots.bakeries[road.i], spots.cafes[road.j]) && telling(road));
    const labelled = wanted.length > MOST_LABELS ? [] : wanted;
    const at = labelSpots(labelled, [...spots.bakeries, ...spots.cafes], pins);
    const labels = labelled.map((road, k) => arcLabel(at[k], road.loaves, compared ? slack(road) : 0));
    this.#layers.labels.replaceChildren(...labels);
    return [...best, ...mine];
  }
}

class Marker {
  constructor(side, k) {
    this.side = side;
    this.k = k;
    this.shape = side === "bakeries" ? svg("circle") : svg("rect");
    this.touch = svg("circle", { class: "touch", r: 22 });
    this.name = svg("text", { class: "name", dy: "0.36em" }, placeName(side, k));
    this.loaves = svg("text", { class: "loaves", dy: "0.36em" });
    this.root = svg(
      "g",
      { class: `marker ${side}`, tabindex: 0, role: "button", "aria-roledescription": `movable ${SIDES[side].name}` },
      this.touch, this.shape, this.name, this.loaves,
    );
  }

  show({ x, y, r }, beside, { label, loaves }) {
    this.root.setAttribute("transform", `translate(${x} ${y})`);
    this.root.setAttribute("aria-label", label);
    if (this.side === "bakeries") this.shape.setAttribute("r", r);
    else for (const [name, value] of Object.entries({ x: -r, y: -r, width: 2 * r, height: 2 * r, rx: 2 })) {
      this.shape.setAttribute(name, value);
    }
    this.loaves.setAttribute("x", beside.x);
    this.loaves.setAttribute("y", beside.y);
    this.loaves.textContent = loaves;
  }
}

function words(side, k, loaves, { mode, optimum }) {
  const price = optimum ? `, price ${short(optimum[side === "bakeries" ? "f" : "g"][k])}` : "";
  const label = `${SIDES[side].name} ${placeName(side, k)}, ${count(loaves, GOODS[mode])}${price}`;
  return { label: label[0].toUpperCase() + label.slice(1), loaves: mode === "monge" ? "" : brief(loaves) };
}

function costsInWords(town) {
  return town.costs === "distance"
    ? "A road costs its length on the map, so moving a place changes the costs."
    : "Costs are those of the table, so moving a place changes the picture alone.";
}

function entries(plan) {
  return plan.flatMap((row, i) => row.flatMap((loaves, j) => (loaves > 0 ? [{ i, j, loaves }] : [])));
}

// The loaves of a road, or what one of them loses there.
function arcLabel({ x, y }, loaves, slack) {
  const text = slack > 0 ? `+${brief(slack)}` : brief(loaves);
  const width = 7.2 * text.length + 4;
  return svg(
    "g",
    { class: slack > 0 ? "dearer" : null },
    svg("rect", { x: x - width / 2, y: y - 8, width, height: 16, rx: 4 }),
    svg("text", { x, y, dy: "0.36em" }, text),
  );
}

function pinsOf({ f, g }, spots, look) {
  const largest = Math.max(...[...f, ...g].map(Math.abs));
  const side = (name, prices) => prices.map((price, k) => {
    const [foot, outer] = [spots[name][k], OUTER[name]];
    const head = pinHead(foot, outer, price, largest, look.small);
    return { side: name, price, outer, foot, head, tint: tint(price, largest) };
  });
  return [...side("bakeries", f), ...side("cafes", g)];
}

// The head has the marker's shape.
function drawPin({ side, price, outer, foot, head: { x, y }, tint }) {
  const head = side === "bakeries"
    ? svg("circle", { cx: x, cy: y, r: 6, class: tint })
    : svg("rect", { x: x - 5, y: y - 5, width: 10, height: 10, class: tint });
  const pole = svg("path", { d: `M${foot.x + outer * foot.r} ${foot.y}H${x}V${y}` });
  const text = svg("text", { x: x + outer * 10, y, dy: "0.36em" }, brief(price));
  return svg("g", { class: `pin ${side}` }, pole, head, text);
}

// Seven steps from orange to purple.
function tint(price, largest) {
  const step = largest > 0 ? Math.round((3 * price) / largest) : 0;
  return `tint${step < 0 ? "-minus" : ""}-${Math.abs(step)}`;
}

// A hundred pixels of the map, as a measure.
function ruler({ scale, height }) {
  const length = 100 * scale[0];
  return [
    svg("path", { d: `M12 ${height - 16}v6h${length}v-6`, class: "ruler" }),
    svg("text", { x: 12 + length / 2, y: height - 18, class: "measure" }, "100 pixels"),
  ];
}

function legend({ optimum, own, mode }) {
  const picture = (shapes) => svg("svg", { width: 30, height: 22, viewBox: "0 0 30 22", "aria-hidden": true }, shapes);
  const entry = (words, ...shapes) => html("li", {}, picture(shapes), words);
  const revealing = (item) => (item.classList.add("reveals"), item);
  const line = (name) => svg("path", { d: "M1 11H29", class: name });
  const places = [
    entry("bakery", svg("circle", { cx: 15, cy: 11, r: 8, class: "bakery" })),
    entry("café", svg("rect", { x: 7, y: 3, width: 16, height: 16, rx: 2, class: "cafe" })),
  ];
  const best = [
    entry(mode === "monge" ? "best plan" : "best plan, as wide as its loaves", line("arc-best")),
    entry("price, above or below 0", ...legendPin(9, 20, 8, "tint-3"), ...legendPin(22, 2, 14, "tint-minus-3")),
  ].map(revealing);
  const mine = [
    entry("your plan", line("arc-own")),
    revealing(entry("your plan, dearer than the prices by +", line("arc-own dearer"))),
  ];
  return [...places, ...(optimum ? best : []), ...(own ? mine : [])];
}

function legendPin(x, foot, head, tinted) {
  const stem = svg("path", { d: `M${x} ${foot}V${head}`, class: "stem" });
  return [stem, svg("circle", { cx: x, cy: head, r: 5, class: tinted })];
}
