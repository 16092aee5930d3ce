// The report's script: it only adds. Without it the page is complete; with it the what-if moves.
// The arithmetic is that of reports/render/what_if.cpp, draw by draw; a test holds both equal.
"use strict";

(function () {
  function lostShare(nodes, s) {
    if (s.mtbf === null) return 0;
    const system = s.mtbf / nodes;
    if (s.checkpoint > system / 10) return null;
    // reports/models/money/failure.hpp: 1 - x = e^-(x + d) by bisection.
    const d = s.checkpoint / system;
    let x = 0;
    for (let i = 0, high = 1; d > 0 && i < 100; ++i) {
      const middle = (x + high) / 2;
      if (1 - middle > Math.exp(-(middle + d))) x = middle; else high = middle;
    }
    const lost = 1 - 1 / (Math.exp(s.restart / system) * (x > 0 ? Math.expm1(x + d) / x : 1));
    return lost > 0.9 ? null : lost;
  }

  // Hyndman & Fan, type 7.
  function quantile(sorted, q) {
    const at = q * (sorted.length - 1);
    const below = Math.floor(at);
    if (below + 1 >= sorted.length) return sorted[sorted.length - 1];
    return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
  }

  function band(draws) {
    const sorted = Float64Array.from(draws).sort();
    return { value: quantile(sorted, 0.5), low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
  }

  function evaluate(model, s) {
    return model.nodes.map((at) => {
      const lost = lostShare(at.nodes, s), hasPoint = at.label === "measured" || at.label === "projected";
      if (lost === null || at.times.length === 0) return { nodes: at.nodes, hasPoint, feasible: false, probability: 0 };
      const slow = 1 + at.share * ((1 - s.overlap) * s.oversubscription - 1);
      const price = at.nodes * s.price + (at.nodes > 1 ? model.floor : 0);
      const times = [], costs = [];
      for (const step of at.times) {
        const result = model.steps * step * slow / (1 - lost);
        times.push(s.results * result);
        costs.push(price * result / 3600);
      }
      const runs = at.runs.length === 0 ? at.times : at.runs;
      const inTime = runs.filter((step) => s.deadline === null || s.results * (model.steps * step * slow / (1 - lost)) <= s.deadline).length;
      return { nodes: at.nodes, hasPoint, feasible: true, time: band(times), cost: band(costs), probability: inTime / runs.length };
    });
  }

  function bestRow(rows, s) {
    let best = null;
    const score = (row) => row.cost.value;
    rows.forEach((row, i) => {
      if (!row.feasible || !row.hasPoint || (s.deadline !== null && row.probability < 0.9)) return;
      if (best === null || score(row) < score(rows[best])) best = i;
    });
    return best;
  }

  if (typeof document === "undefined") {
    module.exports = { evaluate, bestRow };
    return;
  }

  function digits(value, significant) {
    if (!Number.isFinite(value)) return "n/a";
    if (value === 0) return "0";
    const exponent = Math.floor(Math.log10(Math.abs(value) * (1 + 0.5 * Math.pow(10, -significant))));
    const decimals = Math.min(12, Math.max(0, significant - 1 - exponent));
    const parts = value.toFixed(decimals).split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ",");
    return parts.join(".");
  }

  function duration(seconds) {
    for (const [unit, size] of [["d", 172800], ["h", 7200], ["s", 1], ["ms", 1e-3], ["\u00b5s", 1e-6]]) {
      const scale = unit === "d" ? 86400 : unit === "h" ? 3600 : size;
      if (seconds >= size) return digits(seconds / scale, 3) + " " + unit;
    }
    return digits(seconds * 1e9, 3) + " ns";
  }

  const element = (name, attributes, parent) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (parent) parent.appendChild(node);
    return node;
  };

  function drawBand(svg, rows, best, base, currency) {
    svg.replaceChildren();
    const shown = rows.filter((row) => row.feasible);
    if (shown.length === 0) return;
    const left = 76, right = 500, top = 26, bottom = 210;
    element("rect", { x: 0, y: 0, width: 520, height: 256, fill: "#ffffff", class: "f-paper" }, svg);
    let low = Math.min(...shown.map((row) => row.cost.low)), high = Math.max(...shown.map((row) => row.cost.high));
    if (low === high) { low *= 0.9; high *= 1.1; }
    const first = Math.log(shown[0].nodes), last = Math.log(shown[shown.length - 1].nodes);
    const x = (nodes) => last > first ? left + 10 + (Math.log(nodes) - first) / (last - first) * (right - left - 20) : (left + right) / 2;
    const y = (cost) => bottom - 8 - (Math.log(cost) - Math.log(low)) / (Math.log(high) - Math.log(low)) * (bottom - top - 16);
    const label = (text, attributes) => { element("text", Object.assign({ fill: "#59636e", class: "f-muted", "font-size": 11.5 }, attributes), svg).textContent = text; };
    for (const cost of [low, Math.sqrt(low * high), high]) {
      element("line", { x1: left, x2: right, y1: y(cost), y2: y(cost), stroke: "#e3e7ec", class: "s-grid" }, svg);
      label(digits(cost * base.unit, 3), { x: left - 6, y: y(cost) + 4, "text-anchor": "end" });
    }
    label("cost of " + base.unit_name + " (" + currency + ")", { x: 2, y: 13 });
    label("nodes", { x: (left + right) / 2, y: 246, "text-anchor": "middle" });
    for (const row of shown) label(String(row.nodes), { x: x(row.nodes), y: bottom + 18, "text-anchor": "middle" });
    const upper = shown.map((row) => x(row.nodes) + "," + y(row.cost.high));
    const lower = shown.map((row) => x(row.nodes) + "," + y(row.cost.low)).reverse();
    element("polygon", { points: upper.concat(lower).join(" "), fill: "#0064ab", class: "f-s0", "fill-opacity": 0.18 }, svg);
    element("polyline", { points: shown.map((row) => x(row.nodes) + "," + y(row.cost.value)).join(" "), fill: "none", stroke: "#0064ab", class: "s-s0", "stroke-width": 2 }, svg);
    if (best === null) return;
    const row = rows[best];
    element("line", { x1: x(row.nodes), x2: x(row.nodes), y1: y(row.cost.low), y2: y(row.cost.high), stroke: "#c04f00", class: "s-s1", "stroke-width": 1.4 }, svg);
    element("circle", { cx: x(row.nodes), cy: y(row.cost.value), r: 6, fill: "#c04f00", class: "f-s1" }, svg);
  }

  function start(box) {
    const model = JSON.parse(box.querySelector("template.model").content.textContent);
    const base = JSON.parse(box.querySelector("template.settings").content.textContent);
    const inputs = Array.from(box.querySelectorAll("input[type=range]"));
    const answer = box.querySelector(".answer"), detail = box.querySelector(".detail"), svg = box.querySelector("svg");
    const read = {
      price: (v) => base.price * Math.pow(2, v),
      deadline: (v) => v >= 0 ? null : base.typical * Math.pow(2, v),
      results: (v) => base.results * Math.pow(10, v),
      mtbf: (v) => v >= 4 ? null : 86400 * 365.25 * Math.pow(10, v - 3),
      overlap: (v) => v / 100,
      oversubscription: (v) => v,
    };
    const show = {
      price: (v) => digits(v, 3) + " " + (model.currency === "node-s" ? "node-s" : model.currency) + " per node-hour",
      deadline: (v) => v === null ? "none" : duration(v),
      results: (v) => digits(v, 3),
      mtbf: (v) => v === null ? "never" : "every " + duration(v),
      overlap: (v) => digits(100 * v, 3) + " %",
      oversubscription: (v) => digits(v, 2) + " to 1",
    };
    function update() {
      const s = Object.assign({}, base);
      for (const input of inputs) {
        const name = input.name, raw = Number(input.value);
        s[name] = name === "deadline" ? null : read[name](raw);
        if (name !== "deadline") box.querySelector("output[data-for=" + name + "]").textContent = show[name](s[name]);
      }
      const deadline = box.querySelector("input[name=deadline]");
      if (deadline) {
        s.deadline = read.deadline(Number(deadline.value));
        if (s.deadline !== null) s.deadline *= s.results / base.results;
        box.querySelector("output[data-for=deadline]").textContent = show.deadline(s.deadline);
      }
      const rows = evaluate(model, s), best = bestRow(rows, s);
      if (best === null) {
        answer.textContent = s.deadline !== null ? "No number of nodes meets this deadline nine times in ten." : "Failures leave no time to compute.";
        detail.textContent = "";
      } else {
        const row = rows[best], label = model.nodes[best].label;
        answer.textContent = row.nodes + (row.nodes === 1 ? " node: " : " nodes: ") + digits(row.cost.value * base.unit, 3) + " " + model.currency + " for " +
          base.unit_name + " (" + digits(row.cost.low * base.unit, 3) + " to " + digits(row.cost.high * base.unit, 3) + ")";
        detail.textContent = "All results in " + duration(row.time.value) + " (" + duration(row.time.low) + " to " + duration(row.time.high) + ")" +
          (s.deadline === null ? "; the cheapest" : "; in time with a probability of " + digits(100 * row.probability, 3) + " %") + "; " + label + ".";
      }
      drawBand(svg, rows, best, base, model.currency);
    }
    for (const input of inputs) input.addEventListener("input", update);
    box.querySelector("button").addEventListener("click", () => {
      for (const input of inputs) input.value = input.defaultValue;
      update();
    });
    box.hidden = false;
    update();
  }

  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  addEventListener("DOMContentLoaded", () => {
    for (const box of document.querySelectorAll(".whatif")) start(box);
  });
})();
