/** Words for scripts: they stand translated in <template id="words"> of the page. */
export function words(key, values = {}) {
  const holder = document.getElementById("words");
  const text = holder?.dataset[key] ?? "";
  return Object.entries(values).reduce((out, [name, value]) => out.replace(`{${name}}`, value), text);
}
