/**
 * The stream of images of the memory game. Image k is due at start + k * (image_ms + blank_ms), an
 * absolute time, so that a late frame delays one image and not all that follow.
 */

import { parameters, Task } from "./task.js";
import { word } from "./words.js";

const FEEDBACK_MS = 400;

export class MemoryGame extends Task {
  static info = { name: "memory-game", version: "1.0.0", parameters, data: {} };

  columns = 1;
  alternative = word("image_alternative");
  #showing = null; // place of the image that is on the screen
  #judgedUntil = Infinity;

  get period() {
    return this.series.image_ms + this.series.blank_ms;
  }

  frame(now) {
    const time = this.frames.reach(now) - this.start;
    const due = Math.min(Math.floor(time / this.period), this.trials.length);
    const wanted = due < this.trials.length && time - due * this.period < this.series.image_ms;
    if (this.#showing !== null && !(wanted && due === this.#showing)) this.hideImage(now);
    while (this.records.length <= due && this.records.length < this.trials.length) this.begin();
    this.wasHidden = document.hidden;
    if (wanted && due >= 0 && this.#showing === null) this.showImage(due, now);
    if (now >= this.#judgedUntil) {
      this.judge();
      this.#judgedUntil = Infinity;
    }
    if (due === this.trials.length) {
      this.settleUntil(due);
      this.finish();
    }
  }

  begin() {
    if (this.records.length) this.countLong();
    else this.below.replaceChildren();
    const begun = this.record("new", this.start + this.records.length * this.period);
    begun.hidden ||= this.wasHidden;
  }

  countLong() {
    this.records.at(-1).long_frames = this.frames.long - this.longBefore;
  }

  showImage(place, now) {
    this.draw(this.trials[place].image);
    this.#showing = place;
    this.records[place].onset_ms = this.since(now);
  }

  hideImage(now) {
    this.erase();
    const record = this.records[this.#showing];
    record.offset_ms = this.since(now);
    record.shown_ms = record.offset_ms - record.onset_ms;
    // A press that came before this image's onset may be handled after it, but not that long after.
    this.settleUntil(this.#showing);
    this.#showing = null;
    this.countLong();
  }

  redraw() {
    if (this.#showing !== null) this.draw(this.trials[this.#showing].image);
  }

  settle() {
    this.settleUntil(Math.max(0, this.records.length - 1));
  }

  press(event) {
    if (event.type === "keydown") {
      if (event.code !== "Space") return;
      event.preventDefault();
    }
    const time = this.since(event.timeStamp);
    const record = this.records.findLast((each) => each.onset_ms !== null && each.onset_ms <= time);
    if (!record || time >= record.onset_ms + this.period + this.frames.length) return;
    if (++record.presses > 1) return;
    record.answer = "old";
    record.rt = time - record.onset_ms;
    const { repeat, practice } = this.trials[record.trial - this.first];
    if (repeat !== null && (this.series.feedback || practice)) {
      this.judge(repeat);
      this.#judgedUntil = event.timeStamp + FEEDBACK_MS;
    }
  }
}
