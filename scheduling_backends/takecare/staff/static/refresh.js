// The calendar refreshes itself every half minute while nothing on it is being used; the button pauses it.
"use strict";
(() => {
  const place = document.querySelector(".refresh");
  if (!place) return;
  const button = place.querySelector("button");
  const key = "calendar-paused";
  const told = () => {
    const paused = sessionStorage.getItem(key) === "1";
    button.textContent = paused ? place.dataset.refreshOff : place.dataset.refreshOn;
    return paused;
  };
  button.addEventListener("click", () => {
    sessionStorage.setItem(key, told() ? "0" : "1");
    told();
  });
  told();
  place.hidden = false;
  setInterval(() => {
    const isUsed = document.activeElement && document.activeElement !== document.body;
    if (!told() && !isUsed && !document.hidden) location.reload();
  }, 30000);
})();
