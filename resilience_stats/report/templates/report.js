// Marks the chapter on screen in the contents, finds parts by their titles; filters, sorts, copies and saves tables.
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

  // Tables: filter and sort the long ones, copy or save each as it is shown.
  function words(cell) { return cell.textContent.replace(/\s+/g, " ").trim(); }
  function number(text) {
    var found = /^\(?([<>]?)(−?)([\d,]+(?:\.\d+)?)/.exec(text);
    return found ? Number(found[3].replace(/,/g, "")) * (found[2] ? -1 : 1) : null;
  }
  function order(first, second, down) {
    // States such as [c] are no values: they come last either way.
    var states = /^\[.+\]$/.test(first) - /^\[.+\]$/.test(second);
    if (states) { return states; }
    var one = number(first), two = number(second);
    var found = one !== null && two !== null && one !== two ? one - two : first.localeCompare(second, "en-GB", { numeric: true });
    return down ? -found : found;
  }
  function field_of(text) {
    var plainly = /^−?[\d,]+(\.\d+)?%?$/.test(text) ? text.replace("−", "-").replace(/,/g, "") : text;
    if (plainly === text && /^\s*[=+\-@|%\t\r]/.test(text)) { plainly = "'" + text; }
    return /[",\n]/.test(plainly) ? '"' + plainly.replace(/"/g, '""') + '"' : plainly;
  }
  function as_csv(table, rows) {
    return [table.tHead.rows[0]].concat(rows).map(function (row) {
      return Array.from(row.cells).map(function (cell) { return field_of(words(cell)); }).join(",");
    }).join("\r\n") + "\r\n";
  }
  function copy(text, done) {
    function by_hand() {
      var area = make("textarea", { readonly: "", "aria-hidden": "true", "class": "unseen" });
      var focused = document.activeElement;
      area.value = text;
      document.body.append(area);
      area.select();
      var copied = document.execCommand("copy");
      area.remove();
      if (focused) { focused.focus(); }
      done(copied);
    }
    if (navigator.clipboard) { navigator.clipboard.writeText(text).then(function () { done(true); }, by_hand); } else { by_hand(); }
  }
  function action(text, of) {
    var made = make("button", { type: "button" }, text);
    made.append(make("span", { "class": "unseen" }, ": " + of));
    return made;
  }
  function sortable(table, rows, of, told) {
    var sorted = null, down = false;
    Array.from(table.tHead.rows[0].cells).forEach(function (head, place) {
      var button = make("button", { type: "button", "class": "sort" }, words(head));
      button.addEventListener("click", function () {
        var back = sorted === head && down;
        down = sorted === head && !down;
        if (sorted) { sorted.removeAttribute("aria-sort"); }
        sorted = back ? null : head;
        if (back) { down = false; } else { head.setAttribute("aria-sort", down ? "descending" : "ascending"); }
        var now = back ? rows : rows.slice().sort(function (a, b) { return order(words(a.cells[place]), words(b.cells[place]), down); });
        table.tBodies[0].append.apply(table.tBodies[0], now);
        told.textContent = of + (back ? " in its own order" : " sorted by " + words(head) + (down ? ", descending" : ", ascending"));
      });
      head.replaceChildren(button);
    });
  }
  document.querySelectorAll(".table table, .figure table").forEach(function (table) {
    var rows = Array.from(table.tBodies[0].rows);
    var part = table.closest(".table, .figure"), box = table.closest(".scroll");
    var label = part.querySelector(".label");
    var of = label ? label.textContent.replace(/\.$/, "") : "this table";
    var name = part.classList.contains("figure") ? "the data behind " + of : of;
    var told = make("span", { role: "status" });
    function shown() { return Array.from(table.tBodies[0].rows).filter(function (row) { return !row.hidden; }); }
    function count() { return shown().length + " of " + rows.length + " rows"; }
    if (rows.length >= LONG && part.classList.contains("table")) {
      var filter = field(part.id + "-filter", "Filter the rows of " + of);
      box.before(filter.box);
      filter.input.addEventListener("input", function () {
        var wanted = plain(filter.input.value).split(" ").filter(Boolean);
        rows.forEach(function (row) {
          var text = plain(row.textContent);
          row.hidden = !wanted.every(function (w) { return text.includes(w); });
        });
        filter.told.textContent = wanted.length ? count() : "";
      });
    }
    if (rows.length >= LONG) { sortable(table, rows, of, told); }
    var tools = make("div", { "class": "tools" });
    var copying = action("Copy as CSV", name), saving = action("Download CSV", name);
    copying.addEventListener("click", function () {
      copy(as_csv(table, shown()), function (done) { told.textContent = done ? "Copied " + count() : "This browser does not let a page copy; download instead"; });
    });
    saving.addEventListener("click", function () {
      var file = name.toLowerCase().replace(/[^a-z0-9]+/g, "-") + ".csv";
      make("a", { download: file, href: "data:text/csv;charset=utf-8," + encodeURIComponent("\ufeff" + as_csv(table, shown())) }).click();
      told.textContent = "Saved " + count() + " as " + file;
    });
    tools.append(copying, saving, told);
    box.after(tools);
  });

  // What fits is no stop for the keyboard, and its headings stay on top of the window; what does not is scrolled.
  var frames = Array.from(document.querySelectorAll(".scroll, .drawing, .formula"));
  var marks = document.querySelector(".mark");
  function fit() {
    var over = frames.map(function (frame) {
      var inside = frame.querySelector("table, svg, img") || frame;
      return inside !== frame ? inside.getBoundingClientRect().width > frame.clientWidth + 1 : frame.scrollWidth > frame.clientWidth + 1;
    });
    frames.forEach(function (frame, k) {
      frame.classList.toggle("fits", !over[k]);
      frame.classList.toggle("over", over[k]);
      if (over[k]) { frame.setAttribute("tabindex", "0"); } else { frame.removeAttribute("tabindex"); }
    });
    document.documentElement.style.setProperty("--top", (marks && getComputedStyle(marks).position === "sticky" ? marks.offsetHeight : 0) + "px");
  }
  var waiting = false;
  function later() {
    if (!waiting) { waiting = true; requestAnimationFrame(function () { waiting = false; fit(); }); }
  }
  window.addEventListener("resize", later);
  document.addEventListener("toggle", later, true);
  fit();

  if (contents && window.matchMedia("(max-width: 69.99rem)").matches) { contents.open = false; }
  window.addEventListener("beforeprint", function () { if (contents) { contents.open = true; } });
})();
