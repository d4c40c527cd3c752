// Find in the document: reads the pages' text in order, counts, goes from place to place. Found places are drawn by
// the CSS Custom Highlight API, which leaves the text layer (and the terms marked in it) alone.
import { joined, occurrences, rangeOf, textOf } from "./text.js";

const MOST = 2000;

export class Finder {
  constructor(viewer) {
    this.viewer = viewer;
    this.texts = [];
    this.words = "";
    this.places = [];
    this.current = -1;
    this.turn = 0;
  }

  // Looks for the words and goes to the first place from the page in view on. Resolves with the number of places.
  async find(words) {
    const turn = (this.turn += 1);
    Object.assign(this, { words, places: [], current: -1 });
    this.draw();
    if (!words.trim()) return this.viewer.showFound(null);
    for (let number = 1; number <= this.viewer.count && this.places.length < MOST; number += 1) {
      const text = await this.text(number);
      if (turn !== this.turn) return;
      occurrences(text, words).forEach((_, index) => this.places.push({ number, index }));
    }
    const first = this.places.findIndex((place) => place.number >= this.viewer.number);
    await this.go(Math.max(first, 0));
  }

  async text(number) {
    this.texts[number] ??= joined(await (await this.viewer.document.getPage(number)).getTextContent());
    return this.texts[number];
  }

  step(by) {
    if (this.places.length) return this.go((this.current + by + this.places.length) % this.places.length);
  }

  async go(index) {
    this.current = this.places.length ? index : -1;
    this.viewer.showFound({ at: this.current + 1, of: this.places.length, more: this.places.length >= MOST });
    const place = this.places[this.current];
    if (!place) return this.draw();
    this.viewer.goTo(place.number);
    await this.viewer.pages[place.number - 1].ready();
    this.draw();
    const range = this.ranges(place.number)[place.index];
    if (range) this.viewer.bringIntoView(range.getBoundingClientRect());
  }

  ranges(number) {
    const layer = this.viewer.pages[number - 1]?.layer;
    if (!layer || !this.words.trim()) return [];
    const read = textOf(layer);
    return occurrences(read.text, this.words).map(([from, to]) => rangeOf(read, from, to));
  }

  // Draws the found places of all pages that are there.
  draw() {
    if (!("highlights" in CSS)) return;
    const all = new Highlight();
    const here = new Highlight();
    const place = this.places[this.current];
    for (const page of this.viewer.pages) {
      if (!page.layer) continue;
      this.ranges(page.number).forEach((range, index) => {
        (place?.number === page.number && place.index === index ? here : all).add(range);
      });
    }
    here.priority = 1;
    CSS.highlights.set("pdf-found", all);
    CSS.highlights.set("pdf-found-here", here);
  }
}
