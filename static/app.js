// What the pages do beyond links and forms. Everything works without it.
//   data-dialog="ID"       opens <dialog id=ID> instead of following the link; data-close closes
//   #dialog                opens when htmx puts something into it, closes when its form succeeded elsewhere
//   data-print             prints the page
//   data-copy="TEXT"       copies and says "Copied" (in data-copy-label, if there)
//   data-dismiss           removes its toast
//   data-toggle="ID"       shows or hides #ID by the class is-open
//   data-search            the box that "/" goes to
//   data-focus             takes the focus when it arrives (an error summary)
//   data-default="VALUE"   on a field: the .changed mark beside its label follows the value
//   data-add="ID"          adds a copy of <template id=ID> before itself; data-remove removes the .env-row
//   data-log               follows its end; data-log-stream="URL" appends server-sent HTML (event "lines", then "end";
//                          "unfinished": the last line while it changes); data-log-part: not the end, so nothing to follow
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const cookie = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(name + "="))?.slice(name.length + 1);
  const setCookie = (name, value, age = 31536000) => {
    document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${age}; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  };
  const setIcon = (element, name) => {
    const use = element.querySelector("use");
    if (use) use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#" + name));
  };

  // ── time zone and theme ──
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && cookie("tz") !== encodeURIComponent(zone)) setCookie("tz", zone);

  const nextTheme = { system: "light", light: "dark", dark: "system" };
  const switchTheme = (button) => {
    const theme = button.value;
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    setCookie("theme", theme === "system" ? "" : theme, theme === "system" ? 0 : undefined);
    button.value = nextTheme[theme];
    button.querySelector("span").textContent = "Theme: " + theme;
  };

  // ── toasts ──
  const toast = (kind, text, again) => {
    const box = document.createElement("div");
    box.className = `toast toast-${kind}`;
    const sprite = document.querySelector("use")?.getAttribute("href").replace(/#.*/, "") ?? "";
    const icon = (name) => {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("class", "icon");
      svg.setAttribute("aria-hidden", "true");
      svg.append(document.createElementNS("http://www.w3.org/2000/svg", "use"));
      svg.firstChild.setAttribute("href", `${sprite}#${name}`);
      return svg;
    };
    const words = document.createElement("span");
    words.textContent = text;
    box.append(icon({ ok: "circle-check", bad: "alert-circle" }[kind] ?? "info-circle"), words);
    const button = (label, className, action) => {
      const element = document.createElement("button");
      element.type = "button";
      element.className = className;
      element.append(label);
      element.addEventListener("click", () => { box.remove(); action?.(); });
      box.append(element);
      return element;
    };
    if (again) button("Try again", "btn btn-link btn-sm", again);
    button(icon("x"), "btn btn-quiet btn-icon btn-sm").setAttribute("aria-label", "Dismiss");
    for (const same of all(".toast", byId("toasts"))) if (same.textContent === box.textContent) same.remove();
    byId("toasts").append(box);
    settleToasts();
  };
  // A good message leaves by itself; a bad one stays until it is read.
  const settleToasts = () => {
    for (const box of all(".toast-ok:not([data-timed]), .toast-info:not([data-timed])")) {
      box.dataset.timed = "";
      const leave = () => { if (box.matches(":hover, :focus-within")) setTimeout(leave, 2000); else box.remove(); };
      setTimeout(leave, 6000);
    }
  };

  // ── copying ──
  const copy = async (button) => {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = document.createElement("textarea");
      field.value = text;
      (button.closest("dialog") ?? document.body).append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      button.focus();
      if (!done) return toast("bad", "The browser did not allow copying.");
    }
    const label = button.querySelector("[data-copy-label]");
    button.dataset.label ??= label?.textContent ?? "";
    if (label) { label.textContent = "Copied"; label.setAttribute("role", "status"); }
    button.classList.add("tone-ok");
    setIcon(button, "check");
    clearTimeout(button.copied);
    button.copied = setTimeout(() => {
      if (label) { label.textContent = button.dataset.label; label.removeAttribute("role"); }
      button.classList.remove("tone-ok");
      setIcon(button, "copy");
    }, 2000);
  };

  // ── clicks, keys, forms ──
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    const opener = at("[data-dialog]");
    if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey && byId(opener.dataset.dialog)?.showModal) {
      event.preventDefault();
      byId(opener.dataset.dialog).showModal();
    }
    if (at("[data-close]")) {
      const dialog = at("dialog[open]");
      if (dialog) { event.preventDefault(); dialog.close(); }
    }
    if (event.target instanceof HTMLDialogElement && event.target.matches(":modal")) {
      const box = event.target.getBoundingClientRect();
      if (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom) event.target.close();
    }
    if (at("[data-copy]")) copy(at("[data-copy]"));
    if (at("[data-print]")) print();
    at("[data-dismiss]")?.closest(".toast")?.remove();
    const toggle = at("[data-toggle]");
    if (toggle) {
      event.preventDefault();
      toggle.setAttribute("aria-expanded", byId(toggle.dataset.toggle).classList.toggle("is-open"));
    }
    const add = at("[data-add]");
    if (add) {
      add.before(byId(add.dataset.add).content.cloneNode(true));
      add.previousElementSibling.querySelector("input")?.focus();
    }
    at("[data-remove]")?.closest(".env-row")?.remove();
    if (at("[data-log-newest]")) follow(at(".log").querySelector("[data-log]"), true);
    const step = at("[data-log-step]");
    if (step) stepHit(step.closest(".log"), Number(step.dataset.logStep));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input, textarea, select, [contenteditable]")) {
      const box = all("[data-search]").find((element) => element.checkVisibility());
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    }
    if (event.key === "Escape") {
      for (const menu of all("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
    }
    // Enter goes from hit to hit; where there is none on the page, the whole log is searched.
    if (event.key === "Enter" && event.target.matches("[data-log-find]") && event.target.closest(".log").hits?.length) {
      event.preventDefault();
      stepHit(event.target.closest(".log"), event.shiftKey ? -1 : 1);
    }
  });

  // A form is sent once: until its answer is there its buttons are busy and a second submit does nothing.
  const buttons = (form) => all("button:not([type=button]), input[type=submit]", form).concat(form.id ? all(`button[form="${form.id}"]`) : []);
  const busy = (form, on) => {
    for (const button of buttons(form)) {
      if (on) button.setAttribute("aria-busy", "true"); else button.removeAttribute("aria-busy");
    }
  };
  const sent = new WeakSet();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-theme-switch]")) { event.preventDefault(); switchTheme(event.submitter); return; }
    if (form.method !== "post") return;
    if (sent.has(form)) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    sent.add(form);
    busy(form, true);
  }, true);
  const release = (form) => { sent.delete(form); busy(form, false); };
  window.addEventListener("pageshow", (event) => { if (event.persisted) all("form").forEach(release); });
  document.addEventListener("htmx:finally:request", (event) => {
    const source = event.detail.ctx.sourceElement;
    const form = event.detail.ctx.request.form ?? (source.matches?.("form") ? source : null);
    if (form) release(form);
  });

  document.addEventListener("form:done", (event) => release(event.target));

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.dataset.default !== undefined) markChanged(field);
    if (field.matches("[data-log-find]")) findHits(field.closest(".log"));
  });
  const markChanged = (field) => {
    const value = field.type === "checkbox" ? String(field.checked) : field.value;
    const mark = field.closest(".field")?.querySelector(".changed");
    if (mark) mark.hidden = value === field.dataset.default;
  };

  // ── htmx: failures, dialog, focus ──
  const sentences = { 403: "You may not do this.", 404: "This is not here any more.", 409: "This has changed in the meantime. Load the page again.", 413: "This is larger than allowed.", 429: "Too many requests. Wait a moment, then try again." };
  const sentenceOf = (ctx) => {
    const page = new DOMParser().parseFromString(ctx.text ?? "", "text/html");
    const words = page.querySelector("[data-sentence]")?.textContent.trim();
    return words || sentences[ctx.response.status] || "The server could not do this. Nothing was changed.";
  };
  const again = (ctx) => () => {
    const source = ctx.sourceElement;
    if (source.matches("form")) source.requestSubmit(); else source.click();
  };
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    const { status } = ctx.response;
    if (status === 422 || (status < 500 && ctx.hx?.retarget)) return;
    ctx.swap = "none";
    ctx.failed = true;
    toast("bad", sentenceOf(ctx), status >= 500 && ctx.request.method === "GET" ? again(ctx) : undefined);
  });
  document.addEventListener("htmx:before:swap", (event) => { if (event.detail.ctx.failed) event.preventDefault(); });
  // What a poll has drawn anew while an answer was on its way is found again by its id: nobody's click is lost.
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    const byHand = ["click", "submit", "change", "input"].includes(ctx.sourceEvent?.type);
    if (byHand && ctx.target?.isConnected === false) ctx.target = byId(ctx.target.id) ?? ctx.target;
  });
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (ctx?.request) toast("bad", "The server did not answer.", again(ctx));
  });
  document.addEventListener("toast", ({ detail }) => toast(detail.kind ?? "info", detail.text ?? detail.value));

  // Earlier lines are put in above: what one was reading stays where it was.
  let logWas = null;
  document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
    const lines = ctx.sourceElement?.closest?.(".log-more")?.closest("[data-log]");
    logWas = lines && { lines, below: lines.scrollHeight - lines.scrollTop };
  });
  let focusWas = null;
  document.addEventListener("htmx:before:request", () => { focusWas = document.activeElement; });
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (logWas) { logWas.lines.scrollTop = logWas.lines.scrollHeight - logWas.below; logWas = null; }
    const dialog = byId("dialog");
    const target = typeof ctx.target === "string" ? document.querySelector(ctx.target) : ctx.target;
    if (target === dialog && dialog.childElementCount && !dialog.open) dialog.showModal();
    const done = dialog.open && target !== dialog && !dialog.contains(target) && ctx.response?.status < 400;
    if (done) dialog.close();
    // The control that had the focus may be gone with its row: the row that came in its place takes it.
    const lost = document.activeElement === document.body || dialog.contains(document.activeElement);
    if (done ? lost : focusWas && !focusWas.isConnected && lost) {
      const id = target?.id;
      const place = (id && byId(id)) || target;
      const href = focusWas.getAttribute("href");
      const same = href && place?.querySelector?.(`a[href="${CSS.escape(href)}"]`);
      (same || place?.querySelector?.("a[href], button:not(:disabled), [tabindex]"))?.focus({ preventScroll: true });
    }
    arrive();
  });
  byId("dialog").addEventListener("close", (event) => {
    event.target.replaceChildren();
    if (document.activeElement === document.body) byId("main").focus({ preventScroll: true });
  });

  // ── the log: follows the end until one scrolls up ──
  const atEnd = (lines) => lines.scrollHeight - lines.scrollTop - lines.clientHeight < 24;
  const follow = (lines, jump) => {
    const foot = lines.closest(".log").querySelector("[data-log-state]");
    if (jump) lines.scrollTop = lines.scrollHeight;
    if (atEnd(lines)) lines.fresh = 0;
    if ("logPart" in lines.dataset) return;
    const live = lines.source ? "Live" : "Ended";
    const place = atEnd(lines) ? (lines.source ? ", following" : "") : lines.fresh ? `, ${lines.fresh} new ${lines.fresh === 1 ? "line" : "lines"} below` : ", scrolled up";
    if (foot && foot.textContent !== live + place) foot.textContent = live + place;
    const newest = lines.closest(".log").querySelector("[data-log-newest]");
    if (newest) newest.hidden = atEnd(lines);
  };
  const startLog = (lines) => {
    if (lines.started) return;
    lines.started = true;
    lines.fresh = 0;
    lines.addEventListener("scroll", () => follow(lines), { passive: true });
    if (lines.dataset.logStream) {
      lines.source = new EventSource(lines.dataset.logStream);
      lines.source.addEventListener("lines", (event) => {
        if (!lines.isConnected) return lines.source.close();
        const stick = atEnd(lines);
        lines.querySelector(":scope > .log-unfinished")?.remove();
        const before = lines.childElementCount;
        lines.insertAdjacentHTML("beforeend", event.data);
        lines.fresh += lines.childElementCount - before;
        while (lines.childElementCount > 5000) lines.firstElementChild.remove();
        follow(lines, stick);
      });
      lines.source.addEventListener("unfinished", (event) => {
        const stick = atEnd(lines);
        lines.querySelector(":scope > .log-unfinished")?.remove();
        lines.insertAdjacentHTML("beforeend", event.data);
        follow(lines, stick);
      });
      lines.source.addEventListener("end", () => {
        lines.source.close();
        lines.source = null;
        follow(lines);
        lines.dispatchEvent(new CustomEvent("log:end", { bubbles: true }));
      });
    }
    if (location.hash || "logPart" in lines.dataset) {
      document.getElementById(location.hash.slice(1))?.scrollIntoView({ block: "center" });
      follow(lines);
    } else follow(lines, true);
  };
  const findHits = (log) => {
    const word = log.querySelector("[data-log-find]").value.toLowerCase();
    log.hits = [];
    if (word && window.CSS?.highlights) {
      const walker = document.createTreeWalker(log.querySelector("[data-log]"), NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node && log.hits.length < 5000; node = walker.nextNode()) {
        if (node.parentElement.closest("a, time")) continue;
        const text = node.data.toLowerCase();
        for (let start = text.indexOf(word); start >= 0; start = text.indexOf(word, start + word.length)) {
          const range = new Range();
          range.setStart(node, start);
          range.setEnd(node, start + word.length);
          log.hits.push(range);
        }
      }
    }
    log.hit = log.hits.length;
    if (window.CSS?.highlights) CSS.highlights.set("log-hit", new Highlight(...log.hits));
    stepHit(log, -1);
  };
  const stepHit = (log, step) => {
    const count = log.querySelector("[data-log-count]");
    const hits = (log.hits ?? []).length;
    if (!hits) { if (count) count.textContent = log.querySelector("[data-log-find]").value ? "none" : ""; window.CSS?.highlights?.delete("log-current"); return; }
    log.hit = (log.hit + step + hits) % hits;
    const range = log.hits[log.hit];
    CSS.highlights.set("log-current", new Highlight(range));
    range.startContainer.parentElement.closest(".log-line").scrollIntoView({ block: "nearest" });
    if (count) count.textContent = `${log.hit + 1} of ${hits}`;
  };

  // ── what every page, and every piece that arrives, needs ──
  const arrive = () => {
    for (const current of all(".tabs > [aria-current]")) {
      const bar = current.parentElement;
      bar.scrollLeft = current.offsetLeft - bar.offsetLeft - (bar.clientWidth - current.offsetWidth) / 2;
    }
    for (const element of all("[data-focus]:not([data-focused])")) { element.dataset.focused = ""; element.focus(); }
    const job = document.querySelector("[data-job-state]");
    if (job) byId("main").dataset.state = job.dataset.jobState;
    all("[data-log]").forEach(startLog);
    settleToasts();
  };
  arrive();
})();
