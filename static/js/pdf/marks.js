// What is marked on the pages: boxes as shares of a page's width and height, so that they hold at every size.

export class Marks {
  constructor(viewer) {
    this.viewer = viewer;
    this.sets = new Map();
  }

  // Puts [{number, box: [left, top, right, bottom]}] in the place of what was marked under this name.
  set(name, places) {
    this.sets.set(name, places);
    for (const page of this.viewer.pages) this.draw(page);
  }

  draw(page) {
    for (const old of page.box.querySelectorAll(".pdf-mark")) old.remove();
    if (!page.box.firstElementChild) return; // not drawn now; it comes with the page
    for (const [name, places] of this.sets) {
      for (const { number, box } of places) if (number === page.number) page.box.append(drawn(name, box));
    }
  }
}

function drawn(name, box) {
  const mark = document.createElement("div");
  mark.className = `pdf-mark pdf-mark-${name}`;
  mark.setAttribute("aria-hidden", "true");
  lay(mark, box);
  return mark;
}

export function lay(element, [left, top, right, bottom]) {
  const percent = (share) => `${share * 100}%`;
  Object.assign(element.style, {
    left: percent(left),
    top: percent(top),
    width: percent(right - left),
    height: percent(bottom - top),
  });
}

// The share of the page at which a point of the window is, within it.
export function shareOf(page, x, y) {
  const frame = page.box.getBoundingClientRect();
  const within = (share) => Math.min(Math.max(share, 0), 1);
  return [within((x - frame.left) / frame.width), within((y - frame.top) / frame.height)];
}

// The boxes of a Range on a page: one for each piece of text in it.
export function boxesOf(page, range) {
  const boxes = [];
  for (const { left, top, right, bottom } of range.getClientRects()) {
    if (right - left < 1 || bottom - top < 1) continue;
    boxes.push([...shareOf(page, left, top), ...shareOf(page, right, bottom)]);
  }
  return boxes;
}
