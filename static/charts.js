// Charts of a job. The page shows them without this file too, as SVG with a table of values beneath each.
//   [data-charts="URL"]  asks there for JSON {live, figures, charts}; again every two seconds while it has data-live
//   [data-chart="KEY"]   one chart: data-across (epoch, step, time), data-unit (plain, cores, bytes), data-lines (classes)
//   [data-chart-plot]    is drawn anew by uPlot: values under the pointer and by arrow keys; the legend's words switch lines
//   [data-chart-last]    the newest value; [data-figures] a row of a table whose cells follow
"use strict";
(() => {
  const EVERY = 2000, HEIGHT = 230;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  // Lines that were switched off stay so when the tab is loaded again.
  const off = new Set();

  // ── numbers and times, as the server writes them ──
  const figure = (value) => {
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(2).replace("e+", "e").replaceAll("-", "−");
    if (Number.isInteger(value)) return value.toLocaleString("en").replace("-", "−");
    return value.toFixed(size >= 1000 ? 1 : size >= 100 ? 2 : size >= 1 ? 3 : 4).replace("-", "−");
  };
  const bytes = (value) => {
    const power = value >= 1024 ? Math.min(4, Math.floor(Math.log2(value) / 10)) : 0;
    const scaled = value / 1024 ** power;
    return `${Number.isInteger(scaled) ? scaled : scaled.toFixed(1)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
  };
  const clock = (seconds) => {
    const whole = Math.round(seconds), two = (number) => String(number).padStart(2, "0");
    const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  };
  const units = { plain: figure, cores: (value) => value.toFixed(2), bytes };
  const steps = {
    time: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400, 604800],
    bytes: Array.from({ length: 45 }, (_, power) => 2 ** power),
    whole: Array.from({ length: 48 }, (_, index) => [1, 2, 5][index % 3] * 10 ** Math.floor(index / 3)),
  };

  // ── one chart ──
  class Chart {
    constructor(section) {
      this.section = section;
      this.place = section.querySelector("[data-chart-plot]");
      this.across = section.dataset.across;
      this.show = units[section.dataset.unit] ?? figure;
      this.at = (x) => (this.across === "time" ? clock(x) : figure(x));
      this.keys = all(".legend .key", section);
      this.names = this.keys.map((key) => key.parentElement.textContent.trim());
      this.classes = section.dataset.lines.trim().split(/\s+/);
      this.box = Object.assign(document.createElement("div"), { className: "chart-box", hidden: true });
      this.buttons();
    }

    // The legend's words become buttons that switch their lines.
    buttons() {
      this.switches = this.keys.map((key, index) => {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...key.parentElement.childNodes);
        button.setAttribute("aria-pressed", String(!this.isOff(index)));
        button.addEventListener("click", () => this.toggle(index));
        this.section.querySelectorAll(".legend > li")[index].replaceChildren(button);
        return button;
      });
    }

    id(index) { return `${this.section.dataset.chart}\n${this.names[index]}`; }
    isOff(index) { return off.has(this.id(index)); }

    toggle(index) {
      if (this.isOff(index)) off.delete(this.id(index)); else off.add(this.id(index));
      this.switches[index].setAttribute("aria-pressed", String(!this.isOff(index)));
      this.plot?.setSeries(index + 1, { show: !this.isOff(index) });
    }

    colour(index) { return getComputedStyle(this.keys[index]).color; }

    draw(lines, live) {
      this.live = live;
      const data = uPlot.join(lines.map((line) => [line.x, line.y]));
      if (this.plot) {
        this.plot.setData(data);
        this.value();
        return;
      }
      const height = Math.max(190, Math.min(HEIGHT, this.place.clientHeight));
      this.place.replaceChildren(this.box);
      this.plot = new uPlot(this.options(height), data, this.place);
      this.place.append(this.box);
      this.reachable();
      this.resized = new ResizeObserver(() => {
        if (!this.place.isConnected) return this.end();
        if (this.place.clientWidth) this.plot.setSize({ width: this.inner(), height });
      });
      this.resized.observe(this.place);
    }

    inner() {
      const style = getComputedStyle(this.place);
      return this.place.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    }

    options(height) {
      const style = () => getComputedStyle(this.place);
      const axis = (more) => ({ stroke: () => style().color, font: `11px ${style().fontFamily}`, ticks: { show: false }, ...more });
      const fixed = this.section.dataset.unit !== "plain";
      const range = (_, low, high) => {
        if (low === null) return [0, 1];
        if (fixed) return [0, high * 1.05 || 1];
        const margin = high > low ? (high - low) * 0.04 : Math.max(Math.abs(low) * 0.1, 0.5);
        return [low - margin, high + margin];
      };
      const across = (_, low, high) => (low === null ? [0, 1] : low === high ? [low - 0.5, high + 0.5] : [low, high]);
      return {
        width: this.inner(), height, legend: { show: false }, padding: [10, 14, 0, 0],
        cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
        scales: { x: { time: false, range: across }, y: { range } },
        axes: [
          axis({ grid: { show: false }, size: 26, gap: 6, space: 60, incrs: this.across === "time" ? steps.time : steps.whole, values: (_, at) => at.map(this.at) }),
          axis({ grid: { stroke: () => style().borderTopColor, width: 1 }, size: (_, marks) => Math.max(34, 14 + 6.4 * Math.max(0, ...(marks ?? []).map((mark) => mark.length))), space: 32, incrs: fixed && this.show === bytes ? steps.bytes : undefined, values: (_, at) => this.marks(at) }),
        ],
        series: [{}, ...this.classes.map((name, index) => ({
          stroke: () => this.colour(index), width: 1.75, spanGaps: true, show: !this.isOff(index), points: { show: false },
          dash: name === "line-1" ? undefined : [4, 3],
        }))],
        hooks: { draw: [(plot) => this.ends(plot)], setCursor: [() => this.hover()] },
      };
    }

    // All marks of an axis with as many digits as their step needs.
    marks(at) {
      if (this.show !== figure || at.length < 2 || at.some((mark) => Math.abs(mark) >= 1e6)) return at.map(this.show);
      const step = at[1] - at[0];
      if (step < 1e-6) return at.map(figure);
      // A step of 0.25 needs two digits although it is larger than 0.1.
      let digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
      if (Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6) digits += 1;
      return at.map((mark) => mark.toFixed(Math.min(digits, 12)).replace("-", "−"));
    }

    // A dot at the newest point of each line.
    ends(plot) {
      const { ctx } = plot;
      this.classes.forEach((name, index) => {
        const values = plot.data[index + 1];
        let last = values.length - 1;
        while (last >= 0 && values[last] == null) last -= 1;
        if (last < 0 || name === "line-limit" || this.isOff(index)) return;
        ctx.beginPath();
        ctx.arc(plot.valToPos(plot.data[0][last], "x", true), plot.valToPos(values[last], "y", true), 3.5 * devicePixelRatio, 0, 2 * Math.PI);
        ctx.fillStyle = this.colour(index);
        ctx.fill();
      });
    }

    // The value of a line at a place, or the newest one before it.
    near(index, at) {
      const values = this.plot.data[index + 1];
      while (at >= 0 && values[at] == null) at -= 1;
      return at < 0 ? null : values[at];
    }

    words(at) {
      const shown = this.names.map((name, index) => ({ name, index, value: this.near(index, at) })).filter(({ index, value }) => value !== null && !this.isOff(index));
      return { head: `${this.across} ${this.at(this.plot.data[0][at])}`, shown };
    }

    hover() {
      const at = this.plot.cursor.idx;
      this.box.hidden = at == null || this.plot.cursor.left < 0;
      if (this.box.hidden) return;
      const { head, shown } = this.words(at);
      const title = Object.assign(document.createElement("b"), { textContent: head });
      const rows = shown.map(({ name, index, value }) => {
        const row = document.createElement("div");
        row.append(this.keys[index].cloneNode(), Object.assign(document.createElement("span"), { textContent: name }), Object.assign(document.createElement("span"), { className: "num", textContent: this.show(value) }));
        return row;
      });
      this.box.replaceChildren(title, ...rows);
      const { left } = this.plot.cursor, over = this.plot.over, width = this.box.offsetWidth;
      const start = over.offsetLeft + parseFloat(getComputedStyle(this.place).paddingLeft);
      const beside = left + 14 + width > over.clientWidth ? left - 14 - width : left + 14;
      this.box.style.left = `${Math.max(start, start + beside)}px`;
      this.value();
    }

    // ── by keyboard: a slider over the places ──
    reachable() {
      const { place } = this;
      place.tabIndex = 0;
      place.setAttribute("role", "slider");
      place.setAttribute("aria-labelledby", this.section.getAttribute("aria-labelledby"));
      place.addEventListener("keydown", (event) => {
        const last = this.plot.data[0].length - 1, now = this.plot.cursor.left >= 0 ? (this.plot.cursor.idx ?? last) : last;
        const page = Math.max(1, Math.round(last / 10));
        const to = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, PageDown: now - page, PageUp: now + page, Home: 0, End: last }[event.key];
        if (to === undefined || last < 0) return;
        event.preventDefault();
        this.moveTo(Math.min(last, Math.max(0, to)));
      });
      place.addEventListener("blur", () => this.plot?.setCursor({ left: -10, top: -10 }));
      this.value();
    }

    moveTo(at) {
      this.plot.setCursor({ left: this.plot.valToPos(this.plot.data[0][at], "x"), top: 10 });
    }

    value() {
      const last = this.plot.data[0].length - 1, at = Math.min(last, this.plot.cursor.left >= 0 ? (this.plot.cursor.idx ?? last) : last);
      if (at < 0) return;
      const { head, shown } = this.words(at);
      const text = [head, ...shown.map(({ name, value }) => `${name} ${this.show(value)}`)].join(", ");
      for (const [name, value] of [["min", 0], ["max", last], ["now", at], ["text", text]]) this.place.setAttribute(`aria-value${name}`, value);
    }

    end() {
      this.resized?.disconnect();
      this.plot?.destroy();
      this.plot = null;
    }
  }

  // ── the charts of a page ──
  const running = new Map();
  const load = async (root) => {
    const charts = running.get(root);
    let told;
    try {
      const answer = await fetch(root.dataset.charts, { headers: { accept: "application/json" } });
      if (answer.ok) told = await answer.json();
    } catch { /* The server does not answer: what was drawn stays, and it is asked again. */ }
    if (!root.isConnected) return stop(root);
    const live = "live" in root.dataset;
    if (told) {
      // Another curve, or the end: the page has more to say than its charts.
      const same = told.charts.length === charts.length && told.charts.every((chart, index) => chart.key === charts[index].section.dataset.chart && chart.lines.length === charts[index].classes.length);
      if (live && (!same || !told.live)) {
        if (window.htmx) { stop(root); return window.htmx.ajax("GET", location.pathname + location.search, { target: "#tab", swap: "outerHTML" }); }
      }
      if (same) show(root, charts, told);
    }
    if (live) setTimeout(() => load(root), EVERY);
  };
  const show = (root, charts, told) => {
    told.charts.forEach((one, index) => {
      charts[index].draw(one.lines, told.live);
      charts[index].section.querySelector("[data-chart-last]").textContent = one.last;
    });
    all("[data-figures]", root).forEach((row, index) => all("td", row).forEach((cell, at) => {
      const words = told.figures[index]?.[at];
      if (words !== undefined && cell.textContent !== words) cell.textContent = words;
    }));
  };
  const stop = (root) => {
    running.get(root)?.forEach((chart) => chart.end());
    running.delete(root);
  };
  const arrive = () => {
    for (const root of [...running.keys()]) if (!root.isConnected) stop(root);
    for (const root of all("[data-charts]")) {
      if (running.has(root)) continue;
      running.set(root, all("[data-chart]", root).map((section) => new Chart(section)));
      load(root);
    }
  };
  const redraw = () => running.forEach((charts) => charts.forEach((chart) => chart.plot?.redraw(false)));
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  document.addEventListener("htmx:after:swap", arrive);
  arrive();
})();
