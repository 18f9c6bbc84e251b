// Okabe and Ito's colours, told apart by colour-blind readers; dashes for black and white
const COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F", "#B8A800"];
const DARK = ["#4AA8E0", "#F08A45", "#2CC79A", "#E29CC4", "#F0B83C", "#8CCDF5", "#A5ABB2", "#E6DC5A"];
const DASHES = ["solid", "dash", "dashdot", "dot", "longdash", "longdashdot"];
const STROKES = { solid: "", dash: "7 4", dashdot: "7 3 2 3", dot: "2 3", longdash: "11 4", longdashdot: "11 3 2 3" };

const printing = matchMedia("print");
const darkness = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => darkness.matches && !printing.matches;
const color = (i) => (isDark() ? DARK : COLORS)[i % COLORS.length];
const dash = (i) => DASHES[i % DASHES.length];

/** Return a text that plotly shows as it is: no tag, no link, no entity. */
const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function axis(title, more = {}) {
  return {
    title: { text: plain(title), standoff: 12 }, gridcolor: variable("--line"), linecolor: variable("--soft"),
    zeroline: false, ticks: "outside", ticklen: 4, tickcolor: variable("--line"), automargin: true,
    exponentformat: "power", minexponent: 4, separatethousands: true, showline: true, nticks: 8, minor: { ticks: "" }, ...more,
  };
}

/** An axis of powers of ten, marked at whole ones where there are several. */
function decades(log, least, most) {
  if (!log) return { type: "linear" };
  const span = Math.log10(most / least);
  return { type: "log", ...(span > 2 ? { dtick: Math.ceil(span / 9) } : {}) };
}

/** Draw a figure in the colours of the page, for the width that there is. */
function plot(id, traces, layout) {
  const place = $(`${id}-plot`);
  if (!place.classList.contains("drawn")) place.replaceChildren();
  place.classList.add("drawn");
  const width = printing.matches ? 660 : place.clientWidth;
  const ink = variable("--ink");
  return Plotly.react(place, traces, {
    width, height: Math.min(460, Math.max(320, 0.55 * width)),
    margin: { l: 56, r: 16, t: 12, b: 48 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: variable("--sans"), size: 13, color: ink }, showlegend: false, hovermode: "closest",
    hoverlabel: { bgcolor: variable("--paper"), bordercolor: variable("--line"), font: { color: ink, size: 12 }, align: "left" },
    dragmode: false, ...layout,
  }, { displayModeBar: false, responsive: false, doubleClick: "reset", showTips: false });
}

const hidden = new Map(); // by figure, the lines that a reader has put out

/** Make a legend of buttons: each hides or shows its line, or its points. */
function legend(id, values, draw, mark = swatch) {
  const out = hidden.get(id) ?? hidden.set(id, new Set()).get(id);
  $(`${id}-legend`).replaceChildren(...values.map(([text, place]) => {
    const button = element("button", { type: "button", "aria-pressed": !out.has(text) }, mark(place), text);
    button.addEventListener("click", () => {
      out.has(text) ? out.delete(text) : out.add(text);
      draw();
      [...$(`${id}-legend`).querySelectorAll("button")].find((b) => b.textContent === text)?.focus();
    });
    return element("li", {}, button);
  }));
  return out;
}

function swatch(place) {
  return drawing(30, "line", { x1: 1, x2: 29, y1: 5, y2: 5, stroke: color(place), "stroke-width": 2.5, "stroke-dasharray": STROKES[dash(place)] });
}

/** Return a picture of one shape, so wide and 10 high. */
function drawing(width, name, told) {
  const [svg, shape] = ["svg", name].map((x) => document.createElementNS("http://www.w3.org/2000/svg", x));
  const set = (to, all) => Object.entries(all).forEach(([k, x]) => to.setAttribute(k, x));
  set(svg, { width, height: 10, "aria-hidden": true });
  set(shape, told);
  svg.append(shape);
  return svg;
}

/** Return the traces of a line and the band around it. */
function banded(x, line, place, texts, floor, mode = "lines") {
  const within = (values) => values.map((y) => (y === null || floor === null ? y : Math.max(y, floor)));
  const edge = { x, mode: "lines", line: { width: 0 }, hoverinfo: "skip" };
  const wash = color(place) + "26";
  return [
    { ...edge, y: within(line.low) },
    { ...edge, y: within(line.high), fill: "tonexty", fillcolor: wash },
    { x, y: line.middle, mode, line: { color: color(place), dash: dash(place), width: 2 },
      marker: { color: color(place), size: 6 }, text: texts, hoverinfo: "text" },
  ];
}

const DECADES = 18; // of an axis of powers: rounding alone goes no further down

/** Return the numbers above 0 between which lines and bands are drawn in powers. */
function powers(lines) {
  let least = Infinity, most = 0;
  for (const line of lines)
    for (const values of [line.low, line.middle, line.high])
      for (const y of values) if (y > 0) { least = Math.min(least, y); most = Math.max(most, y); }
  const floor = Math.max(least, most * 10 ** -DECADES);
  return most > 0 ? { floor, most, cut: floor > least } : null;
}
