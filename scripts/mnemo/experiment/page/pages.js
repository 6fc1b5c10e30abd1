/** The HTML of the pages around the task. Texts of the experiment's folder are HTML already. */

import { escape, money, number, percent, word } from "./words.js";

const title = (name) => `<h1>${word(name)}</h1>`;
const paragraph = (name, values) => `<p>${word(name, values)}</p>`;
const minutes = (seconds) => word("minutes", { n: Math.max(1, Math.round(seconds / 60)) });
const withdrawLink = (name) => `<p class="small"><a href="#withdraw">${word(name)}</a></p>`;

export const consent = (status) => status.texts.consent + withdrawLink("withdraw_before");
export const preview = (status) => status.texts.consent + notice(paragraph("preview"));
export const interrupted = () => title("interrupted_title") + paragraph("interrupted");
export const elsewhere = () => title("elsewhere_title") + paragraph("elsewhere");
export const taken = () => title("taken_title") + paragraph("taken");
export const loading = (name) => `<p>${word(name)}</p>`;

export function instructions(status, lasting) {
  const offer = word("offer", {
    minutes: minutes(status.seconds),
    left: word("series", { n: status.series_left }),
  });
  const pay = status.pay ? word("offer_pay", { pay: money(status.pay, status.currency) }) : "";
  return (
    status.texts.instructions +
    `<p>${offer} ${pay}</p>` +
    notice(paragraph("flashing")) +
    (lasting ? "" : notice(paragraph("no_storage")))
  );
}

export const images = (n, total) => `
  ${title("images_title")}
  <progress value="${n}" max="${total}" aria-label="${word("images_title")}"></progress>
  <p class="count">${word("images_loaded", { n, total })}</p>`;

export function practice(series, n) {
  const values = { images: word("images", { n }), pairs: word("pairs", { n }) };
  return title("practice_title") + paragraph(`practice_${series.kind}`, values);
}

/** What a participant did in the practice, above the page that starts the series. */
export function practiced(series, records) {
  const trials = records.map((each) => ({ ...each, ...series.trials[each.trial] }));
  const repeats = trials.filter((each) => each.repeat);
  const firsts = trials.filter((each) => !each.repeat);
  const old = (each) => each.answer === "old";
  return (
    title("practice_over_title") +
    paragraph(`practice_over_${series.kind}`, {
      hits: repeats.filter(old).length,
      repeats: repeats.length,
      false_alarms: firsts.filter(old).length,
      firsts: firsts.length,
      correct: trials.filter((each) => each.answer === each.correct).length,
      pairs: word("pairs", { n: trials.length }),
    })
  );
}

/** The page that starts a series; `before` is what stands above it. */
export const ready = (status, before) =>
  (before ? `${before}<h2>${word("ready_title")}</h2>` : title("ready_title")) +
  paragraph(`ready_${status.kind}`, { minutes: minutes(status.seconds) });

export const sending = () => title("sending_title") + paragraph("sending");

/** The page after series `played`; `hidden` is the number of images missed in the background. */
export function between(status, played, hidden) {
  const facts = [
    [word("played_series"), number(status.series_played)],
    [word("left_series"), number(status.series_left)],
  ];
  if (status.pay) facts.push([word("earned"), money(status.earned, status.currency)]);
  return (
    `<h1>${word("between_title", { number: played })}</h1>` +
    score(status) +
    background(hidden) +
    `<dl>${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("")}</dl>` +
    paragraph("break")
  );
}

function score({ kind, score }) {
  if (!score) return "";
  const shares = Object.entries(score).filter(([, share]) => share !== null);
  const values = Object.fromEntries(shares.map(([name, share]) => [name, percent(share)]));
  const needed = kind === "memory-game" ? ["hits", "false_alarms"] : ["correct"];
  return needed.every((name) => name in values) ? paragraph(`score_${kind}`, values) : "";
}

function background(hidden) {
  return hidden ? notice(paragraph("hidden", { images: word("images", { n: hidden }) })) : "";
}

export const end = (status, hidden) =>
  status.texts.debriefing + score(status) + background(hidden) + codes(status);

export function blocked(status) {
  return (
    title("blocked_title") + paragraph("blocked") + status.texts.debriefing + codes(status)
  );
}

export const declined = (status) => title("declined_title") + paragraph("declined") + codes(status);
export const full = () => title("full_title") + paragraph("full");
export const withdrawn = () => title("withdrawn_title") + paragraph("withdrawn");

/** What a participant takes along: the code that registers the participation, and that for deletion. */
function codes({ completion, code, series_played, pay, earned, currency }) {
  let html = "";
  if (pay && series_played) {
    html += `<p>${word("earned_in_all")} <strong>${money(earned, currency)}</strong></p>`;
  }
  if (completion) html += paragraph("completion");
  if (completion?.code) html += ticket("completion_code", completion.code);
  if (completion?.url) {
    html += `<p><a class="button" href="${escape(completion.url)}">${word("completion_link")}</a></p>`;
  }
  if (completion?.form) html += form(completion.form);
  if (code) {
    html += ticket("withdrawal_code", code) + paragraph("withdrawal_keep") + withdrawLink("withdraw_link");
  }
  return html + (series_played ? paragraph("close") : "");
}

/** The form by which Mechanical Turk is told that an assignment is done. */
function form({ action, fields }) {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`,
  );
  const button = `<button class="button">${word("completion_link")}</button>`;
  return `<form method="post" action="${escape(action)}">${inputs.join("")}${button}</form>`;
}

const ticket = (name, code) =>
  `<p class="ticket"><span>${word(name)}</span> <code>${escape(code)}</code></p>`;

export const withdraw = (code, problem) => `
  ${title("withdraw_title")}
  ${paragraph("withdraw")}
  <label>${word("withdrawal_code")}
    <input id="code" autocomplete="off" spellcheck="false" value="${escape(code ?? "")}"></label>
  <p id="problem" role="alert">${problem}</p>`;

export const error = (message) =>
  title("error_title") + `<p>${escape(message)}</p>` + paragraph("error_kept");

function notice(html) {
  return `<div class="notice">${html}</div>`;
}
