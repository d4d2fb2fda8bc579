// Which cells a view is about, and how they add up.  One pass over all cells, however many filters there are.

/** Whether a case is among those of a view, whatever became of it. */
function isOfCase(each, state) {
  return (!state.family || each.family === state.family) && (!state.model || each.recipe === state.model) &&
    (!state.format || each.format === state.format);
}

// Questions are answered once for each case, kind and environment, of which there are few, and looked up
// for each cell; counts are one flat array, because a search draws anew at every letter.
function chosen(D, state) {
  const text = state.text.trim().toLowerCase();
  const has = (value) => value.toLowerCase().includes(text);
  const byCase = Uint8Array.from(D.cases, (each) => isOfCase(each, state));
  const ends = [state.from ? D.environmentAt.get(state.from) ?? 0 : 0, D.environments.length - 1];
  if (state.to) ends[1] = D.environmentAt.get(state.to) ?? ends[1];
  // "from" and "to" may be given the wrong way round
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  const byEnvironment = Uint8Array.from(D.environments, (_, index) => index >= first && index <= last);
  const wanted = verdictsOf(D, state.verdict);
  const byKind = Uint8Array.from(D.kinds, (kind) => wanted.has(kind.verdict) && (state.only !== "unexplained" || kind.unexplained));
  const textInCase = Uint8Array.from(D.cases, (each) => has(each.name) || has(each.family));
  const textInEnvironment = Uint8Array.from(D.environments, (each) => has(each.id));
  const textInKind = Uint8Array.from(D.kinds, (kind) => has(kind.reason || "") || has((kind.warned || []).join(" ")) ||
    (kind.known !== undefined && has(D.known[kind.known][0])));
  const { case: cases, writer, reader, kind: kinds, change } = D.col;
  const onlyChanges = state.only === "changes";
  const size = D.environments.length, verdicts = D.verdicts.length;
  const counts = new Uint32Array(size * size * verdicts);
  const mask = new Uint8Array(D.cells);
  let cells = 0;
  for (let i = 0; i < D.cells; i++) {
    const c = cases[i], w = writer[i], r = reader[i], k = kinds[i];
    if (!byCase[c] || !byEnvironment[w] || !byEnvironment[r] || !byKind[k]) continue;
    if (text && !textInCase[c] && !textInKind[k] && !textInEnvironment[w] && !textInEnvironment[r]) continue;
    if (onlyChanges && !change[i]) continue;
    mask[i] = 1;
    cells++;
    counts[(w * size + r) * verdicts + D.verdictOf[k]]++;
  }
  return { mask, counts, cells, first, last };
}

/** Indexes of the verdicts that a filter means: a word, or "failed", "passed", "open". */
function verdictsOf(D, wanted) {
  const all = D.verdicts.map((_, index) => index);
  const groups = {
    failed: (each) => each.passes === false, passed: (each) => each.passes === true, open: (each) => each.passes === null,
  };
  if (!wanted) return new Set(all);
  return new Set(all.filter((index) => groups[wanted] ? groups[wanted](D.verdicts[index]) : D.verdicts[index].word === wanted));
}

/** The roll-up of one pair: the worst verdict (a gap is never covered by a pass), and counts. */
function squareOf(D, counts, writer, reader) {
  const start = (writer * D.environments.length + reader) * D.verdicts.length;
  return rollUp(D, counts.subarray(start, start + D.verdicts.length));
}

function rollUp(D, counts) {
  let worst = -1, gap = -1, passed = 0, failed = 0, planned = 0;
  D.verdicts.forEach((verdict, index) => {
    if (!counts[index]) return;
    planned += counts[index];
    if (verdict.passes) passed += counts[index];
    if (verdict.passes === false) failed += counts[index];
    if (worst < 0 || verdict.severity > D.verdicts[worst].severity) worst = index;
  });
  if (worst >= 0 && D.verdicts[worst].passes) {
    for (const word of D.gaps) {
      const index = D.wordAt.get(word);
      if (counts[index] && gap < 0) gap = index;
    }
  }
  return { worst: gap < 0 ? worst : gap, passed, failed, planned, counts };
}

function lookOf(verdict) {
  if (!verdict) return "none";
  if (verdict.word === "drift") return "drift";
  return verdict.passes ? "pass" : verdict.passes === false ? "fail" : "none";
}

const signOf = (verdict) => verdict.symbol.trim() || "·";

/** Runs of neighbouring versions whose rows and columns are equal: [[first, last], ...]. */
function groupsOf(D, counts, first, last, merge) {
  const groups = [];
  const key = (w, r) => {
    const square = squareOf(D, counts, w, r);
    return square.worst + " " + square.counts[square.worst] + " " + square.failed + " " + square.passed;
  };
  const alike = (a, b) => {
    for (let k = first; k <= last; k++) {
      if (key(a, k) !== key(b, k) || key(k, a) !== key(k, b)) return false;
    }
    return true;
  };
  for (let index = first; index <= last; index++) {
    const group = groups.at(-1);
    if (merge && group && alike(group[1], index)) group[1] = index;
    else groups.push([index, index]);
  }
  return groups;
}
