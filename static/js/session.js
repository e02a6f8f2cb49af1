/**
 * Warns two minutes before the session ends, keeps it alive when asked, and clears the page when it is over:
 * <body data-session-ends="ISO" data-session-now="ISO" data-session-last data-keepalive-url data-keep-text-url>.
 * What was typed into a form goes to the server first, which offers it to its writer after the next sign-in.
 * Without this the server does the same when the form is sent.
 */
const WARN_MS = 120000;
const LATE_MS = 1000;

function token() {
  return document.querySelector("input[name=csrf_token]")?.value ?? "";
}

async function post(url, body) {
  const response = await fetch(url, {
    method: "POST", body, credentials: "same-origin", redirect: "error",
    headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch", Accept: "application/json" },
  });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

function watchForms() {
  let typed = null;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.method === "post" && !form.querySelector("input[type=password]")) typed = form;
  });
  document.addEventListener("submit", (event) => { if (event.target === typed) typed = null; });
  return () => typed;
}

async function leave(url, form) {
  const here = window.location.pathname + window.location.search;
  document.body.dataset.leaving = "";
  if (!form) return window.location.reload();
  const body = new FormData(form);
  for (const field of form.querySelectorAll("input[type=file]")) body.delete(field.name);
  body.set("kept_page", here);
  body.set("kept_path", new URL(form.action, window.location.href).pathname);
  try {
    window.location.replace((await post(url, body)).next);
  } catch {
    // offline, or the form asks too much: it stays, and the server keeps it when it is sent
  }
}

export function watchSession() {
  const { sessionEnds, sessionNow, keepaliveUrl, keepTextUrl } = document.body.dataset;
  const dialog = document.getElementById("session-warning");
  if (!sessionEnds || !dialog) return;
  const typed = watchForms();
  let last = document.body.hasAttribute("data-session-last");
  let warned = false;
  // counted by the server's clock: a device whose own is hours ahead would reload for ever
  const ahead = Date.now() - new Date(sessionNow).getTime();
  let ends = new Date(sessionEnds).getTime() + ahead;
  let timer = null;

  const look = () => {
    window.clearTimeout(timer);
    const left = ends - Date.now();
    if (Number.isNaN(left)) return;
    if (left <= -LATE_MS) {
      leave(keepTextUrl, typed());
      return;
    }
    if (left <= WARN_MS && !warned) {
      warned = true;
      if (!dialog.open) dialog.showModal();
    }
    timer = window.setTimeout(look, left > WARN_MS ? left - WARN_MS : Math.max(left, 0) + LATE_MS);
  };

  dialog.addEventListener("close", async () => {
    if (last) return;
    try {
      const answer = await post(keepaliveUrl);
      ends = new Date(answer.ends).getTime() + ahead;
      last = answer.last;
      warned = last && ends - Date.now() <= WARN_MS;
      look();
    } catch {
      leave(keepTextUrl, typed());
    }
  });
  // a machine that slept wakes with timers that are late
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") look(); });
  look();
}
