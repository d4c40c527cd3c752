// A person's own settings, kept in this browser. Without storage they last as long as the page.
const memory = new Map();

export function getSetting(name) {
  try {
    return localStorage.getItem(name) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

export function setSetting(name, value) {
  memory.set(name, value);
  try {
    localStorage.setItem(name, value);
  } catch {
    console.info(`The setting "${name}" could not be stored; it lasts until this page is left.`);
  }
}
