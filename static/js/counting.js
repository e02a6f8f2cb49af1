/** A page whose figures are being counted looks for them every few seconds, and shows them once they are there. */
const FIRST_MS = 1000;
const LONGEST_MS = 5000;
const BEING_COUNTED = 202;

export function showCounted() {
  if (!document.querySelector("[data-being-counted]")) return;
  let pause = FIRST_MS;
  const look = async () => {
    const answer = document.hidden ? null : await fetch(window.location.href).catch(() => null);
    if (answer && answer.status !== BEING_COUNTED) {
      window.location.reload();
      return;
    }
    pause = Math.min(pause * 1.5, LONGEST_MS);
    window.setTimeout(look, pause);
  };
  window.setTimeout(look, pause);
}
