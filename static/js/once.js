/**
 * A second tap on the same button sends nothing while the first is on its way (the server would answer it once anyway).
 * After four seconds it may be tapped again, but not in a form with `data-sent-once`, whose answer is shown only once:
 * the second answer would take the first one's place.
 */
export function sendOnce() {
  const sent = new WeakSet();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (sent.has(form)) event.preventDefault();
    sent.add(form);
    if (!("sentOnce" in form.dataset)) window.setTimeout(() => sent.delete(form), 4000);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("button[aria-disabled='true']")) event.preventDefault();
  });
}
