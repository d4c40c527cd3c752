// Votes on their way. Each is kept in this browser until the server said what became of it, under the person and the
// review it belongs to, so that nothing is lost when the network, the page or the computer goes away; its key makes
// that a vote sent twice is taken once. One entry of the storage per vote: two tabs cannot overwrite each other.
const memory = new Map(); // where the browser keeps nothing

function store() {
  try {
    const probe = "screening.probe";
    localStorage.setItem(probe, "1");
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    return null;
  }
}
const storage = store();

// A random UUID; crypto.randomUUID is there on https and localhost only.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export class Outbox {
  // kind: "vote" (to be sent) or "refused" (to be read)
  constructor(user, review, kind) {
    this.prefix = `screening.${kind}.${user}.${review}.`;
    this.safe = storage !== null;
  }

  place(item) {
    return `${this.prefix}${String(item.at).padStart(15, "0")}.${item.key}`;
  }

  // In the order in which they were cast.
  all() {
    const names = [...Object.keys(storage ?? {}), ...memory.keys()];
    const mine = names.filter((name) => name.startsWith(this.prefix)).sort();
    return mine.map((name) => JSON.parse(memory.get(name) ?? storage.getItem(name))).filter(Boolean);
  }

  has(key) {
    return this.all().some((item) => item.key === key);
  }

  of(record, stage) {
    return this.all().findLast((item) => item.record === record && item.stage === stage);
  }

  add(item) {
    const text = JSON.stringify(item);
    if (storage) {
      try {
        storage.setItem(this.place(item), text);
        return;
      } catch {
        this.safe = false; // full: better in memory than not at all, and the page says so
      }
    }
    memory.set(this.place(item), text);
  }

  remove(item) {
    storage?.removeItem(this.place(item));
    memory.delete(this.place(item));
  }
}
