// Marks terms in what is read: markTerms(root, lists) and clearTerms(root).
//
// lists: [{name, kind, colour: 1-8, terms: ["random*", "sham control", "wom?n"]}]. A term is a word or a phrase; * is
// any number of letters or digits, ? is exactly one. Case and accents do not count, nor does what stands between the
// words of a phrase if it is only space, hyphens, apostrophes or slashes ("meta-analysis" is "meta analysis"); other
// signs must be those of the term ("p<0.05"). A term
// begins and ends where a word does; letters of every script are letters ("blocker" is in "β-blocker", "alpha" not in
// "alphabet"). Where several would fit, the longest is marked, of equally long ones that of the earlier list.
//
// A mark is <span class="term term-3">: a colour and a shape for the eye, plain text for everything else.
const WORD = /[\p{L}\p{N}]+/gu;
const PATTERN_WORD = /[\p{L}\p{N}*?]+/gu;
const GAP = /^[\s\-\u00ad\u2010-\u2015\u2212'\u2019/]*$/;
const LONGEST_GAP = 40;
const INLINE = new Set(["A", "ABBR", "B", "CITE", "CODE", "EM", "I", "MARK", "SMALL", "SPAN", "STRONG", "SUB", "SUP", "U"]);
const OTHERS = { ø: "o", ł: "l", đ: "d", ı: "i", ς: "σ", ŧ: "t" };
const compiled = new WeakMap();

function foldedLetter(letter) {
  const plain = letter.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return [...plain].map((each) => OTHERS[each] ?? each).join("");
}

// The text without case and accents, and for each of its characters the place in the original (null: the same).
function fold(text) {
  // eslint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return { plain: text.toLowerCase(), places: null };
  const parts = [];
  const places = [];
  let place = 0;
  for (const letter of text) {
    const folded = letter < "\u0080" ? letter.toLowerCase() : foldedLetter(letter);
    parts.push(folded);
    for (let i = 0; i < folded.length; i += 1) places.push(place);
    place += letter.length;
  }
  places.push(place);
  return { plain: parts.join(""), places };
}

// {literal, test, before}: a word of a term, how it is known if it has a wildcard, and the signs before it.
function pieceOf(word, before) {
  if (!/[*?]/.test(word)) return { literal: word, before };
  const source = word.replace(/\*+/g, "*").replace(/[*?]/g, (sign) => (sign === "*" ? ".*" : "."));
  return { literal: word.match(/^[^*?]*/)[0], test: new RegExp(`^${source}$`, "u"), before };
}

function piecesOf(term) {
  const { plain } = fold(term);
  let from = 0;
  return [...plain.matchAll(PATTERN_WORD)].map((match) => {
    const before = plain.slice(from, match.index).trim();
    from = match.index + match[0].length;
    return pieceOf(match[0], before);
  });
}

// Terms by the first word, or where that has a wildcard by its first letter ("" if it begins with one).
function compile(lists) {
  if (compiled.has(lists)) return compiled.get(lists);
  const words = new Map();
  const letters = new Map();
  lists.forEach((list, index) => {
    for (const term of list.terms) {
      if (!/[\p{L}\p{N}]/u.test(term)) continue; // nothing but wildcards and signs
      const pieces = piecesOf(term);
      const [home, key] = pieces[0].test ? [letters, pieces[0].literal.slice(0, 1)] : [words, pieces[0].literal];
      if (!home.has(key)) home.set(key, []);
      home.get(key).push({ pieces, list: index });
    }
  });
  const found = { words, letters };
  compiled.set(lists, found);
  return found;
}

function fits(piece, word) {
  return piece.test ? piece.test.test(word) : piece.literal === word;
}

function lengthAt(term, tokens, at, plain) {
  const { pieces } = term;
  if (at + pieces.length > tokens.length) return 0;
  for (let i = 0; i < pieces.length; i += 1) {
    const token = tokens[at + i];
    if (!fits(pieces[i], token.word)) return 0;
    if (i === 0) continue;
    const from = tokens[at + i - 1].end;
    if (token.start - from > LONGEST_GAP) return 0;
    const gap = plain.slice(from, token.start);
    if (!GAP.test(gap) && (!pieces[i].before || gap.trim() !== pieces[i].before)) return 0;
  }
  return pieces.length;
}

// [{start, end, list}] in the text, in order, none within another.
export function findTerms(text, lists) {
  const { words, letters } = compile(lists);
  const { plain, places } = fold(text);
  const tokens = [...plain.matchAll(WORD)].map((match) => ({ word: match[0], start: match.index, end: match.index + match[0].length }));
  const anywhere = letters.get("") ?? [];
  const found = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const { word } = tokens[at];
    let best = null;
    let longest = 0;
    for (const terms of [words.get(word), letters.get(word[0]), anywhere]) {
      for (const term of terms ?? []) {
        const length = lengthAt(term, tokens, at, plain);
        if (length > longest || (length && length === longest && term.list < best.list)) [best, longest] = [term, length];
      }
    }
    if (!best) continue;
    const [start, end] = [tokens[at].start, tokens[at + longest - 1].end];
    found.push({ start: places ? places[start] : start, end: places ? places[end] : end, list: best.list });
    at += longest - 1;
  }
  return found;
}

// Text nodes that are read as one run of text: those of one paragraph, with the links and italics in it.
function runs(root) {
  const found = [];
  let run = [];
  const close = () => {
    if (run.length) found.push(run);
    run = [];
  };
  const walk = (node) => {
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) run.push(child);
      else if (child.nodeType !== Node.ELEMENT_NODE) continue;
      else if (child.tagName === "BR") run.push(null);
      else if (INLINE.has(child.tagName)) walk(child);
      else {
        close();
        walk(child);
        close();
      }
    }
  };
  walk(root);
  close();
  return found;
}

function wrap(node, ranges, lists) {
  const whole = node.data;
  const parts = document.createDocumentFragment();
  let from = 0;
  for (const { start, end, list } of ranges) {
    if (start > from) parts.append(whole.slice(from, start));
    const mark = document.createElement("span");
    mark.className = `term term-${lists[list].colour}`;
    mark.textContent = whole.slice(start, end);
    parts.append(mark);
    from = end;
  }
  if (from < whole.length) parts.append(whole.slice(from));
  node.replaceWith(parts);
}

// Marks the terms in `root` and returns how many of each list there are.
export function markTerms(root, lists) {
  const counts = lists.map(() => 0);
  for (const nodes of runs(root)) {
    const text = nodes.map((node) => node?.data ?? "\n").join("");
    const found = findTerms(text, lists);
    let begin = 0;
    let first = 0;
    for (const { list } of found) counts[list] += 1;
    for (const node of nodes) {
      const end = begin + (node?.data.length ?? 1);
      while (first < found.length && found[first].end <= begin) first += 1;
      const ranges = [];
      for (let i = first; i < found.length && found[i].start < end; i += 1) {
        const [from, to] = [Math.max(found[i].start, begin), Math.min(found[i].end, end)];
        if (node && to > from) ranges.push({ start: from - begin, end: to - begin, list: found[i].list });
      }
      begin = end;
      if (ranges.length) wrap(node, ranges, lists);
    }
  }
  return counts;
}

export function clearTerms(root) {
  for (const mark of root.querySelectorAll("span.term")) mark.replaceWith(...mark.childNodes);
  root.normalize();
}

// The lists with how many of their terms were marked; `counts` are answers of markTerms.
export function legend(place, lists, counts) {
  const rows = lists.map((list, index) => {
    const row = document.createElement("li");
    const name = document.createElement("span");
    name.className = `term term-${list.colour}`;
    name.textContent = list.name;
    const number = document.createElement("span");
    number.className = "num muted";
    number.textContent = counts.reduce((sum, each) => sum + each[index], 0);
    row.append(name, " ", number);
    return row;
  });
  place.replaceChildren(...rows);
}
