/**
 * The clock of a task: the browser's animation frames, whose timestamps are those of the screen's
 * refreshes. Every duration is a difference of two such timestamps; the computer's date is never read.
 */
export class Frames {
  /** Frames so far that came late: more than half a frame after they were due. */
  long = 0;
  #request = 0;
  #last = null;

  /** `length`: milliseconds between two frames, as measured on this screen. */
  constructor(length) {
    this.length = length;
  }

  /**
   * Call `each` at every frame with its timestamp, until `stop`.
   * While the page is hidden, browsers give no frames.
   */
  run(each) {
    const frame = (now) => {
      this.#request = requestAnimationFrame(frame);
      if (this.#last !== null && now - this.#last > 1.5 * this.length) this.long++;
      this.#last = now;
      each(now);
    };
    this.#request = requestAnimationFrame(frame);
  }

  stop() {
    cancelAnimationFrame(this.#request);
  }

  /**
   * The time by which something must be due to be drawn in the frame of timestamp `now`. It is half
   * a frame later, so that what is due between two frames is drawn at the nearer one.
   */
  reach(now) {
    return now + this.length / 2;
  }
}
