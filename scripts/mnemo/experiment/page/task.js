/**
 * What both tasks have in common: a jsPsych plugin that draws on a canvas in animation frames, takes
 * key presses and touches by their own timestamps, and notes what may have disturbed a trial.
 *
 * A subclass has `text` (HTML below the images), `columns` (images side by side), `frame(now)`,
 * `press(event)`, `redraw()` and `settle()`, which queues the answers to trials that are over.
 */

import { Frames } from "./frames.js";
import { word } from "./words.js";

const LARGEST = 512; // CSS pixels of an image's longer side
export const LEAD_MS = 2000; // before the first image
const SEND_EVERY = 10; // answers

export const parameters = {
  session: { type: jsPsychModule.ParameterType.FUNCTION }, // gives { series, images, queue, frame_ms, time, signal }
  first: { type: jsPsychModule.ParameterType.INT }, // the trials of the series from this one
  last: { type: jsPsychModule.ParameterType.INT }, // up to this one, which is not included
};

export class Task {
  records = []; // one for each trial that has begun
  #settled = 0;
  #resize = true;

  constructor(jsPsych) {
    this.jsPsych = jsPsych;
  }

  trial(display, { session, first, last }) {
    Object.assign(this, session()); // series, images, queue, frame_ms, time, signal
    this.trials = this.series.trials.slice(first, last);
    this.first = first;
    this.frames = new Frames(this.frame_ms);
    this.build(display);
    this.listen();
    this.frames.run((now) => {
      this.time.origin ??= now;
      this.start ??= now + LEAD_MS;
      if (this.#resize) this.fit();
      this.frame(now);
    });
  }

  build(display) {
    document.body.classList.add("playing");
    display.innerHTML = `
      <section class="task" aria-label="${word("progress")}">
        <progress value="0" max="${this.trials.length}" aria-label="${word("progress")}"></progress>
        <div class="frame">
          <canvas role="img" aria-label="${this.alternative}"></canvas>
          <span class="mark" aria-hidden="true"></span>
        </div>
        <div class="below" aria-live="polite"><p>${word("get_ready")}</p></div>
      </section>`;
    this.canvas = display.querySelector("canvas");
    this.border = display.querySelector(".frame");
    this.mark = display.querySelector(".mark");
    this.below = display.querySelector(".below");
    this.bar = display.querySelector("progress");
    this.context = this.canvas.getContext("2d");
  }

  /** Listen until the task is over. Listeners capture, so that answers are settled before they are sent. */
  listen() {
    this.over = new AbortController();
    const on = (target, kind, act) =>
      target.addEventListener(kind, act, { capture: true, signal: this.over.signal });
    on(window, "keydown", (event) => this.keydown(event));
    on(window, "pointerdown", (event) => event.isPrimary && this.press(event));
    on(window, "blur", (event) => this.note("blur", event));
    on(window, "offline", (event) => {
      this.note("offline", event);
      this.send(); // the server may be on this computer: only an attempt tells whether it is lost
    });
    on(window, "online", (event) => this.note("online", event));
    on(window, "pagehide", () => this.settle());
    on(window, "resize", (event) => {
      this.note("resize", event);
      this.#resize = true;
    });
    on(document, "fullscreenchange", (event) => {
      if (!document.fullscreenElement) this.note("fullscreen-left", event);
    });
    on(document, "visibilitychange", (event) => {
      this.note(document.hidden ? "hidden" : "visible", event);
      if (document.hidden) this.hide();
    });
    this.signal.addEventListener("abort", () => this.finish(), { signal: this.over.signal });
  }

  keydown(event) {
    if (event.repeat || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    this.press(event);
  }

  /** Milliseconds from the start of the series to a timestamp of a frame or an event. */
  since(time) {
    return time - this.time.origin;
  }

  note(kind, event) {
    if (this.time.origin !== null) {
      this.queue.note(this.series.series, kind, this.since(event.timeStamp));
    }
  }

  /** Begin the record of a trial that is due at a time. */
  record(answer, due) {
    this.longBefore = this.frames.long;
    this.records.push({
      trial: this.first + this.records.length,
      answer,
      rt: null,
      presses: 0,
      planned_ms: this.since(due),
      onset_ms: null,
      offset_ms: null,
      shown_ms: 0,
      long_frames: 0,
      hidden: document.hidden,
    });
    return this.records.at(-1);
  }

  /** Mark the trial that the page is hidden in. */
  hide() {
    if (this.records.length) this.records.at(-1).hidden = true;
    this.wasHidden = true;
    this.settle();
  }

  /** Queue the answers to trials before `end`, which can't change any more; send them now and then. */
  settleUntil(end) {
    while (this.#settled < end) {
      this.queue.add(this.series.series, this.records[this.#settled++]);
      if (this.#settled % SEND_EVERY === 0) this.send();
    }
    this.bar.value = this.#settled;
  }

  /** Send what is queued; what a refusal means is for the page to say. */
  send() {
    const refused = (why) => document.dispatchEvent(new CustomEvent("refused", { detail: why }));
    this.queue.flush().catch(refused);
  }

  /** Fit the canvas to the window, with as many pixels as the screen has. */
  fit() {
    this.#resize = false;
    const { width, height } = this.images[0]; // all are of one size
    const room = [(0.92 * innerWidth) / this.columns - 24, 0.62 * innerHeight];
    const scale = Math.min(LARGEST / Math.max(width, height), room[0] / width, room[1] / height);
    this.gap = this.columns > 1 ? Math.round(0.03 * innerWidth) : 0;
    this.size = [width, height].map((each) => Math.round(each * scale));
    const [across, down] = [this.columns * this.size[0] + (this.columns - 1) * this.gap, this.size[1]];
    this.border.style.setProperty("--gap", `${this.gap}px`);
    this.canvas.style.width = `${across}px`;
    this.canvas.style.height = `${down}px`;
    this.canvas.width = Math.round(across * devicePixelRatio);
    this.canvas.height = Math.round(down * devicePixelRatio);
    this.context.scale(devicePixelRatio, devicePixelRatio);
    this.context.imageSmoothingQuality = "high";
    this.redraw();
  }

  draw(image, column = 0) {
    const left = column * (this.size[0] + this.gap);
    this.context.drawImage(this.images[image], left, 0, ...this.size);
  }

  erase() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Turn the frame green with a check mark, or red with a cross; plain without an argument. */
  judge(right) {
    this.border.classList.toggle("right", right === true);
    this.border.classList.toggle("wrong", right === false);
    this.mark.textContent = right === undefined ? "" : right ? "✓" : "✗";
  }

  finish() {
    this.frames.stop();
    this.over.abort();
    document.body.classList.remove("playing");
    this.jsPsych.finishTrial({ records: this.records, aborted: this.signal.aborted });
  }
}
