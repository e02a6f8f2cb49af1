/** A second tap on the same button sends nothing while the first is on its way (the server would answer it once anyway). */
export function sendOnce() {
  const sent = new WeakSet();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (sent.has(form)) event.preventDefault();
    sent.add(form);
    window.setTimeout(() => sent.delete(form), 4000);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("button[aria-disabled='true']")) event.preventDefault();
  });
}
