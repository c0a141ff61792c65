// The cross-hair of a day: a pointer or the arrow keys choose a minute, a touch or Enter asks why.
(() => {
  const figure = document.querySelector("[data-begins]");
  if (!figure) return;
  const [hair, told] = figure.querySelectorAll(".hair,output");
  const begins = +figure.dataset.begins, ends = +figure.dataset.ends;
  const rows = [...document.querySelectorAll("[data-from]")];
  const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: figure.dataset.zone });
  let at, row;
  const edges = () => {
    const svg = [...figure.querySelectorAll("svg")].find((each) => each.clientWidth);
    const box = svg.getBoundingClientRect(), wide = svg.viewBox.baseVal.width, left = wide > 500 ? 150 : 8;
    return [box.left + (box.width * left) / wide, (box.width * (wide - 14 - left)) / wide];
  };
  const show = (second) => {
    at = Math.min(ends - 60, Math.max(begins, Math.round(second / 60) * 60));
    const [left, width] = edges();
    hair.style.left = left - figure.getBoundingClientRect().left + (width * (at - begins)) / (ends - begins) + "px";
    figure.classList.add("on");
    row?.classList.remove("here");
    row = rows.find(({ dataset }) => at >= dataset.from && at < dataset.to);
    row?.classList.add("here");
    told.textContent = clock.format(at * 1000) + " · " + (row?.dataset.says ?? "");
  };
  const ask = () => {
    if (row?.querySelector("a")) location.href = "?at=" + clock.format(at * 1000) + "#why";
  };
  const under = (event) => {
    const [left, width] = edges();
    show(begins + ((event.clientX - left) / width) * (ends - begins));
  };
  figure.onpointermove = under;
  figure.onclick = (event) => event.target.closest("a") || (under(event), ask());
  figure.onkeydown = (event) => {
    const step = { ArrowLeft: -300, ArrowRight: 300 }[event.key];
    if (step) event.preventDefault(), show((at ?? (begins + ends) / 2) + step);
    if (event.key == "Enter" && event.target == figure) ask();
  };
})();
