// What pages gain by script; each works without it.
"use strict";
(() => {
  const body = document.body;
  body.classList.add("has-script");

  // Errors first, then the times of a chosen day: focus where the eye should go.
  const faults = document.querySelector("[data-focus]");
  const place = location.hash && document.getElementById(location.hash.slice(1));
  if (faults) faults.focus();
  else if (place && place.hasAttribute("data-focus-hash")) place.focus();

  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());

  for (const area of document.querySelectorAll("[data-counter]")) {
    const told = document.getElementById(area.dataset.counter);
    const count = () => { told.textContent = told.dataset.text.replace("{left}", area.maxLength - area.value.length); };
    area.addEventListener("input", count);
    count();
  }

  // No answer yet (E14): look again after a while; the page changes when there is something else to show.
  const waiting = document.querySelector("[data-wait-seconds]");
  if (waiting) {
    const pause = Number(waiting.dataset.waitSeconds) * 1000;
    const look = async () => {
      const answer = await fetch(location.href).catch(() => null);
      const page = new DOMParser().parseFromString(answer ? await answer.text() : "", "text/html");
      const fresh = page.querySelector("[data-wait-seconds]");
      if (answer && !fresh) { location.reload(); return; }
      if (fresh) waiting.replaceChildren(...fresh.childNodes);
      setTimeout(look, pause);
    };
    setTimeout(look, pause);
  }

  // Two minutes before the visit ends: a warning with a button to go on, and back to where one was.
  const warning = document.getElementById("session-warning");
  if (warning && body.dataset.warnSeconds !== undefined) {
    const stay = document.getElementById("session-stay");
    const seconds = Number(body.dataset.warnSeconds);
    let before = null;
    const warn = () => { before = document.activeElement; warning.hidden = false; stay.focus(); };
    stay.addEventListener("click", async () => {
      const answer = await fetch(body.dataset.stayUrl, { redirect: "manual" }).catch(() => null);
      if (!answer || answer.status !== 204) { location.reload(); return; }
      warning.hidden = true;
      if (before) before.focus();
      setTimeout(warn, Math.max(seconds, 60) * 1000);
    });
    setTimeout(warn, seconds * 1000);
  }
})();
