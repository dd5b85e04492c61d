// The answer in words and numbers: the cost, what proves it, or what proves that there is no plan.

import { bracketed, byId, exact, html, short } from "./dom.js";
import { SIDES } from "./store.js";

export function drawProof(town, answer) {
  const { optimum, infeasible, explanation } = answer;
  const [title, cost, ...content] = optimum
    ? ofPlan(town, answer)
    : infeasible
      ? ["No plan exists", `${short(answer.totals[0])} ≠ ${short(answer.totals[1])} loaves`, ...ofFarkas(answer)]
      : ["No such problem", "", html("p", {}, explanation)];
  byId("answer-card").classList.toggle("without", !optimum);
  byId("answer-title").textContent = title;
  if (byId("cost").textContent !== cost) byId("cost").textContent = cost; // read out only when it has changed
  byId("proof").replaceChildren(...content);
}

export function costUnit(town) {
  return town.mode === "monge" ? town.unit : `loaves × ${town.unit}`;
}

function ofPlan(town, answer) {
  const { value, certificate, identity, f, g } = answer.optimum;
  const item = town.mode === "monge" ? "unit" : "loaf";
  return [
    "The best plan",
    `${short(value)} ${costUnit(town)}`,
    html("p", { class: "verdict" }, certificate.proof === "exact" ? "✓ Proved optimal, in exact arithmetic" : "✓ Proved optimal"),
    facts({
      "lower bound, from the prices": exact(certificate.lower),
      "upper bound, from the plan": exact(certificate.upper),
      gap: certificate.gap === 0 ? "0" : `${certificate.gap.toExponential(1).replace("-", "−")} (one rounding)`,
      proof: certificate.proof,
      "the only best plan?": certificate.unique ? "yes" : "no, others cost the same",
    }),
    html("h3", {}, "Why nobody can do it for less"),
    html("p", {}, `Collecting a ${item} at bakery i is worth fᵢ, delivering it to café j is worth gⱼ, and fᵢ + gⱼ is at most the cost of their road. So whatever the plan, its ${item === "loaf" ? "loaves" : "units"} cost at least`),
    html(
      "div",
      { class: "identity" },
      line("Σ f a", terms(answer.supply, f), identity.f_sum),
      line("Σ g b", terms(answer.demand, g), identity.g_sum),
      html("p", {}, html("b", {}, `Σ f a + Σ g b = ${short(identity.f_sum)} + ${bracketed(identity.g_sum)} = ${short(identity.total)}`)),
    ),
    html("p", {}, `and this plan costs just that: ${short(value)}.${Number.isInteger(value) ? "" : " (Two decimals are written.)"}`),
  ];
}

function facts(rows) {
  return html("dl", {}, Object.entries(rows).map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value))));
}

function line(name, sum, total) {
  return html("p", {}, html("b", {}, name), ` = ${sum} = `, html("b", {}, short(total)));
}

function terms(masses, prices) {
  return masses.map((mass, k) => `${short(mass)}·${bracketed(prices[k])}`).join(" + ");
}

function ofFarkas({ totals, infeasible }) {
  const { y, product, largest, checked } = infeasible;
  const more = totals[0] > totals[1];
  const [first, second] = more ? ["+1", "−1"] : ["−1", "+1"];
  const sum = more ? `${short(totals[0])} − ${short(totals[1])}` : `${short(totals[1])} − ${short(totals[0])}`;
  const vector = y.map((side) => side.map(short).join(", ")).join("; ");
  return [
    html(
      "p",
      { class: "verdict" },
      more ? `The bakeries bake ${short(product)} more than the cafés take.` : `The cafés order ${short(product)} more than is baked.`,
    ),
    html("h3", {}, "The proof (Farkas)"),
    html("p", {}, `Count ${first} for each loaf that leaves a bakery and ${second} for each that reaches a café:`),
    html("p", { class: "identity" }, `y = (${vector})`),
    html("p", {}, `On every road these add up to ${short(largest)}, so on every plan to 0. But the loaves as they are ask for`),
    html("p", { class: "identity" }, html("b", {}, `bᵀy = ${sum} = ${short(product)} > 0`)),
    html("p", {}, `No plan can do both.${checked ? " otkit has checked it: Aᵀy ≤ 0 and bᵀy > 0." : ""}`),
    html("button", { type: "button", id: "scale" }, `Scale the orders of the cafés to ${short(totals[0])}`),
  ];
}

export function problemInWords(town) {
  return town.mode === "monge"
    ? `Monge: each ${SIDES.bakeries.name} serves one ${SIDES.cafes.name} with one unit, and loaves don't count. Which serves which?`
    : `Kantorovich: each ${SIDES.bakeries.name} may split its loaves among the ${SIDES.cafes.name}s. How many go where?`;
}
