// Sends what is in the outbox, in order, one request at a time, again and again until the server said what became of
// it; each request brings the next records along. Says in #outbox what waits and why.
import { post } from "./server.js";

const MOST = 50;
const QUIET = 1500; // ms until a vote on its way is worth a word
const LONGEST = 60_000;

const WHY = {
  network: ["no connection", "kept here, sent when it is back"],
  "signed-out": ["you are signed out", "kept here"],
  "other-person": ["somebody else is signed in here", "kept for you"],
  forbidden: ["you may not screen here now", "kept here"],
};

export class Sender {
  // page: {ask(): {count, without, after}, receive(answer, asked), taken(item), refused(item, sentence)}
  constructor(config, outbox, page) {
    this.config = config;
    this.outbox = outbox;
    this.page = page;
    this.inFlight = new Set();
    this.problem = null;
    this.failures = 0;
    this.running = null;
    window.addEventListener("online", () => this.send());
    window.addEventListener("offline", () => this.tell("network"));
    document.addEventListener("visibilitychange", () => !document.hidden && this.problem && this.send());
    window.addEventListener("beforeunload", (event) => {
      if (this.problem && this.outbox.all().length) event.preventDefault();
    });
  }

  // In the part of the page that an answer of the server may replace.
  get place() {
    return document.getElementById("outbox");
  }

  // Resolves when there is nothing more to do now.
  send() {
    clearTimeout(this.timer);
    this.running ??= this.run().finally(() => {
      this.running = null;
      this.tell(this.problem);
    });
    this.tellSoon();
    return this.running;
  }

  async run() {
    for (;;) {
      const items = this.lot();
      const stage = items[0]?.stage ?? this.config.stage;
      const asked = stage === this.config.stage ? this.page.ask(items.length > 0) : { count: 0 };
      if (!items.length && !asked.count) return;
      if (navigator.onLine === false) {
        this.fail({ problem: "network" });
        return;
      }
      try {
        await this.exchange(stage, items, asked);
      } catch (error) {
        if (!error.problem) throw error;
        if (!this.fail(error, items)) return;
      } finally {
        this.inFlight.clear();
      }
    }
  }

  lot() {
    const all = this.outbox.all();
    const end = all.findIndex((item) => item.stage !== all[0].stage);
    return all.slice(0, end < 0 ? MOST : Math.min(end, MOST));
  }

  async exchange(stage, items, asked) {
    items.forEach((item) => this.inFlight.add(item.key));
    const body = { as: this.config.user, votes: items.map(({ sent }) => sent), ahead: asked };
    const answer = await post(this.config.votes[stage], this.config.user, body, this.config.progress);
    this.failures = 0;
    this.tell(null);
    for (const item of items) {
      const told = answer.votes[item.key];
      if (!told) continue;
      this.outbox.remove(item);
      this.inFlight.delete(item.key);
      if (told.state === "taken") this.page.taken(item);
      else this.page.refused(item, told.sentence);
    }
    if (asked.count) this.page.receive(answer, asked);
  }

  // Whether to go on at once.
  fail(error, items = []) {
    if (error.problem === "refused" && items.length) {
      this.outbox.remove(items[0]); // what the server cannot read must not keep the others back
      this.page.refused(items[0], error.message);
      return true;
    }
    this.tell(error.problem === "refused" ? "forbidden" : error.problem);
    if (this.problem !== "network") return false;
    this.failures += 1;
    const wait = Math.min(LONGEST, 1000 * 2 ** (this.failures - 1));
    this.timer = setTimeout(() => this.send(), wait * (0.75 + Math.random() / 2));
    return false;
  }

  tellSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.tell(this.problem), QUIET);
  }

  tell(problem) {
    this.problem = problem;
    const waiting = this.outbox.all();
    const late = waiting.some((item) => Date.now() - item.at >= QUIET);
    const number = `${waiting.length} waiting to be sent`;
    const [why, kept] = WHY[problem] ?? [];
    const fate = this.outbox.safe ? kept : "this browser keeps nothing, leave the page open";
    let text = "";
    if (problem) text = waiting.length ? `${number}: ${why}; ${fate}` : this.alone(problem);
    else if (late) text = this.outbox.safe ? number : `${number}; ${fate}`;
    this.page.told(problem);
    const { place } = this;
    if (!place || place.dataset.told === text) return;
    place.dataset.told = text;
    place.replaceChildren(text);
    place.hidden = !text;
    place.classList.toggle("has-problem", Boolean(problem));
    if (problem === "signed-out" || problem === "other-person") this.offerSignIn();
  }

  alone(problem) {
    return { network: "No connection", "signed-out": "You are signed out", forbidden: "You may not screen here" }[problem]
      ?? "Somebody else is signed in";
  }

  offerSignIn() {
    const link = document.createElement("a");
    link.href = `${this.config.login}?next=${encodeURIComponent(location.pathname)}`;
    link.textContent = "Sign in";
    this.place.append(". ", link);
  }
}
