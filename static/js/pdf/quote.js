// Shows a place of the document: a page, a quote on it, or boxes where there is no text. The quote is found again
// although hyphens, ligatures, line breaks and white space came out differently.
import { boxesOf } from "./marks.js";
import { rangeOf, textOf } from "./text.js";

const LEFT_OUT = /[\s\p{M}\p{Pd}\p{Cf}\u2212'"`´‘’‚“”„«»‹›]/u;
const OMITTED = /\s*[[(]?\s*(?:…|\.\s?\.\s?\.)\s*[\])]?\s*/u;

// {text, at}: the signs that count, and for each of them its index in the original.
export function squeezed(original) {
  const at = [];
  let text = "";
  let place = 0;
  for (const sign of original) {
    for (const plain of sign.normalize("NFKD").toLowerCase()) {
      if (LEFT_OUT.test(plain)) continue;
      const one = plain === "\u00b7" ? "." : plain; // 12·3 is 12.3
      text += one;
      for (let i = 0; i < one.length; i += 1) at.push(place);
    }
    place += sign.length;
  }
  at.push(place);
  return { text, at };
}

// The places [from, to) in the original where the quote is, a place for each part where words were left out (…).
export function quotePlaces(original, quote) {
  const { text, at } = squeezed(original);
  const parts = quote.split(OMITTED).map((part) => squeezed(part).text).filter(Boolean);
  const found = [];
  let from = 0;
  for (const part of parts) {
    const begin = text.indexOf(part, from);
    if (begin < 0) return [];
    from = begin + part.length;
    found.push([at[begin], at[from - 1] + 1]);
  }
  return found;
}

export class Place {
  constructor(viewer, { pdfAt: page, pdfQuote: quote = "", pdfBoxes: boxes = "" }) {
    this.viewer = viewer;
    this.page = Math.min(Math.max(Math.trunc(Number(page)) || 1, 1), viewer.count);
    this.quote = quote.trim();
    this.boxes = boxes ? JSON.parse(boxes) : [];
  }

  async show() {
    const { viewer, page } = this;
    viewer.goTo(page);
    if (this.boxes.length) {
      viewer.marks.set("quote", this.boxes.map((box) => ({ number: page, box })));
      this.look(page, this.boxes[0]);
    }
    if (!this.quote) return viewer.say(this.boxes.length ? `Marked on page ${page}.` : `Page ${page}.`);
    const found = await this.find();
    if (!found.length && this.boxes.length) return viewer.say(`Marked on page ${page}.`);
    if (!found.length) return viewer.say(`The quote was not found in this PDF again; this is page ${page}, where it was.`, true);
    await this.mark(found);
    const where = found[0].number;
    if (where === page) viewer.say(`Found on page ${page}.`);
    else viewer.say(`Found on page ${where}, not on page ${page}.`, true);
  }

  // [{number, from, to}] in the text of the pages: on the page (and the next, if it runs over), else on the nearest.
  async find() {
    const { count } = this.viewer;
    const others = Array.from({ length: count }, (_, index) => index + 1);
    others.sort((a, b) => Math.abs(a - this.page) - Math.abs(b - this.page) || a - b);
    for (const number of others) {
      const text = await this.viewer.finder.text(number);
      const next = number < count ? await this.viewer.finder.text(number + 1) : "";
      const alone = quotePlaces(text, this.quote);
      if (alone.length) return alone.map(([from, to]) => ({ number, from, to }));
      const over = quotePlaces(`${text}\n${next}`, this.quote).flatMap(([from, to]) => split(number, text.length + 1, from, to));
      if (over.some((place) => place.number === number)) return over;
    }
    return [];
  }

  async mark(places) {
    const marked = [];
    for (const { number, from, to } of places) {
      const page = this.viewer.pages[number - 1];
      if (number === places[0].number) this.viewer.goTo(number);
      await page.ready();
      if (!page.layer) continue;
      for (const box of boxesOf(page, rangeOf(textOf(page.layer), from, to))) marked.push({ number, box });
    }
    this.viewer.marks.set("quote", marked);
    if (marked.length) this.look(marked[0].number, marked[0].box);
  }

  look(number, box) {
    const frame = this.viewer.pages[number - 1].box.getBoundingClientRect();
    this.viewer.bringIntoView({
      top: frame.top + box[1] * frame.height,
      left: frame.left + box[0] * frame.width,
      right: frame.left + box[2] * frame.width,
    });
  }
}

// A place in the joined text of two pages, as places of each.
function split(number, border, from, to) {
  const parts = [];
  if (from < border) parts.push({ number, from, to: Math.min(to, border - 1) });
  if (to > border) parts.push({ number: number + 1, from: Math.max(from - border, 0), to: to - border });
  return parts;
}
