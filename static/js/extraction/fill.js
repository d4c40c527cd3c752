// Filling in a form: every field saves itself, one request after the other, with the version it was read at. What the
// server has not taken is kept in this browser and sent again or offered back; what somebody else wrote meanwhile is
// shown beside what was typed, and one chooses.
import { get, post } from "../screen/server.js";
import * as cells from "./cells.js";
import { Typed } from "./typed.js";

const PAUSE = 1200; // ms without a key before a text is sent
const LONGEST = 60_000;
const WHY = {
  network: "Not saved yet: no connection. It is sent again when it is back.",
  "signed-out": "Not saved yet: you are signed out.",
  "other-person": "Not saved: somebody else is signed in in this browser now.",
  forbidden: "Not saved: you may not extract here now.",
};

const form = document.querySelector("[data-fill-form]");
const config = JSON.parse(document.getElementById("fill-config").textContent);
const typed = new Typed(config.user, config.extraction);
const changed = new Map(); // name -> number of its last change, for what the server has not taken
const timers = new Map();
const queue = new Set(); // names to be sent
const refused = new Set(); // names that wait for the person: refused, or changed by somebody else
let number = 0;
let running = false;
let problem = null;
let failures = 0;
let again = null;
let submitted = false;

// --- what the page says ---------------------------------------------------------------------------------------

const place = (name) => document.querySelector(`[data-fill-${name}]`);

function say(cell, words, kind = "") {
  const state = cell.querySelector("[data-fill-state]");
  if (!state) return;
  state.textContent = words;
  state.className = kind ? `saved saved-${kind}` : "saved";
}

function clock(at = new Date()) {
  return at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function sayAll() {
  const all = place("all");
  const waiting = changed.size;
  const kept = typed.safe ? " Kept in this browser." : " Leave this page open: this browser keeps nothing.";
  if (!waiting) all.textContent = problem ? "" : all.dataset.once ? "All saved." : "";
  else if (problem) all.textContent = `${waiting} not saved: ${problem === "network" ? "no connection." : ""}${kept}`;
  else all.textContent = refused.size ? `${refused.size} to look at.` : "Saving…";
  all.classList.toggle("saved-problem", waiting > 0 && Boolean(problem || refused.size));
  if (problem === "signed-out" || problem === "other-person") {
    const link = document.createElement("a");
    link.href = `${config.login}?next=${encodeURIComponent(location.pathname)}`;
    link.textContent = "Sign in";
    all.append(" ", link);
  }
}

function show(answer) {
  const shown = new Set(answer.shown);
  form.querySelectorAll("[data-fill]").forEach((cell) => (cell.hidden = !shown.has(cells.nameOf(cell))));
  for (const [kind, keys] of [["section", answer.sections], ["group", answer.groups]]) {
    form.querySelectorAll(`[data-fill-${kind}]`).forEach((part) => {
      part.hidden = !keys.includes(part.getAttribute(`data-fill-${kind}`));
    });
  }
  for (const [name, words] of Object.entries(answer.calculated)) {
    const output = cells.cellNamed(name)?.querySelector("[data-fill-output]");
    if (output) output.textContent = words || "–";
  }
  const left = answer.missing.length;
  place("count").textContent = `${answer.filled} of ${answer.asked} filled in${left ? `, ${left} required left` : ""}`;
  const first = answer.missing.map(([name]) => cells.cellNamed(name)).find(Boolean);
  const next = place("next");
  next.hidden = !first;
  if (first) next.href = `#${first.id}`;
}

// --- sending --------------------------------------------------------------------------------------------------

function noticed(cell, now) {
  const name = cells.nameOf(cell);
  changed.set(name, ++number);
  refused.delete(name);
  typed.keep(name, { value: cells.valueOf(cell), comment: cells.commentOf(cell) });
  say(cell, "");
  clearTimeout(timers.get(name));
  if (now) send(name);
  else timers.set(name, setTimeout(() => send(name), PAUSE));
  sayAll();
}

function send(name) {
  clearTimeout(timers.get(name));
  if (changed.has(name) && !refused.has(name)) queue.add(name);
  run();
}

async function run() {
  if (running || submitted) return;
  running = true;
  clearTimeout(again);
  while (queue.size) {
    const [name] = queue;
    const cell = cells.cellNamed(name);
    if (!cell) {
      queue.delete(name); // its row was removed here
      changed.delete(name);
      continue;
    }
    if (!(await sendOne(name, cell))) break;
  }
  running = false;
  sayAll();
}

// Whether to go on with the next one.
async function sendOne(name, cell) {
  const change = changed.get(name);
  const [field, row] = [name.slice(0, name.indexOf(".")), name.slice(name.indexOf(".") + 1)];
  const said = { value: cells.valueOf(cell), comment: cells.commentOf(cell) };
  say(cell, "Saving…");
  try {
    const body = { as: config.user, field, row, ...said, seen_version: cells.versionOf(cell) };
    taken(name, cell, change, await post(config.save, config.user, body, config.state));
    return true;
  } catch (error) {
    if (!error.problem) throw error;
    return failed(name, cell, error);
  }
}

function taken(name, cell, change, answer) {
  problem = null;
  failures = 0;
  queue.delete(name);
  cells.putStamp(cell, answer.stamp);
  clash(cell, null);
  cell.querySelectorAll("[aria-invalid]").forEach((one) => one.removeAttribute("aria-invalid"));
  mark(cell, answer.mark);
  place("all").dataset.once = "yes";
  if (changed.get(name) === change) {
    changed.delete(name);
    typed.drop(name);
    say(cell, `Saved ${clock()}`);
  } else queue.add(name); // typed on while it was on its way
  show(answer);
}

function mark(cell, html) {
  const old = cell.querySelector(".fill-mark");
  const { firstElementChild } = new DOMParser().parseFromString(html, "text/html").body;
  if (!old || !firstElementChild) return;
  old.replaceWith(firstElementChild);
  window.htmx?.process(cell.querySelector(".fill-mark"));
}

function failed(name, cell, error) {
  if (error.problem !== "refused") {
    problem = error.problem;
    say(cell, WHY[problem], "problem");
    if (problem === "network") {
      failures += 1;
      again = setTimeout(run, Math.min(LONGEST, 1000 * 2 ** (failures - 1)) * (0.75 + Math.random() / 2));
    }
    return false;
  }
  problem = null;
  queue.delete(name);
  refused.add(name);
  if (error.status === 409) meanwhile(name, cell, error);
  else {
    say(cell, error.message || "Not saved.", "problem");
    cell.querySelector('input[type="text"], textarea')?.setAttribute("aria-invalid", "true");
  }
  return true;
}

// --- what somebody else wrote, and what was typed before ---------------------------------------------------------

function clash(cell, words, buttons = []) {
  const note = cell.querySelector("[data-fill-clash]");
  if (!note) return;
  note.hidden = !words;
  note.querySelector("p").textContent = words ?? "";
  note.querySelector(".btn-row").replaceChildren(
    ...buttons.map(([label, act]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-small";
      button.textContent = label;
      button.addEventListener("click", act);
      return button;
    }),
  );
}

function meanwhile(name, cell, { answer }) {
  const comment = answer.comment !== cells.commentOf(cell) && answer.comment ? ` with the comment ‘${answer.comment}’` : "";
  const theirs = answer.words ? `wrote ‘${answer.words}’${comment}` : `emptied this${comment}`;
  say(cell, "Not saved: changed meanwhile.", "problem");
  clash(cell, `${answer.by || "Somebody"} ${theirs} in the meantime. What you typed still stands here, and only here.`, [
    [
      `Take ${answer.words ? `‘${answer.words.slice(0, 40)}’` : "the empty field"}`,
      () => {
        cells.putValue(cell, answer.value);
        cells.putComment(cell, answer.comment);
        cells.putStamp(cell, answer.stamp);
        settle(name, cell);
        say(cell, "Nothing of yours was saved here.");
        focus(cell);
      },
    ],
    [
      "Save what I typed",
      () => {
        cells.putStamp(cell, answer.stamp);
        clash(cell, null);
        noticed(cell, true);
        focus(cell);
      },
    ],
  ]);
  document.getElementById("announcer").textContent = cell.querySelector("[data-fill-clash] p").textContent;
}

function settle(name, cell) {
  changed.delete(name);
  refused.delete(name);
  queue.delete(name);
  typed.drop(name);
  clash(cell, null);
  sayAll();
}

function focus(cell) {
  cell.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

// Texts that this browser kept and the server never took, offered back beside what stands there now.
function offer() {
  const open = [];
  for (const entry of typed.all()) {
    const cell = cells.cellNamed(entry.name);
    if (!cell || changed.has(entry.name)) continue;
    if (cells.same(entry.value, cells.valueOf(cell)) && (entry.comment ?? "").trim() === cells.commentOf(cell).trim()) {
      typed.forget(entry);
      continue;
    }
    const drop = () => {
      typed.forget(entry);
      clash(cell, null);
      count();
    };
    const use = () => {
      drop();
      cells.putValue(cell, entry.value);
      cells.putComment(cell, entry.comment ?? "");
      noticed(cell, true);
    };
    const words = cells.wordsOf(cell, entry.value) || "(empty)";
    const comment = entry.comment && entry.comment !== cells.commentOf(cell) ? `, comment ‘${entry.comment}’` : "";
    const where = entry.own ? "" : " in another tab";
    clash(cell, `Typed at ${clock(new Date(entry.at))}${where} and never saved: ‘${words}’${comment}.`, [
      ["Use it", use],
      ["Discard it", drop],
    ]);
    open.push({ cell, use, drop });
  }
  const left = () => open.filter(({ cell }) => !cell.querySelector("[data-fill-clash]").hidden);
  function count() {
    const note = place("kept");
    const many = left().length;
    note.hidden = !many;
    note.querySelector("p").textContent = `${many} field${many === 1 ? " has" : "s have"} text that was typed here and never saved.`;
  }
  place("use").addEventListener("click", () => left().forEach(({ use }) => use()));
  place("drop").addEventListener("click", () => left().forEach(({ drop }) => drop()));
  count();
}

// --- events -------------------------------------------------------------------------------------------------------

form.addEventListener("input", (event) => {
  const cell = cells.cellOf(event.target);
  if (!cell || cell.dataset.type === "calculated") return;
  cells.tidy(cell, event.target);
  noticed(cell, event.target.matches("select, [type=radio], [type=checkbox]"));
});
form.addEventListener("change", (event) => {
  const cell = cells.cellOf(event.target);
  if (cell) send(cells.nameOf(cell));
});
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill-clear]");
  if (!button) return;
  cells.clear(cells.cellOf(button));
  noticed(cells.cellOf(button), true);
});
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches('input[type="text"]') || event.isComposing) return;
  event.preventDefault(); // Enter saves the field, not the whole form
  const cell = cells.cellOf(event.target);
  if (cell) send(cells.nameOf(cell));
});
place("next").addEventListener("click", (event) => {
  const cell = document.querySelector(event.currentTarget.getAttribute("href"));
  if (!cell) return;
  event.preventDefault();
  cell.scrollIntoView({ block: "center" });
  focus(cell);
});
form.addEventListener("submit", () => (submitted = true));
window.addEventListener("pageshow", () => (submitted = false));
window.addEventListener("online", () => run());
document.addEventListener("visibilitychange", () => {
  for (const name of changed.keys()) send(name); // leaving the tab sends at once; coming back tries again
});
window.addEventListener("beforeunload", (event) => {
  if (changed.size && !submitted && !typed.safe) event.preventDefault();
});
// A row came, went or came back: what is shown and calculated may be other by that.
document.addEventListener("htmx:afterSettle", async (event) => {
  if (!form.contains(event.target)) return;
  for (const name of [...changed.keys()]) {
    if (!cells.cellNamed(name)) changed.delete(name);
  }
  sayAll();
  try {
    show(await get(config.state, config.user));
  } catch (error) {
    if (!error.problem) throw error; // without an answer the page stays as it is; the next saved field brings it up to date
  }
});
// What the whole form was refused with is not saved either: it waits for the person and is kept until then.
form.querySelectorAll("[data-fill] > .errorlist").forEach((list) => {
  const cell = cells.cellOf(list);
  changed.set(cells.nameOf(cell), ++number);
  refused.add(cells.nameOf(cell));
  typed.keep(cells.nameOf(cell), { value: cells.valueOf(cell), comment: cells.commentOf(cell) });
});
offer();
show(config.now);
sayAll();
