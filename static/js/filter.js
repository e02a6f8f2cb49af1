/** A long list of boxes that a few letters narrow: groups open where something fits. Without a script the list is folded by group. */
export function filterLists() {
  for (const box of document.querySelectorAll("[data-list-filter]")) {
    const input = box.querySelector("input");
    const status = box.querySelector("[data-list-filter-status]");
    const groups = [...box.parentElement.querySelectorAll("[data-list-group]")];
    const open = groups.map((group) => group.open);
    box.hidden = false;
    input.addEventListener("input", () => {
      const typed = folded(input.value.trim());
      let fits = 0;
      groups.forEach((group, number) => {
        const here = narrow(group, typed);
        fits += here;
        group.hidden = here === 0;
        group.open = typed ? here > 0 : open[number];
      });
      status.textContent = typed && fits === 0 ? input.dataset.none : "";
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
  }
}

/** Show what fits, and what is ticked in any case; returns how many are shown. */
function narrow(group, typed) {
  let shown = 0;
  for (const item of group.querySelectorAll("[data-list-item]")) {
    item.hidden = !folded(item.textContent).includes(typed) && !item.querySelector("input").checked;
    if (!item.hidden) shown += 1;
  }
  return shown;
}

function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
