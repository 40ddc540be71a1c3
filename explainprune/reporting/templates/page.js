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

// Networks: pointing at a unit, tapping it or walking there with the arrow keys draws all that it
// reads and feeds, in every drawing, and lists the strongest of it before and after.
for (const box of document.querySelectorAll(".networks")) {
  const MOST = 8;
  const readout = box.querySelector(".readout");
  const links = box.querySelector(".links");
  const nets = [...box.querySelectorAll("figure[data-network]")].map((figure) => {
    let parsed;
    return {
      svg: figure.querySelector("svg.network"),
      title: figure.dataset.title,
      get data() {
        return (parsed ??= JSON.parse(figure.dataset.network));
      },
    };
  });
  const changed = box.querySelector(".changed svg.network");
  let place = null; // [layer's name, unit's number]
  let pinned = false;

  const make = (tag, text, parent, kind) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (kind) made.className = kind;
    return parent.appendChild(made);
  };
  const draw = (svg, paths) => {
    const lit = svg.querySelector(".lit");
    lit.replaceChildren();
    svg.classList.toggle("chosen", paths !== null);
    for (const [kind, d] of Object.entries(paths ?? {})) {
      const path = document.createElementNS(svg.namespaceURI, "path");
      path.setAttribute("class", kind);
      path.setAttribute("d", d);
      lit.append(path);
    }
  };
  const line = (a, u, b, v) => `M${a.x} ${a.units[u][0]} ${b.x} ${b.units[v][0]}`;
  const kindOf = (weight, largest) =>
    `${weight > 0 ? "positive" : "negative"} w${Math.min(3, Math.max(0, Math.ceil((4 * Math.abs(weight)) / largest) - 1))}`;
  const became = (a, b, complete) => {
    if (a === undefined) return complete[0] ? "added" : "";
    if (b === undefined) return complete[1] ? "removed" : "";
    if (a > 0 !== b > 0) return "turned";
    if (2 * Math.abs(b) < Math.abs(a)) return "weaker";
    return Math.abs(b) > 2 * Math.abs(a) ? "stronger" : "alike";
  };
  const words = { added: "new", removed: "removed", turned: "changed sign", weaker: "less than half", stronger: "more than twice", alike: "alike", "": "–" };
  const written = (value) =>
    value === undefined ? "–" : (value < 0 ? "−" : "") + String(Number(Math.abs(value).toPrecision(3)));

  // All connections of a unit in one drawing: what is at the other end, and the weight.
  const of = (net, [name, number]) => {
    const { layers, edges, largest } = net.data;
    const layer = layers.findIndex((each) => each.name === name);
    const unit = layer < 0 ? -1 : layers[layer].units.findIndex((each) => each[1] === number);
    const found = { unit: unit < 0 ? null : layers[layer].units[unit], links: [], paths: {}, complete: true };
    if (unit < 0) return found;
    for (const [start, end, complete, sources, targets, weights] of edges) {
      if (start !== layer && end !== layer) continue;
      found.complete &&= complete === 1;
      weights.forEach((weight, i) => {
        for (const reads of [true, false]) {
          if ((reads ? end : start) !== layer || (reads ? targets : sources)[i] !== unit) continue;
          const far = reads ? layers[start] : layers[end];
          const other = far.units[(reads ? sources : targets)[i]];
          const d = line(layers[start], sources[i], layers[end], targets[i]);
          const kind = kindOf(weight, largest);
          found.paths[kind] = (found.paths[kind] ?? "") + d;
          found.links.push({ reads, key: `${far.name}|${other[1]}`, name: `${far.name}: ${other[2]}`, weight, d });
        }
      });
    }
    return found;
  };
  const joined = (found) => {
    const all = new Map();
    found.forEach((each, side) => {
      for (const link of each.links) {
        const key = `${link.reads}|${link.key}`;
        if (!all.has(key)) all.set(key, { ...link, weights: [] });
        all.get(key).weights[side] = link.weight;
      }
    });
    const complete = found.map((each) => each.complete);
    for (const link of all.values()) link.kind = became(link.weights[0], link.weights[1], complete);
    const strength = ({ weights }) => Math.max(...nets.map((_, side) => Math.abs(weights[side] ?? 0)));
    return [...all.values()].sort((a, b) => strength(b) - strength(a));
  };
  const list = (heading, rows) => {
    if (!rows.length) return;
    const table = make("table", "", make("div", "", links), "plain");
    const left = rows.length > MOST ? `, the strongest ${MOST} of ${rows.length}` : "";
    make("caption", heading + left, table);
    const two = nets.length > 1;
    const head = make("tr", "", make("thead", "", table));
    for (const text of ["Unit", ...nets.map((net) => net.title), ...(two ? ["became"] : [])]) {
      make("th", text, head).scope = "col";
    }
    const body = make("tbody", "", table);
    for (const { name, weights, kind } of rows.slice(0, MOST)) {
      const row = make("tr", "", body);
      make("th", name, row).scope = "row";
      nets.forEach((_, side) => make("td", written(weights[side]), row));
      if (two) make("td", words[kind], row);
    }
  };
  const show = (next) => {
    if (String(next) === String(place)) return;
    place = next;
    links.replaceChildren();
    readout.textContent = "";
    const found = place && nets.map((net) => of(net, place));
    nets.forEach((net, i) => draw(net.svg, found && found[i].paths));
    if (!found) {
      if (changed) draw(changed, null);
      return;
    }
    const all = joined(found);
    if (changed) {
      const paths = {};
      for (const { kind, d } of all) {
        if (kind && kind !== "alike") paths[kind] = (paths[kind] ?? "") + d;
      }
      draw(changed, paths);
    }
    const counted = (each, reads) => each.links.filter((link) => link.reads === reads).length;
    const about = found.map((each, i) => {
      if (!each.unit) return `${nets[i].title}: not drawn`;
      const least = each.complete ? "" : " drawn";
      return `${nets[i].title}: ${each.unit[3]}, reads ${counted(each, true)}${least}, feeds ${counted(each, false)}${least}`;
    });
    const called = found.find((each) => each.unit).unit[2];
    readout.textContent = `${place[0]}, ${called}. ${about.join("; ")}.`;
    list("Reads", all.filter((link) => link.reads));
    list("Feeds", all.filter((link) => !link.reads));
  };

  const nearest = (items, at) =>
    items.reduce((best, value, i) => (Math.abs(value - at) < Math.abs(items[best] - at) ? i : best), 0);
  for (const net of nets) {
    const { svg } = net;
    const at = (layer, unit) => [net.data.layers[layer].name, net.data.layers[layer].units[unit][1]];
    const pointed = (event) => {
      const { layers } = net.data;
      const where = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const layer = nearest(layers.map((each) => each.x), where.x);
      const ys = layers[layer].units.map(([y]) => y);
      if (!ys.length || Math.abs(layers[layer].x - where.x) > 14) return null;
      const unit = nearest(ys, where.y);
      return Math.abs(ys[unit] - where.y) > 14 ? null : at(layer, unit);
    };
    const hover = (next) => (event) => {
      if (event.pointerType === "mouse" && !pinned) show(next(event));
    };
    svg.tabIndex = 0;
    svg.setAttribute("role", "application");
    svg.addEventListener("pointermove", hover(pointed));
    svg.addEventListener("pointerleave", hover(() => null));
    svg.addEventListener("click", (event) => {
      const next = pointed(event);
      pinned = next !== null && !(pinned && String(next) === String(place));
      show(pinned ? next : null);
    });
    const keys = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
    svg.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        pinned = false;
        return show(null);
      }
      if (!keys[event.key]) return;
      event.preventDefault();
      const { layers } = net.data;
      const [across, down] = keys[event.key];
      const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
      const was = place && layers.findIndex((each) => each.name === place[0]);
      const unit = place && was >= 0 ? layers[was].units.findIndex((each) => each[1] === place[1]) : -1;
      const layer = unit < 0 ? 0 : within(was + across, layers.length);
      pinned = true;
      show(at(layer, unit < 0 ? 0 : within(unit + down, layers[layer].units.length)));
    });
  }
}
