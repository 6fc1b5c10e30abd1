/**
 * The words of the page: those of words.json, replaced by what the experiment's folder has.
 * A word with {names} is filled in. One with a number n has plural forms, whose names end in the
 * category of the number in its language: _one and _other in English.
 */

let words = {};
let plurals = new Intl.PluralRules("en");

/** Load the words of words.json. */
export async function load() {
  const reply = await fetch("/page/words.json");
  if (!reply.ok) throw new Error(`/page/words.json: ${reply.status}`);
  use(await reply.json());
}

/** Replace words, and tell the browser their language. */
export function use(others) {
  words = { ...words, ...others };
  plurals = new Intl.PluralRules(words.language);
  document.documentElement.lang = words.language;
  document.documentElement.dir = words.direction;
}

/** A word as HTML, with its {names} filled in; what is filled in is no HTML, and numbers are written. */
export function word(name, values = {}) {
  const text =
    words[name] ?? words[`${name}_${plurals.select(values.n)}`] ?? words[`${name}_other`];
  if (text === undefined) throw new Error(`words.json has no ${name}`);
  const filled = (value) => (typeof value === "number" ? number(value) : escape(value));
  return text.replace(/\{(\w+)\}/g, (_, key) => filled(values[key]));
}

/** A number in the reader's notation. */
export function number(value) {
  return new Intl.NumberFormat(words.language).format(value);
}

/** An amount of money in the reader's notation. */
export function money(amount, currency) {
  const style = /^[A-Z]{3}$/.test(currency ?? "") ? { style: "currency", currency } : {};
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return new Intl.NumberFormat(words.language, { ...digits, ...style }).format(amount);
}

/** A share from 0 to 1 in percent. */
export function percent(share) {
  return new Intl.NumberFormat(words.language, { style: "percent" }).format(share);
}

/** Text as HTML. */
export function escape(text) {
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return String(text).replace(/[&<>"']/g, (each) => entities[each]);
}
