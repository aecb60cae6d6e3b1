#!/usr/bin/env bash
# Fetches the vendored files at their pinned versions and builds the icon sprite. Needs npm and node.
#   static/vendor.sh
# Add an icon: put its name (https://tabler.io/icons, outline) in `icons` below and run this again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
icons="activity adjustments-horizontal alert-circle alert-triangle arrow-down arrow-left arrow-right arrow-up arrows-maximize
ban bell bolt book book-2 box calendar category chart-dots chart-line check chevron-down chevron-left chevron-right chevron-up
circle-check circle-dashed circle-x clock code copy cpu cube database device-desktop device-laptop download external-link eye
eye-off file file-search file-text file-type-csv file-zip flag folder folder-open gauge git-branch git-compare heart history home
info-circle key language leaf link list-check loader-2 lock login logout math-function menu-2 message message-reply microphone
minus moon package pencil photo player-pause player-play player-stop plus printer receipt refresh robot rosette-discount-check
scale search selector server settings shield-check sparkles square square-rounded star sun sun-moon table tag target terminal-2
trash trending-up upload user user-check user-circle users versions world world-off x"
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund --ignore-scripts bootstrap@5.3.9 htmx.org@4.0.1 @tabler/icons@3.51.0 uplot@1.6.32 2>/dev/null
sed '/sourceMappingURL/d' node_modules/htmx.org/dist/htmx.min.js >"$here/htmx.min.js"
sed '/sourceMappingURL/d' node_modules/bootstrap/dist/css/bootstrap-reboot.min.css >"$here/reboot.min.css"
{ echo "/*! uPlot 1.6.32, MIT, (c) 2022 Leon Sorokin, https://github.com/leeoniya/uPlot */"; grep -v sourceMappingURL node_modules/uplot/dist/uPlot.iife.min.js; } >"$here/uPlot.iife.min.js"
cp node_modules/uplot/dist/uPlot.min.css "$here/uPlot.min.css"
ICONS="$icons" node - >"$here/icons.svg" <<'JS'
const { readFileSync } = require("node:fs");
const symbol = (name) => {
  const svg = readFileSync(`node_modules/@tabler/icons/icons/outline/${name}.svg`, "utf8");
  const shapes = svg.replace(/<!--[\s\S]*?-->/g, "").replace(/<svg[\s\S]*?>/, "").replace("</svg>", "")
    .replace(/<path stroke="none"[^>]*\/>/, "").replace(/\s*\n\s*/g, "").replace(/ \/>/g, "/>");
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
};
const names = process.env.ICONS.split(/\s+/).filter(Boolean);
console.log('<svg xmlns="http://www.w3.org/2000/svg">');
console.log("<!-- @tabler/icons 3.51.0, MIT; made by vendor.sh -->");
for (const name of names) console.log(symbol(name));
console.log("</svg>");
JS
