/**
 * Push messages of this browser: off until its person turns them on with the form
 * <form data-push data-push-key="…" data-push-blocked="words" data-push-failed="words">, whose hidden fields this fills.
 * Around it stand [data-push-none] (shown where a browser cannot), [data-push-here] (shown where it is on already) and
 * [data-push-offer] (hidden but where it can be turned on).
 * Once after each sign-in the server is asked whose this browser's messages are: <body data-push-url data-push-key>, which
 * it leaves out once it has said so.
 */
const able = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function bytesOf(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "="));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

async function current() {
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

async function subscribe(key) {
  const registration = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: bytesOf(key) };
  // one that is bound to another key of the server's would be refused
  await (await registration.pushManager.getSubscription())?.unsubscribe();
  return (await registration.pushManager.subscribe(options)).toJSON();
}

function fill(form, given) {
  form.elements.endpoint.value = given.endpoint;
  form.elements.p256dh.value = given.keys.p256dh;
  form.elements.auth.value = given.keys.auth;
}

function turnOn(form) {
  const words = form.querySelector("[data-push-words]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    words.textContent = "";
    if ((await Notification.requestPermission()) !== "granted") {
      words.textContent = form.dataset.pushBlocked;
      return;
    }
    try {
      fill(form, await subscribe(form.dataset.pushKey));
      form.submit();
    } catch {
      words.textContent = form.dataset.pushFailed;
    }
  });
}

async function offer(form) {
  const around = form.closest("[data-push-offer]") ?? form;
  const beside = around.parentElement;
  const show = (name) => beside.querySelectorAll(`[data-push-${name}]`).forEach((part) => { part.hidden = false; });
  if (!able()) {
    show("none");
    return;
  }
  if (Notification.permission === "granted" && await current()) {
    show("here");
    return;
  }
  around.hidden = false;
  turnOn(form);
}

async function post(url, fields) {
  const body = new URLSearchParams({ csrf_token: document.querySelector("input[name=csrf_token]")?.value ?? "", ...fields });
  return fetch(url, { method: "POST", body, credentials: "same-origin", redirect: "manual", headers: { Accept: "application/json" } });
}

async function keep(url, key) {
  const subscription = await current();
  if (!subscription) return;
  const answer = await post(`${url}/seen`, { endpoint: subscription.endpoint });
  if (!answer.ok) return;
  const { here } = await answer.json();
  if (here === "off") await subscription.unsubscribe();
  if (here === "renew") {
    const given = await subscribe(key);
    await post(url, { endpoint: given.endpoint, p256dh: given.keys.p256dh, auth: given.keys.auth });
  }
}

async function look() {
  const { pushUrl, pushKey } = document.body.dataset;
  if (pushUrl && Notification.permission === "granted") await keep(pushUrl, pushKey);
}

export async function offerPush() {
  try {
    if (able()) await look();
  } catch {
    // offline: asked again on the next page
  }
  for (const form of document.querySelectorAll("form[data-push]")) await offer(form);
}
