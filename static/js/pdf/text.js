// Finding words in text whatever their case, accents and line breaks, and saying where in the original they are.

const MARKS = /\p{M}/gu;

// {text, at}: the text to search in, and for each of its characters the index in the original.
export function searchable(original) {
  const at = [];
  let text = "";
  let place = 0;
  for (const sign of original) {
    const plain = /\s/u.test(sign) ? " " : sign.normalize("NFKD").replace(MARKS, "").toLowerCase();
    if (plain !== " " || !text.endsWith(" ")) {
      text += plain;
      for (let i = 0; i < plain.length; i += 1) at.push(place);
    }
    place += sign.length;
  }
  at.push(place);
  return { text, at };
}

// The places [from, to) in the original where the words are.
export function occurrences(original, words) {
  const needle = searchable(words.trim()).text;
  if (!needle) return [];
  const { text, at } = searchable(original);
  const found = [];
  for (let i = text.indexOf(needle); i >= 0; i = text.indexOf(needle, i + needle.length)) {
    const last = at[i + needle.length - 1];
    found.push([at[i], Math.max(at[i + needle.length], last + 1)]);
  }
  return found;
}

// The text of a page as pdf.js reads it; the same that textOf finds in the page's text layer.
export function joined(content) {
  return content.items.map((item) => (item.str ?? "") + (item.hasEOL ? "\n" : "")).join("");
}

// {text, pieces}: the text of a text layer and the nodes it is in, as [node, first index].
export function textOf(layer) {
  const pieces = [];
  let text = "";
  const walker = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.nodeType === Node.TEXT_NODE) {
      pieces.push([node, text.length]);
      text += node.data;
    } else if (node.nodeName === "BR") text += "\n";
  }
  return { text, pieces };
}

// A Range over the characters [from, to) of a text layer read by textOf.
export function rangeOf({ pieces }, from, to) {
  const range = document.createRange();
  for (const [node, start] of pieces) {
    const end = start + node.data.length;
    if (from >= start && from < end) range.setStart(node, from - start);
    if (to > start && to <= end) {
      range.setEnd(node, to - start);
      break;
    }
  }
  return range;
}
