/** Letter keys: / leads to the search field; those of a work list (j, k, x, ?, and what its buttons name) move the focus, tick and press, never in a field, and can be turned off. */
const SETTING = "wss-keys";
const TYPED = "input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, [contenteditable]";

/** The key that leads to the search field of this page, from anywhere but another field. */
export function findWithSlash() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || isElsewhere(event) || stored() === "off") return;
    const field = [...document.querySelectorAll("[data-find]")].find((one) => one.offsetParent !== null);
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}

export function workWithKeys() {
  const list = document.querySelector("[data-keys-list]");
  const dialog = document.getElementById("keys");
  if (!list || !dialog) return;
  const on = dialog.querySelector("[data-keys-on]");
  on.checked = stored() !== "off";
  on.addEventListener("change", () => store(on.checked ? "on" : "off"));
  for (const button of document.querySelectorAll("[data-keys-open]")) {
    button.hidden = false;
    button.addEventListener("click", () => dialog.showModal());
  }
  document.addEventListener("keydown", (event) => {
    if (isElsewhere(event)) return;
    const act = actOf(event, list, dialog, on.checked);
    if (act && act() !== false) event.preventDefault();
  });
}

function isElsewhere(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  return Boolean(event.target.closest(TYPED) || document.querySelector("dialog[open]"));
}

function actOf(event, list, dialog, letters) {
  const here = event.target.closest(".work-row") ?? left();
  const inside = here && list.contains(here) ? here : null;
  if (inside && event.key === "ArrowDown") return () => step(list, inside, 1);
  if (inside && event.key === "ArrowUp") return () => step(list, inside, -1);
  if (!letters) return null;
  if (event.key === "j") return () => step(list, inside, 1);
  if (event.key === "k") return () => step(list, inside, -1);
  if (event.key === "x" && inside) return () => inside.querySelector(".work-tick input")?.click() ?? true;
  if (event.key === "?") return () => dialog.showModal();
  const button = inside && /^[a-z]$/.test(event.key) ? inside.querySelector(`[data-key="${event.key}"]`) : null;
  return button ? () => button.click() ?? true : null;
}

/** The row to which the page came back after an act on it, as long as nothing else is in focus. */
function left() {
  return document.activeElement === document.body ? document.querySelector(".work-row:target") : null;
}

/** Focus the title of the next row, or of the first when none is in focus; false at either end. */
function step(list, from, by) {
  const rows = [...list.querySelectorAll(".work-row")].filter((row) => row.offsetParent !== null);
  rows.sort((one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top);
  const next = from ? rows[rows.indexOf(from) + by] : rows[0];
  const title = next?.querySelector(".work-title a, tr > th a");
  title?.focus();
  return Boolean(title);
}

function stored() {
  try {
    return window.localStorage.getItem(SETTING);
  } catch {
    return null;
  }
}

function store(value) {
  try {
    window.localStorage.setItem(SETTING, value);
  } catch {
    // a browser that keeps nothing forgets the choice with the page
  }
}
