// Uploads say how far they are. Without this the form is sent as any other.
(() => {
  const human = (bytes) => {
    const step = Math.min(3, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
    return `${(bytes / 1024 ** step).toFixed(step ? 1 : 0)} ${["B", "KiB", "MiB", "GiB"][step]}`;
  };
  const toast = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { kind: "bad", text } }));
  const done = (form) => form.dispatchEvent(new CustomEvent("form:done", { bubbles: true }));

  const upload = (form) => {
    const box = form.querySelector(".upload-progress");
    const [bar, words] = [box.querySelector("progress"), box.querySelector("[role=status]")];
    const request = new XMLHttpRequest();
    const failed = (sentence) => { box.hidden = true; done(form); toast(sentence); };
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = (100 * loaded) / total;
      words.textContent = loaded < total ? `${human(loaded)} of ${human(total)}` : "Being written to the disk…";
    });
    request.addEventListener("error", () => failed("The upload broke off. Please try again."));
    request.addEventListener("load", () => {
      if (request.status < 400) return location.assign(request.responseURL);
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      if (request.status !== 422) return failed(page.querySelector("[data-sentence]")?.textContent.trim() || "The server could not take this file.");
      document.getElementById("main").replaceChildren(...page.getElementById("main").children);
      document.querySelector("[aria-invalid=true]")?.focus();
    });
    request.open("POST", form.action);
    // What is said of it belongs to the page that is opened afterwards.
    request.setRequestHeader("HX-Request-Type", "partial");
    request.send(new FormData(form));
    box.hidden = false;
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-upload]") || event.defaultPrevented) return;
    event.preventDefault();
    const file = form.querySelector("input[type=file]").files[0];
    const most = Number(form.dataset.most);
    if (file && file.size > most) {
      done(form);
      return toast(`${file.name} has ${human(file.size)}; at most ${human(most)} are possible.`);
    }
    upload(form);
  });
})();
