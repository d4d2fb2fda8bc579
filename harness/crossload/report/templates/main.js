// Puts it together: reads the address, draws, listens.

function options(select, entries) {
  select.replaceChildren(...entries.map((entry) => {
    if (Array.isArray(entry[1])) return element("optgroup", { label: entry[0] }, entry[1].map(([value, text]) => element("option", { value }, text)));
    return element("option", { value: entry[0] }, entry[1]);
  }));
}

function fill(D) {
  const by = (id) => document.getElementById(id);
  const names = (part) => [...new Set(D.cases.map((each) => each[part]))];
  const models = names("family").map((family) => [family,
    [...new Set(D.cases.filter((each) => each.family === family).map((each) => each.recipe))].map((name) => [name, name])]);
  const formats = names("format").map((name) => [name, name]);
  const seen = new Set(D.verdictOf);
  options(by("f-family"), [["", "all"], ...names("family").map((name) => [name, name])]);
  options(by("f-model"), [["", "all"], ...models]);
  options(by("f-format"), [["", "all"], ...formats]);
  options(by("f-verdict"), [["", "all"], ["failed", "any failure"], ["passed", "any pass"], ["open", "neither"],
    ...D.verdicts.filter((_, index) => seen.has(index)).map((each) => [each.word, each.word])]);
  options(by("f-from"), [["", "all"], ...D.environments.map((each) => [each.id, each.id])]);
  options(by("f-to"), [["", "all"], ...D.environments.map((each) => [each.id, each.id])]);
  options(by("f-only"), [["", "everything"], ...(D.judgedAgainst ? [["unexpected", "unexpected"]] : []), ...(D.past.length ? [["changes", "changes"]] : [])]);
  const described = D.environments.map((each) => [each.id, each.id + (each.python ? " (Python " + each.python + ")" : "")]);
  options(by("ask-w"), described);
  options(by("ask-r"), described);
  options(by("ask-model"), [["", "all models"], ...models]);
  options(by("ask-format"), [["", "all formats"], ...formats]);
  const axis = D.environments.findLastIndex((each) => each.axis);
  by("ask-r").selectedIndex = axis < 0 ? D.environments.length - 1 : axis;
  by("ask-w").selectedIndex = Math.max(0, by("ask-r").selectedIndex - 1);
}

function ask(D) {
  const value = (id) => document.getElementById(id).value;
  const wanted = { w: value("ask-w"), r: value("ask-r"), model: value("ask-model"), format: value("ask-format") };
  const cells = cellsOf(D, null, D.environmentAt.get(wanted.w), D.environmentAt.get(wanted.r)).filter((i) => {
    const each = D.cases[D.col.case[i]];
    return (!wanted.model || each.recipe === wanted.model) && (!wanted.format || each.format === wanted.format);
  });
  const [square, warned] = countsOf(D, cells);
  document.getElementById("answer").replaceChildren(...answerLine(answerOf(D, square, warned)).childNodes);
  const said = new Map();
  for (const i of cells) {
    const kind = D.kinds[D.col.kind[i]];
    if (D.verdicts[kind.verdict].passes !== false) continue;
    const found = said.get(kind.reason) || { count: 0, i };
    found.count++;
    said.set(kind.reason, found);
  }
  const worst = [...said.values()].sort((a, b) => b.count - a.count).slice(0, 3);
  const link = (i) => element("a", { href: hashOf({ ...wanted, cell: D.cases[D.col.case[i]].name }) }, D.cases[D.col.case[i]].name);
  document.getElementById("evidence").replaceChildren(
    worst.length ? element("ul", {}, worst.map(({ count, i }) => element("li", {}, link(i), count > 1 ? " and " + (count - 1) + " more: " : ": ",
      D.verdicts[D.kinds[D.col.kind[i]].verdict].word + ", " + (D.kinds[D.col.kind[i]].reason || "").slice(0, 200)))) : "",
    element("p", {}, element("a", { href: hashOf(wanted) }, "Show the evidence: " + many(cells.length, "case"))));
}

function start(D) {
  const by = (id) => document.getElementById(id);
  const form = by("filters");
  let shown = {};
  fill(D);
  ask(D);
  by("ask").addEventListener("change", () => ask(D));
  by("ask").addEventListener("submit", (event) => event.preventDefault());

  function draw(state, isNew) {
    const began = performance.now();
    for (const name of FILTERS) {
      const field = form.elements[name];
      if (field.type === "checkbox") field.checked = Boolean(state[name]);
      else if (field !== document.activeElement || field.value !== state[name]) field.value = state[name];
    }
    const found = chosen(D, state);
    if (D.environmentAt.has(state.w) && D.environmentAt.has(state.r) && (state.w !== shown.w || state.r !== shown.r)) {
      by("ask-w").value = state.w;
      by("ask-r").value = state.r;
      ask(D);
    }
    drawMap(D, found, state, by("map"), isNew ? null : [shown.w, shown.r]);
    by("count").textContent = found.cells === D.cells ? "All " + D.cells + " cells." : found.cells + " of " + D.cells + " cells.";
    drawPair(D, state, found.cells === D.cells ? null : found.mask, by("detail"), isNew);
    shown = state;
    document.documentElement.dataset.drawn = (performance.now() - began).toFixed(1);
  }

  function refilter() {
    const state = readState();
    for (const name of FILTERS) {
      const field = form.elements[name];
      state[name] = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
    }
    replaceState(state);
    draw(state, false);
  }

  form.addEventListener("input", refilter);
  form.addEventListener("submit", (event) => event.preventDefault());
  by("clear").addEventListener("click", () => {
    form.reset();
    refilter();
  });
  by("copy-view").addEventListener("click", () => copy(location.href, by("copy-view")));
  addEventListener("hashchange", () => {
    const state = readState();
    draw(state, Boolean(state.w && PLACES.some((name) => state[name] !== shown[name])));
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shown.w) closePair();
  });
  const first = readState();
  draw(first, Boolean(first.w));
  document.documentElement.dataset.ready = performance.now().toFixed(1);
}

document.documentElement.classList.add("scripted");
unpack(document.getElementById("data").textContent).then(start, (error) => {
  document.documentElement.classList.remove("scripted");
  document.querySelector("main").prepend(element("p", { role: "alert" },
    "This browser cannot unpack the data of this page (" + error.message + "): the tables below are complete, filters are not there."));
});
