// A lesson in steps, to be walked with the arrow keys: each prepares the town, and asks or tells something.

import { byId } from "./dom.js";

// `secret`: the best plan is hidden. The town begins as that of the notes each time.
const STEPS = [
  {
    title: "The table",
    words: "Six bakeries, six cafés, and the minutes of every road. Each bakery is to serve one café. Which serves which?",
    town: { mode: "monge", own: "nothing" },
    secret: true,
  },
  {
    title: "Guess",
    words: "Begin with the corner, then change two at a time. The notes found 65 minutes. Can you do as well?",
    town: { mode: "monge", own: "corner" },
    secret: true,
  },
  {
    title: "65, as printed",
    words: "The notes print this as the best of all 720. It takes x2 → y2, seven minutes, the shortest road that x2 has.",
    town: { mode: "monge", own: "printed" },
    secret: true,
  },
  {
    title: "64, and why",
    words: "One road costs 1 more than the prices of its ends, and that is what is lost. Without it: 64, and no plan can be "
      + "cheaper, since f + g is at most the cost of each road. Only sums count: the lowest f is set to 0.",
    town: { mode: "monge", own: "printed" },
  },
  {
    title: "Loaves",
    words: "Now bakeries bake different amounts, and loaves may be split. Fill in a plan: rows add up to what is baked, "
      + "columns to what is ordered.",
    town: { own: "nothing" },
    secret: true,
  },
  {
    title: "Prices",
    words: "1070, the only best plan. One more loaf at x4 and at y1 would cost f + g = 9 − 1 = 8: look at x4 and y1, and then try.",
    town: {},
  },
  {
    title: "A carrier undercuts you",
    words: "A carrier takes f for a loaf at the bakery and g at the café, never more than the road itself. She earns 1070. "
      + "Whoever fills the table from its corner pays 1989: 919 lost, road by road.",
    town: { own: "corner" },
  },
  {
    title: "Bread runs short",
    words: "x1 burns six loaves. No plan exists, and no search is needed to know it: Farkas' vector y says so in one line.",
    town: {},
    change: (town) => (town.bakeries[0].loaves = 18),
  },
];

// begin(town, secret) shows a town. In fields, on places and in tables that scroll, arrow keys mean something else.
export function handleLesson(notes, begin) {
  let now = 0;
  const bar = byId("lesson");

  const show = (step) => {
    now = Math.min(Math.max(step, 0), STEPS.length - 1);
    const { title, words, town, change, secret = false } = STEPS[now];
    const prepared = { ...structuredClone(notes), ...town };
    change?.(prepared);
    byId("lesson-step").textContent = `${now + 1} of ${STEPS.length}`;
    byId("lesson-title").textContent = title;
    byId("lesson-words").textContent = words;
    byId("lesson-back").disabled = now === 0;
    byId("lesson-on").disabled = now === STEPS.length - 1;
    begin(prepared, secret);
  };
  const open = (wanted) => {
    bar.hidden = !wanted;
    byId("lesson-open").setAttribute("aria-pressed", wanted);
    if (wanted) {
      show(now);
      bar.focus();
    }
  };
  byId("lesson-open").addEventListener("click", () => open(bar.hidden));
  byId("lesson-close").addEventListener("click", () => open(false));
  byId("lesson-back").addEventListener("click", () => show(now - 1));
  byId("lesson-on").addEventListener("click", () => show(now + 1));
  document.addEventListener("keydown", (event) => {
    const here = event.target === document.body || bar.contains(event.target) || event.target.id === "lesson-open";
    if (bar.hidden || !here || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 1, PageUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(now + step);
  });
}
