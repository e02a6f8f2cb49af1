/**
 * The service worker: keeps the static files of one release, and the pages that open without network.
 * No page with records is ever kept. `APP` stands above this file, written by the server (web/installable.py).
 * Every sw-*.js is imported here, in the order of their names: each adds listeners of its own.
 */
const CACHE_PREFIX = "shell-";
const CACHE = CACHE_PREFIX + self.APP.release;
const SHELL = new Set(self.APP.shell);
const PATIENCE_MS = 10000;
const AWAY = new Set([502, 503, 504]);
const ASKS = ["find", "switch_language", "switch_school"];

async function keepShell() {
  const cache = await caches.open(CACHE);
  await Promise.all(self.APP.shell.map(async (address) => {
    const answer = await fetch(address, { credentials: "omit" });
    if (!answer.ok || answer.redirected) throw new Error(`${address}: ${answer.status}`);
    await cache.put(address, answer);
  }));
  await self.skipWaiting();
}

async function dropOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(CACHE_PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function kept(address) {
  const cache = await caches.open(CACHE);
  return cache.match(address);
}

/** Which page opens without network at an address: the two forms at their own, and at any other the one that leads to them. */
function offlinePage(pathname) {
  const { pages, forms } = self.APP;
  return pages[forms[pathname] ?? "home"];
}

async function addressOf(pathname) {
  const here = await self.unsent.device().catch(() => undefined);
  const language = here?.locale ?? self.navigator.language.slice(0, 2);
  const addresses = offlinePage(pathname);
  return addresses[language] ?? addresses.en;
}

async function offline(request) {
  const { pathname, search } = new URL(request.url);
  return (await kept(pathname + search)) ?? kept(await addressOf(pathname));
}

/** A form that is worth waiting for is not waited for longer than somebody in a stairwell would. */
function inTime(answer) {
  return Promise.race([
    answer,
    new Promise((_resolve, reject) => { self.setTimeout(() => reject(new Error("too slow")), PATIENCE_MS); }),
  ]);
}

async function opened(request, pathname) {
  const isForm = pathname in self.APP.forms;
  try {
    const answer = await (isForm ? inTime(fetch(request)) : fetch(request));
    if (!isForm || !AWAY.has(answer.status)) return answer;
  } catch {
    // no network, or as good as none
  }
  return (await offline(request)) ?? Response.error();
}

/** A report or an entry of the log that was being sent when the network went is held; the server may have it: its key says so. */
async function saved(request, pathname) {
  const copy = request.clone();
  try {
    return await fetch(request);
  } catch (error) {
    const fields = [...(await copy.formData())].filter(([name, value]) => name !== "csrf_token" && typeof value === "string");
    const one = new Map(fields);
    if (!one.get("request_key") || ASKS.some((name) => one.has(name))) throw error;
    const school = Number(one.get("school_id")) || null;
    await self.unsent.hold({ name: one.get("request_key"), kind: self.APP.forms[pathname], fields, school, draft: true });
    await self.unsent.sendLater(self.registration);
    return Response.redirect(`${await addressOf(pathname)}&held=1`, 303);
  }
}

async function signedOut(request) {
  const answer = await fetch(request);
  await self.unsent.forget();
  return answer;
}

function answerTo(request, pathname) {
  const page = request.mode === "navigate";
  if (request.method === "GET" && page) return opened(request, pathname);
  if (request.method === "GET" && SHELL.has(pathname)) return kept(pathname).then((answer) => answer ?? fetch(request));
  if (request.method === "POST" && page && pathname in self.APP.forms) return saved(request, pathname);
  if (request.method === "POST" && page && pathname === self.APP.signOut) return signedOut(request);
  return null;
}

self.addEventListener("install", (event) => event.waitUntil(keepShell()));
self.addEventListener("activate", (event) => event.waitUntil(dropOlder()));
self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  const answer = origin === self.location.origin ? answerTo(event.request, pathname) : null;
  if (answer) event.respondWith(answer);
});
self.addEventListener("sync", (event) => {
  if (event.tag === self.unsent.TAG) event.waitUntil(self.unsent.sendAll());
});

importScripts(...self.APP.parts);
