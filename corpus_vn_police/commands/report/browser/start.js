// What is shown stands in the address, so that a link leads to it and the browser's Back works.
const asHash = (wanted) => {
  const changed = Object.entries(wanted).filter(([name, value]) => value !== DEFAULTS[name]);
  return `#${new URLSearchParams(changed.length ? changed : { status: wanted.status })}`;
};

// What an address asks for; null if it names only a place on the page.
const asked = () => {
  const given = new URLSearchParams(location.hash.slice(1));
  if (given.has("id")) return { ...state, row: rowOfId(given.get("id")) };
  if (!location.hash) return { ...DEFAULTS };
  if (![...given.keys()].some((name) => name in DEFAULTS)) return null;
  const wanted = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS)) if (given.has(name)) wanted[name] = given.get(name);
  return wanted;
};

const apply = (wanted) => {
  const before = state;
  state = wanted;
  const changed = FILTERS.some((name) => before[name] !== state[name]) || find("rows").hasAttribute("aria-busy");
  if (changed) {
    setControls();
    filter();
  }
  if (changed || before.page !== state.page) show();
  if (state.row !== before.row) {
    if (state.row === "") find("viewer").close();
    else view(state.row);
  }
};

const go = (change, replace = false) => {
  const wanted = { ...state, ...change };
  history[replace ? "replaceState" : "pushState"](null, "", asHash(wanted));
  apply(wanted);
};

// After the last key, not after each: with 100,000 rows a search takes as long as it takes to type a letter.
let waiting = 0;
const TYPED = ["words", "from", "to"];
const soon = () => {
  find("rows").setAttribute("aria-busy", "true");
  clearTimeout(waiting);
  waiting = setTimeout(() => go({ page: "0", ...Object.fromEntries(TYPED.map((id) => [id, find(id).value])) }, true), 80);
};

const listen = () => {
  for (const id of TYPED) find(id).addEventListener("input", soon);
  for (const id of ["status", "reason", "split", "publisher", "privacy"]) {
    find(id).addEventListener("change", () => go({ page: "0", [id]: find(id).value }));
  }
  find("shown").addEventListener("change", () => go({ page: "0", shown: find("shown").checked ? "1" : "" }));
  find("clear").addEventListener("click", () => {
    go({ ...DEFAULTS, status: "all" });
    find("words").focus();
  });
  document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());
  document.querySelector(".pager").addEventListener("click", ({ target }) => {
    const page = Math.min(Number(state.page) || 0, lastPage());
    const to = { first: 0, previous: page - 1, next: page + 1, last: lastPage() }[target.dataset.to];
    if (to !== undefined && to >= 0 && to <= lastPage()) go({ page: String(to) });
  });
  find("save").addEventListener("click", saveTicked);
  find("untick").addEventListener("click", () => {
    ticked.clear();
    showTicked();
    find("ledger-heading").focus();
  });
  addEventListener("popstate", () => {
    const wanted = asked();
    if (!wanted) return;
    apply(wanted);
    if (state.row === "" && location.hash) find("ledger").scrollIntoView();
  });
};

fillControls();
listen();
listenInViewer();
find("rows").setAttribute("aria-busy", "true");
apply(asked() || { ...DEFAULTS });
if (state.row === "" && new URLSearchParams(location.hash.slice(1)).has("status")) find("ledger").scrollIntoView();
setTimeout(prepareSearch, 100);
