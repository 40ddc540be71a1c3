"use strict";
// Two conveniences; the page says everything without them.

// Tables: a click on a heading sorts. Numbers sort by their full precision.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const key = (row, column) => {
    const cell = row.cells[column];
    const exact = cell.querySelector("data");
    const text = exact ? exact.value : cell.textContent.trim();
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

// Networks: pointing at a unit lights up its connections, read from the paths that are drawn.
for (const svg of document.querySelectorAll("figure svg.network")) {
  const lit = svg.querySelector(".lit");
  let segments = null;
  const read = () =>
    [...svg.querySelectorAll(".edges path")].flatMap((path) =>
      path.getAttribute("d").split("M").slice(1).map((part) => part.split(" ")),
    );
  svg.addEventListener("pointerover", (event) => {
    const unit = event.target.closest("circle.unit");
    if (!unit) return lit.setAttribute("d", "");
    segments ??= read();
    const [x, y] = [unit.getAttribute("cx"), unit.getAttribute("cy")];
    const mine = segments.filter(
      (p) => (p[0] === x && p[1] === y) || (p[2] === x && p[3] === y),
    );
    lit.setAttribute("d", mine.map((p) => "M" + p.join(" ")).join(""));
  });
  svg.addEventListener("pointerleave", () => lit.setAttribute("d", ""));
}
