// Cases by keyboard. The next case is fetched, pictures and all, while this one is looked at; an answer shows it at
// once and travels meanwhile. An answer that does not arrive brings its case back.
"use strict";

const AHEAD_MS = 250; // a key so soon after a case appeared was meant for the one before
const UNDO_MAX = 10;
const EMPTY_MS = 2000; // between two looks for new cases
const WORK_MS = 15000;

const place = document.getElementById("case");
const idle = document.getElementById("idle");
const said = document.getElementById("said");
const help = document.getElementById("help");
const undoForm = document.getElementById("undo");

let shownAt = performance.now();
let next = null; // a promise of the case after this one
let busy = false;
const given = []; // {case, done}: the latest answers; done is a promise of the statement's id
const putOff = [];

function current() {
  return place.querySelector(".case");
}

function tell(text, isBad = false) {
  said.textContent = text;
  said.classList.toggle("bad", isBad);
}

async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { "X-Steelyard": "review" } });
  if (answer.status === 401 || answer.redirected) location.reload();
  if (!answer.ok) throw new Error((await answer.text()).replace(/<[^>]*>/g, " ").trim().slice(0, 200));
  return answer;
}

function send(form) {
  return ask(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form)) });
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return document.adoptNode(template.content.querySelector(".case"));
}

// Asks for the case after this one, and has its pictures loaded before it is shown.
function prefetch() {
  const held = [...putOff, ...given.map((each) => each.case), current()?.dataset.case].filter(Boolean).slice(-40);
  next = ask(`/review/next?besides=${held.join(",")}`)
    .then(async (answer) => {
      if (answer.status === 204) return null;
      const found = parsed(await answer.text());
      await Promise.all([...found.querySelectorAll("img")].map((img) => img.decode().catch(() => {})));
      return found;
    })
    .catch(() => null);
}

function show(found) {
  place.replaceChildren(...(found ? [found] : []));
  idle.hidden = Boolean(found);
  shownAt = performance.now();
  tend();
  found?.querySelector("h2").focus({ preventScroll: true });
  if (found) window.scrollTo({ top: 0 });
  if (found) prefetch();
  else setTimeout(look, EMPTY_MS);
}

function tend() {
  document.querySelector("[data-do=undo]").disabled = !given.length;
  document.querySelector("[data-do=skip]").disabled = !current();
}

async function advance() {
  busy = true;
  const found = await next;
  busy = false;
  show(found);
}

function choose(button) {
  const shown = current();
  if (busy || !shown || performance.now() - shownAt < AHEAD_MS) return;
  const form = button.form;
  form.elements.seconds.value = ((performance.now() - shownAt) / 1000).toFixed(3);
  const choice = document.createElement("input");
  choice.type = "hidden";
  choice.name = "choice";
  choice.value = button.value;
  form.append(choice);
  const done = send(form).then((answer) => answer.json()).then((made) => made.statement);
  choice.remove();
  given.push({ case: shown.dataset.case, done });
  if (given.length > UNDO_MAX) given.shift();
  tell(`Answered: ${button.querySelector(".what").textContent.trim()}. u takes it back.`);
  done.catch((error) => {
    given.splice(given.findIndex((each) => each.done === done), 1);
    show(shown);
    tell(`This answer did not arrive, give it again. ${error.message}`, true);
  });
  advance();
}

async function undo() {
  const last = given.pop();
  if (busy || !last) return;
  busy = true;
  try {
    undoForm.querySelector("[name=statement]")?.remove();
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "statement";
    field.value = await last.done;
    undoForm.append(field);
    const found = parsed(await (await send(undoForm)).text());
    undoForm.elements.form.value = found.querySelector(".undo").elements.form.value; // each serves once
    show(found);
    tell("Taken back.");
  } catch (error) {
    tell(`It could not be taken back. ${error.message}`, true);
  }
  busy = false;
}

function skip() {
  const shown = current();
  if (busy || !shown) return;
  putOff.push(shown.dataset.case);
  tell("Put off.");
  advance();
}

async function look() {
  if (current()) return;
  putOff.length = 0;
  prefetch();
  await advance();
}

const deeds = { undo, skip, help: () => help.showModal() };

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.name === "choice") {
    event.preventDefault();
    choose(button);
  } else if (button?.dataset.do) {
    deeds[button.dataset.do]();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.target.closest("input, textarea, select")) return;
  const button = /^[0-9]$/.test(event.key) && place.querySelector(`button[name=choice][value="${event.key}"]`);
  const deed = { u: "undo", n: "skip", "?": "help" }[event.key];
  if (button) choose(button);
  else if (deed) deeds[deed]();
  else return;
  event.preventDefault();
});

setInterval(async () => {
  const answer = await ask("/review/work").catch(() => null);
  if (answer) document.getElementById("work").innerHTML = await answer.text();
}, WORK_MS);

document.getElementById("deeds").hidden = false;
tend();
if (current()) prefetch();
else setTimeout(look, EMPTY_MS);
