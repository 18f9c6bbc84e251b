/** Give each line the colour of its value, whatever else is shown. */
function paint(curves) {
  for (const view of curves.views) {
    const values = [...new Set(curves.views.filter((v) => v.label === view.label).flatMap((v) => v.lines.map((line) => line.value)))];
    for (const line of view.lines) line.place = values.indexOf(line.value);
  }
}

const WIDE = 30; // times as much at most as at least: then powers of ten show more

/** Draw a column of the curves: a line and a band for each value of a parameter. */
function drawCurves(told) {
  paint(told);
  const views = told.views;
  const labels = [...new Set(views.map((view) => view.label))];
  choices("curves-column", told.columns.map((column) => column.label));
  choices("curves-view", labels);
  const only = () => views.filter((view) => view.label === labels[chosen("curves-view")]);
  const offer = () => {
    choices("curves-only", only().map((view) => view.only ?? "any method"));
    $("curves-only").parentElement.hidden = only().length < 2;
  };
  const draw = () => drawLines(told, only()[chosen("curves-only")], chosen("curves-column"), draw);
  const begin = () => {
    const lines = only()[0].lines.map((line) => line.columns[chosen("curves-column")]);
    const all = lines.flatMap((line) => line.middle), least = Math.min(...all);
    $("curves-logy").checked = least > 0 && Math.max(...all) > WIDE * least;
    $("curves-logx").checked = isEarly(lines[0]);
  };
  on(["curves-view"], () => { offer(); draw(); });
  on(["curves-column"], () => { begin(); draw(); });
  on(["curves-only", "curves-logx", "curves-logy"], draw);
  offer();
  begin();
  return draw;
}

/** Say whether half of what happens to a line happens in its first twentieth. */
function isEarly(line) {
  const scale = line.middle.every((y) => y > 0) ? Math.log : (y) => y;
  const first = scale(line.middle[0]), last = scale(line.middle.at(-1));
  const half = line.middle.findIndex((y) => Math.abs(scale(y) - first) >= Math.abs(last - first) / 2);
  return half >= 0 && line.step[half] < line.step.at(-1) / 20;
}

function drawLines(told, view, column, draw) {
  const entry = (line) => `${line.value} (${line.runs.toLocaleString("en-US")} ${line.runs === 1 ? "run" : "runs"})`;
  const out = legend("curves", view.lines.map((line) => [entry(line), line.place]), draw);
  const shown = view.lines.filter((line) => !out.has(entry(line)));
  const logx = $("curves-logx").checked, logy = $("curves-logy").checked;
  const name = told.columns[column].label;
  const range = logy ? powers(shown.map((line) => line.columns[column])) : null;
  const traces = shown.flatMap((line) => {
    const own = line.columns[column];
    const texts = own.step.map((step, i) =>
      `${plain(line.value)}<br>${told.step} ${number(step)}: ${number(own.middle[i])}<br>` +
      `${number(own.low[i])} to ${number(own.high[i])}<br>${count(own.n[i], line.runs)} runs`);
    return banded(own.step, own, line.place, texts, range?.floor ?? null);
  });
  plot("curves", traces, {
    xaxis: axis(told.step === "step" ? "step t" : told.step, decades(logx, 1, Math.max(...shown.map((line) => line.columns[column].step.at(-1))))),
    yaxis: axis(name, decades(logy, range?.floor, range?.most)),
  });
  const drawn = told.runs === told.of ? "" : ` Of ${told.of.toLocaleString("en-US")} runs, ${told.runs.toLocaleString("en-US")} are drawn, evenly spaced.`;
  const below = range?.cut ? ` What is below ${number(range.floor, 2)} is drawn there.` : "";
  $("curves-caption").textContent =
    `${capital(name)}: median, and band from the 10th to the 90th percentile of the runs that have a value at that ${told.step}.${drawn}${below}`;
  $("curves-plot").setAttribute("aria-label", spoken(told.step, name, shown, column));
}

/** Say in words where each line begins and ends. */
function spoken(step, name, lines, column) {
  const ends = lines.map((line) => {
    const own = line.columns[column];
    return `${line.value} from ${number(own.middle[0] ?? null)} to ${number(own.middle.at(-1) ?? null)}`;
  });
  return `${name} against the ${step}, medians: ${ends.join("; ")}`;
}
