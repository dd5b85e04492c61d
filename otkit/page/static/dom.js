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

// A field for a number. What is typed counts at once if it is a number that is allowed; what is shown is not touched
// while somebody types in it.
export function numberField(label, least, onNumber) {
  const field = html("input", { type: "number", step: "any", inputmode: "decimal", min: least, "aria-label": label });
  field.addEventListener("input", () => {
    const valid = field.validity.valid && field.value !== "";
    field.toggleAttribute("aria-invalid", !valid);
    if (valid) onNumber(field.valueAsNumber);
  });
  field.addEventListener("blur", () => {
    field.removeAttribute("aria-invalid");
    field.value = field.dataset.shown;
  });
  return field;
}

export function showNumber(field, value) {
  field.dataset.shown = String(Math.round(value * 100) / 100);
  if (document.activeElement !== field) field.value = field.dataset.shown;
}
