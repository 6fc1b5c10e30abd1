/**
 * The forced choice: a pair of images for a fixed time, then the answer, for which there is no limit.
 * In practice, the participant is told whether it was right.
 */

import { parameters, Task } from "./task.js";
import { word } from "./words.js";

const GAP_MS = 500; // between an answer and the next pair
const FEEDBACK_MS = 1200;

export class ForcedChoice extends Task {
  static info = { name: "forced-choice", version: "1.0.0", parameters, data: {} };

  columns = 2;
  alternative = word("pairs_alternative");
  #state = "gap"; // then pair, question, and in practice feedback
  #until = null; // when the state ends

  build(display) {
    super.build(display);
    this.border.insertAdjacentHTML(
      "beforeend",
      `<div class="sides" hidden>
        <span><kbd>${word("left_key")}</kbd> ${word("left")}</span>
        <span><kbd>${word("right_key")}</kbd> ${word("right")}</span>
      </div>`,
    );
    this.sides = this.border.lastElementChild;
  }

  frame(now) {
    this.#until ??= this.start;
    if (this.wasHidden && this.records.length) this.records.at(-1).hidden = true;
    this.wasHidden = document.hidden;
    if (this.frames.reach(now) < this.#until) return;
    if (this.#state === "gap") this.showPair(now);
    else if (this.#state === "pair") this.ask(now);
    else if (this.#state === "feedback") this.next(this.#until);
  }

  showPair(now) {
    this.below.replaceChildren();
    const record = this.record(null, this.#until);
    record.onset_ms = this.since(now);
    this.#enter("pair", this.#until + this.series.pair_ms);
    this.redraw();
  }

  ask(now) {
    this.erase();
    const record = this.records.at(-1);
    record.offset_ms = this.since(now);
    record.shown_ms = record.offset_ms - record.onset_ms;
    record.long_frames = this.frames.long - this.longBefore;
    this.below.innerHTML = `<p>${word("question")}</p>`;
    this.sides.hidden = false;
    this.#enter("question", Infinity);
  }

  next(time) {
    this.judge();
    this.below.replaceChildren();
    if (this.records.length === this.trials.length) this.finish();
    else this.#enter("gap", time + GAP_MS);
  }

  redraw() {
    if (this.#state !== "pair") return;
    const { image, photograph, left } = this.trials[this.records.length - 1];
    this.draw(left, 0);
    this.draw(left === image ? photograph : image, 1);
  }

  settle() {
    const answered = this.records.at(-1)?.answer !== null;
    this.settleUntil(Math.max(0, this.records.length - (answered ? 0 : 1)));
  }

  press(event) {
    const side = sideOf(event);
    if (!side || !["pair", "question"].includes(this.#state)) return;
    if (event.type === "keydown") event.preventDefault();
    const record = this.records.at(-1);
    record.presses++;
    if (this.#state === "pair") return;
    record.answer = side;
    record.rt = this.since(event.timeStamp) - record.offset_ms;
    this.sides.hidden = true;
    this.settle();
    const { practice, correct } = this.trials[record.trial - this.first];
    if (!practice) {
      this.next(event.timeStamp);
      return;
    }
    const right = side === correct;
    this.judge(right);
    const said = right ? "feedback_right" : `feedback_${correct}_was`;
    this.below.innerHTML = `<p class="${right ? "right" : "wrong"}">${word(said)}</p>`;
    this.#enter("feedback", event.timeStamp + FEEDBACK_MS);
  }

  #enter(state, until) {
    this.#state = state;
    this.#until = until;
  }
}

/** The side that a key or a touch means, or undefined. Keys count by their letter, then by place. */
function sideOf(event) {
  if (event.type === "pointerdown") return event.clientX < innerWidth / 2 ? "left" : "right";
  const sides = { f: "left", j: "right", KeyF: "left", KeyJ: "right" };
  return sides[event.key.toLowerCase()] ?? sides[event.code];
}
