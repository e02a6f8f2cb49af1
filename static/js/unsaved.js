/*
 * Asks before a page is left on which something was typed that nothing keeps: a form with a draft of its own keeps it,
 * and so does the end of a session, which says so with data-leaving.
 */

export function askBeforeLeaving() {
  let typed = null;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (event.target.matches("textarea") && form?.method === "post" && !form.dataset.draftUrl) typed = form;
  });
  document.addEventListener("submit", () => { typed = null; });
  window.addEventListener("beforeunload", (event) => {
    if (typed?.isConnected && !("leaving" in document.body.dataset)) event.preventDefault();
  });
}
