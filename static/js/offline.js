/** The two forms that open without network: what is filled in is sealed on the device, and sent when it can be. */
import "./sw-box.js";
import "./sw-send.js";
import { nextWord } from "./signs.js";

const { unsent } = self;
const ASK_MS = 10000;
const AWAY = new Set([502, 503, 504]);
const ALWAYS = { report: ["danger", "what", "where", "when"], practice: ["kind", "group", "students", "adults", "minutes"] };

function named(form, name) {
  return form.querySelector(`[name="${name}"]`);
}

/** Returns [field, words] of every answer that is missing; the server checks the rest, and asks the writer. */
function missing(form) {
  const given = new FormData(form);
  const gone = ALWAYS[form.dataset.offline].filter((name) => !given.get(name));
  if (form.dataset.offline === "report") {
    if (!given.get("names").trim() && !given.get("unknown_person")) gone.push("names");
    if (given.get("when") === "other" && !given.get("occurred")) gone.push("occurred");
  }
  return gone.map((name) => named(form, name));
}

function label(field) {
  const group = field.closest("fieldset")?.querySelector("legend") ?? field.labels[0];
  return group.textContent.trim();
}

function complain(form, fields) {
  const box = form.querySelector("[data-problems]");
  const list = form.querySelector("[data-problem-list]");
  list.replaceChildren(...fields.map((field) => {
    const row = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#${field.id}`;
    link.textContent = box.dataset.words.replace("{question}", label(field));
    link.addEventListener("click", (event) => { event.preventDefault(); field.focus(); });
    row.append(link);
    return row;
  }));
  box.hidden = !fields.length;
  if (fields.length) box.focus();
}

function tile(school, chosen) {
  const holder = document.createElement("div");
  holder.className = "tile";
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "school_id", id: `school-${school.id}`, value: school.id, checked: school.id === chosen });
  const name = document.createElement("label");
  name.htmlFor = input.id;
  const text = document.createElement("span");
  text.textContent = school.name;
  name.append(text);
  holder.append(input, name);
  return holder;
}

function showSchools(form, here) {
  const { schools, school } = here;
  if (schools.length > 1) {
    form.querySelector("[data-school-list]").replaceChildren(...schools.map((one) => tile(one, school ?? schools[0].id)));
    form.querySelector("[data-schools]").hidden = false;
  } else {
    const line = form.querySelector("[data-school]");
    line.textContent = line.dataset.words.replace("{school}", schools[0].name);
    line.hidden = false;
  }
}

/** Offers the grades of the chosen school only. */
function offerGrades(form, here) {
  const chosen = Number(new FormData(form).get("school_id")) || here.schools[0].id;
  const { low, high } = here.schools.find((school) => school.id === chosen);
  if (low === null || high === null) return;
  for (const input of form.querySelectorAll("input[name=group]")) {
    const grade = input.value.split("|")[0];
    const offered = grade === "" || (Number(grade) >= low && Number(grade) <= high);
    input.closest(".tile").hidden = !offered;
    if (!offered) input.checked = false;
  }
}

/** Puts a word of the text to its writer; whatever is answered is sent along, and the form is sent again. */
function askAboutWord(form, { sign, words }) {
  const box = form.querySelector("[data-word]");
  box.querySelector("[data-word-question]").textContent = box.dataset.words.replace("{word}", words).replace("{question}", sign.question);
  box.hidden = false;
  box.focus();
  for (const button of box.querySelectorAll("[data-said]")) {
    button.onclick = () => {
      const answer = button.dataset.said;
      const value = answer ? `${sign.id}:${answer}` : `${box.dataset.skipped}:`;
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "said", value }));
      box.hidden = true;
      form.requestSubmit();
    };
  }
}

async function hold(form, here) {
  const fields = [...new FormData(form)].filter(([name]) => name !== "school_id");
  const school = Number(new FormData(form).get("school_id")) || here.schools[0].id;
  await unsent.hold({ name: crypto.randomUUID().replaceAll("-", ""), kind: form.dataset.offline, fields, school, draft: false });
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration) await unsent.sendLater(registration);
  showHeld(form);
}

/** Says that it is not sent, until it is. */
async function showHeld(form) {
  form.reset();
  form.hidden = true;
  const [held, sent] = ["[data-held]", "[data-sent]"].map((selector) => document.querySelector(selector));
  const look = async () => {
    const waits = (await unsent.waiting()).length > 0;
    held.hidden = !waits;
    sent.hidden = waits;
  };
  await look();
  unsent.onChange(look);
  (held.hidden ? sent : held).focus();
}

/** The banner says "No network" no longer than that is so. */
function watchNetwork() {
  const banner = document.querySelector("[data-no-network-banner]");
  const look = () => { banner.hidden = navigator.onLine; };
  for (const name of ["online", "offline"]) window.addEventListener(name, look);
  look();
}

/** Whether the server answers now, whatever it answers. */
async function isBack(address) {
  if (!navigator.onLine) return false;
  try {
    return !AWAY.has((await fetch(address, { method: "HEAD", redirect: "manual", cache: "no-store" })).status);
  } catch {
    return false;
  }
}

/** The page that stands in for one without network says so no longer than that is so, and leads to the one that was wanted. */
function watchReturn() {
  const [away, back] = ["[data-away]", "[data-back]"].map((selector) => document.querySelector(selector));
  if (!back) return;
  const look = async () => {
    if (!back.hidden || !(await isBack(document.getElementById("unsent").dataset.device))) return;
    away.hidden = true;
    back.hidden = false;
    document.title = document.querySelector("h1").textContent = back.dataset.title;
    const own = new URL(back.dataset.own, window.location.href).pathname;
    if (window.location.pathname !== own) back.querySelector("[data-again]").href = window.location.href;
  };
  window.addEventListener("online", look);
  window.setInterval(look, ASK_MS);
  unsent.onChange(look);
  look();
}

async function begin() {
  const form = document.getElementById("offline");
  const here = await unsent.device();
  if (!form) return;
  document.querySelector("[data-no-key]").hidden = Boolean(here?.key);
  form.hidden = !here?.key;
  if (!here?.key) return;
  if (new URLSearchParams(window.location.search).has("held")) {
    showHeld(form);
    return;
  }
  showSchools(form, here);
  if (form.dataset.offline === "practice") {
    offerGrades(form, here);
    form.addEventListener("change", (event) => { if (event.target.name === "school_id") offerGrades(form, here); });
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const gone = missing(form);
    complain(form, gone);
    const word = gone.length || !form.dataset.asking ? undefined : nextWord(form, JSON.parse(form.dataset.asking));
    if (word) askAboutWord(form, word);
    else if (!gone.length) await hold(form, here);
  });
}

watchNetwork();
watchReturn();
begin();
