/**
 * Saves a grid cell by cell: <form data-cells="address">. Each tap is one request with a key of its own, so that one that is sent again is
 * carried out once. "Saved 10:42 am" stands there only when the server has everything; what failed stays in its cell and says so.
 */

function newKey() {
  const bytes = window.crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Cell {
  constructor(grid, holder) {
    this.grid = grid;
    this.holder = holder;
    this.name = holder.dataset.cell;
    this.seen = holder.dataset.seen;
    this.key = null;
    this.sending = false;
    this.failed = false;
  }

  get value() {
    return this.holder.querySelector("input:checked")?.value ?? "";
  }

  get waits() {
    return this.value !== this.seen;
  }

  show(value) {
    for (const input of this.holder.querySelectorAll("input")) input.checked = input.value === value;
  }

  say(text) {
    let line = this.holder.parentElement.querySelector(".cell-error");
    if (!text) {
      line?.remove();
      return;
    }
    if (!line) {
      line = document.createElement("span");
      line.className = "cell-error";
      this.holder.after(line);
    }
    line.textContent = text;
  }

  async save() {
    if (this.sending) return;
    while (this.waits) {
      this.sending = true;
      const value = this.value;
      if (this.key?.value !== value) this.key = { value, text: newKey() };
      this.mark("saving");
      const answer = await this.grid.send(this, value, this.key.text);
      this.sending = false;
      if (!this.take(answer, value)) return;
    }
    this.mark("");
    this.grid.tell();
  }

  /** Take the server's answer; false where the cell is not saved. */
  take(answer, value) {
    if (answer?.error && answer.value !== undefined) {
      this.seen = answer.value;
      this.show(answer.value);
      this.failed = false;
      this.mark("");
      this.say(answer.error);
      this.grid.tell();
      return false;
    }
    this.failed = !answer || Boolean(answer.error);
    if (this.failed) {
      this.mark("failed");
      this.say(answer?.error ?? this.grid.form.dataset.failed);
      this.grid.tell();
      return false;
    }
    this.key = null;
    this.seen = value;
    this.say("");
    this.grid.saved(this, answer);
    return true;
  }

  mark(state) {
    if (state) this.holder.dataset.state = state;
    else delete this.holder.dataset.state;
  }
}

class Grid {
  constructor(form) {
    this.form = form;
    this.cells = new Map([...form.querySelectorAll("[data-cell]")].map((holder) => [holder, new Cell(this, holder)]));
    this.status = form.querySelector("[data-cells-status]");
    this.button = form.querySelector("[data-cells-save]");
    this.counted = form.querySelector("[data-cells-counted]");
    this.time = "";
    this.button.hidden = true;
  }

  of(input) {
    const holder = input.closest("[data-cell]");
    return holder ? this.cells.get(holder) : undefined;
  }

  async send(cell, value, key) {
    const body = new FormData();
    body.set("csrf_token", this.form.elements.csrf_token.value);
    for (const [name, text] of [["request_key", key], ["cell", cell.name], ["value", value], ["seen", cell.seen]]) body.set(name, text);
    this.tell();
    try {
      const response = await fetch(this.form.dataset.cells, {
        method: "POST", body, credentials: "same-origin", keepalive: true, redirect: "error",
        headers: { "X-Requested-With": "fetch", Accept: "application/json" },
      });
      if (response.status === 409 || response.status === 400 || response.ok) return await response.json();
    } catch {
      return null;
    }
    return null;
  }

  saved(cell, answer) {
    this.time = answer.saved_at;
    const student = cell.holder.closest("[data-student]");
    const total = student.querySelector("[data-total]");
    total.textContent = answer.total;
    total.classList.toggle("reached", answer.reached);
    if (cell.name.startsWith("in-")) student.classList.toggle("is-absent", answer.value === "absent");
    this.count();
  }

  /** How many are in, absent and out by what the server has. */
  count() {
    const all = [...this.cells.values()];
    const those = (start, value) => all.filter((cell) => cell.name.startsWith(start) && cell.seen === value).length;
    const numbers = { here: those("in-", "in"), absent: those("in-", "absent"), left: those("out-", "1") };
    this.counted.textContent = Object.entries(numbers).reduce(
      (text, [name, number]) => text.replace(`{${name}}`, number), this.counted.dataset.cellsCounted,
    );
  }

  tell() {
    const all = [...this.cells.values()];
    const failed = all.filter((cell) => cell.failed).length;
    const words = this.form.dataset;
    this.button.hidden = failed === 0;
    if (failed) this.button.textContent = words.again;
    this.status.toggleAttribute("data-problem", failed > 0);
    if (failed) this.status.textContent = words.failedMany.replace("{number}", failed);
    else if (all.some((cell) => cell.waits)) this.status.textContent = words.saving;
    else this.status.textContent = this.time ? words.saved.replace("{time}", this.time) : "";
  }

  again() {
    for (const cell of this.cells.values()) if (cell.failed) cell.save();
  }
}

export function saveCells() {
  for (const form of document.querySelectorAll("form[data-cells]")) {
    const grid = new Grid(form);
    let before = null;
    form.addEventListener("pointerdown", (event) => {
      const input = event.target.closest(".pick")?.querySelector("input[type=radio]");
      before = input?.checked ? input : null;
    });
    form.addEventListener("click", (event) => {
      if (event.target !== before) return;
      before.checked = false;
      before = null;
      grid.of(event.target)?.save();
    });
    form.addEventListener("keydown", (event) => {
      const input = event.target;
      if (!["Backspace", "Delete"].includes(event.key) || input.type !== "radio" || !input.checked) return;
      input.checked = false;
      grid.of(input)?.save();
      event.preventDefault();
    });
    form.addEventListener("change", (event) => grid.of(event.target)?.save());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      grid.again();
    });
    window.addEventListener("online", () => grid.again());
    window.addEventListener("beforeunload", (event) => {
      if ([...grid.cells.values()].some((cell) => cell.waits) && !("leaving" in document.body.dataset)) event.preventDefault();
    });
  }
}
