/** Registers the service worker that <link rel="manifest" data-worker="…"> names, once the page itself is done. */
export function install() {
  const address = document.querySelector("link[data-worker]")?.dataset.worker;
  if (!address || !("serviceWorker" in navigator) || !document.body.hasAttribute("data-signed-in")) return;
  const register = () => {
    navigator.serviceWorker.register(address, { updateViaCache: "none" }).catch(() => {
      // a browser that may not, or a server that is away: the pages work without it
    });
  };
  if (document.readyState === "complete") register();
  else window.addEventListener("load", register, { once: true });
}
