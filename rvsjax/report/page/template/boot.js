/** Show the table and each figure that there is data of; draw again as the page changes. */
async function boot(drawers) {
  const told = JSON.parse(await unpack("data"));
  showTable(told.table);
  const names = Object.keys(drawers).filter((name) => told[name] && told[name].length !== 0);
  if (names.length) {
    const script = document.createElement("script");
    script.textContent = await unpack("plotly");
    document.head.append(script);
  }
  const figures = names.map((name) => drawers[name](told[name]));
  const draw = () => figures.forEach((figure) => figure());
  draw();
  for (const media of [darkness, printing]) media.addEventListener("change", draw);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) { width = innerWidth; draw(); }
  });
  document.documentElement.dataset.ready = Math.round(performance.now()) // ms since the page was asked for
}
