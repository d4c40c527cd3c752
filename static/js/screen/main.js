// The screen: a vote shows the next record at once, which is already here; what was voted goes to the outbox, and
// from there to the server. Without this script the same page works with forms.
import { showKeys } from "../keys.js";
import { showToast } from "../toasts.js";
import { choiceOf, isSound, mark } from "./ballot.js";
import { newKey, Outbox } from "./outbox.js";
import { Progress } from "./progress.js";
import { Sender } from "./sender.js";
import { showProposal } from "./questions.js";
import { showRefusals } from "./refusals.js";
import { get, post } from "./server.js";
import { dress, setting, setUpView, switchTerms } from "./view.js";
import { explain } from "./why.js";

const AHEAD = 5; // records in hand beside the one in view
const TOGETHER = 3; // so many of them gone, they are asked for in one go: drawing three costs hardly more than one
const HELD = 40; // panes kept, to go back to
const FRESH = 300; // ms in which a new record takes no vote: nobody has read it, the press was meant for the last one
const config = JSON.parse(document.getElementById("screen-config").textContent);
const outbox = new Outbox(config.user, config.review, "vote");
const refusals = new Outbox(config.user, config.review, "refused");
const panes = new Map(); // record -> its pane
const tail = document.title.split(" · ").slice(1).join(" · ");
let line = []; // records in hand without a vote, in their order; the one in view, too
let trail = []; // records as they were shown
let gestures = []; // own votes of this page, to be undone from the last
let dry = false; // the server had fewer records than asked for
let waiting = false; // no record is in view: the next one is on its way
let finished = "";
let shownAt = 0;
let lastAt = 0;

const current = () => document.getElementById("pane");
const recordOf = (pane) => (pane?.dataset.record ? Number(pane.dataset.record) : null);
const inHand = () => line.filter((record) => record !== recordOf(current()));

function say(sentence) {
  const place = document.getElementById("screen-status");
  if (place) place.textContent = sentence;
}

function withLeft(said) {
  return said ? `${said}. ${progress.now.left} left.` : "";
}

function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

function paneFrom(html) {
  return document.adoptNode(parsed(html).getElementById("pane"));
}

function keep(record, pane) {
  panes.delete(record);
  panes.set(record, pane);
  for (const old of panes.keys()) {
    if (panes.size <= HELD) break;
    if (!line.includes(old) && old !== recordOf(current())) panes.delete(old);
  }
  return pane;
}

// --- what is in view ---------------------------------------------------------------------------------------

function show(pane, { push = true, said = "" } = {}) {
  const old = current();
  if (!old) return;
  const record = recordOf(pane);
  old.replaceWith(pane);
  if (!("ready" in pane.dataset)) window.htmx?.process(pane);
  document.querySelectorAll("#screen > [data-marked], #screen > [data-wrong], #screen [data-said]").forEach((one) => one.remove());
  took(pane);
  if (record && push && history.state?.record !== record) history.pushState({ record }, "", pane.dataset.address);
  if (record && trail.at(-1) !== record) trail.push(record);
  const stage = config.stages[config.stage];
  document.title = `${record ? `${stage}: record ${record}` : stage} · ${tail}`;
  pane.querySelector(".pane-read")?.scrollTo(0, 0);
  window.scrollTo(0, 0);
  const title = pane.querySelector("[data-focus]");
  if (title) {
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
  }
  if (said) say(said);
}

// A pane that came into view, by us or by the server.
function took(pane) {
  pane.dataset.ready = "";
  shownAt = performance.now();
  pane.querySelectorAll("[data-by-script]").forEach((part) => (part.hidden = false));
  dress(pane);
  showProposal(pane);
  showUndo();
  showKeys();
}

// A pane that came into view by itself, after a vote on another one, takes no vote for a moment.
function restFor(pane) {
  const buttons = [...pane.querySelectorAll("[form=vote-form]:is([name=vote], [name=reason]), [data-postpone]")];
  buttons.forEach((button) => button.setAttribute("aria-disabled", "true"));
  setTimeout(() => buttons.forEach((button) => button.removeAttribute("aria-disabled")), FRESH);
}

function rests(button) {
  return button?.getAttribute("aria-disabled") === "true";
}

function showUndo() {
  const button = current()?.querySelector("[data-undo]");
  if (button && gestures.length) button.hidden = false;
}

function goOn(said) {
  const next = inHand()[0];
  if (next !== undefined) {
    waiting = false;
    show(panes.get(next), { said });
    restFor(panes.get(next));
    return;
  }
  waiting = true;
  show(document.getElementById("pane-waiting").content.cloneNode(true).querySelector("#pane"), { push: false, said });
  sayWhyWaiting();
}

function sayWhyWaiting() {
  const place = document.querySelector("[data-waiting-why]");
  if (!place) return;
  place.textContent = sender.problem
    ? "There is no connection, and no further record is held here. It goes on by itself when the connection is back."
    : "One moment.";
}

async function open(record, options) {
  if (!panes.has(record)) {
    try {
      const answer = await get(`${config.screen}${record}/pane/`, config.user);
      const pane = keep(record, paneFrom(answer.html));
      const unsent = outbox.of(record, config.stage);
      if (unsent) mark(pane, unsent.sent.vote, unsent.sent.reason);
    } catch (error) {
      showToast(error.problem === "network" ? "This record cannot be shown without a connection." : error.message, "error");
      return false;
    }
  }
  waiting = false;
  show(panes.get(record), options);
  return true;
}

// --- votes -------------------------------------------------------------------------------------------------

function put(pane, choice) {
  const record = recordOf(pane);
  const older = outbox.of(record, config.stage);
  const replaced = older && !sender.inFlight.has(older.key) ? older : null;
  if (replaced) outbox.remove(replaced);
  lastAt = Math.max(lastAt + 1, Date.now());
  const key = newKey();
  const seconds = Math.round((performance.now() - shownAt) / 1000);
  const item = {
    key,
    record,
    stage: config.stage,
    at: lastAt,
    before: replaced ? replaced.before : (pane.dataset.own ?? ""),
    title: pane.dataset.title,
    address: pane.dataset.address,
    sent: { record, key, seconds, ...choice },
  };
  outbox.add(item);
  return { item, replaced };
}

function vote(button) {
  const pane = current();
  if (!pane || rests(button)) return;
  const choice = choiceOf(pane, button);
  if (!isSound(pane, choice, config.needsReason)) return;
  pane.querySelector("#vote-error")?.remove();
  const isNew = !pane.dataset.own;
  gestures.push(put(pane, choice));
  mark(pane, choice.vote, choice.reason);
  line = line.filter((record) => record !== recordOf(pane));
  if (isNew) progress.count(1);
  if (setting("advance")) goOn(withLeft(config.said[choice.vote]));
  else {
    say(withLeft(config.said[choice.vote]));
    showUndo();
    showKeys();
  }
  sender.send();
}

function postpone(button) {
  const pane = current();
  if (!pane || rests(button)) return;
  if (!("closed" in pane.dataset) && !pane.dataset.own) {
    gestures.push(put(pane, { vote: "postpone" }));
    line = line.filter((record) => record !== recordOf(pane));
  }
  goOn("Skipped; it comes again at the end.");
  sender.send();
}

// --- undo --------------------------------------------------------------------------------------------------

let undoing = false;
async function undo() {
  if (undoing) return;
  undoing = true;
  try {
    const unsent = outbox.all().filter((item) => item.stage === config.stage && item.sent.vote !== "postpone");
    const last = gestures.pop() ?? { item: unsent.at(-1), replaced: null };
    if (last.item?.sent.vote === "postpone") await backToSkipped(last);
    else if (last.item && outbox.has(last.item.key) && !sender.inFlight.has(last.item.key)) await takeOut(last);
    else await askBack(last);
  } finally {
    undoing = false;
    sender.send();
  }
}

// Voting on it ends the postponement; without a vote it comes again at the end, as it would have.
async function backToSkipped(last) {
  const { item } = last;
  if (!sender.inFlight.has(item.key)) outbox.remove(item);
  if (await open(item.record, { said: "Back at the record you skipped" })) {
    line = [item.record, ...line.filter((record) => record !== item.record)];
  } else gestures.push(last);
}

async function takeOut({ item, replaced }) {
  outbox.remove(item);
  if (replaced) outbox.add(replaced);
  const before = replaced ? replaced.sent.vote : item.before;
  if (!before) progress.count(-1);
  const pane = panes.get(item.record);
  if (pane) mark(pane, before, replaced?.sent.reason);
  if (!before) line = [item.record, ...line.filter((record) => record !== item.record)];
  sender.tell(sender.problem);
  if (!(await open(item.record, { said: withLeft("Vote taken back") }))) say(withLeft("Vote taken back"));
}

async function askBack(last) {
  while (last.item && sender.inFlight.has(last.item.key) && sender.running) await sender.running;
  const form = new URLSearchParams({ as: config.user });
  if (last.item) form.set("record", last.item.record);
  try {
    const answer = await post(config.undo, config.user, form, config.progress);
    progress.count(-1);
    line = [answer.record, ...line.filter((record) => record !== answer.record)];
    keep(answer.record, paneFrom(answer.html));
    await open(answer.record, { said: withLeft("Vote taken back") });
  } catch (error) {
    if (!error.problem) throw error;
    if (error.problem !== "network") {
      showToast(error.message, "error");
      return;
    }
    if (last.item) gestures.push(last);
    showToast("That vote has been sent already. It can be taken back when the connection is there again.");
  }
}

// --- looking around ----------------------------------------------------------------------------------------

async function previous() {
  const here = recordOf(current());
  if (trail.at(-1) === here) trail.pop();
  const last = trail.pop();
  if (last !== undefined) {
    await open(last);
    return;
  }
  try {
    const answer = await get(`${config.before}?record=${here ?? ""}`, config.user);
    if (answer.record === null || answer.record === here) showToast("There is no earlier vote of yours at this stage.");
    else show(keep(answer.record, paneFrom(answer.html)));
  } catch (error) {
    if (!error.problem) throw error;
    showToast(error.message, "error");
  }
}

function next() {
  const here = line.indexOf(recordOf(current()));
  const following = line[here + 1] ?? inHand()[0];
  if (following !== undefined) show(panes.get(following));
  else if (here < 0) goOn("");
  else showToast("This is the last record in hand.");
}

// --- what the server says ----------------------------------------------------------------------------------

const page = {
  ask(withVotes) {
    const count = AHEAD - inHand().length;
    const needed = waiting ? !finished || line.length > 0 : count >= TOGETHER && (withVotes || !dry) && recordOf(current());
    if (!needed) return { count: 0 };
    const unsent = outbox.all().filter((item) => item.stage === config.stage);
    const without = [...new Set([...line, ...unsent.filter((item) => !sender.inFlight.has(item.key)).map((item) => item.record)])];
    return { count: Math.max(1, count), without: without.filter((record) => record), after: line.at(-1) ?? recordOf(current()) };
  },

  receive(answer, asked) {
    for (const { record, html } of answer.ahead) {
      if (line.includes(record) || outbox.of(record, config.stage)) continue;
      line.push(record);
      if (record !== recordOf(current())) keep(record, paneFrom(html));
    }
    dry = answer.ahead.length < asked.count;
    finished = answer.done ?? "";
    const votedBefore = recordOf(current()) && gestures.length === 0 && page.resumed;
    if ((waiting || votedBefore) && inHand().length) {
      page.resumed = false;
      goOn("");
    } else if (waiting && finished) {
      waiting = false;
      const done = document.createElement("div");
      done.className = "pane-done";
      done.id = "pane";
      done.append(...parsed(finished).body.children);
      show(done, { push: false });
      history.pushState({ record: null }, "", config.screen);
      progress.refresh();
    }
  },

  taken() {
    progress.settled();
  },

  refused(item, sentence) {
    gestures = gestures.filter((gesture) => gesture.item.key !== item.key);
    if (item.sent.vote === "postpone") {
      showToast(sentence, "error");
      return;
    }
    if (!item.before) progress.count(-1);
    const pane = panes.get(item.record);
    if (pane && pane !== current()) panes.delete(item.record);
    else if (pane) mark(pane, item.before, null);
    refusals.add({ ...item, sentence });
    showRefusals(refusals, config.said);
  },

  told() {
    sayWhyWaiting();
  },
};

async function counts() {
  try {
    return (await get(config.progress, config.user)).progress;
  } catch (error) {
    if (!error.problem) throw error;
    return null; // the counts on the page stay; they are asked for again
  }
}

function savePreferences(change) {
  post(config.preferences, null, change, config.progress).catch((error) => {
    if (!error.problem) throw error;
    showToast("Kept until you leave this page: it could not be saved to your account.");
  });
}

// --- the page ----------------------------------------------------------------------------------------------

const progress = new Progress(counts, () => setting("pace"));
const sender = new Sender(config, outbox, page);

// What the server put into #screen: at first, and after a duplicate was marked.
function adopt() {
  const pane = current();
  line = [];
  panes.clear();
  dry = waiting = false;
  progress.read();
  const onTheirWay = outbox.all().filter((item) => item.stage === config.stage && item.sent.vote !== "postpone" && !item.before);
  progress.carry(onTheirWay.length);
  if (!pane) return;
  const record = recordOf(pane);
  if (record) {
    keep(record, pane);
    if (trail.at(-1) !== record) trail.push(record);
    const unsent = outbox.of(record, config.stage);
    page.resumed = Boolean(unsent);
    if (unsent) mark(pane, unsent.sent.vote, unsent.sent.reason);
    else if (!pane.dataset.own && !("closed" in pane.dataset)) line = [record];
  }
  took(pane);
  sender.send();
}

document.addEventListener(
  "submit",
  (event) => {
    const { target, submitter } = event;
    const votes = target.id === "vote-form" && ["vote", "reason"].includes(submitter?.name);
    if (!votes && target.id !== "undo-form") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (votes) vote(submitter);
    else undo();
  },
  { capture: true },
);
document.addEventListener("click", (event) => {
  const acts = { "[data-postpone]": postpone, "[data-previous]": previous, "[data-next]": next, "[data-highlights]": switchTerms, "[data-explain]": (link) => explain(link, config.user) };
  for (const [selector, act] of Object.entries(acts)) {
    const pressed = event.target.closest(selector);
    if (!pressed) continue;
    event.preventDefault();
    act(pressed);
  }
});
document.addEventListener("change", (event) => {
  if (event.target.closest?.(".questions")) showProposal(current());
});
window.addEventListener("popstate", (event) => {
  if (event.state?.record) open(event.state.record, { push: false });
  else if (event.state && "record" in event.state) location.reload();
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.id === "screen") adopt();
});

setUpView(config.view, savePreferences, (name) => name === "pace" && progress.show());
showRefusals(refusals, config.said);
if (recordOf(current())) history.replaceState({ record: recordOf(current()) }, "");
adopt();
