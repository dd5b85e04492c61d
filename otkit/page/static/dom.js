// Elements, and numbers as they are read. Text is always set as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function furnish(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null));
  return element;
}

export function html(tag, properties = {}, ...children) {
  return furnish(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), properties, children);
}

export function byId(id) {
  return document.getElementById(id);
}

// At most two decimals, and a true minus sign.
export function short(value) {
  const rounded = Math.round(value * 100) / 100;
  return String(rounded || 0).replace("-", "−");
}

// For the map, where there is little room: one decimal, and none from a hundred on.
export function brief(value) {
  return Math.abs(value) < 100 ? short(Math.round(value * 10) / 10) : short(Math.round(value));
}

// As many digits as there is room for: few in the lecture view.
export function told(value) {
  return document.body.classList.contains("hall") ? brief(value) : short(value);
}

// All digits: the shortest decimal that stands for the number.
export function exact(value) {
  return String(value || 0).replace("-", "−");
}

export function bracketed(value) {
  return value < 0 ? `(${short(value)})` : short(value);
}

export function count(number, { one, many }) {
  return `${short(number)} ${number === 1 ? one : many}`;
}

// What a field must hold and doesn't; nothing where all is well.
function faultOf(field, least) {
  if (field.validity.badInput || field.value === "") return least === null ? "a number" : `a number, ${least} or more`;
  if (field.validity.rangeUnderflow) return `${least} or more, and ${field.value.replace("-", "−")} is less`;
  return Math.abs(field.valueAsNumber) > LARGEST_NUMBER ? "at most a thousand million in size" : "";
}

const LARGEST_NUMBER = 1e9; // as the server has it

// A field for a number. What is typed counts at once if it is a number that is allowed; what is shown is not touched
// while somebody types in it.
export function numberField(label, least, onNumber) {
  const field = html("input", { type: "number", step: "any", inputmode: "decimal", min: least, "aria-label": label });
  const complain = (words) => document.dispatchEvent(new CustomEvent("complaint", { detail: words }));
  field.addEventListener("input", () => {
    const fault = faultOf(field, least);
    field.toggleAttribute("aria-invalid", fault !== "");
    complain(fault && `${label} must be ${fault}. Until then ${field.dataset.shown.replace("-", "−")} counts.`);
    if (fault === "") onNumber(field.valueAsNumber);
  });
  field.addEventListener("blur", () => {
    if (field.hasAttribute("aria-invalid")) complain("");
    field.removeAttribute("aria-invalid");
    field.value = field.dataset.shown;
  });
  return field;
}

// The number as it is read; pointing at it shows all of its digits.
export function showNumber(field, value) {
  field.dataset.shown = told(value).replace("−", "-");
  field.title = field.dataset.shown === String(value) ? "" : exact(value);
  if (document.activeElement !== field) field.value = field.dataset.shown;
}
