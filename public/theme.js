// Before the first paint: the theme last chosen, so that the page does not flash in the other one.
(() => {
  let theme = "system";
  try {
    theme = JSON.parse(localStorage.getItem("tapebell.prefs") ?? "{}").theme ?? theme;
  } catch {
    // No storage or not ours: the system's theme.
  }
  if (theme !== "dark" && theme !== "light") theme = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
})();
