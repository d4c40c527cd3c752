// How far, without pressure: counted down here with each vote, asked of the server now and then. Never a countdown.
const ASK_EVERY = 20; // votes
const IDLE = 60_000;
const WINDOW = 20 * 60_000; // of the pace
const ENOUGH = 10; // votes, before a pace is told

export class Progress {
  // ask() gives {left, done, mine, total, complete} or null
  constructor(ask, wanted) {
    this.ask = ask;
    this.wanted = wanted;
    this.times = [];
    this.since = 0;
    this.read();
    setInterval(() => !document.hidden && this.since && this.refresh(), IDLE);
  }

  // From the page, which the server may have replaced.
  read() {
    const number = (name) => Number(document.querySelector(`#screen [data-${name}]`)?.textContent ?? 0);
    this.now = { left: number("left"), done: number("done"), complete: number("complete"), total: number("total") };
    this.show();
  }

  count(votes) {
    this.now.left = Math.max(0, this.now.left - votes);
    this.now.done = Math.max(0, this.now.done + votes);
    if (votes > 0) this.times.push(Date.now());
    else this.times.pop();
    this.since += 1;
    this.show();
  }

  // Votes that were cast on an earlier page and that the server's numbers do not hold yet.
  carry(votes) {
    if (!votes) return;
    this.now.left = Math.max(0, this.now.left - votes);
    this.now.done += votes;
    this.since += votes;
    this.show();
  }

  async refresh() {
    this.since = 0;
    const counts = await this.ask();
    if (counts && !this.since) {
      this.now = counts;
      this.show();
    }
  }

  // For the caller, once its votes have arrived.
  settled() {
    if (this.since >= ASK_EVERY) this.refresh();
  }

  pace() {
    const recent = this.times.filter((time) => Date.now() - time < WINDOW);
    if (!this.wanted() || recent.length < ENOUGH) return "";
    const hour = ((recent.length - 1) / (recent.at(-1) - recent[0])) * 3_600_000;
    return Number.isFinite(hour) ? ` · about ${Math.max(10, Math.round(hour / 10) * 10)} per hour` : "";
  }

  show() {
    for (const name of ["left", "done", "complete", "total"]) {
      const place = document.querySelector(`#screen [data-${name}]`);
      if (place) place.textContent = this.now[name];
    }
    const meter = document.querySelector("#screen .screen-meter");
    if (meter) meter.hidden = !this.now.total && !this.now.done; // an empty stage has nothing to count
    const bar = document.querySelector("#screen .screen-meter progress");
    if (bar) {
      bar.max = Math.max(1, this.now.left + this.now.done);
      bar.value = this.now.done;
    }
    const place = document.querySelector("#screen [data-pace]");
    if (place) place.textContent = this.pace();
  }
}
