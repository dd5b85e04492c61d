// Moving a place by pointer or by keyboard, and changing its loaves.

import { movePlace, removePlace } from "./store.js";

const STEP = 4; // pixels of the screen for an arrow key
const LONG_STEP = 24; // and with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function handleMoves(marker, store, map) {
  const { side, k, root } = marker;
  let grip = null; // from the pointer to the middle of the marker

  const moveTo = (spot) => {
    const { x, y } = map.look.toMap(spot);
    store.change(`move ${side} ${k}`, (town) => movePlace(town, side, k, x, y));
  };
  const here = () => map.look.toScreen(store.town[side][k]);

  // A finger on a marker moves it and not the page; `touch-action` is not heeded inside of pictures.
  root.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  root.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const pointer = onMap(map, event);
    const spot = here();
    grip = { x: spot.x - pointer.x, y: spot.y - pointer.y };
    root.setPointerCapture(event.pointerId);
  });
  root.addEventListener("pointermove", (event) => {
    if (!grip) return;
    const pointer = onMap(map, event);
    moveTo({ x: pointer.x + grip.x, y: pointer.y + grip.y });
  });
  for (const end of ["pointerup", "pointercancel"]) root.addEventListener(end, () => (grip = null));

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (ARROWS[event.key]) {
      const [right, down] = ARROWS[event.key];
      const step = event.shiftKey ? LONG_STEP : STEP;
      const spot = here();
      moveTo({ x: spot.x + right * step, y: spot.y + down * step });
    } else if (event.key === "+" || event.key === "-") {
      changeLoaves(store, side, k, event.key === "+" ? 1 : -1);
    } else if (event.key === "Delete") {
      if (store.town[side].length > 1) store.change("remove", (town) => removePlace(town, side, k));
    } else {
      return;
    }
    event.preventDefault();
  });
}

function changeLoaves(store, side, k, more) {
  if (store.town.mode === "monge") return;
  store.change(`loaves ${side} ${k}`, (town) => {
    town[side][k].loaves = Math.max(0, town[side][k].loaves + more);
  });
}

function onMap({ root, zoom }, event) {
  const box = root.getBoundingClientRect();
  return { x: (event.clientX - box.left) / zoom, y: (event.clientY - box.top) / zoom };
}
