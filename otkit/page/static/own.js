// The reader's plan: a table to fill in, and by how much it loses, with the prices that prove it.

import { bracketed, brief, byId, html, numberField, short, showNumber, told } from "./dom.js";
import { costUnit } from "./proof.js";
import { GOODS, placeName } from "./store.js";

const INVITATION = "Fill in who brings how much to whom, and try to beat the best plan. "
  + "If yours costs more, the prices say on which roads.";
const STARTS = {
  best: "the best plan",
  corner: "the north-west corner",
  nothing: "nothing",
  printed: "what the notes print",
};

export class OwnPlan {
  #store;
  #shape = "";
  #cells = {};

  constructor(store) {
    this.#store = store;
    this.starts = Object.fromEntries(Object.entries(STARTS).map(([name, words]) => [name, this.#start(name, words)]));
    this.close = html("button", { type: "button", id: "own-close", onclick: () => this.#begin(null) }, "Close");
    byId("own-starts").append(html("span", {}, "Begin with"), ...Object.values(this.starts), this.close);
  }

  #start(name, words) {
    return html("button", { type: "button", id: `own-${name}`, onclick: () => this.#begin(name) }, words);
  }

  #begin(name) {
    this.#store.change("own", (town) => (town.own = name));
  }

  draw(town, answer) {
    this.starts.best.disabled = !answer.optimum;
    this.starts.printed.hidden = town.example !== "notes";
    this.starts.printed.disabled = answer.cost.length !== 6 || answer.cost[0].length !== 6;
    this.close.hidden = !answer.own;
    const shape = answer.own ? `${town.mode} ${answer.cost.length} × ${answer.cost[0].length}` : "none";
    if (shape !== this.#shape) this.#build(town, answer);
    this.#shape = shape;
    if (answer.own) this.#fill(town, answer);
    this.#placeVerdict(answer.own !== null);
  }

  // Below the table, or, in the lecture view, beside it, where it has a place of its own.
  #placeVerdict(begun) {
    const apart = begun && document.body.classList.contains("hall");
    byId("judged-card").hidden = !apart;
    if (begun) byId(apart ? "judged-card" : "own").append(this.#cells.verdict);
    else byId("judged-card").replaceChildren();
  }

  #build(town, answer) {
    if (!answer.own) {
      byId("own").replaceChildren(html("p", {}, INVITATION));
      return;
    }
    const [bakeries, cafes] = [answer.supply, answer.demand].map((side) => side.map((_, k) => k));
    const cell = town.mode === "monge" ? (i, j) => this.#choice(i, j) : (i, j) => this.#amount(i, j);
    this.#cells = {
      roads: bakeries.map((i) => cafes.map((j) => cell(i, j))),
      rows: bakeries.map(() => html("td", { class: "sum" })),
      cols: cafes.map(() => html("td", { class: "sum" })),
      verdict: html("div", { class: "judged", "aria-live": "polite" }),
    };
    const heading = (side, k, scope) =>
      html("th", { scope, class: side }, html("span", { class: "tag" }, placeName(side, k)));
    const columns = cafes.map((j) => heading("cafes", j, "col"));
    const rows = bakeries.map((i) => html(
      "tr", {}, heading("bakeries", i, "row"), this.#cells.roads[i].map(({ root }) => root), this.#cells.rows[i],
    ));
    const table = html(
      "table",
      {},
      html("thead", {}, html("tr", {}, html("td"), columns, html("th", { scope: "col" }, "ships"))),
      html("tbody", {}, rows),
      html("tfoot", {}, html("tr", {}, html("th", { scope: "row" }, "gets"), this.#cells.cols, html("td"))),
    );
    const box = html("div", { class: "scroll", role: "region", "aria-labelledby": "own-title", tabindex: 0 }, table);
    const { one } = GOODS[town.mode];
    const words = `Under each field: what a ${one} on that road costs`;
    const beyond = html("span", { class: "slack-words" }, ", and c − f − g, what that is beyond its prices");
    const key = html("p", { class: "hint key" }, words, beyond, ".");
    byId("own").replaceChildren(box, key);
    byId("judged-card").replaceChildren();
  }

  #amount(i, j) {
    const field = numberField(`Loaves from ${placeName("bakeries", i)} to ${placeName("cafes", j)}`, 0, (loaves) => {
      this.#store.change(`own ${i} ${j}`, (town) => (town.own[i][j] = loaves));
    });
    return road(field, (loaves) => showNumber(field, loaves));
  }

  // Monge: a bakery serves one café.
  #choice(i, j) {
    const field = html("input", {
      type: "radio",
      name: `own-${i}`,
      "aria-label": `${placeName("bakeries", i)} serves ${placeName("cafes", j)}`,
      onchange: () => this.#store.change(`own ${i}`, ({ own }) => (own[i] = own[i].map((_, k) => Number(k === j)))),
    });
    return road(field, (units) => (field.checked = units > 0));
  }

  #fill(town, answer) {
    const { own, optimum, cost } = answer;
    own.plan.forEach((row, i) => row.forEach((loaves, j) => {
      const cell = this.#cells.roads[i][j];
      cell.cost.textContent = brief(cost[i][j]);
      const slack = optimum ? optimum.slack[i][j] : 0;
      cell.show(loaves);
      cell.slack.textContent = optimum ? (slack > 0 ? `+${told(slack)}` : "0") : "";
      cell.root.classList.toggle("used", loaves > 0);
      cell.root.classList.toggle("dearer", loaves > 0 && slack > 0);
    }));
    this.#cells.rows.forEach((cell, i) => showSum(cell, own.row_sums[i], answer.supply[i], own.row_missing[i]));
    this.#cells.cols.forEach((cell, j) => showSum(cell, own.col_sums[j], answer.demand[j], own.col_missing[j]));
    this.#cells.verdict.replaceChildren(...judgement(town, answer));
  }
}

function road(field, show) {
  const [cost, slack] = [html("span", { class: "minutes" }), html("span", { class: "slack reveals" })];
  return { show, cost, slack, root: html("td", { class: "road" }, field, html("span", { class: "below" }, cost, slack)) };
}

function showSum(cell, sum, due, missing) {
  cell.textContent = missing === 0 ? `${short(sum)} ✓` : `${short(sum)} of ${short(due)}`;
  cell.classList.toggle("wrong", missing !== 0);
}

function judgement(town, answer) {
  const { own, optimum } = answer;
  const cost = html("p", { class: "big", id: "own-cost" }, `${short(own.value)} ${costUnit(town)}`);
  if (!own.feasible) {
    const refusal = html("p", { class: "verdict wrong" }, "Not a plan yet");
    return [cost, refusal, html("ul", {}, faults(own)), ...dearRoads(town, answer)];
  }
  if (own.loss === 0) {
    const praise = "✓ Yours is a best plan: all its roads cost just what the prices allow.";
    return [cost, html("p", { class: "verdict reveals" }, praise)];
  }
  const loss = `It loses ${short(own.loss)} against the best plan (${short(optimum.value)})`;
  const proof = html("span", { class: "road-words" }, ", and the prices prove it, road by road:");
  return [cost, html("p", { class: "verdict reveals", id: "own-loss" }, loss, proof), ...dearRoads(town, answer)];
}

function faults(own) {
  const fault = (side, verb) => (missing, k) => {
    const amount = `${short(Math.abs(missing))} ${missing > 0 ? "too few" : "too many"}`;
    return missing === 0 ? null : html("li", {}, `${placeName(side, k)} ${verb} ${amount}`);
  };
  return [
    own.row_missing.map(fault("bakeries", "ships")),
    own.col_missing.map(fault("cafes", "gets")),
    own.split ? html("li", {}, "Monge's problem takes whole units") : null,
  ].flat();
}

// Each road that costs more than its prices, with the account of what is lost there.
function dearRoads(town, { own, optimum, cost }) {
  if (own.roads.length === 0) return [];
  const account = ({ from: i, to: j, loaves, slack, loss }) => html(
    "tr",
    {},
    html("th", { scope: "row" }, `${placeName("bakeries", i)} → ${placeName("cafes", j)}`),
    html("td", {}, short(loaves)),
    html("td", {}, `${short(cost[i][j])} − ${bracketed(optimum.f[i])} − ${bracketed(optimum.g[j])} = ${short(slack)}`),
    html("td", {}, short(loss)),
  );
  const heading = (words) => html("th", { scope: "col" }, words);
  const headings = ["road", GOODS[town.mode].many, "c − f − g", "lost"].map(heading);
  const together = html("th", { scope: "row", colspan: 3 }, "together Σ Γ (c − f − g)");
  const table = html(
    "table",
    { class: "account" },
    html("thead", {}, html("tr", {}, headings)),
    html("tbody", {}, own.roads.map(account)),
    own.feasible ? html("tfoot", {}, html("tr", {}, together, html("td", {}, short(own.loss)))) : null,
  );
  return [html("div", { class: "scroll reveals", role: "region", "aria-label": "Roads that lose", tabindex: 0 }, table)];
}
