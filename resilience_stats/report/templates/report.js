// Marks the chapter on screen in the contents. The page is whole without it.
(function () {
  "use strict";
  var links = new Map();
  document.querySelectorAll("nav a").forEach(function (a) { links.set(a.hash.slice(1), a); });
  var headings = Array.from(document.querySelectorAll("main h2[id], main h3[id]")).filter(function (h) { return links.has(h.id); });
  var current = null;
  function mark() {
    var here = headings[0];
    headings.forEach(function (h) { if (h.getBoundingClientRect().top < 120) { here = h; } });
    if (!here || here === current) { return; }
    if (current) { links.get(current.id).removeAttribute("aria-current"); }
    links.get(here.id).setAttribute("aria-current", "true");
    current = here;
  }
  document.addEventListener("scroll", mark, { passive: true });
  mark();
  var contents = document.querySelector("nav details");
  if (contents && window.matchMedia("(max-width: 63.99rem)").matches) { contents.open = false; }
  window.addEventListener("beforeprint", function () { if (contents) { contents.open = true; } });
})();
