/** An address that names a place within a folded card opens it. */
export function openNamedFold() {
  const open = () => {
    const place = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const fold = place && place.closest("details.fold:not([open])");
    if (!fold) return;
    fold.open = true;
    place.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();
}
