/**
 * Sends what waits, one after the other, for the person who wrote it; used by pages and by the service worker.
 * An entry leaves the device only when the server has answered that it has it.
 */
(() => {
  const { unsent } = self;
  const LOCK = "unsent-sending";
  const TAG = "unsent";
  const ASKED_ANEW_MS = 3600000;
  const RECEIVED = new Set(["sent", "mend"]);

  async function json(address, options = {}) {
    const answer = await fetch(address, { credentials: "same-origin", redirect: "manual", cache: "no-store", ...options });
    if (answer.type === "opaqueredirect") throw Object.assign(new Error("signed out"), { signedOut: true });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  function post(address, csrf, told) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf, "X-Requested-With": "fetch" };
    return json(address, { method: "POST", body: JSON.stringify(told), headers });
  }

  /** Asks the server who is signed in, has a key made where it has none of this month, and keeps what sealing needs; throws without network and without a sign-in. */
  async function ask(addresses) {
    const { csrf, now, key_at: keyAt, ...facts } = await json(addresses.device);
    const checked = Date.now();
    if (keyAt) facts.key = await post(keyAt, csrf, {});
    await unsent.remember({ ...facts, addresses, checked, contact: { server: now, device: new Date(checked).toISOString() } });
    return csrf;
  }

  /** Asks once an hour, and whenever somebody else or another language is there than this device remembers. */
  async function askWhereNeeded(addresses, owner, locale) {
    const here = await unsent.device();
    const known = here?.owners.includes(owner) && here.locale === locale && Math.abs(Date.now() - here.checked) < ASKED_ANEW_MS;
    if (!known) await ask(addresses);
  }

  async function sendOne(entry, csrf, addresses) {
    const answer = await post(addresses.send, csrf, { box: entry.box, sent: new Date().toISOString() });
    if (RECEIVED.has(answer.status)) await unsent.drop(entry.name);
    return { ...answer, danger: entry.danger };
  }

  /** Returns what the server answered for each; what could not be sent stays, and is not in it. */
  async function sendAll() {
    const answers = [];
    const here = await unsent.device();
    if (!here || !(await unsent.waiting()).length) return answers;
    await navigator.locks.request(LOCK, async () => {
      const csrf = await ask(here.addresses);
      for (const entry of await unsent.waiting()) {
        try {
          answers.push(await sendOne(entry, csrf, here.addresses));
        } catch {
          // the next try finds it where it is
        }
      }
      if (answers.some((answer) => answer.status === "mend")) await ask(here.addresses);
    });
    return answers;
  }

  /** Lets the browser send by itself when the network is back, even with no page open, where it can. */
  async function sendLater(registration) {
    try {
      await registration.sync.register(TAG);
    } catch {
      // no Background Sync here: pages send when they are open
    }
  }

  Object.assign(unsent, { ask, askWhereNeeded, sendAll, sendLater, TAG });
})();
