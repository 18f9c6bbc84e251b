const PAGE = 50; // rows shown at a time

/** Show the table of runs: sorted by any column, filtered by what is typed. */
function showTable(told) {
  const state = { by: null, down: false, page: 0, rows: [] };
  const all = [...Array(told.rows).keys()];
  const shown = () => told.columns.filter((column) => $("runs-all").checked || column.first);

  const draw = () => {
    const pages = Math.max(1, Math.ceil(state.rows.length / PAGE));
    state.page = Math.min(state.page, pages - 1);
    const first = state.page * PAGE, last = Math.min(first + PAGE, state.rows.length);
    head(shown(), state, sort);
    const part = state.rows.slice(first, last);
    $("runs-table").tBodies[0].replaceChildren(...part.map((row) => element("tr", {}, ...shown().map((c) => cell(told, c, row)))));
    $("runs-page").textContent = state.rows.length ? `${(first + 1).toLocaleString("en-US")}–${last.toLocaleString("en-US")}` : "";
    $("runs-back").disabled = state.page === 0;
    $("runs-next").disabled = state.page === pages - 1;
  };
  const choose = () => {
    try {
      state.rows = all.filter(keeper(told.columns, $("runs-filter").value));
      $("runs-count").textContent = `${count(state.rows.length, told.rows)} ${told.word ?? told.row}s. Filter by words, or by column: name=value, name<number.`;
    } catch (problem) {
      $("runs-count").textContent = `Not filtered: ${problem.message}.`;
    }
    order(state);
    draw();
  };
  const sort = (column) => {
    state.down = state.by === column && !state.down;
    state.by = column;
    state.page = 0;
    order(state);
    draw();
    $("runs-table").querySelector("th[aria-sort] button")?.focus();
  };
  $("runs-filter").addEventListener("input", () => { state.page = 0; choose(); });
  $("runs-all").addEventListener("change", draw);
  $("runs-back").addEventListener("click", () => { state.page -= 1; draw(); });
  $("runs-next").addEventListener("click", () => { state.page += 1; draw(); });
  choose();
}

/** Put the rows in order; those without a value come last, either way. */
function order(state) {
  if (!state.by) return;
  const ordered = state.by.ordered; // intervals of numbers, in order as they are
  const keys = new Map(state.rows.map((row) => [row, ordered ? state.by.values[row] : value(state.by, row)]));
  const sign = state.down ? -1 : 1;
  state.rows.sort((a, b) => {
    const x = keys.get(a), y = keys.get(b);
    if (x === null || y === null) return (x === null) - (y === null) || a - b;
    return sign * (x < y ? -1 : x > y ? 1 : 0) || a - b;
  });
}

function head(columns, state, sort) {
  const cells = columns.map((column) => {
    const own = state.by === column;
    const arrow = own ? (state.down ? " ↓" : " ↑") : "";
    const button = element("button", { type: "button", title: column.name }, column.label + arrow);
    button.addEventListener("click", () => sort(column));
    const told = { scope: "col", class: column.kind === "word" ? "" : "n" };
    if (own) told["aria-sort"] = state.down ? "descending" : "ascending";
    return element("th", told, button);
  });
  $("runs-table").tHead.replaceChildren(element("tr", {}, ...cells));
}

function cell(told, column, row) {
  const x = value(column, row);
  if (column.name === "run_id") return element("td", { class: "id" }, x ?? "–");
  if (column.kind === "word") return element("td", { title: x ?? "" }, x ?? "–");
  const made = element("td", { class: "n" }, number(x));
  if (column.n) {
    const n = column.n[row], of = runsOf(told, row);
    made.append(element("small", {}, n === of ? "" : count(n, of)));
  }
  return made;
}

/** Return how many runs a row of the aggregated table stands for. */
const runsOf = (told, row) => told.columns.find((column) => column.name === "runs").values[row];
