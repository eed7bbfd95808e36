"use strict";
// The page works without this: it filters, folds, and keeps the filters in the fragment, as in #ID?environment=k3d,kind.
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  const items = [...document.querySelectorAll("[data-item]")];
  const sets = JSON.parse(document.getElementById("sets").textContent);  // the environments of each data-set
  const tiles = [...document.querySelectorAll("a.tile")];
  const groups = [...document.querySelectorAll("[data-group]")].reverse();
  const objects = [...document.querySelectorAll("details.object")];
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const menus = [...form.querySelectorAll("details.menu")];
  const dimensions = menus.map((menu) => menu.dataset.menu);
  const reset = form.querySelector("button[type=reset]");
  const unfold = document.getElementById("unfold");
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const FOLDED_FROM = 12;
  let anchor = "";
  let unfolded = true;

  const chosen = (dimension) => boxes.filter((box) => box.name === dimension && box.checked).map((box) => box.value);

  function read() {
    const [id, query = ""] = location.hash.slice(1).split("?");
    const wanted = new URLSearchParams(query);
    const values = (name) => (wanted.get(name) || "").split(",").filter(Boolean).map(decode);
    for (const box of boxes) box.checked = values(box.name).includes(box.value);
    anchor = decode(id);
  }

  function decode(text) {
    try { return decodeURIComponent(text); } catch { return text; }
  }

  function fragment(id) {
    const parts = dimensions.filter((name) => chosen(name).length)
      .map((name) => `${name}=${chosen(name).map((one) => encodeURIComponent(encodeURIComponent(one))).join(",")}`);
    return parts.length ? `${id}?${parts.join("&")}` : id;
  }

  const values = (item, name) => name === "environment" ? sets[item.dataset.set] : item.dataset[name]?.split(" ");

  function apply() {
    const wanted = dimensions.map((name) => [name, chosen(name)]).filter(([, values]) => values.length);
    for (const item of items) {
      item.hidden = !wanted.every(([name, picked]) =>
        values(item, name) === undefined || values(item, name).some((one) => picked.includes(one)));
    }
    for (const tile of tiles) {
      if (chosen("environment").includes(tile.dataset.name)) tile.setAttribute("aria-current", "true");
      else tile.removeAttribute("aria-current");
    }
    for (const group of groups) group.hidden = ![...group.querySelectorAll("[data-item]")].some((one) => !one.hidden);
    const left = objects.filter((one) => !one.hidden).length;
    shown.textContent = wanted.length ? `${left} of ${objects.length} objects` : "";
    if (nothing) {
      nothing.hidden = left > 0 || !objects.length;
      if (!nothing.hidden) nothing.closest("section").hidden = false;
    }
    reset.hidden = !wanted.length;
    for (const menu of menus) {
      const values = chosen(menu.dataset.menu);
      menu.querySelector(".chosen").textContent = values.length > 1 ? `: ${values.length}` : values.length ? `: ${values[0]}` : "";
    }
  }

  function show() {
    const target = anchor && document.getElementById(anchor);
    if (!target) return;
    if (target.closest("[hidden]")) {  // a link to an object wins over the filters
      for (const box of boxes) box.checked = false;
      history.replaceState(null, "", `#${anchor}`);
      apply();
    }
    if (target.tagName === "DETAILS") target.open = true;
    // While it is skipped, it can't be focused, and its component has an estimated height.
    target.closest(".component")?.style.setProperty("content-visibility", "visible");
    target.scrollIntoView();
    document.querySelector(".target")?.classList.remove("target");
    target.classList.add("target");
    const place = target.tagName === "DETAILS" ? target.querySelector("summary") : target;
    if (place === target && !target.hasAttribute("tabindex")) target.tabIndex = -1;
    place.focus({ preventScroll: true });
  }

  function fold(open) {
    for (const one of objects) one.open = open;
    unfold.textContent = open ? "Fold all" : "Unfold all";
    unfolded = open;
  }

  form.addEventListener("change", () => {
    apply();
    const text = fragment("");
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  });
  form.addEventListener("reset", () => setTimeout(() => form.dispatchEvent(new Event("change"))));
  form.addEventListener("submit", (event) => event.preventDefault());
  unfold?.addEventListener("click", () => fold(!unfolded));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      const id = link.getAttribute("href").slice(1);
      const hash = `#${id.includes("?") ? id : fragment(id)}`;  // a tile of the fleet chooses its environment
      if (hash !== location.hash) location.hash = hash;
      else show();
    }
    for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const open = menus.find((menu) => menu.open);
    if (event.key !== "Escape" || !open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
  window.addEventListener("hashchange", () => { read(); apply(); show(); });

  form.hidden = false;
  if (objects.length > FOLDED_FROM) fold(false);
  read();
  apply();
  show();
})();
