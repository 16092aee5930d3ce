// node check_what_if.js PAGE_JS CASES_JSON: the page's arithmetic against what the C++ gave, to 1e-12.
"use strict";
const fs = require("fs");
const path = require("path");
const { evaluate, bestRow } = require(path.resolve(process.argv[2]));
const { model, cases } = JSON.parse(fs.readFileSync(process.argv[3], "utf8"));
let worst = 0, compared = 0;
const near = (a, b, what) => {
  ++compared;
  const off = a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
  worst = Math.max(worst, off);
  if (!(off <= 1e-12)) throw new Error(`${what}: ${a} in the page, ${b} in C++`);
};
for (const [index, { settings, rows, best }] of cases.entries()) {
  const got = evaluate(model, settings);
  if (bestRow(got, settings) !== best) throw new Error(`case ${index}: row ${bestRow(got, settings)} is best in the page, ${best} in C++`);
  got.forEach((row, i) => {
    if (row.feasible !== rows[i].feasible) throw new Error(`case ${index}, row ${i}: feasible differs`);
    near(row.probability, rows[i].probability, `case ${index}, row ${i}, probability`);
    if (!row.feasible) return;
    for (const quantity of ["time", "cost"])
      for (const end of ["value", "low", "high"]) near(row[quantity][end], rows[i][quantity][end], `case ${index}, row ${i}, ${quantity}.${end}`);
  });
}
if (compared < 100) throw new Error(`only ${compared} numbers compared`);
console.log(`${compared} numbers agree, worst relative difference ${worst}`);
