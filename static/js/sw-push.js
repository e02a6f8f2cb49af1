/**
 * What the service worker does with a push message: it shows its words, and a tap opens its page here.
 * Its names are its own: every part of the worker stands in one scope.
 */
{
  const PLAIN_TITLE = "Whole School Safety";

  /** The path of a link of this site; the first page for a link that leads elsewhere. */
  const ownPath = (link) => {
    try {
      const url = new URL(String(link ?? "/"), self.location.origin);
      return url.origin === self.location.origin ? url.pathname : "/";
    } catch {
      return "/";
    }
  };

  const readMessage = (data) => {
    try {
      const said = data.json();
      return said && typeof said === "object" ? said : {};
    } catch {
      return {};
    }
  };

  self.addEventListener("push", (event) => {
    const said = readMessage(event.data);
    // a repeat has the same tag: it takes the place of the first and makes no second sound
    event.waitUntil(self.registration.showNotification(String(said.title || PLAIN_TITLE), {
      body: String(said.body || ""), tag: String(said.tag || "message"), data: { path: ownPath(said.link) },
    }));
  });

  const open = async (path) => {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    // a page on which somebody may be typing is never led elsewhere
    const there = pages.find((page) => new URL(page.url).pathname === path);
    return there ? there.focus() : self.clients.openWindow(path);
  };

  self.addEventListener("notificationclick", (event) => {
    event.notification.close();
    event.waitUntil(open(ownPath(event.notification.data?.path)));
  });
}
