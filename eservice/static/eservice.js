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

  // Two minutes before the visit ends: a warning with a button to go on.
  const warning = document.getElementById("session-warning");
  const seconds = Number(body.dataset.warnSeconds);
  if (warning && seconds) {
    let timer;
    const wait = () => { timer = setTimeout(() => { warning.hidden = false; document.getElementById("session-stay").focus(); }, seconds * 1000); };
    document.getElementById("session-stay").addEventListener("click", async () => {
      const answer = await fetch(body.dataset.stayUrl, { redirect: "manual" });
      if (answer.status !== 204) { location.reload(); return; }
      warning.hidden = true;
      clearTimeout(timer);
      wait();
    });
    wait();
  }
})();
