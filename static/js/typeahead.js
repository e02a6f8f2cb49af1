/** Search field with chips (components/typeahead.html): a combobox over a JSON list, at least two letters. */
import { words } from "./words.js";

const PAUSE_MS = 180;
const LEAST = 2;

class Typeahead {
  constructor(root) {
    this.root = root;
    this.name = root.dataset.name;
    this.multiple = root.hasAttribute("data-multiple");
    this.input = root.querySelector("input[type=text]");
    this.chips = root.querySelector("[data-chips]");
    this.status = root.querySelector("[data-typeahead-status]");
    this.toggles = root.querySelector("[data-chip-toggles]");
    this.items = [];
    this.active = -1;
    this.asked = 0;
    this.added = 0;
    this.build();
    this.listen();
  }

  build() {
    findButton(this.root).hidden = true;
    this.list = document.createElement("ul");
    this.list.className = "typeahead-list";
    this.list.id = `${this.input.id}-list`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.root.querySelector("label").textContent.trim());
    this.list.hidden = true;
    this.input.closest(".typeahead").append(this.list);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", this.list.id]]) {
      this.input.setAttribute(name, value);
    }
  }

  listen() {
    let timer = null;
    this.input.addEventListener("input", (event) => {
      event.stopPropagation();
      window.clearTimeout(timer);
      timer = window.setTimeout(() => this.search(), PAUSE_MS);
    });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => window.setTimeout(() => this.close(), 150));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.index));
    });
    this.chips.addEventListener("change", (event) => {
      if (event.target.name === this.name) this.drop(event.target);
    });
  }

  async search() {
    const query = this.input.value.trim();
    const turn = ++this.asked;
    if (query.length < LEAST) return this.close();
    try {
      // a child's name goes into no address: histories and logs keep those
      const headers = { Accept: "application/json", "X-Search": encodeURIComponent(query) };
      const response = await fetch(this.root.dataset.url, { credentials: "same-origin", headers });
      if (!response.ok) throw new Error(String(response.status));
      const answer = await response.json();
      if (turn === this.asked) this.show(answer.items);
    } catch {
      findButton(this.root).hidden = false;
      this.close();
    }
    return undefined;
  }

  show(items) {
    const chosen = new Set([...this.chips.querySelectorAll("li > input:checked")].map((box) => box.value));
    this.items = items.filter((item) => !chosen.has(String(item.value)));
    this.active = -1;
    this.input.removeAttribute("aria-activedescendant");
    const rows = this.items.map((item, index) => this.option(item, index));
    if (!rows.length) rows.push(note(words("noneFound")));
    this.list.replaceChildren(...rows);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    const count = this.items.length;
    if (count === 0) this.say(words("noneFound"));
    else this.say(count === 1 ? words("foundOne") : words("foundMany", { number: count }));
  }

  option(item, index) {
    const row = document.createElement("li");
    row.id = `${this.input.id}-o${index}`;
    row.dataset.index = index;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", "false");
    row.dir = "auto";
    row.append(...label(item));
    return row;
  }

  key(event) {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves && !this.list.hidden) {
      event.preventDefault();
      this.move(moves[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!this.list.hidden && this.items.length) this.choose(Math.max(this.active, 0));
      else this.search();
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Backspace" && this.input.value === "") {
      this.drop(this.chips.querySelector("li:last-child > input"));
    }
  }

  move(step) {
    if (!this.items.length) return;
    this.active = (this.active + step + this.items.length) % this.items.length;
    this.list.querySelectorAll("[role=option]").forEach((row, index) => {
      row.setAttribute("aria-selected", String(index === this.active));
      if (index === this.active) {
        this.input.setAttribute("aria-activedescendant", row.id);
        row.scrollIntoView({ block: "nearest" });
      }
    });
  }

  choose(index) {
    const item = this.items[index];
    if (!item) return;
    if (!this.multiple) this.chips.replaceChildren();
    this.chips.append(this.chip(item));
    this.input.value = "";
    this.close();
    this.say(words("added", { name: item.label }));
    this.changed();
    this.input.focus();
  }

  chip(item) {
    const row = document.createElement("li");
    row.className = "chip";
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", name: this.name, value: item.value, checked: true, id: `${this.input.id}-n${this.added++}` });
    const text = document.createElement("label");
    text.htmlFor = box.id;
    text.dir = "auto";
    text.append(...label(item));
    row.append(box, text);
    if (this.toggles) row.append(this.togglesOf(row, box, item));
    return row;
  }

  /** What may be said of a chosen person with one tap: a copy of the template, under the person's own value. */
  togglesOf(row, box, item) {
    row.classList.add("chip-with");
    const made = this.toggles.content.firstElementChild.cloneNode(true);
    made.setAttribute("aria-label", item.label);
    for (const toggle of made.querySelectorAll("input")) {
      toggle.id = `${box.id}-${toggle.name}`;
      toggle.value = item.value;
      toggle.nextElementSibling.htmlFor = toggle.id;
    }
    return made;
  }

  drop(box) {
    if (!box) return;
    const name = box.nextElementSibling.firstChild.textContent.trim();
    box.closest("li").remove();
    this.say(words("removed", { name }));
    this.changed();
    this.input.focus();
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  changed() {
    this.chips.dispatchEvent(new CustomEvent("input", { bubbles: true }));
  }

  say(text) {
    this.status.textContent = text;
  }
}

function findButton(root) {
  return root.querySelector("[data-find]");
}

function label(item) {
  const parts = [document.createTextNode(item.label)];
  if (item.meta) {
    const meta = document.createElement("span");
    meta.className = "meta";
    meta.textContent = ` ${item.meta}`;
    parts.push(meta);
  }
  return parts;
}

function note(text) {
  const row = document.createElement("li");
  row.className = "typeahead-note";
  row.setAttribute("role", "presentation");
  row.textContent = text;
  return row;
}

export function enhanceTypeaheads() {
  for (const root of document.querySelectorAll("[data-typeahead]")) new Typeahead(root);
}
