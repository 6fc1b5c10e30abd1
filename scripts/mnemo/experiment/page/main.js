/** The way of a participant through the study, from the first page to the last. */

import { post, Refused } from "./api.js";
import * as images from "./images.js";
import * as pages from "./pages.js";
import { ForcedChoice } from "./pairs.js";
import { Queue } from "./queue.js";
import * as stage from "./stage.js";
import { MemoryGame } from "./stream.js";
import * as tab from "./tab.js";
import * as words from "./words.js";

const TASKS = { "memory-game": MemoryGame, "forced-choice": ForcedChoice };
const { word } = words;

let queue;
let playing = false; // whether a series is running
const stopped = new AbortController(); // the study goes on in another tab

/** The page on which the study ends here: nothing comes after it. */
class Ended extends Error {}

async function main() {
  await words.load();
  stage.show(pages.loading("loading"));
  if (!(await tab.claim(stop))) await goOnHere();
  queue = await Queue.open();
  watch();
  const finished = await leftover();
  let status = await enter();
  if (location.hash === "#withdraw") return withdraw(status);
  if (status.state === "consent") status = await consent(status);
  if (status.state === "ready") {
    await instruct(status, finished);
    await stage.fullscreen();
    const device = await stage.device();
    do status = await play(status, device);
    while (status.again);
  }
  end(status);
}

/** Another tab has the study: go on in this one only if that is wanted. */
async function goOnHere() {
  await stage.ask(pages.elsewhere(), word("elsewhere_button"));
  await tab.claim(stop, { take: true });
}

/** Another tab has taken the study over. */
function stop() {
  stopped.abort();
  playing = false;
  stage.show(pages.taken());
}

function watch() {
  document.addEventListener("connection", ({ detail }) => {
    document.getElementById("connection").textContent = detail.lost ? word("offline") : "";
  });
  document.addEventListener("refused", ({ detail }) => fail(detail));
  window.addEventListener("hashchange", () => location.reload());
  window.addEventListener("visibilitychange", () => document.hidden && queue.beacon());
  window.addEventListener("pagehide", () => queue.beacon());
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  window.addEventListener("beforeunload", (event) => {
    if (playing || !queue.empty) event.preventDefault();
  });
}

/**
 * Send what an earlier visit left. Returns whether all trials of its series had been answered, so
 * that the series is finished now.
 */
async function leftover() {
  const unfinished = await queue.unfinished();
  try {
    if (!queue.empty) stage.show(pages.sending());
    await queue.flush();
    if (unfinished?.answered) await finish(unfinished.series);
    return unfinished?.answered ?? false;
  } catch (why) {
    if (!(why instanceof Refused)) throw why;
    console.error(why); // what the server refuses can never be stored
    queue.clear();
    return false;
  }
}

/** Tell the server who comes, and take the query out of the address, since it has IDs in it. */
async function enter() {
  const parameters = Object.fromEntries(new URLSearchParams(location.search));
  const status = await post("/api/enter", { parameters });
  history.replaceState(null, "", location.pathname + location.hash);
  words.use(status.texts.words);
  document.title = status.title;
  if (status.demo) {
    const banner = document.getElementById("demo");
    banner.textContent = word("demo");
    banner.hidden = false;
  }
  return status;
}

async function consent(status) {
  const answer = await stage.ask(pages.consent(status), word("agree"), word("decline"));
  const agreed = answer === 0;
  const now = await post("/api/consent", { version: status.consent_version, agreed });
  if (agreed) return now;
  stage.show(pages.declined(now));
  throw new Ended();
}

async function instruct(status, finished) {
  if (status.interrupted && !finished) await stage.ask(pages.interrupted(), word("continue"));
  await stage.ask(pages.instructions(status, queue.lasting), word("continue"));
}

/** Play a series. Returns the status after it, with `again` if the participant wants another one. */
async function play(status, device) {
  const series = await deal(device);
  await queue.begin(series.series);
  const bitmaps = await load(series.images);
  const session = {
    series,
    queue,
    images: bitmaps,
    frame_ms: 1000 / device.refresh_hz,
    time: { origin: null }, // timestamp of the first frame of the series
    signal: stopped.signal,
  };
  playing = true;
  const records = await task(status, series, session);
  bitmaps.forEach((each) => each.close());
  stage.show(pages.sending());
  await queue.answered(series.series);
  await queue.flush();
  playing = false;
  const after = await finish(series.series);
  const hidden = records.filter((each) => each.hidden && each.shown_ms === 0).length;
  if (after.state !== "ready") return { ...after, hidden };
  const answer = await stage.ask(
    pages.between(after, series.number + 1, hidden),
    word("next"),
    word("stop"),
  );
  return { ...after, again: answer === 0 };
}

/** Have a series dealt. One that runs in another browser ends only if the participant wants that. */
async function deal(device) {
  stage.show(pages.loading("dealing"));
  const own = (await queue.unfinished()) !== null;
  try {
    return await post("/api/series", { device, force: own });
  } catch (why) {
    if (!(why instanceof Refused) || why.code !== "running") throw why;
    await stage.ask(pages.elsewhere(), word("elsewhere_button"));
    return post("/api/series", { device, force: true });
  }
}

async function load(addresses) {
  for (;;) {
    stage.show(pages.images(0, addresses.length));
    const bar = document.querySelector("#stage progress");
    const count = document.querySelector("#stage .count");
    try {
      return await images.load(addresses, (n) => {
        bar.value = n;
        count.textContent = word("images_loaded", { n, total: addresses.length });
      });
    } catch (why) {
      console.error(why);
      const problem = `<p>${word("error_images")}</p>`;
      await stage.ask(`<h1>${word("error_title")}</h1>${problem}`, word("try_again"));
    }
  }
}

/** The practice, if there is any, and then the series. Returns the records of the series' trials. */
async function task(status, series, session) {
  const practice = series.trials.filter((each) => each.practice).length;
  const run = async (first, last) => {
    const part = { type: TASKS[series.kind], session: () => session, first, last };
    const { records, aborted } = await stage.run(part);
    if (aborted) {
      stop();
      throw new Ended();
    }
    return records;
  };
  let before = "";
  if (practice) {
    await stage.ask(pages.practice(series, practice), word("practice_button"));
    before = pages.practiced(series, await run(0, practice));
  }
  await stage.ask(pages.ready(status, before), word("ready_button"));
  return run(practice, series.trials.length);
}

async function finish(series) {
  const status = await post("/api/finish", { series });
  await queue.end();
  return status;
}

function end(status) {
  if (document.fullscreenElement) document.exitFullscreen();
  const last = {
    preview: pages.preview,
    full: pages.full,
    blocked: pages.blocked,
    withdrawn: pages.withdrawn,
  };
  stage.show((last[status.state] ?? pages.end)(status, status.hidden ?? 0));
}

/** Delete the answers that belong to a code. */
async function withdraw(status) {
  let code = status.code ?? "";
  let problem = "";
  document.addEventListener("input", (event) => (code = event.target.value));
  for (;;) {
    const html = pages.withdraw(code, problem);
    const back = (await stage.ask(html, word("withdraw_button"), word("back"))) === 1;
    try {
      if (!back) await post("/api/withdraw", { code: code.trim() });
      history.replaceState(null, "", location.pathname);
      if (back) return location.reload();
      await queue.end();
      return stage.show(pages.withdrawn());
    } catch (why) {
      if (!(why instanceof Refused)) throw why;
      problem = word("withdraw_unknown");
    }
  }
}

function fail(why) {
  if (why instanceof Ended || stopped.signal.aborted) return;
  if (why instanceof Refused && why.status === 410) return stop();
  console.error(why);
  playing = false;
  stage.show(pages.error(why instanceof Refused ? why.message : String(why)));
}

main().catch(fail);
