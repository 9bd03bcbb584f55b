// Marks the chapter on screen in the contents, finds parts by their titles, filters long tables.
// The page is whole without it, asks nothing of the network and keeps nothing.
(function () {
  "use strict";
  var LONG = 8;
  function make(tag, attributes, text) {
    var made = document.createElement(tag);
    Object.keys(attributes).forEach(function (name) { made.setAttribute(name, attributes[name]); });
    if (text) { made.textContent = text; }
    return made;
  }
  function plain(text) { return text.toLowerCase().replace(/\s+/g, " ").trim(); }
  function field(id, label) {
    var box = make("div", { "class": "filter" });
    var input = make("input", { type: "search", id: id, autocomplete: "off", spellcheck: "false" });
    var told = make("span", { role: "status" });
    box.append(make("label", { "for": id }, label), input, told);
    return { box: box, input: input, told: told };
  }

  // The chapter on screen, marked in the contents.
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

  // Find a chapter, a section, a table or a figure by words of its title.
  var contents = document.querySelector("nav details");
  var list = contents && contents.querySelector("ol");
  if (list) {
    var targets = Array.from(links.values()).map(function (a) { return { id: a.hash.slice(1), title: a.textContent }; });
    document.querySelectorAll(".table, .figure").forEach(function (part) {
      var title = part.querySelector(".words, .headline");
      if (title) { targets.push({ id: part.id, title: title.textContent }); }
    });
    var find = field("find", "Find a part");
    var hits = make("ul", { "class": "hits", "aria-label": "Parts found" });
    hits.hidden = true;
    list.before(find.box, hits);
    find.input.addEventListener("input", function () {
      var words = plain(find.input.value).split(" ").filter(Boolean);
      var found = words.length ? targets.filter(function (t) {
        var title = plain(t.title);
        return words.every(function (w) { return title.includes(w); });
      }) : [];
      hits.replaceChildren.apply(hits, found.map(function (t) {
        var item = make("li", {});
        item.append(make("a", { href: "#" + t.id }, t.title.replace(/\s+/g, " ").trim()));
        return item;
      }));
      hits.hidden = !found.length;
      list.hidden = words.length > 0;
      find.told.textContent = words.length ? found.length + " found" : "";
    });
  }

  // Long tables: show the rows that hold the words.
  document.querySelectorAll(".table table").forEach(function (table) {
    var rows = Array.from(table.tBodies[0].rows);
    if (rows.length < LONG) { return; }
    var part = table.closest(".table");
    var label = part.querySelector(".label");
    var filter = field(part.id + "-filter", "Filter the rows of " + (label ? label.textContent.replace(".", "") : "this table"));
    part.querySelector(".scroll").before(filter.box);
    filter.input.addEventListener("input", function () {
      var words = plain(filter.input.value).split(" ").filter(Boolean);
      var shown = 0;
      rows.forEach(function (row) {
        var text = plain(row.textContent);
        row.hidden = !words.every(function (w) { return text.includes(w); });
        shown += row.hidden ? 0 : 1;
      });
      filter.told.textContent = words.length ? shown + " of " + rows.length + " rows" : "";
    });
  });

  if (contents && window.matchMedia("(max-width: 63.99rem)").matches) { contents.open = false; }
  window.addEventListener("beforeprint", function () { if (contents) { contents.open = true; } });
})();
