/** Give each line the colour of its value, whatever else is shown. */
function paint(curves) {
  for (const view of curves.views) {
    const values = [...new Set(curves.views.filter((v) => v.label === view.label).flatMap((v) => v.lines.map((line) => line.value)))];
    for (const line of view.lines) line.place = values.indexOf(line.value);
  }
}

async function start() {
  const told = JSON.parse(await unpack("data"));
  showTable(told.table);
  if (told.curves) paint(told.curves);
  if (told.curves || told.maps || told.sparsity.length) {
    const script = document.createElement("script");
    script.textContent = await unpack("plotly");
    document.head.append(script);
  }
  const figures = [];
  if (told.curves) figures.push(drawCurves(told.curves));
  if (told.maps) figures.push(drawMaps(told.maps));
  if (told.sparsity.length) figures.push(drawSparsity(told.sparsity));
  const draw = () => figures.forEach((figure) => figure());
  draw();
  for (const media of [darkness, printing]) media.addEventListener("change", draw);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) { width = innerWidth; draw(); }
  });
  document.documentElement.dataset.ready = Math.round(performance.now()) // ms since the page was asked for
}

start();
