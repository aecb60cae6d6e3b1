// Suggestions beneath a search field that says where they come from: data-suggest="URL", asked with ?q=.
// The ARIA combobox with a listbox of links; without this script the field searches as ever.
"use strict";
(() => {
  const PAUSE = 120;
  let number = 0;

  const SVG = "http://www.w3.org/2000/svg";
  const picture = (name) => {
    const [svg, use] = [document.createElementNS(SVG, "svg"), document.createElementNS(SVG, "use")];
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", document.querySelector("use").getAttribute("href").replace(/#.*/, `#${name}`));
    svg.append(use);
    return svg;
  };

  const wire = (input) => {
    const list = document.createElement("div");
    list.id = `suggestions-${(number += 1)}`;
    list.className = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Suggestions");
    list.hidden = true;
    input.after(list);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) input.setAttribute(name, value);

    let [timer, asking] = [0, null];
    const drawn = ({ href, icon, label, kind }, at) => {
      const option = document.createElement("a");
      Object.assign(option, { id: `${list.id}-${at}`, href, tabIndex: -1 });
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const text = (className, words) => Object.assign(document.createElement("span"), { className, textContent: words });
      option.append(picture(icon), text("strong", label), text("meta muted push", kind));
      return option;
    };
    const options = () => [...list.querySelectorAll("[role=option]")];
    const current = () => list.querySelector("[aria-selected=true]");
    const choose = (option) => {
      current()?.setAttribute("aria-selected", "false");
      option?.setAttribute("aria-selected", "true");
      option?.scrollIntoView({ block: "nearest" });
      if (option) input.setAttribute("aria-activedescendant", option.id);
      else input.removeAttribute("aria-activedescendant");
    };
    const close = () => {
      clearTimeout(timer);
      asking?.abort();
      choose(null);
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
    };
    const ask = async () => {
      // An answer to what was typed before is never shown.
      asking?.abort();
      asking = new AbortController();
      try {
        const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(input.value)}`, { signal: asking.signal });
        if (!answer.ok) return close();
        list.replaceChildren(...(await answer.json()).map(drawn));
      } catch (error) {
        // Without a network the field still searches.
        if (error.name !== "AbortError") close();
        return;
      }
      choose(null);
      list.hidden = options().length === 0;
      input.setAttribute("aria-expanded", String(!list.hidden));
    };

    input.addEventListener("input", () => {
      clearTimeout(timer);
      if (input.value.trim()) timer = setTimeout(ask, PAUSE);
      else close();
    });
    input.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      const [all, at] = [options(), options().indexOf(current())];
      if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
      else if (event.key === "ArrowUp") choose(all[(at <= 0 ? all.length : at) - 1]);
      else if (event.key === "Enter" && current()) current().click();
      else if (event.key === "Escape") close();
      else return;
      // Enter would search, Escape would empty the field.
      event.preventDefault();
      event.stopPropagation();
    });
    const isLeft = () => document.activeElement !== input && !list.contains(document.activeElement);
    input.addEventListener("blur", () => setTimeout(() => { if (isLeft()) close(); }, 150));
    input.form?.addEventListener("submit", close);
  };

  document.querySelectorAll("[data-suggest]").forEach(wire);
})();
