/** Blanks the screen when somebody steps up to the desk. */
export function enableBlanking() {
  const dialog = document.getElementById("blank-screen");
  if (!dialog) return;
  const title = document.title;
  for (const button of document.querySelectorAll("[data-blank]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      document.title = document.querySelector(".brand .only-wide")?.textContent.trim() ?? "";
      dialog.showModal();
    });
  }
  dialog.addEventListener("close", () => { document.title = title; });
}
