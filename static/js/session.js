/** Warns two minutes before the session ends and keeps it alive when asked: <body data-session-ends="ISO" data-keepalive-url>. */
const WARN_MS = 120000;

export function watchSession() {
  const { sessionEnds, keepaliveUrl } = document.body.dataset;
  const dialog = document.getElementById("session-warning");
  if (!sessionEnds || !dialog) return;
  let timer = null;

  const plan = (ends) => {
    window.clearTimeout(timer);
    const wait = new Date(ends).getTime() - Date.now() - WARN_MS;
    if (Number.isNaN(wait)) return;
    timer = window.setTimeout(() => { if (!dialog.open) dialog.showModal(); }, Math.max(wait, 0));
  };

  dialog.addEventListener("close", async () => {
    const token = document.querySelector("input[name=csrf_token]")?.value ?? "";
    try {
      const response = await fetch(keepaliveUrl, {
        method: "POST", credentials: "same-origin", redirect: "error",
        headers: { "X-CSRFToken": token, "X-Requested-With": "fetch", Accept: "application/json" },
      });
      if (!response.ok) throw new Error(String(response.status));
      plan((await response.json()).ends);
    } catch {
      window.location.reload();
    }
  });
  plan(sessionEnds);
}
