"use strict";
// Two conveniences; the page says everything without them.

// Tables: a click on a heading sorts. Numbers sort by their full precision.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const key = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.value?.split(" ")[0] ?? cell.textContent.trim();
    const value = Number(text);
    return text !== "" && !Number.isNaN(value) ? value : text === "–" ? -Infinity : text;
  };
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    if (heading.classList.contains("plot")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") !== "descending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [key(row, column), row]);
      rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
      body.append(...rows.map(([, row]) => row));
    });
  });
}

// Networks: pointing at a unit, tapping it or walking there with the arrow keys lights up its
// connections, read from the paths that are drawn, and says what it is.
for (const svg of document.querySelectorAll("figure svg.network")) {
  const lit = svg.querySelector(".lit");
  const readout = svg.parentElement.querySelector(".readout");
  const layers = [...svg.querySelectorAll(".layer")].map((layer) => ({
    x: layer.dataset.x,
    units: JSON.parse(layer.dataset.units),
  }));
  let segments = null;
  let place = null;
  const read = () =>
    [...svg.querySelectorAll(".edges path")].flatMap((path) =>
      path.getAttribute("d").split("M").slice(1).map((part) => part.split(" ")),
    );
  const show = (next) => {
    place = next;
    if (!place) {
      lit.setAttribute("d", "");
      readout.textContent = "";
      return;
    }
    segments ??= read();
    const x = layers[place[0]].x;
    const [y, told] = layers[place[0]].units[place[1]];
    const mine = segments.filter(
      (p) => (p[0] === x && p[1] === y) || (p[2] === x && p[3] === y),
    );
    lit.setAttribute("d", mine.map((p) => "M" + p.join(" ")).join(""));
    readout.textContent = `${told}; ${mine.length} of its connections drawn`;
  };
  const nearest = (items, at) =>
    items.reduce((best, value, i) => (Math.abs(value - at) < Math.abs(items[best] - at) ? i : best), 0);
  const pointed = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(
      svg.getScreenCTM().inverse(),
    );
    const layer = nearest(layers.map((l) => l.x), at.x);
    const ys = layers[layer].units.map(([y]) => y);
    if (!ys.length || Math.abs(layers[layer].x - at.x) > 14) return null;
    const unit = nearest(ys, at.y);
    return Math.abs(ys[unit] - at.y) > 14 ? null : [layer, unit];
  };
  const keys = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  svg.tabIndex = 0;
  svg.addEventListener("pointermove", (event) => show(pointed(event)));
  svg.addEventListener("pointerdown", (event) => show(pointed(event)));
  svg.addEventListener("pointerleave", () => show(null));
  svg.addEventListener("blur", () => show(null));
  svg.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return show(null);
    if (!keys[event.key]) return;
    event.preventDefault();
    const [across, down] = keys[event.key];
    const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
    const layer = within((place?.[0] ?? 0) + (place ? across : 0), layers.length);
    show([layer, within((place?.[1] ?? 0) + (place ? down : 0), layers[layer].units.length)]);
  });
}
