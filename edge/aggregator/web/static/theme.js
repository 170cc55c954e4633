// Light or dark: what the device prefers, unless somebody chose here. Runs before the first paint.
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");

function shown() {
  return document.documentElement.dataset.theme || (dark.matches ? "dark" : "light");
}

try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // a browser that keeps nothing follows the device
}

document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector("[data-theme-toggle]");
  if (!button) return;
  const tell = () => { button.textContent = shown() === "dark" ? "☀" : "☾"; };
  button.hidden = false;
  tell();
  dark.addEventListener("change", tell);
  button.addEventListener("click", () => {
    const theme = shown() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // for this page, then
    }
    tell();
  });
});
