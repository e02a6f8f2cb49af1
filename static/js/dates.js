/** Quick chips ("in 3 school days (Wed)") fill the date field instead of sending the form. */
export function fillDates() {
  for (const chip of document.querySelectorAll("button[data-fill]")) {
    chip.addEventListener("click", (event) => {
      const field = document.getElementById(chip.dataset.fill);
      if (!field) return;
      event.preventDefault();
      field.value = chip.value;
      field.dispatchEvent(new Event("change", { bubbles: true }));
      field.focus();
    });
  }
}
