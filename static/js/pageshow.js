/** A page the browser kept in memory is asked for anew, so that Back shows nothing after sign-out. */
export function reloadRestoredPages() {
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && document.body.hasAttribute("data-signed-in")) window.location.reload();
  });
}
