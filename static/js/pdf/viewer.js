// A small PDF viewer on pdf.js: lazy pages, zoom, page jump, text that can be selected, find, marked terms.
// Its markup is templates/screening/_pdf.html; its styles css/rooms/pdf.css.
import { Finder } from "./finder.js";
import { Marks } from "./marks.js";
import { Page } from "./page.js";
import { Place } from "./quote.js";
import { Sourcing } from "./sourcing.js";

const STEPS = [0.25, 0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4];
const KEPT = 12;
const SENTENCES = {
  PasswordException: "This PDF is protected by a password and cannot be shown. Attach a copy without password.",
  InvalidPDFException: "This file is damaged or is no PDF, so it cannot be shown. Attach it again, or get another copy.",
};

export class Viewer {
  constructor(pane) {
    this.pane = pane;
    this.view = pane.querySelector("[data-pdf-view]");
    this.list = pane.querySelector("[data-pdf-pages]");
    this.pages = [];
    this.near = new Set();
    this.scale = 1;
    this.number = 1;
    this.fit = true;
    this.finder = new Finder(this);
    this.marks = new Marks(this);
  }

  get count() {
    return this.document?.numPages ?? 0;
  }

  part(name) {
    return this.pane.querySelector(`[data-pdf-${name}]`);
  }

  async open() {
    const { pdf, pdfAssets: assets } = this.pane.dataset;
    try {
      this.pdfjs = await import(`${assets}pdf.min.mjs`);
      this.pdfjs.GlobalWorkerOptions.workerSrc = `${assets}pdf.worker.min.mjs`;
      this.task = this.pdfjs.getDocument({
        url: pdf,
        cMapUrl: `${assets}cmaps/`,
        cMapPacked: true,
        standardFontDataUrl: `${assets}standard_fonts/`,
        wasmUrl: `${assets}wasm/`,
        useWasm: false,
        enableXfa: false,
        disableAutoFetch: true,
        disableStream: true,
        rangeChunkSize: 262144,
        stopAtErrors: false,
        verbosity: 0,
      });
      this.task.onProgress = ({ loaded, total }) => this.showProgress(loaded, total);
      this.document = await this.task.promise;
      await this.lay();
    } catch (error) {
      if (this.closed) return;
      this.fail(error);
    }
  }

  close() {
    this.closed = true;
    this.seen?.disconnect();
    this.resized?.disconnect();
    this.task?.destroy();
    if ("highlights" in CSS) for (const name of ["pdf-found", "pdf-found-here"]) CSS.highlights.delete(name);
  }

  fail(error) {
    let sentence = SENTENCES[error?.name];
    if (!sentence && error?.status === 404) sentence = "This PDF is not there any more. Reload the page.";
    if (!sentence && error?.status) sentence = `The server did not give this PDF (${error.status}). Reload the page to try again.`;
    this.part("state").hidden = true;
    const told = this.part("error");
    told.hidden = false;
    told.querySelector("p").textContent = sentence ?? "This PDF could not be opened. Reload the page, or download it.";
    this.pane.dataset.pdfState = "failed";
  }

  showProgress(loaded, total) {
    const bar = this.part("progress");
    if (total) Object.assign(bar, { max: total, value: Math.min(loaded, total) });
  }

  async lay() {
    const first = (await this.document.getPage(1)).getViewport({ scale: 1 });
    this.usual = { width: first.width, height: first.height };
    this.scale = this.fitting();
    this.list.style.setProperty("--total-scale-factor", this.scale);
    for (let number = 1; number <= this.count; number += 1) this.pages.push(new Page(this, number, this.usual));
    this.list.replaceChildren(...this.pages.map((page) => page.box));
    this.part("state").hidden = true;
    this.part("count").textContent = `/ ${this.count}`;
    this.part("number").max = this.count;
    for (const control of this.pane.querySelectorAll("[data-pdf-bar] :disabled")) control.disabled = false;
    this.listen();
    this.pane.dataset.pdfState = "ready";
    this.showScale();
    if (this.part("act='mark-box'")) this.sourcing = new Sourcing(this);
    if (this.pane.dataset.pdfAt) return new Place(this, this.pane.dataset).show();
    const last = Number(this.stored());
    if (last > 1 && last <= this.count) this.goTo(last);
  }

  // A sentence under the bar; ``wrong`` marks what the reader has to look into.
  say(sentence, wrong = false) {
    const said = this.part("said");
    if (!said) return;
    said.textContent = sentence;
    said.classList.toggle("pdf-said-wrong", wrong);
  }

  listen() {
    this.seen = new IntersectionObserver((entries) => this.onSeen(entries), { root: this.view, rootMargin: "60% 0px" });
    for (const page of this.pages) this.seen.observe(page.box);
    this.resized = new ResizeObserver(() => this.fit && this.zoomTo(this.fitting(), true));
    this.resized.observe(this.view);
    this.view.addEventListener("scroll", () => this.onScroll(), { passive: true });
    this.pane.addEventListener("click", (event) => this.onClick(event));
    const number = this.part("number");
    number.addEventListener("change", () => this.goTo(Number(number.value) || this.number));
    const find = this.part("find");
    find.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.finder.find(find.value), 250);
    });
    for (const field of [number, find]) field.addEventListener("keydown", (event) => this.onFieldKey(event, find));
  }

  onFieldKey(event, find) {
    if (event.key === "Escape") event.target.blur();
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (event.target !== find) this.goTo(Number(event.target.value) || this.number);
    else if (this.finder.words === find.value) this.finder.step(event.shiftKey ? -1 : 1);
    else this.finder.find(find.value);
  }

  onClick(event) {
    const act = event.target.closest("[data-pdf-act]")?.dataset.pdfAct;
    if (act === "before") this.goTo(this.number - 1);
    if (act === "after") this.goTo(this.number + 1);
    if (act === "smaller") this.zoomTo(STEPS.findLast((step) => step < this.scale - 0.01) ?? STEPS[0]);
    if (act === "larger") this.zoomTo(STEPS.find((step) => step > this.scale + 0.01) ?? STEPS.at(-1));
    if (act === "fit") this.zoomTo(this.fitting(), true);
    if (act === "found-before") this.finder.step(-1);
    if (act === "found-after") this.finder.step(1);
    if (act) this.sourcing?.act(act);
  }

  onSeen(entries) {
    for (const { target, isIntersecting } of entries) {
      const page = this.pages[target.dataset.page - 1];
      if (isIntersecting) {
        this.near.add(page);
        page.ready();
      } else this.near.delete(page);
    }
    const far = this.pages.filter((page) => page.layer && !this.near.has(page));
    far.sort((a, b) => Math.abs(b.number - this.number) - Math.abs(a.number - this.number));
    far.slice(0, Math.max(0, far.length + this.near.size - KEPT)).forEach((page) => page.drop());
  }

  onScroll() {
    const middle = this.view.scrollTop + this.view.clientHeight / 3;
    const page = this.pages.findLast((each) => each.box.offsetTop <= middle) ?? this.pages[0];
    if (page.number !== this.number) this.showNumber(page.number);
  }

  showNumber(number) {
    this.number = number;
    this.part("number").value = number;
    this.remember(number);
  }

  goTo(number) {
    const wanted = Math.min(Math.max(Math.trunc(number), 1), this.count);
    this.view.scrollTop = this.pages[wanted - 1].box.offsetTop - 4;
    this.showNumber(wanted);
  }

  bringIntoView(place) {
    const frame = this.view.getBoundingClientRect();
    this.view.scrollTop += place.top - frame.top - frame.height / 3;
    if (place.left < frame.left || place.right > frame.right) this.view.scrollLeft += place.left - frame.left - 40;
  }

  fitting() {
    return Math.min(Math.max((this.view.clientWidth - 16) / this.usual.width, 0.1), 4);
  }

  zoomTo(scale, fit = false) {
    this.fit = fit;
    if (Math.abs(scale - this.scale) < 0.001) return;
    const { box } = this.pages[this.number - 1];
    const within = (this.view.scrollTop - box.offsetTop) / (box.offsetHeight || 1);
    this.scale = scale;
    this.list.style.setProperty("--total-scale-factor", scale);
    for (const page of this.pages) page.resize();
    this.view.scrollTop = box.offsetTop + within * box.offsetHeight;
    for (const page of this.pages) if (page.layer && !this.near.has(page)) page.drop();
    for (const page of this.near) page.ready();
    this.showScale();
  }

  showScale() {
    this.part("scale").textContent = `${Math.round(this.scale * 100)} %`;
  }

  showFound(found) {
    const said = this.part("found");
    if (!found) said.textContent = "";
    else if (!found.of) said.textContent = "Not found";
    else said.textContent = `${found.at} of ${found.of}${found.more ? "+" : ""}`;
  }

  // Called by each page when its text is there: terms first, as they change the nodes, then what is looked for.
  async markPage(page) {
    const lists = this.termLists();
    if (lists.length) {
      const { markTerms } = await import("../terms.js");
      if (page.layer) markTerms(page.layer, lists);
    }
    this.finder.draw();
    this.marks.draw(page);
  }

  termLists() {
    const data = document.getElementById("term-lists")?.textContent;
    return data ? JSON.parse(data) : [];
  }

  // The page last read, in this browser. Private windows may refuse to store: then every visit begins at page one.
  stored() {
    try {
      return localStorage.getItem(`pdf-page ${this.pane.dataset.pdf}`);
    } catch {
      return null;
    }
  }

  remember(number) {
    try {
      localStorage.setItem(`pdf-page ${this.pane.dataset.pdf}`, number);
    } catch {
      this.remember = () => {};
    }
  }
}
