// What is shown, kept in the hash of the address, so that every view is a link.

const FILTERS = ["family", "model", "format", "verdict", "from", "to", "text", "only", "merge"];
const PLACES = ["w", "r", "cell"];
const QUESTION = ["qw", "qr", "qm", "qf"];
const MEMBERS = [...FILTERS, ...PLACES, ...QUESTION];

/** What the address asks for; null for a fragment that is no view, such as that of a link that skips. */
function readState() {
  if (location.hash.length > 1 && !location.hash.includes("=")) return null;
  const found = {};
  const asked = new URLSearchParams(location.hash.slice(1));
  for (const name of MEMBERS) found[name] = asked.get(name) || "";
  return found;
}

function hashOf(state) {
  const parts = MEMBERS.filter((name) => state[name]).map((name) => name + "=" + encodeURIComponent(state[name]));
  // slashes stay: names of cases have them, and a link is read by people too
  return "#" + parts.join("&").replaceAll("%2F", "/");
}

/** Puts a view into the address; `inPlace`: going back shall not lead to every letter that was typed. */
function writeState(state, inPlace) {
  const address = hashOf(state) === "#" ? location.pathname + location.search : hashOf(state);
  if (inPlace) history.replaceState(null, "", address);
  // pushState, because setting location.hash would fire hashchange and draw a second time
  else history.pushState(null, "", address);
}

async function copy(text, button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // The clipboard is only for secure contexts, which a file on disk may not be, and may be refused:
    // execCommand is deprecated and works everywhere.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus(); // removing the field took the focus away
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
}
