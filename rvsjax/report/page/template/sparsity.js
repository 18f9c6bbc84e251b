/** Draw what is said of supports against lam/beta, a line a penalty. */
function drawSparsity(measures) {
  choices("sparsity-measure", measures.map((measure) => measure.label));
  const draw = () => {
    const { label, lines } = measures[chosen("sparsity-measure")];
    const out = legend("sparsity", lines.map((line, i) => [line.value, i]), draw);
    const traces = lines.flatMap((line, i) => {
      const texts = line.x.map((x, j) => `${plain(line.value)}, λ/β ${number(x)}<br>${number(line.middle[j])}<br>` +
        `${number(line.low[j])} to ${number(line.high[j])}<br>${count(line.n[j], line.of[j])} runs`);
      return out.has(line.value) ? [] : banded(line.x, line, i, texts, null, "lines+markers");
    });
    plot("sparsity", traces, { xaxis: axis("λ/β", decades(true, Math.min(...lines.map((line) => line.x[0])), Math.max(...lines.map((line) => line.x.at(-1))))), yaxis: axis(label, { rangemode: "tozero" }) });
    $("sparsity-caption").textContent = `${capital(label)}: median, and band from the 10th to the 90th percentile of the runs.`;
    $("sparsity-plot").setAttribute("aria-label", `${label} against lam over beta, by penalty`);
  };
  on(["sparsity-measure"], draw);
  return draw;
}
