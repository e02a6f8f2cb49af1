/** Where tabs are longer than the page, the one that is open stands in sight. */
export function showTab() {
  for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
    const row = tab.closest("ul");
    row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }
}
