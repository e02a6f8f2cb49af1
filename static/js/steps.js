/** A number gets buttons beside it: one less, one more, and the usual numbers, so that nobody has to type. */
export function stepNumbers() {
  for (const field of document.querySelectorAll("input[data-steps]")) {
    const row = document.createElement("div");
    row.className = "steps";
    const by = (step) => () => Math.max(0, (Number(field.value) || 0) + step);
    row.append(button("−", by(-1), field, field.dataset.less), button("+", by(1), field, field.dataset.more));
    for (const usual of field.dataset.steps.split(" ").filter(Boolean)) {
      row.append(button(usual, () => usual, field));
    }
    field.after(row);
  }
}

function button(words, value, field, label) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-secondary";
  made.textContent = words;
  made.setAttribute("aria-label", `${label || words}: ${field.labels[0]?.textContent.trim() ?? ""}`);
  made.addEventListener("click", () => {
    field.value = value();
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  return made;
}
