/** Loads the images of a series and decodes them, so that no trial waits for one. */

import { rest } from "./api.js";

const AT_ONCE = 6;
const TRIES = 5;

/**
 * Load images, several at a time.
 * Returns decoded bitmaps in the order of their addresses; they stay in memory until `close`.
 * Throws if an image can't be had in several tries.
 */
export async function load(addresses, progress) {
  const bitmaps = new Array(addresses.length);
  let next = 0;
  let loaded = 0;
  const work = async () => {
    while (next < addresses.length) {
      const index = next++;
      bitmaps[index] = await bitmap(addresses[index]);
      progress(++loaded);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return bitmaps;
}

async function bitmap(address) {
  for (let tried = 1; ; tried++) {
    try {
      const reply = await fetch(address);
      if (!reply.ok) throw new Error(`${address}: ${reply.status}`);
      return await createImageBitmap(await reply.blob());
    } catch (why) {
      if (tried === TRIES) throw why;
      await rest(250 * 2 ** tried);
    }
  }
}
