// The calendar renews itself every half minute while nothing on it is being used; the button pauses it.
// Such a renewal says that it is one: it keeps no visit alive. The address bar is left as it was.
"use strict";
(() => {
  const place = document.querySelector(".refresh");
  if (!place) return;
  const automatic = "uppdatering";
  const address = new URL(location.href);
  if (address.searchParams.has(automatic)) {
    address.searchParams.delete(automatic);
    history.replaceState(null, "", address);
  }
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
    if (told() || isUsed || document.hidden) return;
    const next = new URL(location.href);
    next.searchParams.set(automatic, "1");
    location.replace(next);
  }, 30000);
})();
