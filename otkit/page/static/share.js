// The town to take along: as a link, as a table, as JSON, as a picture, and as the lines of Python that give the same.

import { byId, html, svg } from "./dom.js";
import { placeName } from "./store.js";

const LONGEST_LINK = 8000; // characters; browsers and chats cut longer ones

// The town stands behind the # of an address, which no browser sends to a server.
export function linkTo(town) {
  const { example, mode, costs, bakeries, cafes, table, own } = town;
  const bytes = new TextEncoder().encode(JSON.stringify({ example, mode, costs, bakeries, cafes, table, own }));
  const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${location.origin}${location.pathname}#town=${text}`;
}

// The town of the address, drawn as one of the examples; null where there is none, and an error where it is damaged.
export function linkedTown(examples) {
  const text = new URLSearchParams(location.hash.slice(1)).get("town");
  if (text === null) return null;
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const town = JSON.parse(new TextDecoder().decode(bytes));
  const { frame, unit } = examples[town.example];
  return { ...town, frame, unit };
}

export function inPython(town) {
  const list = (values) => `[${values.join(", ")}]`;
  const matrix = (rows) => `[\n${rows.map((row) => `    ${list(row)},`).join("\n")}\n]`;
  const places = (side) => matrix(town[side].map(({ x, y }) => [x, y]));
  const loaves = ["bakeries", "cafes"].map((side) => list(town[side].map((place) => place.loaves)));
  const cost = town.costs === "table"
    ? `cost = ${matrix(town.table)}`
    : `cost = otkit.Euclidean().between(${places("bakeries")}, ${places("cafes")})`;
  const masses = town.mode === "monge" ? "" : `, ${loaves[0]}, ${loaves[1]}`;
  return [
    "import otkit",
    cost,
    `result = otkit.transport(cost${masses}, canonical=True)`,
    "print(result)",
    "print(result.plan.toarray(), *result.potentials.from_zero(), sep=\"\\n\")  # the lowest f is 0",
  ].join("\n");
}

export function inCsv({ cost, optimum }) {
  const lines = cost.flatMap((row, i) => row.map((value, j) => [
    placeName("bakeries", i), placeName("cafes", j), value,
    ...(optimum ? [optimum.plan[i][j], optimum.f[i], optimum.g[j]] : ["", "", ""]),
  ]));
  return [["bakery", "café", "cost", "loaves", "f", "g"], ...lines].map((line) => `${line.join(",")}\n`).join("");
}

// A picture that stands alone: what the style sheet says is written into each shape.
const STYLE = ["fill", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap",
  "stroke-linejoin", "paint-order", "font-size", "font-weight", "text-anchor", "visibility"];

function inSvg() {
  const shown = byId("map");
  const copy = shown.cloneNode(true);
  const ground = getComputedStyle(shown.parentElement).backgroundColor;
  const originals = shown.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((element, k) => {
    const style = getComputedStyle(originals[k]);
    for (const name of STYLE) element.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["tabindex", "role", "aria-roledescription", "class"]) element.removeAttribute(name);
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("font-family", getComputedStyle(shown).fontFamily);
  copy.prepend(svg("rect", { width: "100%", height: "100%", fill: ground }));
  return new XMLSerializer().serializeToString(copy);
}

function save(name, type, content) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  html("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

// current() returns the town and its answer.
export function handleSharing(current) {
  const text = byId("shared-text");
  const show = (title, content) => {
    byId("shared-title").textContent = title;
    byId("shared-said").textContent = "";
    text.value = content;
    byId("shared").showModal();
    text.select();
  };
  const actions = {
    link: ({ town }) => {
      const link = linkTo(town);
      const words = link.length > LONGEST_LINK ? "A long link, which some programs cut" : "A link that carries the town";
      show(words, link);
    },
    python: ({ town }) => show("The same in Python", inPython(town)),
    csv: ({ answer }) => save("town.csv", "text/csv", inCsv(answer)),
    json: ({ town, answer }) => save("town.json", "application/json", JSON.stringify({ town, answer }, null, 1)),
    svg: () => save("town.svg", "image/svg+xml", inSvg()),
  };
  for (const [name, action] of Object.entries(actions)) {
    byId(`share-${name}`).addEventListener("click", () => {
      byId("share").open = false;
      action(current());
    });
  }
  byId("shared-copy").addEventListener("click", async () => {
    text.select();
    let copied = false;
    try {
      await navigator.clipboard.writeText(text.value);
      copied = true;
    } catch {
      copied = document.execCommand("copy"); // where the page is served to a class, and browsers trust it less
    }
    byId("shared-said").textContent = copied ? "Copied." : "Press Ctrl-C to copy what is marked.";
  });
  byId("shared-close").addEventListener("click", () => byId("shared").close());
}
