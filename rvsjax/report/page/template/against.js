/** Draw B, or B - A, against A: one point a pair, coloured by what the reader chooses. */
function drawAgainst(told) {
  choices("against-measure", told.measures.map((measure) => measure.label));
  choices("against-upright", ["B", "B − A"]);
  choices("against-colour", ["nothing", ...told.colours.map((colour) => colour.label)], told.colours.length ? 1 : 0);
  const draw = () => {
    const measure = told.measures[chosen("against-measure")];
    drawPoints(told, measure, told.colours[chosen("against-colour") - 1], draw);
  };
  const begin = () => {
    const measure = told.measures[chosen("against-measure")];
    $("against-log").checked = spansPowers(measure);
    $("against-upright").value = isFine(measure) ? 1 : 0;
  };
  on(["against-measure"], () => { begin(); draw(); });
  on(["against-upright", "against-colour", "against-log"], draw);
  begin();
  return draw;
}

const known = (values) => values.filter((x) => x !== null);
const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);

/** Say whether all numbers are above 0 and go over more than two powers of ten. */
function spansPowers(measure) {
  const all = known([...measure.a, ...measure.b]);
  return least(all) > 0 && most(all) > 100 * least(all);
}

/** Say whether B differs from A by less than an eye sees: a hundredth of the axis. */
function isFine(measure) {
  const all = known(measure.a);
  return most(known(measure.change).map(Math.abs)) < 0.01 * (most(all) - least(all));
}

const BY_NOTHING = { label: "", values: ["pairs"] };

function drawPoints(told, measure, by, draw) {
  const colour = by ?? { ...BY_NOTHING, codes: told.runs.map(() => 0) };
  const change = chosen("against-upright") === 1, log = $("against-log").checked;
  const y = change ? measure.change : measure.b, upright = change ? "B − A" : "B";
  const both = told.runs.map((_, i) => i).filter((i) => measure.a[i] !== null && measure.b[i] !== null && measure.change[i] !== null);
  const there = both.filter((i) => !log || (measure.a[i] > 0 && (change || measure.b[i] > 0)));
  const groups = colour.values.map((value, place) => [value, place, there.filter((i) => colour.codes[i] === place)]).filter(([, , own]) => own.length);
  const text = ([value, , own]) => `${value} (${own.length.toLocaleString("en-US")})`;
  const out = by ? legend("against", groups.map((group) => [text(group), group[1]]), draw, dot) : legend("against", [], draw);
  const shown = groups.filter((group) => !out.has(text(group)));
  const traces = shown.map(([value, place, own]) => ({
    type: "scatter", mode: "markers", x: own.map((i) => measure.a[i]), y: own.map((i) => y[i]),
    marker: { color: color(place), symbol: MARKS[place % MARKS.length][0], size: 7, opacity: 0.75 }, hoverinfo: "text",
    text: own.map((i) => `${by ? `${plain(by.label)}: ${plain(value)}<br>` : ""}A: ${number(measure.a[i], 4)}<br>B: ${number(measure.b[i], 4)}<br>` +
      `B − A: ${number(measure.change[i], 4)}<br>run in A: ${plain(told.runs[i])}`),
  }));
  const xs = there.map((i) => measure.a[i]), ys = there.map((i) => y[i]);
  const across = span(change ? xs : [...xs, ...ys], log), up = change ? span([...ys, 0], false) : across;
  plot("against", [alike(across, up, change), ...traces], {
    xaxis: axis(`A: ${measure.label}`, { ...decades(log, ...across), range: onAxis(across, log) }),
    yaxis: axis(`${upright}: ${measure.label}`, change ? { range: up } : { ...decades(log, ...up), range: onAxis(up, log) }),
  });
  $("against-caption").textContent = `${capital(measure.label)}: ${upright} against A, one point a pair. ${sides(measure, there)} ` +
    `${change ? "On the line at 0" : "On the dashed line"} both are equal.${drawn(told, both.length, there.length)}`;
  $("against-plot").setAttribute("aria-label", `${measure.label}, ${upright} against A: ${sides(measure, there)}`);
}

/** Say how many of the points lie above equality, below and on it. */
function sides(measure, there) {
  const larger = there.filter((i) => measure.change[i] > 0).length, smaller = there.filter((i) => measure.change[i] < 0).length;
  const told = (n) => n.toLocaleString("en-US");
  return `B is larger in ${told(larger)}, smaller in ${told(smaller)}, the same in ${told(there.length - larger - smaller)}.`;
}

/** Say what is not drawn. */
function drawn(told, both, there) {
  const subset = told.drawn === told.of ? "" : ` Of ${told.of.toLocaleString("en-US")} pairs ${told.drawn.toLocaleString("en-US")} are here, drawn at random, always the same ones.`;
  const lacking = both === told.drawn ? "" : ` ${count(both, told.drawn)} have a number in both.`;
  return subset + lacking + (there === both ? "" : ` Not above 0, and on no log axis: ${(both - there).toLocaleString("en-US")}.`);
}

/** Return the ends of an axis, a little beyond the numbers. */
function span(values, log) {
  if (!values.length) return log ? [0.1, 10] : [-1, 1];
  const ends = [least(values), most(values)].map((x) => (log ? Math.log10(x) : x));
  const room = 0.04 * (ends[1] - ends[0]) || (log ? 0.1 : 0.04 * Math.abs(ends[0]) || 1);
  return [ends[0] - room, ends[1] + room].map((x) => (log ? 10 ** x : x));
}

const onAxis = (ends, log) => (log ? ends.map(Math.log10) : ends);

/** Return the line on which A and B are equal. */
const alike = (across, up, change) => ({
  x: across, y: change ? [0, 0] : up, mode: "lines", hoverinfo: "skip", line: { color: variable("--soft"), width: 1.5, dash: "dash" },
});

// how plotly calls them, and their outlines in a square of 10
const MARKS = [
  ["circle", "M5 0.8a4.2 4.2 0 1 0 0.01 0z"], ["square", "M1 1h8v8h-8z"], ["diamond", "M5 0l5 5l-5 5l-5-5z"],
  ["triangle-up", "M5 0.6l5 8.6h-10z"], ["cross", "M3.4 0h3.2v3.4h3.4v3.2h-3.4v3.4h-3.2v-3.4h-3.4v-3.2h3.4z"],
  ["triangle-down", "M5 9.4l5-8.6h-10z"], ["bowtie", "M0 1l5 4l5-4v8l-5-4l-5 4z"],
];

function dot(place) {
  return drawing(10, "path", { d: MARKS[place % MARKS.length][1], fill: color(place) });
}
