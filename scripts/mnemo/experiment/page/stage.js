/** Shows one page after another, through jsPsych. */

import { word } from "./words.js";

const stage = document.getElementById("stage");
const jsPsych = initJsPsych({ display_element: stage });

/** Run a jsPsych trial and return its data. */
export async function run(trial) {
  stage.replaceChildren();
  await jsPsych.run([trial]);
  return jsPsych.data.getLastTrialData().values()[0];
}

/** Show a page with buttons, and return the number of the one that was pressed. */
export async function ask(html, ...buttons) {
  const { response } = await run({
    type: jsPsychHtmlButtonResponse,
    stimulus: html,
    choices: buttons,
    button_layout: "flex",
    on_load: announce,
  });
  return response;
}

/** Show a page without buttons: the last one, or one that waits for something. */
export function show(html) {
  stage.innerHTML = `<article class="card">${html}</article>`;
  announce();
}

/** Ask for full screen, which only a press can give; a browser or frame without it goes on. */
export async function fullscreen() {
  if (document.fullscreenElement || !document.fullscreenEnabled) return;
  await run({
    type: jsPsychFullscreen,
    message: `<h1>${word("fullscreen_title")}</h1><p>${word("fullscreen")}</p>`,
    button_label: word("fullscreen_button"),
    delay_after: 500,
    on_load: announce,
  });
}

/** Measure the screen: its size, and how often it is refreshed in a second. */
export async function device() {
  const { vsync_rate } = await run({
    type: jsPsychBrowserCheck,
    features: ["vsync_rate"],
    on_load: () => show(`<p>${word("device")}</p>`),
  });
  return {
    width: innerWidth,
    height: innerHeight,
    pixel_ratio: devicePixelRatio,
    refresh_hz: vsync_rate,
    touch: navigator.maxTouchPoints > 0,
    user_language: navigator.language,
  };
}

/** Have a screen reader read the page from its heading. */
function announce() {
  const heading = stage.querySelector("h1") ?? stage.firstElementChild;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}
