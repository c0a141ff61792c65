// Now looks again, unless somebody writes; a stale page says so.
const find = (it) => document.querySelector(it), main = find("main");
if (find("[data-again]")) setInterval(async () => {
  if (document.hidden || find("form :focus")) return;
  try {
    main.innerHTML = (await (await fetch("")).text()).split(/<main.*?>|<\/main>/)[1];
    main.className = "";
  } catch { main.className = "stale"; }
}, 3e4);

// A day: pointer or arrow keys choose a minute, touch or Enter asks why.
const day = (figure) => {
  const [hair, told] = figure.querySelectorAll(".hair,output"), { begins, ends, zone } = figure.dataset;
  const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: zone });
  const rows = [...document.querySelectorAll("[data-from]")], long = ends - begins;
  const edges = () => matchMedia("(max-width:640px)").matches ? [8 / 362, 340 / 362] : [150 / 960, 796 / 960];
  let at, row;
  const show = (second) => {
    at = Math.min(long - 60, Math.max(0, Math.round(second / 60) * 60));
    const [left, width] = edges(), now = +begins + at;
    hair.style.left = 100 * (left + (width * at) / long) + "%";
    figure.classList.add("on");
    row?.classList.remove("here");
    row = rows.find(({ dataset }) => now >= dataset.from && now < dataset.to);
    row?.classList.add("here");
    told.textContent = clock.format(now * 1e3) + " · " + row?.dataset.says;
  };
  const under = figure.onpointermove = (event) => {
    const box = figure.getBoundingClientRect(), [left, width] = edges();
    show((((event.clientX - box.left) / box.width - left) / width) * long);
  };
  const ask = () => row?.querySelector("a") && (location = "?at=" + told.textContent.slice(0, 5) + "#why");
  figure.onclick = (event) => event.target.closest("a") || (under(event), ask());
  figure.onkeydown = ({ key, target }) => {
    const step = { ArrowLeft: -300, ArrowRight: 300 }[key];
    if (step) show((at ?? long / 2) + step);
    if (key == "Enter" && target == figure) ask();
  };
};
if (find("figure")) day(find("figure"));
