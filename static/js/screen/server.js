// What the screen says to the server, and how an answer that is no answer is told: {problem, sentence}.
// problem: "network" (none, or the server fails: try later), "signed-out", "other-person", "refused" (of no use again)
const TIMEOUT = 20_000;

let csrf = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";

export class Problem extends Error {
  // answer: what the server said beside the sentence, {} if nothing; status: 0 without an answer
  constructor(problem, sentence, answer = {}, status = 0) {
    super(sentence);
    this.problem = problem;
    this.answer = answer;
    this.status = status;
  }
}

async function bodyOf(response) {
  try {
    return (await response.json()) ?? {};
  } catch {
    return {};
  }
}

// An answer that is not for `user` is none; `user` null is for addresses that do not say whose answer it is.
async function ask(url, user, options = {}) {
  let response;
  try {
    response = await fetch(url, {
      credentials: "same-origin",
      redirect: "manual",
      keepalive: (options.body?.length ?? 0) < 60_000,
      signal: AbortSignal.timeout(TIMEOUT),
      ...options,
      headers: { Accept: "application/json", "X-CSRFToken": csrf, ...options.headers },
    });
  } catch {
    throw new Problem("network", "The server cannot be reached.");
  }
  if (response.status === 401 || response.type === "opaqueredirect") {
    throw new Problem("signed-out", "You are signed out.");
  }
  if (response.status === 408 || response.status === 429 || response.status >= 500) {
    throw new Problem("network", "The server does not answer as it should.");
  }
  if (!response.ok) {
    const problem = { 403: "forbidden", 412: "other-person" }[response.status] ?? "refused";
    const said = await bodyOf(response);
    throw new Problem(problem, said.detail ?? "", said, response.status);
  }
  let answer;
  try {
    answer = await response.json();
  } catch {
    throw new Problem("network", "The server does not answer as it should.");
  }
  if (user !== null && answer.user !== user) throw new Problem("other-person", "Somebody else is signed in in this browser now.");
  if (answer.csrf) csrf = answer.csrf;
  return answer;
}

export function get(url, user) {
  return ask(url, user);
}

// A sign-in in another tab changes the token of forms: it is asked for once more before giving up.
export async function post(url, user, body, tokenUrl) {
  const form = body instanceof URLSearchParams;
  const options = {
    method: "POST",
    body: form ? body : JSON.stringify(body),
    headers: form ? {} : { "Content-Type": "application/json" },
  };
  try {
    return await ask(url, user, options);
  } catch (error) {
    if (error.problem !== "forbidden") throw error;
    await get(tokenUrl, user);
    return ask(url, user, options);
  }
}
