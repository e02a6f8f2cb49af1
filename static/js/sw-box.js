/**
 * What this device holds until the network is back; used by pages and by the service worker, as `self.unsent`.
 * An entry is sealed with the public key of whoever is signed in, and the server alone opens it: nothing here can read one.
 * Beside it stand only its own key, an opaque name of its writer, its kind, and whether it told of danger.
 */
(() => {
  const DATABASE = "unsent";
  const DEVICE = "device";
  const ENTRIES = "entries";
  const INFO = "wss sealed box 1";
  const P256 = { name: "ECDH", namedCurve: "P-256" };
  const channel = new BroadcastChannel(DATABASE);
  const listeners = [];

  function done(request) {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  function open() {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(DEVICE);
      request.result.createObjectStore(ENTRIES, { keyPath: "name" });
    };
    return done(request);
  }

  async function within(store, mode, act) {
    const database = await open();
    try {
      return await done(act(database.transaction(store, mode, { durability: "strict" }).objectStore(store)));
    } finally {
      database.close();
    }
  }

  function heard() {
    for (const listener of listeners) listener();
  }

  function tell() {
    channel.postMessage("changed");
    heard();
  }

  channel.addEventListener("message", heard);

  function onChange(listener) {
    listeners.push(listener);
  }

  /** Who is signed in here: {owner, owners, key, schools, contact, locale, waiting, checked}; undefined for nobody. */
  function device() {
    return within(DEVICE, "readonly", (store) => store.get(DEVICE));
  }

  async function remember(facts) {
    await within(DEVICE, "readwrite", (store) => store.put(facts, DEVICE));
    tell();
  }

  /** Forgets who was signed in; what waits to be sent stays, and stays sealed. */
  async function forget() {
    await within(DEVICE, "readwrite", (store) => store.delete(DEVICE));
    tell();
  }

  /** What waits of the person signed in; where nobody is, of anybody: only its number is shown. */
  async function waiting() {
    const all = await within(ENTRIES, "readonly", (store) => store.getAll());
    const here = await device();
    return here ? all.filter((entry) => here.owners.includes(entry.owner)) : all;
  }

  async function drop(name) {
    await within(ENTRIES, "readwrite", (store) => store.delete(name));
    tell();
  }

  function coded(buffer) {
    let letters = "";
    for (const byte of new Uint8Array(buffer)) letters += String.fromCharCode(byte);
    return btoa(letters);
  }

  function decoded(text) {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  }

  async function seal(key, name, text) {
    const theirs = decoded(key.point);
    const recipient = await crypto.subtle.importKey("raw", theirs, P256, false, []);
    const pair = await crypto.subtle.generateKey(P256, false, ["deriveBits"]);
    const sender = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const secret = await crypto.subtle.deriveBits({ name: "ECDH", public: recipient }, pair.privateKey, 256);
    const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
    const derived = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array([...sender, ...theirs]), info: new TextEncoder().encode(INFO) };
    const aes = await crypto.subtle.deriveKey(derived, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const additionalData = new TextEncoder().encode(name);
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData }, aes, new TextEncoder().encode(text));
    return { name, key: key.name, sender: coded(sender), nonce: coded(nonce), text: coded(sealed) };
  }

  /**
   * Holds one form until it can be sent: kind "report" or "practice", fields as [name, value] pairs, the school's number.
   * Throws where nobody was signed in on this device: there is no key to seal with.
   */
  async function hold({ name, kind, fields, school, draft }) {
    const here = await device();
    if (!here?.key) throw new Error("nobody is signed in on this device");
    const told = { kind, fields, school: school ?? null, draft: Boolean(draft), written: new Date().toISOString(), contact: here.contact };
    const box = await seal(here.key, name, JSON.stringify(told));
    const danger = fields.some(([field, value]) => field === "danger" && value === "yes");
    await within(ENTRIES, "readwrite", (store) => store.put({ name, kind, danger, owner: here.owner, box }));
    tell();
  }

  self.unsent = { device, remember, forget, waiting, drop, hold, onChange };
})();
