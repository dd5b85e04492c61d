// The answer in words and numbers: the cost, what proves it, or what proves that there is no plan.

import { bracketed, byId, exact, html, short } from "./dom.js";
import { GOODS } from "./store.js";

export function drawProof(town, answer) {
  const { optimum, infeasible, explanation } = answer;
  const [title, cost, ...content] = optimum
    ? ofPlan(town, answer)
    : infeasible
      ? ["No plan exists", `${short(answer.totals[0])} ≠ ${short(answer.totals[1])} loaves`, ...ofFarkas(answer)]
      : ["No plan of this kind", "", html("p", {}, explanation)];
  byId("answer-card").classList.toggle("without", !optimum);
  byId("answer-title").textContent = title;
  if (byId("cost").textContent !== cost) byId("cost").textContent = cost; // read out only when it has changed
  byId("proof").replaceChildren(...content);
}

export function costUnit(town) {
  return town.mode === "monge" ? town.unit : `loaves × ${town.unit}`;
}

const ONLY = { true: "yes", false: "no, others cost the same", null: "not known" };

function ofPlan(town, answer) {
  const { value, certificate, identity, f, g } = answer.optimum;
  const { one, many } = GOODS[town.mode];
  const exactly = certificate.proof === "exact" ? ", in exact arithmetic" : "";
  const rounded = Number.isInteger(value) ? "" : " (Two decimals are written.)";
  const total = `${short(identity.f_sum)} + ${bracketed(identity.g_sum)} = ${short(identity.total)}`;
  return [
    "The best plan",
    `${short(value)} ${costUnit(town)}`,
    html("p", { class: "verdict" }, `✓ Proved optimal${exactly}`),
    facts({
      "lower bound, from the prices": exact(certificate.lower),
      "upper bound, from the plan": exact(certificate.upper),
      gap: certificate.gap === 0 ? "0" : `${certificate.gap.toExponential(1).replace("-", "−")} (one rounding)`,
      proof: certificate.proof,
      ...(certificate.checked ? { checked: certificate.checked } : {}),
      "the only best plan?": ONLY[certificate.unique],
    }),
    html("h3", {}, "Why nobody can do it for less"),
    html(
      "p",
      {},
      `Collecting a ${one} at bakery i is worth fᵢ, delivering it to café j is worth gⱼ, and fᵢ + gⱼ is at most the `,
      `cost of their road. So whatever the plan, its ${many} cost at least`,
    ),
    html(
      "div",
      { class: "identity" },
      line("Σ f a", terms(answer.supply, f), identity.f_sum),
      line("Σ g b", terms(answer.demand, g), identity.g_sum),
      html("p", {}, html("b", {}, `Σ f a + Σ g b = ${total}`)),
    ),
    html("p", {}, `and this plan costs just that: ${short(value)}.${rounded}`),
  ];
}

function facts(rows) {
  const fact = ([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value));
  return html("dl", {}, Object.entries(rows).map(fact));
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
  const [larger, smaller] = (more ? totals : totals.toReversed()).map(short);
  const vector = y.map((side) => side.map(short).join(", ")).join("; ");
  return [
    html(
      "p",
      { class: "verdict" },
      more
        ? `The bakeries bake ${short(product)} more than the cafés take.`
        : `The cafés order ${short(product)} more than is baked.`,
    ),
    html("h3", {}, "The proof (Farkas)"),
    html("p", {}, `Count ${first} for each loaf that leaves a bakery and ${second} for each that reaches a café:`),
    html("p", { class: "identity" }, `y = (${vector})`),
    html("p", {}, `On every road these add up to ${short(largest)}, so on every plan to 0. But the loaves ask for`),
    html("p", { class: "identity" }, html("b", {}, `bᵀy = ${larger} − ${smaller} = ${short(product)} > 0`)),
    html("p", {}, `No plan can do both.${checked ? " otkit has checked it: Aᵀy ≤ 0 and bᵀy > 0." : ""}`),
    html("button", { type: "button", id: "scale" }, `Scale the orders of the cafés to ${short(totals[0])}`),
  ];
}

export function problemInWords(town) {
  return town.mode === "monge"
    ? "Monge: each bakery serves one café with one unit, and loaves don't count. Which serves which?"
    : "Kantorovich: each bakery may split its loaves among the cafés. How many go where?";
}
