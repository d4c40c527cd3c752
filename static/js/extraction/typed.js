// What was typed and not yet taken by the server, kept in this browser under the person, the extraction and the tab,
// one entry per field: a time-out, a closed tab or a lost network costs nothing, and two tabs do not share an entry.
import { newKey } from "../screen/outbox.js";

function storeOf(kind) {
  try {
    const probe = "extraction.probe";
    window[kind].setItem(probe, "1");
    window[kind].removeItem(probe);
    return window[kind];
  } catch {
    return null;
  }
}
const storage = storeOf("localStorage");

// The same after a reload; another one in another tab.
function tabKey() {
  const own = storeOf("sessionStorage");
  const key = own?.getItem("extraction.tab") ?? newKey();
  own?.setItem("extraction.tab", key);
  return key;
}

export class Typed {
  constructor(user, extraction) {
    this.prefix = `extraction.typed.${user}.${extraction}.`;
    this.tab = tabKey();
    this.safe = storage !== null;
  }

  place(name) {
    return `${this.prefix}${this.tab}.${name}`;
  }

  keep(name, said) {
    if (!storage) return;
    try {
      storage.setItem(this.place(name), JSON.stringify({ ...said, name, at: Date.now() }));
    } catch {
      this.safe = false; // full: the page says that it has to stay open
    }
  }

  drop(name) {
    storage?.removeItem(this.place(name));
  }

  // Every entry of this extraction, of other tabs too: [{key, own, name, value, comment, at}], oldest first.
  all() {
    const found = [];
    for (const key of Object.keys(storage ?? {})) {
      if (!key.startsWith(this.prefix)) continue;
      try {
        found.push({ ...JSON.parse(storage.getItem(key)), key, own: key.startsWith(this.prefix + this.tab) });
      } catch {
        storage.removeItem(key);
      }
    }
    return found.sort((a, b) => a.at - b.at);
  }

  forget(entry) {
    storage?.removeItem(entry.key);
  }
}
