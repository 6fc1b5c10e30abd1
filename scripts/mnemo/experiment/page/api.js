/** Requests to the server, repeated until it answers. */

const FIRST_WAIT = 500; // ms before the first repetition; doubled for each further one
const LONGEST_WAIT = 10_000;
const PATIENCE = 20_000; // ms that a reply may take

/** The server has answered, and refuses: to repeat the request would be no use. */
export class Refused extends Error {
  constructor(status, { error, message, received } = {}) {
    super(message ?? `HTTP ${status}`);
    this.status = status;
    this.code = error;
    // Whether what was sent is stored all the same.
    this.stored = received !== undefined;
  }
}

/** Requests that wait for the network, or for the server to come back. */
const waiting = new Set();

function wait(request, waits) {
  if (waits) waiting.add(request);
  else waiting.delete(request);
  document.dispatchEvent(new CustomEvent("connection", { detail: { lost: waiting.size > 0 } }));
}

/**
 * Post JSON, as often as it takes, and return the JSON of the reply.
 * Throws Refused when the server says no.
 */
export async function post(path, body) {
  const request = {};
  try {
    for (let pause = FIRST_WAIT; ; pause = Math.min(2 * pause, LONGEST_WAIT)) {
      const reply = await once(path, body);
      if (reply?.ok) return await reply.json();
      if (reply && reply.status < 500 && reply.status !== 429) {
        throw new Refused(reply.status, await reply.json().catch(() => ({})));
      }
      wait(request, true);
      await rest(pause);
    }
  } finally {
    wait(request, false);
  }
}

/** The reply to one request; null if none came. */
async function once(path, body) {
  try {
    return await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Mnemo": "1" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    return null;
  }
}

/** Wait for a while that differs between participants, or until the network is back. */
export function rest(pause) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, pause * (0.75 + Math.random() / 2));
    window.addEventListener("online", done);
  });
}
