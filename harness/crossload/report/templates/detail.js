// Details of a pair, and of one cell of it.

// Cases that are drawn at once; the others when they are asked for.
const FIRST = 60;

function drawPair(D, state, mask, place, isNew) {
  const writer = D.environmentAt.get(state.w), reader = D.environmentAt.get(state.r);
  if (writer === undefined || reader === undefined) {
    const unknown = state.w && state.r ? "No such pair in this matrix: " + state.w + " → " + state.r :
      state.w || state.r || state.cell ? "This link names no pair: it needs w (saved with) and r (loaded in)." : "";
    place.replaceChildren(...(unknown ? [element("p", { role: "alert" }, unknown)] : []));
    return;
  }
  const cells = cellsOf(D, mask, writer, reader);
  const asked = D.caseAt.get(state.cell);
  const all = cellsOf(D, null, writer, reader).filter((i) => isOfCase(D.cases[D.col.case[i]], state));
  const title = element("h2", { tabindex: -1, id: "detail-title" }, state.w + " → " + state.r);
  const back = element("button", { type: "button" }, "Back to the table (Escape)");
  back.addEventListener("click", closePair);
  const parts = [title, filterLine(state), answerLine(answerOf(D, all)),
    element("p", {}, back), stripOf(D, (number) => worstOfRun(D, all, number)), environmentsTable(D, writer, reader)];
  for (const each of [writer, reader]) {
    if (D.environments[each].failure) parts.push(element("p", {}, "NOT BUILT " + D.environments[each].id + ": " + D.environments[each].failure));
  }
  if (asked !== undefined) {
    const index = cellsOf(D, null, writer, reader).find((i) => D.col.case[i] === asked);
    if (index !== undefined) parts.push(drawCell(D, index));
  } else if (state.cell) parts.push(element("p", { role: "alert" }, "No such case: " + state.cell));
  parts.push(casesTable(D, state, cells, all.length));
  place.replaceChildren(...parts.filter(Boolean));
  if (isNew) {
    const target = place.querySelector("#cell-title") || title;
    // two steps: a focus that scrolls puts the title anywhere on the screen
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "start" });
  }
}

function closePair() {
  location.hash = hashOf({ ...(readState() || {}), w: "", r: "", cell: "" });
}

function answerLine({ head, rest, look }) {
  return element("p", {}, element("span", { class: "badge " + look }, head), rest);
}

/** Says that only some cases of a pair are meant, where that is so. */
function filterLine(state) {
  const parts = ["family", "model", "format"].filter((name) => state[name]).map((name) => name + " " + state[name]);
  if (!parts.length) return null;
  const all = hashOf({ w: state.w, r: state.r, cell: state.cell });
  return element("p", {}, element("strong", {}, "Only " + parts.join(", ")), ": ", element("a", { href: all }, "show all cases of this pair"), ".");
}

/** Worst verdict of some cells in an earlier run (-1: this one); null where it knew none of them. */
function worstOfRun(D, cells, number) {
  const counts = new Uint32Array(D.verdicts.length);
  let seen = 0;
  for (const i of cells) {
    const index = number < 0 ? D.verdictOf[D.col.kind[i]] : D.pasts[number][i];
    if (index === UNKNOWN) continue;
    counts[index]++;
    seen++;
  }
  return seen ? rollUp(D, counts).worst : null;
}

function casesTable(D, state, cells, all) {
  const row = (i) => {
    const each = D.cases[D.col.case[i]], kind = D.kinds[D.col.kind[i]];
    const link = element("a", { href: hashOf({ ...state, cell: each.name }), "aria-current": state.cell === each.name ? "true" : null }, each.name);
    const notes = [D.col.change[i] && D.changes[D.col.change[i] - 1].toUpperCase(), kind.unexplained && "unexplained", kind.warned && "warned: " + kind.warned.join(", ")];
    return element("tr", {}, element("th", { scope: "row" }, link), element("td", {}, badge(D, kind.verdict)),
      element("td", { class: "why" }, kind.reason || ""), element("td", {}, notes.filter(Boolean).join("; ")));
  };
  const filtered = cells.length === all ? ", failures first" : " of " + all + " that are in this view, failures first (clear the filters to see all)";
  const made = tableOf(many(cells.length, "case") + filtered,
    ["case", "verdict", "why", "notes"], cells.slice(0, FIRST).map(row));
  made.classList.add("cases");
  if (cells.length <= FIRST) return made;
  const more = element("button", { type: "button" }, "Show all " + cells.length);
  more.addEventListener("click", () => {
    made.querySelector("tbody").append(...cells.slice(FIRST).map(row));
    more.remove();
  });
  return element("div", {}, made, more);
}

function drawCell(D, i) {
  const each = D.cases[D.col.case[i]], kind = D.kinds[D.col.kind[i]], verdict = D.verdicts[kind.verdict];
  const [writer, reader] = [D.environments[D.col.writer[i]], D.environments[D.col.reader[i]]];
  const atFault = ["save-error", "unstable"].includes(verdict.word) || (kind.reason || "").startsWith("writer:") ? writer : reader;
  const parts = [element("h3", { id: "cell-title", tabindex: -1 }, each.name),
    element("p", {}, badge(D, kind.verdict), " " + verdict.sentence + "."), kind.reason ? element("p", {}, kind.reason) : null,
    knownOf(D, kind), element("ul", {}, factsOf(D, kind, i).map((text) => element("li", {}, text))),
    stripOf(D, (number) => worstOfRun(D, [i], number))];
  const [tail, warnings] = D.texts[D.col.text[i]];
  if (D.tails[tail]) parts.push(element("h4", {}, "The error, its last lines"), element("pre", {}, D.tails[tail]));
  if (warnings.length) {
    parts.push(element("h4", {}, "Warnings"), element("ul", {}, warnings.map((number) => element("li", {}, D.warnings[number]))));
  }
  if (kind.metrics !== undefined) parts.push(element("h4", {}, "Metrics"), metricsTable(D, kind));
  if (kind.confusion) parts.push(...confusionTables(kind.confusion));
  if (kind.distances) parts.push(element("h4", {}, "Predictions"), ...distancesTable(D, kind, each.atol));
  else if (verdict.word === "identical") parts.push(element("p", {}, "Every recorded output is bit-equal: there is no difference to draw."));
  parts.push(element("h4", {}, "Measure it again"),
    commandLine("nox -s matrix -- " + D.name + " --case " + each.name + " --writer " + writer.id + " --reader " + reader.id + " --fresh"),
    element("p", {}, "Or look at it by hand:"), commandLine("nox -s env-" + atFault.id + " -- python"));
  const link = element("button", { type: "button" }, "Copy link to this cell");
  link.addEventListener("click", () => copy(location.href, link));
  parts.push(element("p", {}, link));
  return element("section", { class: "cell", "aria-labelledby": "cell-title" }, parts.flat().filter(Boolean));
}

/** Why it fails and what helps, or that nobody has written it down. */
function knownOf(D, kind) {
  if (kind.known === undefined) return kind.unexplained ? element("p", {}, element("strong", {}, "unexplained"), ": nobody has written down a cause yet (matrix/causes/).") : null;
  const [why, help, link, name] = D.known[kind.known];
  return [element("p", {}, element("strong", {}, "Cause"), ": " + why + " ", element("span", { class: "quiet" }, "(" + name + ") "),
    link ? element("a", { href: link, rel: "noreferrer" }, "source") : null), help ? element("p", {}, element("strong", {}, "What helps"), ": " + help) : null];
}

function factsOf(D, kind, i) {
  const states = { equal: "Fitted state: equal to that before saving.", differs: "Fitted state: DIFFERS from that before saving.",
    layout: "Fitted state: other arrays than before saving.", unknown: "Fitted state: the format does not show it." };
  const [sha, size] = D.artifacts[D.col.artifact[i]];
  return [
    kind.state ? states[kind.state] || "Fitted state: " + kind.state : "",
    kind.optimizer ? "Optimizer: " + kind.optimizer + "." : "", kind.resumes ? "Training goes on alike: " + kind.resumes + "." : "",
    kind.lost ? "Lost: " + kind.lost + "." : "", kind.changed ? many(kind.changed, "predicted label") + " changed." : "",
    kind.witnesses ? "Inferred from " + kind.witnesses.join(" and ") + "." : "",
    kind.noise ? "The writer's own predictions differ by " + numberText(kind.noise) + " (noise floor)." : "",
    kind.gap !== undefined ? "Training score minus held-out score: " + numberText(kind.gap) + "." : "",
    sha ? "Artifact " + sha + "…, " + bytesText(size) + "." : "",
    D.col.load[i] >= 0 ? "Loading took " + secondsText(D.col.load[i]) + ", predicting " + secondsText(D.col.predict[i]) + "." : "",
    D.col.confirmed[i] ? "Measured a second time, in a process of its own." : "",
  ].filter(Boolean);
}
