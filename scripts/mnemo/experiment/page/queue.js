/**
 * Answers on their way to the server. Each is kept in the browser's database (IndexedDB), which
 * outlives a reload, until the server has acknowledged it.
 */

import { post, Refused } from "./api.js";

const BATCH = 50;
const STORES = { answers: ["series", "trial"], events: ["series", "seq"], series: "series" };

export class Queue {
  #database;
  #held = new Map(); // series -> { answers: Map, events: Map, next: number of the next event }
  #sending = null;

  constructor(database) {
    this.#database = database;
  }

  /** Open the queue, with what an earlier visit left in it. */
  static async open() {
    const queue = new Queue(await database().catch(() => null));
    for (const name of ["answers", "events"]) {
      for (const { series, ...row } of await queue.#all(name)) {
        const held = queue.#of(series);
        const key = row.trial ?? row.seq;
        held[name].set(key, row);
        if (name === "events") held.next = Math.max(held.next, key + 1);
      }
    }
    return queue;
  }

  /** Whether answers outlive a reload. */
  get lasting() {
    return this.#database !== null;
  }

  /** Whether all has been acknowledged. */
  get empty() {
    return [...this.#held.values()].every((each) => !each.answers.size && !each.events.size);
  }

  /** The series that this browser has begun and not seen the end of: { series, answered }, or null. */
  async unfinished() {
    return (await this.#all("series"))[0] ?? null;
  }

  /** Remember that a series has begun. */
  async begin(series) {
    await this.#write("series", (store) => {
      store.clear();
      store.put({ series, answered: false });
    });
  }

  /** Remember that all trials of a series have been answered. */
  async answered(series) {
    await this.#write("series", (store) => store.put({ series, answered: true }));
  }

  /** Forget which series was begun. */
  async end() {
    await this.#write("series", (store) => store.clear());
  }

  /** Keep the answer to a trial. */
  add(series, answer) {
    this.#of(series).answers.set(answer.trial, answer);
    this.#write("answers", (store) => store.put({ series, ...answer }));
  }

  /** Keep what happened around a series. */
  note(series, kind, at_ms) {
    const held = this.#of(series);
    const event = { seq: held.next++, kind, at_ms };
    held.events.set(event.seq, event);
    this.#write("events", (store) => store.put({ series, ...event }));
  }

  /** Send all that is kept; returns when the server has acknowledged it. Throws Refused. */
  flush() {
    this.#sending ??= this.#flush().finally(() => (this.#sending = null));
    return this.#sending;
  }

  async #flush() {
    let over = null;
    for (let batch = this.#batch(); batch; batch = this.#batch()) {
      try {
        await post("/api/answers", batch);
        this.#acknowledged(batch);
      } catch (why) {
        if (!(why instanceof Refused && why.status === 410)) throw why;
        over = why;
        // A series that goes on elsewhere takes all that was answered here; one that was withdrawn, nothing.
        if (why.stored) this.#acknowledged(batch);
        else this.#drop(batch.series);
      }
    }
    if (over) throw over;
  }

  /** Send what is kept while the page goes away, when nothing can be waited for. */
  beacon() {
    const batch = this.#batch();
    if (batch) navigator.sendBeacon("/api/answers", JSON.stringify(batch));
  }

  /** Throw away all that is kept. */
  clear() {
    [...this.#held.keys()].forEach((series) => this.#drop(series));
  }

  #drop(series) {
    const { answers, events } = this.#of(series);
    this.#acknowledged({ series, answers: [...answers.values()], events: [...events.values()] });
  }

  #of(series) {
    if (!this.#held.has(series)) {
      this.#held.set(series, { answers: new Map(), events: new Map(), next: 0 });
    }
    return this.#held.get(series);
  }

  #batch() {
    for (const [series, held] of this.#held) {
      if (!held.answers.size && !held.events.size) continue;
      const [answers, events] = [held.answers, held.events].map((each) =>
        [...each.values()].slice(0, BATCH),
      );
      return { series, answers, events };
    }
    return null;
  }

  #acknowledged({ series, answers, events }) {
    const held = this.#of(series);
    for (const { trial } of answers) held.answers.delete(trial);
    for (const { seq } of events) held.events.delete(seq);
    this.#write("answers", (store) => answers.forEach(({ trial }) => store.delete([series, trial])));
    this.#write("events", (store) => events.forEach(({ seq }) => store.delete([series, seq])));
  }

  #all(name) {
    if (!this.#database) return [];
    return promised(this.#database.transaction(name).objectStore(name).getAll());
  }

  #write(name, change) {
    if (!this.#database) return Promise.resolve();
    const transaction = this.#database.transaction(name, "readwrite", { durability: "strict" });
    change(transaction.objectStore(name));
    return new Promise((resolve) => {
      // If the disk is full, answers are sent from memory.
      transaction.oncomplete = transaction.onerror = transaction.onabort = resolve;
    });
  }
}

function database() {
  const request = indexedDB.open("mnemo-experiment", 1);
  request.onupgradeneeded = () => {
    for (const [name, keyPath] of Object.entries(STORES)) {
      request.result.createObjectStore(name, { keyPath });
    }
  };
  return promised(request);
}

function promised(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
