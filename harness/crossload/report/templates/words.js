// Sentences: what a set of cells says about loading.  Verdicts are those of the run; nothing is judged here.

const many = (count, one, more) => count + " " + (count === 1 ? one : more || one + "s");

/** What mixed answers depend on: the model, the format, or both. */
function dependsOn(D, cells) {
  const fails = new Map();
  for (const i of cells) {
    const verdict = D.verdicts[D.verdictOf[D.col.kind[i]]], each = D.cases[D.col.case[i]];
    if (verdict.passes === null) continue;
    for (const key of ["recipe " + each.recipe, "format " + each.format]) {
      fails.set(key, (fails.get(key) || new Set()).add(verdict.passes));
    }
  }
  const mixed = (part) => [...fails].some(([key, found]) => key.startsWith(part) && found.size > 1);
  return mixed("format ") && mixed("recipe ") ? "the model and the format" : mixed("recipe ") ? "the format" : "the model";
}

/** {head, rest, look}: one sentence in two parts, of some cells. */
function answerOf(D, cells) {
  const [square, warned] = countsOf(D, cells);
  const count = (word) => square.counts[D.wordAt.get(word)] || 0;
  const measured = square.passed + square.failed;
  const gaps = D.gaps.reduce((sum, word) => sum + count(word), 0);
  const listed = (test) => D.verdicts.map((verdict, index) => test(verdict) && square.counts[index] ? square.counts[index] + " " + verdict.word : "")
    .filter(Boolean).join(", ");
  const missing = gaps ? " " + many(gaps, "cell was", "cells were") + " not measured (" + listed((each) => each.gap) + ")." : "";
  const cases = (n) => many(n, "case");
  if (!square.planned) return { head: "Unknown", rest: ": nothing of the kind was planned.", look: "none" };
  if (!measured && gaps) return { head: "Cannot tell", rest: ":" + missing, look: "none" };
  if (!measured) return { head: "Not possible", rest: ": one of the two does not have the model or the format (" + cases(square.planned) + ").", look: "none" };
  const quiet = warned ? " Warnings were given by " + cases(warned) + "." : " None gave a warning.";
  if (!square.failed) {
    const how = " (" + listed((each) => each.passes) + ").";
    const all = measured === 1 ? "the one measured case gives" : "all " + measured + " measured cases give";
    return { head: gaps ? "As far as it was measured, yes" : "Yes", rest: ": " + all + " the same answers as before saving" + how + quiet + missing,
      look: gaps ? "none" : "pass" };
  }
  const drifts = count("drift");
  const silent = drifts ? " " + many(drifts, "case loads", "cases load") + " without an error and " + (drifts === 1 ? "answers" : "answer") + " otherwise." : "";
  const failed = " (" + listed((each) => each.passes === false) + ")." + silent + missing;
  const look = drifts ? "drift" : "fail";
  const warnings = warned ? " Warnings were given by " + warned + " of those that give the same answers." : "";
  if (!square.passed) return { head: "No", rest: ": " + (measured === 1 ? "the one measured case fails" : "all " + measured + " measured cases fail") + failed, look };
  return { head: "It depends on " + dependsOn(D, cells), rest: ": " + square.passed + " of " + measured + " measured cases " +
    (square.passed === 1 ? "gives" : "give") + " the same answers, " + square.failed + (square.failed === 1 ? " fails" : " fail") + failed + warnings, look };
}

/** Cells of a pair, failures first, the worst before the others. */
function cellsOf(D, mask, writer, reader) {
  const found = [];
  const { writer: writers, reader: readers } = D.col;
  for (let i = 0; i < D.cells; i++) if (writers[i] === writer && readers[i] === reader && (!mask || mask[i])) found.push(i);
  const verdict = (i) => D.verdicts[D.verdictOf[D.col.kind[i]]];
  const rank = (i) => verdict(i).passes === false ? 100 + verdict(i).severity : verdict(i).gap ? 50 : verdict(i).passes ? verdict(i).severity : -10;
  return found.sort((a, b) => rank(b) - rank(a) || a - b);
}

function countsOf(D, cells) {
  const counts = new Uint32Array(D.verdicts.length);
  let warned = 0;
  for (const i of cells) {
    counts[D.verdictOf[D.col.kind[i]]]++;
    if (D.kinds[D.col.kind[i]].warned && D.verdicts[D.verdictOf[D.col.kind[i]]].passes) warned++;
  }
  return [rollUp(D, counts), warned];
}

/** The beginning and the end of a text: some libraries write the cause at the end. */
const cut = (text, most) => {
  if (text.length <= most) return text;
  const head = Math.floor((most - 3) * 4 / 7);
  return text.slice(0, head) + " … " + text.slice(text.length - (most - 3 - head));
};

function numberText(value) {
  if (value === null || value === undefined) return "not a number";
  if (typeof value === "string") return value === "inf" ? "∞" : "−∞";
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
  return Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? Number(value.toPrecision(3)).toExponential() : String(Number(value.toPrecision(5)));
}

function driftText(value) {
  if (value === 0) return "0";
  return typeof value === "number" && value > 0 ? "+" + numberText(value) : numberText(value);
}

function secondsText(value) {
  // NaN, of what was not reached, is not below zero either
  if (!(value >= 0)) return "was not reached";
  return value >= 1 ? value.toFixed(2) + " s" : value >= 1e-3 ? (value * 1e3).toFixed(1) + " ms" : (value * 1e6).toFixed(0) + " µs";
}

function bytesText(value) {
  return value >= 1e6 ? (value / 1e6).toFixed(1) + " MB" : value >= 1e3 ? (value / 1e3).toFixed(1) + " kB" : value + " bytes";
}
