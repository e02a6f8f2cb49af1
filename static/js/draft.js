/**
 * Saves a form to the server while it is typed: <form data-draft-url="…">.
 * The answer is JSON {saved_at: "10:42 am", draft_id?, draft_version?}. Nothing is kept in the browser.
 */
import { words } from "./words.js";

const QUIET_MS = 1500;

function clockWords() {
  return new Intl.DateTimeFormat(document.documentElement.lang, { hour: "numeric", minute: "2-digit" }).format(new Date());
}

function takeOver(form, answer) {
  for (const name of ["draft_id", "draft_version"]) {
    const field = form.querySelector(`input[name="${name}"]`);
    if (field && answer[name] !== undefined) field.value = answer[name];
  }
}

class Draft {
  constructor(form) {
    this.form = form;
    this.status = form.querySelector("[data-draft-status]");
    this.timer = null;
    this.running = null;
    this.changed = false;
  }

  touch() {
    this.changed = true;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), QUIET_MS);
  }

  stop() {
    window.clearTimeout(this.timer);
    this.changed = false;
  }

  async save() {
    window.clearTimeout(this.timer);
    if (this.running) await this.running;
    if (!this.changed) return;
    this.changed = false;
    this.running = this.send();
    await this.running;
    this.running = null;
  }

  async send() {
    const body = new FormData(this.form);
    for (const field of this.form.querySelectorAll("input[type=file]")) body.delete(field.name);
    try {
      const response = await fetch(this.form.dataset.draftUrl, {
        method: "POST", body, credentials: "same-origin", keepalive: true, redirect: "error",
        headers: { "X-Requested-With": "fetch", Accept: "application/json" },
      });
      if (!response.ok) throw new Error(String(response.status));
      const answer = await response.json();
      takeOver(this.form, answer);
      this.say(words("saved", { time: answer.saved_at ?? clockWords() }));
    } catch {
      this.changed = true;
      this.say(words("notSaved"));
    }
  }

  say(text) {
    if (this.status) this.status.textContent = text;
  }
}

export function saveDrafts() {
  const drafts = [...document.querySelectorAll("form[data-draft-url]")].map((form) => new Draft(form));
  if (!drafts.length) return;
  for (const draft of drafts) {
    draft.form.addEventListener("input", () => draft.touch());
    draft.form.addEventListener("change", () => draft.touch());
    draft.form.addEventListener("submit", (event) => { if (!event.defaultPrevented) draft.stop(); });
  }
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") for (const draft of drafts) draft.save();
  });
  for (const form of document.querySelectorAll("form[data-language]")) {
    form.addEventListener("submit", async (event) => {
      if (form.dataset.ready || !drafts.some((draft) => draft.changed)) return;
      event.preventDefault();
      await Promise.all(drafts.map((draft) => draft.save()));
      form.dataset.ready = "yes";
      const button = event.submitter;
      window.setTimeout(() => form.requestSubmit(button), 0);
    });
  }
}
