/** Puts the focus on the error summary, and from its links on the first control of the field. */
export function focusErrors() {
  const summary = document.querySelector("[data-error-summary]");
  if (!summary) return;
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const target = link && document.getElementById(link.hash.slice(1));
    if (!target) return;
    event.preventDefault();
    const control = target.matches("fieldset") ? target.querySelector("input, select, textarea") : target;
    (target.closest(".field") ?? target).scrollIntoView({ block: "start" });
    (control ?? target).focus({ preventScroll: true });
  });
}
