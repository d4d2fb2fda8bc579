// The heat map: saved with x loaded in.  Each square is a link; arrow keys lead from one to the next.

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** Draws the table into its place; if it had the focus, or details were closed, the square of `left` has it afterwards. */
function drawMap(D, found, state, place, left) {
  const groups = groupsOf(D, found.counts, found.first, found.last, state.merge);
  const label = ([first, last], part) =>
    first === last ? D.environments[first][part] : D.environments[first][part] + " to " + D.environments[last].label;
  // beside the table, not in it: on a phone a caption would be as wide as the table, and cut
  const told = element("p", { class: "quiet", id: "map-told" }, captionOf(state),
    ": rows saved with, columns loaded in; the worst verdict", state.verdict || state.only || state.text ? ", and how many cells. " :
    " and how many cells have it, how many of the measured cells failed, and a bar for their share. ", "Framed: same version.");
  const head = element("tr", {}, element("th", { scope: "col" }, "saved with ↓ loaded in →"),
    groups.map((group) => element("th", { scope: "col" }, label(group, "label"))));
  const rows = groups.map((writers) => element("tr", {}, element("th", { scope: "row" }, label(writers, "id")),
    groups.map((readers) => drawSquare(D, found.counts, state, writers, readers))));
  const table = element("table", { class: groups.length > 14 ? "grid small" : "grid", id: "grid", "aria-describedby": "map-told" },
    element("caption", { class: "vh" }, "Saved with, loaded in: " + captionOf(state)),
    element("thead", {}, head), element("tbody", {}, rows));
  const focused = place.contains(document.activeElement);
  const back = left && left[0] && !state.w ? left : focused ? pairOf(document.activeElement) : null;
  place.replaceChildren(told, element("div", { class: "scroll", role: "region", "aria-label": "saved with, loaded in" }, table));
  rove(table, back, focused || (left && left[0] && !state.w));
}

function captionOf(state) {
  const parts = [state.family, state.model, state.format, state.verdict, state.text && "“" + state.text + "”", state.only];
  return parts.filter(Boolean).join(", ") || "all cases";
}

function drawSquare(D, counts, state, writers, readers) {
  const [writer, reader] = [writers[0], readers[0]];
  const square = squareOf(D, counts, writer, reader);
  const verdict = D.verdicts[square.worst];
  const same = writers[0] <= readers[1] && readers[0] <= writers[1];
  const names = [D.environments[writer].id, D.environments[reader].id];
  const isChosen = state.w === names[0] && state.r === names[1];
  // where cells were chosen by what became of them, a share of failures would mislead
  const byOutcome = state.verdict || state.only || state.text;
  const told = byOutcome ? many(square.planned, "cell") : square.failed ? square.failed + " of " + (square.failed + square.passed) : "";
  const share = square.failed && !byOutcome ? " share q" + Math.ceil(square.failed / (square.failed + square.passed) * 10) : "";
  const atSymbol = square.failed && !byOutcome ? " " + square.counts[square.worst] : "";
  const look = lookOf(verdict) + share + (same ? " same" : "") + (isChosen ? " chosen" : "");
  if (!verdict) return element("td", { class: look }, element("span", {}, element("span", { class: "w" }, "nothing")));
  const says = "saved with " + names[0] + ", loaded in " + names[1] + (same ? ", the same version" : "") + ": " +
    verdict.word + (atSymbol ? ", " + many(square.counts[square.worst], "cell") : "") + (told ? ", " + told + (byOutcome ? "" : " failed") : "");
  const link = element("a", { href: hashOf({ ...state, w: names[0], r: names[1], cell: "" }), tabindex: -1, "aria-label": says,
    "aria-current": isChosen ? "true" : null },
    element("span", { class: "s" }, signOf(verdict) + atSymbol), element("span", { class: "w" }, verdict.word),
    told && element("span", { class: "n" }, told));
  return element("td", { class: look }, link);
}

/** [writer, reader] that a link of the table leads to. */
function pairOf(link) {
  const asked = new URLSearchParams((link.getAttribute("href") || "").slice(1));
  return [asked.get("w"), asked.get("r")];
}

// https://www.w3.org/WAI/ARIA/apg/practices/keyboard-interface/: thousands of squares would otherwise lie between
// the filters and the details for people who use the Tab key.
/** One square is in the order of the Tab key; arrows, Home and End move among all. */
function rove(table, back, focused) {
  const links = [...table.querySelectorAll("td a")];
  const start = (back && links.find((link) => String(pairOf(link)) === String(back))) || table.querySelector("td.chosen a") || links[0];
  if (!start) return;
  start.tabIndex = 0;
  if (focused) start.focus();
  table.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity] };
    const step = steps[event.key], cell = event.target.closest("td");
    // with a modifier the keys belong to the browser: Alt and an arrow goes back
    if (!step || !cell || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const rows = [...table.tBodies[0].rows];
    let y = rows.indexOf(cell.parentElement), x = cell.cellIndex;
    for (;;) {
      y += step[0];
      x = Number.isFinite(step[1]) ? x + step[1] : step[1] < 0 ? 1 : rows[y].cells.length - 1;
      const next = rows[y] && x > 0 ? rows[y].cells[x] : undefined;
      // squares without a link, of cells that are not planned, are stepped over
      if (!next || next === cell) return;
      const link = next.querySelector("a");
      if (link) {
        event.target.tabIndex = -1;
        link.tabIndex = 0;
        link.focus();
        return;
      }
      if (!Number.isFinite(step[1])) return;
    }
  });
}
