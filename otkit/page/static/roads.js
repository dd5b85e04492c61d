// The table of roads: costs, loaves and prices, all of it to edit but the prices.

import { byId, html, numberField, short, showNumber, told } from "./dom.js";
import { placeName, removePlace, SIDES } from "./store.js";

export class RoadTable {
  #store;
  #shape = "";
  #cells = {};

  // costs() returns the costs that are shown, for when an edit makes a table of distances.
  constructor(store, costs) {
    this.#store = store;
    this.costs = costs;
  }

  draw(town, answer) {
    const shape = `${town.bakeries.length} × ${town.cafes.length}`;
    if (shape !== this.#shape) this.#build(town);
    this.#shape = shape;
    this.#drawCosts(answer);
    this.#drawSide("bakeries", town, answer.supply, answer.optimum?.f);
    this.#drawSide("cafes", town, answer.demand, answer.optimum?.g);
    const [baked, ordered] = answer.totals.map(short);
    this.#cells.totals.textContent = answer.infeasible ? `${baked} ≠ ${ordered}` : baked;
    this.#cells.totals.classList.toggle("wrong", answer.infeasible !== null);
    this.#cells.unit.textContent = town.unit;
    byId("roads-help").textContent = help(town);
  }

  #drawCosts({ cost, optimum }) {
    cost.forEach((row, i) => row.forEach((value, j) => {
      const { cell, field, used } = this.#cells.roads[i][j];
      const loaves = optimum ? optimum.plan[i][j] : 0;
      showNumber(field, value);
      used.textContent = loaves > 0 ? `×${short(loaves)}` : "";
      cell.classList.toggle("used", loaves > 0);
    }));
  }

  #drawSide(side, town, masses, prices) {
    this.#cells[side].forEach(({ field, price }, k) => {
      field.disabled = town.mode === "monge";
      showNumber(field, masses[k]);
      price.textContent = prices ? told(prices[k]) : "·";
    });
  }

  #build(town) {
    const [n, m] = [town.bakeries.length, town.cafes.length];
    const range = (size) => Array.from({ length: size }, (_, k) => k);
    const unit = html("th", { scope: "col", class: "corner" });
    const totals = html("td", { class: "total" });
    const cells = { unit, totals, bakeries: this.#side("bakeries", n), cafes: this.#side("cafes", m) };
    cells.roads = range(n).map((i) => range(m).map((j) => this.#road(i, j)));
    this.#cells = cells;
    const columns = [...range(m).map((j) => this.#heading("cafes", j, m)), column("loaves"), column("price f")];
    const head = html("tr", {}, unit, columns);
    const rows = range(n).map((i) => html(
      "tr",
      {},
      this.#heading("bakeries", i, n),
      cells.roads[i].map(({ cell }) => cell),
      html("td", {}, cells.bakeries[i].field),
      html("td", { class: "price reveals" }, cells.bakeries[i].price),
    ));
    const fields = cells.cafes.map(({ field }) => html("td", {}, field));
    const prices = cells.cafes.map(({ price }) => html("td", { class: "price reveals" }, price));
    const foot = [
      html("tr", {}, row("loaves"), fields, totals, html("td")),
      html("tr", {}, row("price g"), prices, html("td"), html("td")),
    ];
    byId("roads").replaceChildren(html("thead", {}, head), html("tbody", {}, rows), html("tfoot", {}, foot));
  }

  #side(side, size) {
    return Array.from({ length: size }, (_, k) => ({
      field: numberField(`Loaves of ${placeName(side, k)}`, 0, (loaves) => {
        this.#store.change(`loaves ${side} ${k}`, (town) => (town[side][k].loaves = loaves));
      }),
      price: html("span"),
    }));
  }

  #road(i, j) {
    const label = `Cost from ${placeName("bakeries", i)} to ${placeName("cafes", j)}`;
    const field = numberField(label, null, (value) => this.#edit(i, j, value));
    const used = html("span", { class: "used-by reveals" });
    return { field, used, cell: html("td", { class: "road" }, field, used) };
  }

  // A cost that is edited by hand does not follow the map any longer, and with it all others.
  #edit(i, j, value) {
    const costs = this.costs();
    this.#store.change(`cost ${i} ${j}`, (town) => {
      if (town.costs === "distance") Object.assign(town, { costs: "table", table: costs });
      town.table[i][j] = value;
    });
  }

  #heading(side, k, size) {
    const name = placeName(side, k);
    const remove = html("button", {
      type: "button",
      class: "remove",
      disabled: size === 1,
      "aria-label": `Remove ${SIDES[side].name} ${name}`,
      title: `Remove ${name}`,
      onclick: () => this.#store.change("remove", (town) => removePlace(town, side, k)),
    }, "×");
    const scope = side === "cafes" ? "col" : "row";
    return html("th", { scope, class: side }, html("span", { class: "tag" }, name), remove);
  }
}

function column(words) {
  return html("th", { scope: "col", class: "side" }, words);
}

function row(words) {
  return html("th", { scope: "row" }, words);
}

const HELP = {
  prices: "A framed road is one of the best plan: there f + g is its cost, elsewhere f + g is at most that. "
    + "Prices are known up to a shift: the lowest f is set to 0.",
  follow: "Costs are distances on the map; edit one, and the table holds instead.",
  edited: "The costs do not follow the map any longer: the table holds. Choose “Distance on the map” to go back.",
};

function help(town) {
  if (town.costs === "distance") return `${HELP.prices} ${HELP.follow}`;
  return town.example === "notes" ? HELP.prices : `${HELP.edited} ${HELP.prices}`;
}
