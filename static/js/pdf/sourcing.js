// From the PDF into the form [data-source-form]: the selected words with their page, or a box marked on a page
// where there is no text. The form's fields are page, quote and boxes; without script they are typed.
import { lay, shareOf } from "./marks.js";

const STEP = 0.01;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Sourcing {
  constructor(viewer) {
    this.viewer = viewer;
    this.form = document.querySelector("[data-source-form]");
    this.boxes = JSON.parse(this.form.elements.boxes.value || "[]");
    document.addEventListener("selectionchange", () => this.remember());
    this.form.addEventListener("click", (event) => {
      const gone = event.target.closest("[data-box]");
      if (gone) this.forget(Number(gone.dataset.box));
    });
    viewer.list.addEventListener("pointerdown", (event) => this.begin(event));
    this.showBoxes();
  }

  act(name) {
    if (name === "use-selection") this.use();
    if (name === "mark-box") this.marking(!this.active);
  }

  pageOf(node) {
    const box = (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest?.(".pdf-page");
    return box && this.viewer.list.contains(box) ? this.viewer.pages[box.dataset.page - 1] : null;
  }

  remember() {
    const chosen = document.getSelection();
    if (!chosen.rangeCount || chosen.isCollapsed) return;
    const page = this.pageOf(chosen.getRangeAt(0).startContainer);
    if (page) this.selected = { page: page.number, words: wordsOf(chosen.toString()) };
  }

  use() {
    if (!this.selected?.words) return this.viewer.say("Select the words in the PDF first, then use them as the source.", true);
    const { page, words } = this.selected;
    this.fill({ page, quote: words });
    this.viewer.say(`Page ${page} and the words were put into the form.`);
    this.form.elements.quote.focus();
  }

  fill(values) {
    for (const [name, value] of Object.entries(values)) {
      const field = this.form.elements[name];
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  // Marking: drag on a page; or move the box that appears by the arrow keys, size it with Shift, take it with Enter.
  marking(on) {
    this.active = on;
    this.viewer.pane.classList.toggle("pdf-marking", on);
    this.viewer.pane.querySelector("[data-pdf-act='mark-box']").setAttribute("aria-pressed", String(on));
    this.frame?.remove();
    this.frame = null;
    if (!on) return;
    this.viewer.say("Drag over the place. By keyboard: arrows move the box, with Shift they size it, Enter takes it, Escape ends.");
    this.place(this.viewer.pages[this.viewer.number - 1], this.inView());
    this.frame.focus({ preventScroll: true });
  }

  // A box in the middle of what is seen of the page.
  inView() {
    const page = this.viewer.pages[this.viewer.number - 1];
    const seen = this.viewer.view.getBoundingClientRect();
    const [, top] = shareOf(page, seen.left, seen.top);
    const [, bottom] = shareOf(page, seen.left, seen.bottom);
    const middle = (top + bottom) / 2;
    return [0.25, Math.max(middle - 0.05, 0), 0.75, Math.min(middle + 0.05, 1)];
  }

  place(page, box) {
    this.frame?.remove();
    this.at = { page, box };
    this.frame = document.createElement("div");
    this.frame.className = "pdf-box";
    this.frame.tabIndex = 0;
    this.frame.setAttribute("role", "group");
    this.frame.setAttribute("aria-roledescription", "box to mark");
    this.frame.addEventListener("keydown", (event) => this.onKey(event));
    page.box.append(this.frame);
    this.lay();
  }

  lay() {
    const { page, box } = this.at;
    lay(this.frame, box);
    const [left, top, right, bottom] = box.map((share) => Math.round(share * 100));
    this.frame.setAttribute("aria-label", `Page ${page.number}: from ${left} to ${right} % across, from ${top} to ${bottom} % down`);
  }

  onKey(event) {
    if (event.key === "Escape") this.marking(false);
    else if (event.key === "Enter") this.take();
    else if (MOVES[event.key]) this.move(MOVES[event.key], event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  move([x, y], sizing) {
    const [left, top, right, bottom] = this.at.box;
    const [dx, dy] = [x * STEP, y * STEP];
    let box = [left + dx, top + dy, right + dx, bottom + dy];
    if (sizing) box = [left, top, Math.max(right + dx, left + STEP), Math.max(bottom + dy, top + STEP)];
    if (box.some((share) => share < 0 || share > 1)) return;
    this.at.box = box;
    this.lay();
    this.frame.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  begin(event) {
    const page = this.active && event.button === 0 && this.pageOf(event.target);
    if (!page || event.target === this.frame) return;
    event.preventDefault();
    const start = shareOf(page, event.clientX, event.clientY);
    const follow = ({ clientX, clientY }) => {
      const end = shareOf(page, clientX, clientY);
      this.place(page, [0, 1].map((i) => Math.min(start[i], end[i])).concat([0, 1].map((i) => Math.max(start[i], end[i]))));
    };
    const stop = (last) => {
      document.removeEventListener("pointermove", follow);
      document.removeEventListener("pointerup", stop);
      follow(last);
      const [left, top, right, bottom] = this.at.box;
      if (right - left > 0.005 && bottom - top > 0.005) this.take();
    };
    document.addEventListener("pointermove", follow);
    document.addEventListener("pointerup", stop);
  }

  take() {
    const { page, box } = this.at;
    if (this.boxes.length && Number(this.form.elements.page.value) !== page.number) this.boxes = [];
    this.boxes.push(box.map((share) => Math.round(share * 1e4) / 1e4));
    this.fill({ page: page.number });
    this.marking(false);
    this.showBoxes();
    this.viewer.say(`A box on page ${page.number} was put into the form.`);
    this.form.elements.locator.focus();
  }

  forget(index) {
    this.boxes.splice(index, 1);
    this.showBoxes();
    this.viewer.say("The box is gone.");
  }

  showBoxes() {
    this.fill({ boxes: this.boxes.length ? JSON.stringify(this.boxes) : "" });
    const number = Number(this.form.elements.page.value) || 1;
    this.viewer.marks.set("new", this.boxes.map((box) => ({ number, box })));
    const rows = this.boxes.map((_, index) => {
      const row = document.createElement("li");
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "btn btn-small", textContent: `Remove box ${index + 1}` });
      button.dataset.box = index;
      row.append(button);
      return row;
    });
    this.form.querySelector("[data-source-boxes]").replaceChildren(...rows);
  }
}

// One line; a word parted at the end of a line is whole again.
export function wordsOf(text) {
  return text.replace(/(\p{Ll})[-\u00ad\u2010]\s*\n\s*(?=\p{Ll})/gu, "$1").replace(/\s+/gu, " ").trim();
}
