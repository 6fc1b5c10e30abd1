/** Lets one tab of a browser play at a time. */

const NAME = "mnemo-experiment";
const GRACE = 500; // ms in which a page that is being reloaded gives up its claim

/**
 * Claim the study for this tab until it closes.
 * Returns whether it is this tab's. `take` takes it from another tab; `lost` is called when another
 * tab does so. A browser without locks, or one that denies them to a frame of another site, lets
 * every tab play; the server still keeps them apart.
 */
export async function claim(lost, { take = false } = {}) {
  if (!navigator.locks) return true;
  if (await request({ [take ? "steal" : "ifAvailable"]: true }, lost)) return true;
  await new Promise((resolve) => setTimeout(resolve, GRACE));
  return request({ ifAvailable: true }, lost);
}

function request(options, lost) {
  return new Promise((resolve) => {
    navigator.locks
      .request(NAME, options, (lock) => {
        resolve(lock !== null);
        return lock && new Promise(() => {});
      })
      .catch((why) => (why.name === "AbortError" ? lost() : resolve(true)));
  });
}
