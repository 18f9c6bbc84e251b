/** Draw a measure over two parameters that the reader chooses. */
function drawMaps(told) {
  const axes = told.axes.map((x) => x.label);
  choices("maps-measure", told.measures.map((measure) => measure.label));
  choices("maps-x", axes, 0);
  choices("maps-y", axes, 1);
  let before = [0, 1];
  const draw = () => {
    drawMap(told, chosen("maps-x"), chosen("maps-y"), chosen("maps-measure"));
  };
  on(["maps-x", "maps-y"], () => {
    if (chosen("maps-x") === chosen("maps-y")) [$("maps-y").value, $("maps-x").value] = before;
    before = [chosen("maps-x"), chosen("maps-y")];
    draw();
  });
  on(["maps-measure"], () => { $("maps-log").checked = spansDecades(told, chosen("maps-measure")); draw(); });
  on(["maps-log"], draw);
  $("maps-log").checked = spansDecades(told, 0);
  return draw;
}

/** Say whether a measure is above 0 and goes over more than two powers of ten. */
function spansDecades(told, measure) {
  if (told.measures[measure].share) return false;
  const known = told.pairs[0].cells[measure].z.filter((z) => z !== null);
  return Math.min(...known) > 0 && Math.max(...known) > 100 * Math.min(...known);
}

function drawMap(told, x, y, measure) {
  const pair = told.pairs.find((p) => p.x === Math.min(x, y) && p.y === Math.max(x, y));
  const { z, n } = pair.cells[measure];
  const { label, share } = told.measures[measure];
  const across = told.axes[x].values, upright = told.axes[y].values;
  const place = (i, j) => (x < y ? j * across.length + i : i * upright.length + j);
  const rows = (make) => upright.map((_, j) => across.map((_, i) => make(place(i, j), i, j)));
  const log = $("maps-log").checked;
  const scale = (value) => (value === null || (log && value <= 0) ? null : log ? Math.log10(value) : value);
  const statistic = share ? "share" : "median";
  const room = ($("maps-plot").clientWidth - 200) / across.length > 56; // pixels for a number
  const { zmin, zmax, cut } = limits(z.map(scale), share, log);
  const trace = {
    type: "heatmap", x: across.map((_, i) => i), y: upright.map((_, j) => j), z: rows((k) => scale(z[k])),
    text: rows((k) => (room && z[k] !== null ? number(z[k], 2) : "")), texttemplate: "%{text}", textfont: { size: 11 },
    hovertext: rows((k, i, j) => `${plain(told.axes[x].label)}: ${plain(across[i])}<br>${plain(told.axes[y].label)}: ${plain(upright[j])}<br>` +
      `${statistic}: ${number(z[k])}<br>${count(n[k], pair.runs[k])} runs`),
    hoverinfo: "text", colorscale: "Cividis", xgap: 2, ygap: 2, zmin, zmax,
    colorbar: bar(zmin, zmax, log),
  };
  const names = (values) => ({ tickvals: values.map((_, i) => i), ticktext: values.map(plain), showgrid: false, showline: false, ticks: "" });
  plot("maps", [trace], {
    xaxis: axis(told.axes[x].label, names(across)), yaxis: axis(told.axes[y].label, names(upright)),
  });
  const known = n.reduce((a, b) => a + b, 0), all = pair.runs.reduce((a, b) => a + b, 0);
  $("maps-caption").textContent = `${capital(label)}: ${statistic} of the runs of each cell; ${count(known, all)} runs have a value. Empty cells have none.` +
    (cut ? ` Below ${number(10 ** zmin, 2)} all have the darkest colour.` : "");
  $("maps-plot").setAttribute("aria-label", `${label}, ${statistic} over ${told.axes[x].label} and ${told.axes[y].label}`);
}

const SHADES = 10; // powers of ten that colours tell apart; below, all are the darkest

/** Shares begin at 0; a map of one colour would have no scale. */
function limits(values, share, log) {
  const known = values.filter((z) => z !== null);
  if (!known.length) return {};
  const high = Math.max(...known), least = Math.min(...known);
  const low = share && !log ? 0 : log ? Math.max(least, high - SHADES) : least;
  return { zmin: low, zmax: high > low ? high : low + 1, cut: low > least };
}

/** A bar of colours with the numbers themselves, of powers of ten as well. */
function bar(low, high, log) {
  const told = { thickness: 12, outlinewidth: 0, len: 0.9, tickfont: { size: 11 }, exponentformat: "power" };
  if (!log || low === undefined) return told;
  const ticks = [0, 1, 2, 3, 4].map((i) => low + ((high - low) * i) / 4);
  return { ...told, tickvals: ticks, ticktext: ticks.map((t) => number(10 ** t, 2)) };
}
