/** A button with data-copy="id" copies that field and says so in its own words; where that is not allowed, it selects the field. */
export function copyOnTap() {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        button.textContent = button.dataset.done;
      } catch {
        field.focus();
      }
    });
  }
}
