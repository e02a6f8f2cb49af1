/**
 * What this device has not sent yet: counted on every page, sent when the network is back, asked about before signing out.
 * Registers the service worker that <link rel="manifest" data-worker="…"> names. Words stand in components/unsent.html.
 */
import "./sw-box.js";
import "./sw-send.js";

const AGAIN_MS = 20000;
const MORE = "#more";
const MENDING = "[data-unsent-mended]";
const { unsent } = self;
let signedOut = false;

function words(strip, name, number) {
  if (!number) return "";
  return number === 1 ? strip.dataset[`${name}One`] : strip.dataset[`${name}Many`].replace("{number}", number);
}

function counted(strip, entries) {
  const reports = entries.filter((entry) => entry.kind === "report").length;
  return [words(strip, "report", reports), words(strip, "practice", entries.length - reports)].filter(Boolean).join(" · ");
}

function each(selector, act) {
  for (const element of document.querySelectorAll(selector)) act(element);
}

function callOffices(schools) {
  each("[data-offices]", (holder) => {
    holder.replaceChildren(...schools.filter((school) => school.phone).map((school) => {
      const link = document.createElement("a");
      link.className = "btn btn-danger";
      link.href = `tel:${school.phone.replaceAll(" ", "")}`;
      link.textContent = holder.dataset.words.replace("{number}", school.phone);
      return link;
    }));
  });
}

/** Danger that no one was told of takes the whole screen, until the server has it. */
function warn(strip, entries) {
  const dialog = document.getElementById("not-sent");
  const wanted = entries.some((entry) => entry.danger);
  strip.classList.toggle("unsent-danger", wanted);
  if (wanted && !dialog.open && "screen" in strip.dataset && window.location.hash !== MORE) dialog.showModal();
  if (!wanted && dialog.open) dialog.close();
}

async function show(strip) {
  const [entries, here] = await Promise.all([unsent.waiting(), unsent.device()]);
  const mend = strip.dataset.owner && !document.querySelector(MENDING) ? here?.waiting ?? 0 : 0;
  callOffices(here?.schools ?? []);
  each("[data-unsent-count]", (element) => { element.textContent = counted(strip, entries); });
  each("[data-unsent-waiting]", (element) => { element.hidden = !entries.length; });
  each("[data-unsent-mend]", (element) => { element.hidden = !mend; });
  each("[data-unsent-mend-link]", (element) => { element.textContent = words(strip, "mend", mend); });
  const hint = here ? signedOut && strip.dataset.signedOut : strip.dataset.signIn;
  each("[data-unsent-hint]", (element) => {
    element.dataset.own ??= element.textContent;
    element.textContent = hint || element.dataset.own;
  });
  each("[data-unsent-sign-in]", (element) => { element.hidden = !signedOut; });
  strip.hidden = !entries.length && !mend && !strip.querySelector("[data-unsent-answers] li");
  warn(strip, entries);
}

function tell(strip, answers) {
  const list = strip.querySelector("[data-unsent-answers]");
  for (const answer of answers) {
    const row = document.createElement("li");
    const link = document.createElement(answer.href ? "a" : "span");
    if (answer.href) link.href = answer.href;
    link.textContent = answer.words;
    row.append(link);
    list.append(row);
  }
  const urgent = answers.find((answer) => answer.status === "mend" && answer.danger);
  if (urgent) window.location.assign(urgent.href);
}

function say(text) {
  each("[data-unsent-status]", (element) => { element.textContent = text; });
}

async function trySending(strip) {
  if (!(await unsent.waiting()).length) return;
  say(strip.dataset.trying);
  try {
    tell(strip, await unsent.sendAll());
    signedOut = false;
    say((await unsent.waiting()).length ? strip.dataset.noNetwork : "");
  } catch (error) {
    signedOut = Boolean(error.signedOut);
    say(signedOut ? strip.dataset.signedOut : strip.dataset.noNetwork);
  }
  await show(strip);
}

/** Nobody signs out over a report that was not sent without having said so. */
function askBeforeSigningOut(strip) {
  const dialog = document.getElementById("unsent-sign-out");
  let asking = null;
  const leave = async (form) => {
    const mine = new Set((await unsent.waiting()).map((entry) => entry.name));
    for (const name of mine) await unsent.drop(name);
    await unsent.forget();
    if ((await unsent.waiting()).length) {
      const keep = document.createElement("input");
      Object.assign(keep, { type: "hidden", name: "keep_sealed", value: "1" });
      form.append(keep);
    }
    form.dataset.ready = "yes";
    form.requestSubmit();
  };
  each("form", (form) => {
    if (new URL(form.action, window.location.href).pathname !== strip.dataset.signOut) return;
    form.addEventListener("submit", async (event) => {
      if (form.dataset.ready) return;
      event.preventDefault();
      const waits = (await unsent.waiting()).length;
      asking = form;
      if (waits) dialog.showModal();
      else await leave(form);
    });
  });
  dialog.querySelector("[data-unsent-delete]").addEventListener("click", () => {
    dialog.close();
    leave(asking);
  });
  unsent.onChange(async () => {
    if (dialog.open && !(await unsent.waiting()).length) {
      dialog.close();
      leave(asking);
    }
  });
}

async function register() {
  const address = document.querySelector("link[data-worker]")?.dataset.worker;
  return address ? navigator.serviceWorker.register(address, { updateViaCache: "none" }) : undefined;
}

function possible() {
  return Boolean(navigator.serviceWorker && navigator.locks && self.crypto?.subtle && self.BroadcastChannel);
}

async function begin(strip) {
  const { owner, device, send } = strip.dataset;
  if (owner) {
    const registration = await register();
    if (!registration) return;
    const before = await unsent.device();
    if (before && !before.owners.includes(owner)) await unsent.forget();
    await unsent.askWhereNeeded({ device, send }, owner, document.documentElement.lang).catch(() => {});
  }
  const mended = document.querySelector(MENDING)?.dataset.unsentMended;
  const here = await unsent.device();
  if (here && mended !== undefined && here.waiting !== Number(mended)) await unsent.remember({ ...here, waiting: Number(mended) });
  await show(strip);
  await trySending(strip);
}

export function keepUnsent() {
  const strip = document.getElementById("unsent");
  if (!strip || !possible()) return;
  document.getElementById("not-sent").addEventListener("cancel", (event) => event.preventDefault());
  document.querySelector("[data-another]").addEventListener("click", () => document.getElementById("not-sent").close());
  each("[data-unsent-try]", (button) => button.addEventListener("click", () => trySending(strip)));
  unsent.onChange(() => show(strip));
  window.addEventListener("online", () => trySending(strip));
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") trySending(strip); });
  window.setInterval(() => { if (navigator.onLine) trySending(strip); }, AGAIN_MS);
  askBeforeSigningOut(strip);
  begin(strip).catch(() => {});
}
