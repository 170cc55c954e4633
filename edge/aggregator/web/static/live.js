// Follows the stream that the page names (<body data-live="...">): each event names a section, an element with
// data-section, and brings its HTML. Only what differs is touched, so that open explanations stay open, the focus
// stays where it is, and a screen reader hears new things alone.
"use strict";

const link = document.getElementById("link");
const quiet = matchMedia("(prefers-reduced-motion: reduce)");
const painted = new Set(); // sections that have been brought up to date once: from then on, changes are news

function follow() {
  const source = new EventSource(document.body.dataset.live);
  source.onopen = () => tell("Live", "live");
  source.onerror = () => {
    tell("Connection lost. This is the last known state.", "lost");
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 3000);
  };
  for (const section of document.querySelectorAll("[data-section]")) {
    source.addEventListener(section.id, (event) => update(section.id, event.data));
  }
}

function tell(text, state) {
  if (link.textContent !== text) link.textContent = text;
  document.body.dataset.link = state;
}

function update(name, html) {
  const section = document.getElementById(name);
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  reconcile(section, fresh.content, painted.has(name));
  painted.add(name);
}

// Makes the children of `old` those of `fresh`: elements are matched by id, others by their place.
function reconcile(old, fresh, news) {
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const found = match(old, place, wanted);
    if (!found) {
      old.insertBefore(wanted, place);
      if (news && wanted.nodeType === Node.ELEMENT_NODE) wanted.classList.add("new");
      continue;
    }
    if (found !== place) old.insertBefore(found, place);
    else place = place.nextSibling;
    if (!found.isEqualNode(wanted)) become(found, wanted, news);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function match(old, place, wanted) {
  if (wanted.id) {
    const found = document.getElementById(wanted.id);
    return found && found.parentNode === old && found.nodeName === wanted.nodeName ? found : null;
  }
  return place && place.nodeName === wanted.nodeName && !place.id ? place : null;
}

function become(node, wanted, news) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    node.nodeValue = wanted.nodeValue;
    return;
  }
  const moved = news && wanted.dataset.event && node.dataset.event !== wanted.dataset.event;
  for (const { name } of [...node.attributes]) {
    if (!wanted.hasAttribute(name) && name !== "open") node.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  reconcile(node, wanted, news);
  if (moved) flash(node, wanted.dataset.kind);
}

// A facing lights up when something was taken from it or put onto it.
function flash(facing, kind) {
  const colour = getComputedStyle(facing).getPropertyValue(kind === "pick" ? "--pick" : "--return");
  const calm = quiet.matches;
  facing.animate(
    [{ boxShadow: `inset 0 0 0 3px ${colour}`, backgroundColor: calm ? "" : colour }, { boxShadow: "none" }],
    { duration: calm ? 4000 : 2200, easing: calm ? "steps(1, end)" : "ease-out" },
  );
}

follow();
