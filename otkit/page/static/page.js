// The page: what the reader does changes the town, the server answers it, and everything is drawn again.

import { Asker } from "./ask.js";
import { byId } from "./dom.js";
import { TownMap } from "./map.js";
import { OwnPlan } from "./own.js";
import { drawProof, problemInWords } from "./proof.js";
import { handleLesson } from "./lesson.js";
import { RoadTable } from "./roads.js";
import { handleSharing, linkedTown } from "./share.js";
import { addPlace, lastTown, Store } from "./store.js";

const LARGEST_SIDE = 12; // as the server has it

const examples = await (await fetch("examples")).json();
let answered = null; // the last answer
let remembered = lastTown(examples);
let complaint = "";

const asker = new Asker(onAnswer, onRefusal);
const store = new Store(() => asker.ask(store.town));
const map = new TownMap(store);
const roads = new RoadTable(store, () => structuredClone(answered.cost));
const own = new OwnPlan(store);

function onAnswer({ town }, answer) {
  const now = store.town;
  if (typeof now.own === "string" && now.own === town.own) store.settleOwn(answer.own.plan);
  if (!sameShape(now, answer)) return; // places have come or gone since, and the next answer is on its way
  answered = answer;
  if (!damaged && !complaint) say("");
  damaged = false;
  draw(now, answer);
}

function onRefusal(question, message) {
  if (answered || !remembered) return say(message);
  remembered = null; // what an older page kept may not be understood any longer
  store.begin(examples.notes);
}

function sameShape(town, { cost, mode, own: plan }) {
  return cost.length === town.bakeries.length && cost[0].length === town.cafes.length && mode === town.mode
    && (plan === null) === (town.own === null);
}

function draw(town, answer) {
  for (const name of ["example", "mode", "costs"]) byId("choices").elements[name].value = town[name];
  byId("undo").disabled = !store.canUndo;
  byId("add-bakeries").disabled = town.bakeries.length >= LARGEST_SIDE;
  byId("add-cafes").disabled = town.cafes.length >= LARGEST_SIDE;
  byId("problem-words").textContent = problemInWords(town);
  byId("secret-label").hidden = answer.own === null;
  hideSecrets();
  document.body.classList.toggle("tall", Math.max(town.bakeries.length, town.cafes.length) > 6);
  map.draw(town, answer);
  drawProof(town, answer);
  roads.draw(town, answer);
  own.draw(town, answer);
}

function say(message) {
  byId("notice").textContent = message;
  byId("notice").hidden = message === "";
}

// While a class looks for a plan by itself, the best one can be hidden.
function hideSecrets() {
  document.body.classList.toggle("secret", byId("secret").checked && store.town.own !== null);
}

function choose(event) {
  const { name, value } = event.target;
  store.change(name, (town) => {
    if (name === "example") Object.assign(town, structuredClone(examples[value]));
    else town[name] = value;
    if (name === "mode") town.own = null; // a plan of loaves is none of units
    if (name === "costs") town.table = value === "table" ? structuredClone(answered.cost) : null;
  });
}

function scaleOrders() {
  const orders = answered.infeasible.scaled_demand;
  store.change("scale", (town) => town.cafes.forEach((cafe, j) => (cafe.loaves = orders[j])));
}

byId("choices").addEventListener("change", choose);
byId("undo").addEventListener("click", () => store.undo());
byId("reset").addEventListener("click", () => {
  store.change("reset", (town) => Object.assign(town, structuredClone(examples[town.example])));
});
for (const side of ["bakeries", "cafes"]) {
  byId(`add-${side}`).addEventListener("click", () => store.change("add", (town) => addPlace(town, side)));
}
byId("proof").addEventListener("click", (event) => event.target.id === "scale" && scaleOrders());
byId("secret").addEventListener("change", () => draw(store.town, answered));

// What is typed and no number that may stand there: it changes nothing, and is told in words.
document.addEventListener("complaint", ({ detail }) => {
  if (detail || complaint) say(detail);
  complaint = detail;
});

handleSharing(() => ({ town: store.town, answer: answered }));
handleLesson(examples.notes, (town, secret) => {
  byId("secret").checked = secret;
  store.change("lesson", (now) => Object.assign(now, town));
});

// The lecture view: all on one screen. It is kept, as the town is.
const HALL = "otkit-bakery-hall";

function setHall(wanted) {
  for (const root of [document.documentElement, document.body]) root.classList.toggle("hall", wanted);
  byId("hall").setAttribute("aria-pressed", wanted);
  if (answered) draw(store.town, answered);
}
byId("hall").addEventListener("click", () => {
  const wanted = !document.body.classList.contains("hall");
  setHall(wanted);
  try {
    localStorage.setItem(HALL, wanted ? "yes" : "");
  } catch {
    // as for the town
  }
});

function begin() {
  let linked = null;
  try {
    linked = linkedTown(examples);
  } catch {
    say("The link is damaged: it carries no town that can be read. Here is the last one.");
    damaged = true;
  }
  if (linked) remembered = linked;
  store.begin(remembered ?? examples.notes);
}

let damaged = false;
try {
  setHall(localStorage.getItem(HALL) === "yes");
} catch {
  setHall(false);
}
window.addEventListener("hashchange", begin);
begin();
