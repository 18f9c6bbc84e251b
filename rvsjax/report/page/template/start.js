"use strict";

const $ = (id) => document.getElementById(id);

/** Return the text that base64 of gzip in an element stands for. */
async function unpack(id) {
  const letters = atob($(id).textContent), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

/** Return an element with attributes and children; words stay words. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** Write a number as the rest of the page does: 0.25, 12,345, 4 × 10⁻³, – for none. */
function number(x, digits = 3) {
  if (x === null || x === undefined) return "–";
  const sign = x < 0 ? "−" : "", size = Math.abs(x);
  if (Number.isInteger(x) && size < 1e7) return sign + size.toLocaleString("en-US");
  if (size >= 1e-3 && size < 1e5)
    return sign + Number(size.toPrecision(digits)).toLocaleString("en-US", { maximumFractionDigits: 9 });
  const [front, exponent] = size.toExponential(digits - 1).split("e");
  const raised = [...String(Number(exponent))].map((c) => RAISED[c]).join("");
  return `${sign}${Number(front) === 1 ? "" : `${Number(front)}\u00a0×\u00a0`}10${raised}`;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const count = (n, of) => (n === of ? `${n.toLocaleString("en-US")}` : `${n.toLocaleString("en-US")} of ${of.toLocaleString("en-US")}`);

/** Fill a choice with labels; the value of each is its place. */
function choices(id, labels, chosen = 0) {
  $(id).replaceChildren(...labels.map((text, i) => element("option", { value: i }, text)));
  $(id).value = chosen;
}

const chosen = (id) => Number($(id).value);

/** Draw again whenever one of these controls changes. */
function on(ids, draw) {
  for (const id of ids) $(id).addEventListener("change", draw);
}
