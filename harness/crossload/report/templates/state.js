// What is shown, kept in the hash of the address, so that every view is a link.

const FILTERS = ["family", "model", "format", "verdict", "from", "to", "text", "only", "merge"];
const PLACES = ["w", "r", "cell"];

function readState() {
  const found = {};
  const asked = new URLSearchParams(location.hash.slice(1));
  for (const name of [...FILTERS, ...PLACES]) found[name] = asked.get(name) || "";
  return found;
}

function hashOf(state) {
  const parts = [...FILTERS, ...PLACES].filter((name) => state[name]).map((name) => name + "=" + encodeURIComponent(state[name]));
  return "#" + parts.join("&").replaceAll("%2F", "/");
}

/** Filters change the address in place: going back leads to the view before, not to the letter before. */
function replaceState(state) {
  history.replaceState(null, "", hashOf(state) === "#" ? location.pathname + location.search : hashOf(state));
}

async function copy(text, button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // not allowed here: take the old way
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
}
