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
  options(by("f-only"), [["", "everything"], ...(D.kinds.some((kind) => kind.unexplained) ? [["unexplained", "unexplained"]] : []), ...(D.past.length ? [["changes", "changes"]] : [])]);
  const described = D.environments.map((each) => [each.id, each.id + (each.python ? " (Python " + each.python + ")" : "")]);
  options(by("ask-w"), described);
  options(by("ask-r"), described);
  options(by("ask-model"), [["", "all models"], ...models]);
  options(by("ask-format"), [["", "all formats"], ...formats]);
  firstQuestion(D);
}

/** From the version before the newest to the newest, of all models in all formats. */
function firstQuestion(D) {
  const by = (id) => document.getElementById(id);
  by("ask-model").value = by("ask-format").value = "";
  const axis = D.environments.map((each, index) => [each.axis, index]).filter((each) => each[0]).map((each) => each[1]);
  by("ask-r").selectedIndex = axis.at(-1) ?? D.environments.length - 1;
  by("ask-w").selectedIndex = axis.at(-2) ?? 0;
}

/** Answers the question box, with the evidence; gives what was asked, as members of a view. */
function ask(D) {
  const value = (id) => document.getElementById(id).value;
  const wanted = { w: value("ask-w"), r: value("ask-r"), model: value("ask-model"), format: value("ask-format") };
  const cells = cellsOf(D, null, D.environmentAt.get(wanted.w), D.environmentAt.get(wanted.r))
    .filter((i) => isOfCase(D.cases[D.col.case[i]], wanted));
  document.getElementById("answer").replaceChildren(...answerLine(answerOf(D, cells)).childNodes);
  document.getElementById("asked").textContent = "Saved with " + wanted.w + ", load in " + wanted.r +
    (wanted.model ? ", model " + wanted.model : "") + (wanted.format ? ", format " + wanted.format : "");
  document.getElementById("evidence").replaceChildren(evidenceOf(D, wanted, cells),
    element("p", {}, element("a", { href: hashOf(wanted) }, "Show the evidence: " + many(cells.length, "case"))));
  return { qw: wanted.w, qr: wanted.r, qm: wanted.model, qf: wanted.format };
}

/** The failures behind an answer, by what they say: silent changes first, because nobody else tells of them. */
function evidenceOf(D, wanted, cells) {
  const said = new Map();
  for (const i of cells) {
    const kind = D.kinds[D.col.kind[i]];
    if (D.verdicts[kind.verdict].passes !== false) continue;
    const found = said.get(kind.reason) || { count: 0, i, kind, silent: D.verdicts[kind.verdict].word === "drift" };
    found.count++;
    said.set(kind.reason, found);
  }
  const groups = [...said.values()].sort((a, b) => b.count - a.count);
  const silent = groups.filter((each) => each.silent);
  const shown = [...silent.slice(0, 2), ...groups.filter((each) => !each.silent)].slice(0, 4);
  const sum = (some) => some.reduce((total, each) => total + each.count, 0);
  const left = sum(groups) - sum(shown);
  const item = ({ i, count, kind }) => {
    const name = D.cases[D.col.case[i]].name;
    return element("li", {}, element("a", { href: hashOf({ ...wanted, cell: name }) }, name), count > 1 ? " and " + (count - 1) + " more: " : ": ",
      D.verdicts[kind.verdict].word + ", " + cut(kind.reason || "", 200));
  };
  return element("ul", {}, shown.map(item),
    left ? element("li", {}, element("a", { href: hashOf({ ...wanted, verdict: "failed" }) }, many(left, "more failure"))) : null);
}

/** What is written as plain text for those without script becomes a link. */
function makeLinks() {
  for (const place of document.querySelectorAll("[data-go]")) {
    const link = element("a", { href: place.dataset.go });
    link.append(...place.childNodes);
    place.replaceChildren(link);
  }
}

function countText(D, found, state) {
  if (found.cells === D.cells) return "All " + D.cells + " cells.";
  if (found.cells) return found.cells + " of " + D.cells + " cells.";
  const why = state.only === "changes" && !D.past.length ? "there is no earlier run to compare with" : "no cell is all of what the filters ask for";
  return "0 of " + D.cells + " cells: " + why + ".";
}

function start(D) {
  const by = (id) => document.getElementById(id);
  const form = by("filters");
  const questions = { qw: "ask-w", qr: "ask-r", qm: "ask-model", qf: "ask-format" };
  let shown = {};
  let followed = false;
  fill(D);
  makeLinks();

  /** The question box follows the address: a question, else the pair that is open. */
  function follow(state) {
    if (!state.qw && !state.w && shown.qw) firstQuestion(D); // going back took the question away
    const asked = state.qw || state.qr || state.qm || state.qf;
    const wanted = asked ? state : state.w !== shown.w || state.r !== shown.r ? { qw: state.w, qr: state.r, qm: state.model, qf: state.format } : {};
    const unknown = [];
    for (const [name, id] of Object.entries(questions)) {
      if (!wanted[name]) continue;
      if ([...by(id).options].some((option) => option.value === wanted[name])) by(id).value = wanted[name];
      else if (asked) unknown.push(wanted[name]);
    }
    by("unknown").textContent = unknown.length ? "This link asks for " + unknown.join(", ") + ", which this matrix does not have." : "";
  }

  function draw(state, isNew) {
    const began = performance.now();
    for (const name of FILTERS) {
      const field = form.elements[name];
      if (field.type === "checkbox") field.checked = Boolean(state[name]);
      else if (field.value !== state[name]) field.value = state[name];
    }
    follow(state);
    ask(D);
    const found = chosen(D, state);
    drawMap(D, found, state, by("map"), isNew ? null : [shown.w, shown.r]);
    by("count").textContent = countText(D, found, state);
    drawPair(D, state, found.cells === D.cells ? null : found.mask, by("detail"), isNew);
    shown = state;
    // for tests/page and benchmarks: milliseconds from the filter to the drawn table
    document.documentElement.dataset.drawn = (performance.now() - began).toFixed(1);
  }

  function refilter(inPlace) {
    const state = { ...shown };
    for (const name of FILTERS) {
      const field = form.elements[name];
      state[name] = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
    }
    writeState(state, inPlace);
    draw(state, false);
  }

  // every letter of a search is drawn, none of them becomes a step of "back"
  form.addEventListener("input", (event) => refilter(event.target.type === "search"));
  form.addEventListener("submit", (event) => event.preventDefault());
  by("clear").addEventListener("click", () => {
    form.reset();
    refilter(false);
  });
  by("copy-view").addEventListener("click", () => copy(location.href, by("copy-view")));
  by("ask").addEventListener("change", () => {
    shown = { ...shown, ...ask(D) };
    writeState(shown, true);
  });
  by("ask").addEventListener("submit", (event) => event.preventDefault());
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // its fragment would be taken for another view
    by("map-title").scrollIntoView();
    by("map").querySelector("a[tabindex='0']")?.focus();
  });
  document.addEventListener("click", (event) => {
    followed = Boolean(event.target.closest("a[href^='#']")) && !event.target.closest("#grid, #detail");
  });
  addEventListener("hashchange", () => {
    const state = readState();
    if (!state) return;
    const opens = Boolean(state.w && PLACES.some((name) => state[name] !== shown[name]));
    draw(state, opens);
    if (followed && !opens) { // a link from elsewhere on the page: lead to what it changed
      by("map-title").focus({ preventScroll: true });
      by("map-title").scrollIntoView();
    }
    followed = false;
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shown.w) closePair();
  });
  const first = readState() || Object.fromEntries(MEMBERS.map((name) => [name, ""]));
  draw(first, Boolean(first.w));
  document.documentElement.dataset.ready = performance.now().toFixed(1);
}

// The style hides what needs a script until this class is there, so that nothing is offered that does not work.
document.documentElement.classList.add("scripted");
unpack(document.getElementById("data").textContent).then(start, (error) => {
  document.documentElement.classList.remove("scripted");
  document.querySelector("main").prepend(element("p", { role: "alert" },
    "This browser cannot unpack the data of this page (" + error.message + "): the tables below are complete, filters are not there."));
});
