// Parts of a detail: tables, a plot, strips.  All text goes in as text, never as HTML.

function badge(D, index) {
  const verdict = D.verdicts[index];
  return element("span", { class: "badge " + lookOf(verdict) }, signOf(verdict) + " " + verdict.word);
}

function tableOf(caption, headings, rows) {
  const head = element("tr", {}, headings.map((each) => element("th", { scope: "col" }, each)));
  // with a tabindex, or the keyboard cannot scroll a table that is wider than the screen
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    element("table", {}, element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, rows)));
}

/** The verdicts of the last runs, oldest first, this run last; nothing where there was no earlier run. */
function stripOf(D, verdictOfRun) {
  if (!D.past.length) return null;
  const runs = [...D.past.map((when, number) => [when + " UTC", verdictOfRun(number)]), ["this run", verdictOfRun(-1)]];
  const told = runs.map(([when, index]) => when + ": " + (index === null ? "unknown" : D.verdicts[index].word)).join("; ");
  return element("p", {}, "Last runs: ", element("span", { class: "strip", role: "img", "aria-label": told },
    runs.map(([, index]) => element("span", { class: index === null ? "none" : lookOf(D.verdicts[index]) },
      index === null ? " " : signOf(D.verdicts[index])))), " ", element("span", { class: "quiet" }, told));
}

function metricsTable(D, kind) {
  const rows = D.metrics[kind.metrics].map(([name, before, after, drift, allowed, moved]) =>
    [moved, element("tr", { class: moved === 2 ? "off" : null },
      element("th", { scope: "row" }, name), ...[before, after].map((each) => element("td", { class: "number" }, numberText(each))),
      element("td", { class: "number" }, driftText(drift)), element("td", { class: "number" }, allowed ? "± " + numberText(allowed) : "none"),
      element("td", {}, ["same", "within tolerance", "TOO FAR"][moved]))]);
  rows.sort((a, b) => b[0] - a[0]);
  return tableOf("Metrics on held-out data", ["metric", "before saving", "after loading", "drift", "allowed", "result"], rows.map((each) => each[1]));
}

function confusionTables([classes, before, after]) {
  const table = (caption, counts, other) => tableOf(caption, ["true ↓ predicted →", ...classes], counts.map((line, y) =>
    element("tr", {}, element("th", { scope: "row" }, classes[y]), line.map((count, x) =>
      element("td", { class: count === other[y][x] ? "number" : "number fail" }, String(count), count === other[y][x] ? "" : " (" + other[y][x] + ")")))));
  const same = JSON.stringify(before) === JSON.stringify(after);
  return [element("h4", {}, "Confusion matrix" + (same ? ", the same before and after" : ": counts that changed have the other count in brackets")),
    element("div", { class: "side" }, table("Before saving", before, after), table("After loading", after, before))];
}

/** Quantiles of the differences of one output as a line: which share of the values moved by how much at most. */
function plotOf(name, quantiles, limit) {
  const positive = quantiles.filter((each) => each > 0);
  if (!positive.length) return null;
  // a logarithm has no place for zero: the lowest line stands for it
  const low = Math.floor(Math.log10(Math.min(...positive, limit || Infinity))) - 1;
  const high = Math.ceil(Math.log10(Math.max(...positive, limit || 0)) + 0.01);
  const [left, top, width, height] = [62, 12, 330, 120];
  const x = (share) => left + share * width;
  const y = (value) => top + height - (Math.max(value > 0 ? Math.log10(value) : low, low) - low) / (high - low) * height;
  const svg = (tag, attributes, text) => {
    // an element of SVG without its namespace is one of HTML that shows nothing
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const middle = quantiles[(quantiles.length - 1) / 2], largest = quantiles.at(-1);
  const says = name + ": half of the values moved by at most " + numberText(middle) + ", the farthest by " + numberText(largest);
  const plot = svg("svg", { class: "plot", viewBox: "0 0 430 176", width: 430, height: 176, role: "img", "aria-label": says });
  const step = Math.max(1, Math.ceil((high - low) / 5));
  plot.append(svg("line", { class: "axis", x1: left, y1: top, x2: left, y2: top + height }),
    svg("line", { class: "axis", x1: left, y1: top + height, x2: left + width, y2: top + height }));
  for (let power = low; power <= high; power += step) {
    plot.append(svg("text", { x: left - 6, y: y(10 ** power) + 4, "text-anchor": "end" }, power === low ? "0" : "1e" + power));
  }
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    plot.append(svg("text", { x: x(share), y: top + height + 16, "text-anchor": "middle" }, share * 100 + " %"));
  }
  plot.append(svg("text", { x: left + width / 2, y: top + height + 34, "text-anchor": "middle" }, "share of the values, by how far they moved"));
  if (limit) {
    plot.append(svg("line", { class: "limit", x1: left, y1: y(limit), x2: left + width, y2: y(limit) }),
      svg("text", { x: left + 4, y: y(limit) - 4 }, "tolerance " + numberText(limit)));
  }
  const points = quantiles.map((value, index) => x(index / (quantiles.length - 1)) + "," + y(value)).join(" ");
  plot.append(svg("polyline", { class: "line", points }));
  return element("figure", {}, plot, element("figcaption", { class: "quiet" }, says));
}

function distancesTable(D, kind, limit) {
  const entries = Object.entries(kind.distances);
  const rows = entries.map(([name, [max, mean, median, p99, relative, changed, size, form, , exact]]) =>
    element("tr", {}, element("th", { scope: "row" }, name),
      [max, mean, median, p99, relative].map((each) => element("td", { class: "number" }, exact ? "–" : numberText(each))),
      element("td", {}, changed + " of " + size + (exact ? " differ" : "")), element("td", {}, form)));
  const plots = entries.map(([name, each]) => plotOf(name, each[8], limit));
  return [tableOf("How far outputs moved (outputs that are not listed are bit-equal)",
    ["output", "largest", "mean", "median", "99 %", "largest relative", "beyond tolerance", "what else differs"], rows),
  element("div", { class: "side" }, plots)];
}

/** Packages of both environments; those that differ first. */
function environmentsTable(D, writer, reader) {
  const [a, b] = [D.environments[writer], D.environments[reader]];
  const names = [...new Set([...Object.keys(a.versions), ...Object.keys(b.versions)])].sort();
  const lines = [["Python", a.python || "none", b.python || "none"], ["resolved as of", a.asOf || "unknown", b.asOf || "unknown"],
    ...names.map((name) => [name, a.versions[name] || "none", b.versions[name] || "none"])];
  const row = ([name, before, after]) => element("tr", { class: before === after ? null : "off" },
    element("th", { scope: "row" }, name), element("td", {}, before), element("td", {}, after));
  const differing = lines.filter(([, before, after]) => before !== after), equal = lines.filter(([, before, after]) => before === after);
  const head = ["package", a.id, b.id];
  return element("details", {}, element("summary", {}, "Both environments: " + many(differing.length, "difference") + ", " + equal.length + " equal"),
    differing.length ? tableOf("What differs", head, differing.map(row)) : element("p", {}, "They are the same."),
    equal.length ? tableOf("What is equal", head, equal.map(row)) : null);
}

function commandLine(text) {
  const button = element("button", { type: "button" }, "Copy");
  button.addEventListener("click", () => copy(text, button));
  return element("p", {}, element("code", {}, text), " ", button);
}
