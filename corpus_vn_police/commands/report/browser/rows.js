// The table of the ledger: which rows are shown, and the controls that say which.
const count = (status) => ledger.status.rows.filter((number) => ledger.status.names[number] === status).length;
const leftOut = LEFT_OUT.reduce((sum, status) => sum + count(status), 0);

const DEFAULTS = {
  status: leftOut ? "left_out" : "all", reason: "", split: "", publisher: "", privacy: "", from: "", to: "", words: "", shown: "", page: "0", row: "",
};
const FILTERS = Object.keys(DEFAULTS).filter((name) => !["page", "row"].includes(name));
const HEADINGS = {
  all: "All seeds", left_out: "What was left out", published: "Records", rejected: "Rejected seeds",
  duplicate: "Duplicates", near_duplicate: "Near duplicates", removed: "What was taken down",
};
const DATE = /^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$/;

let state = { ...DEFAULTS };
let matches = [];

const lastPage = () => Math.max(0, Math.ceil(matches.length / PAGE) - 1);

// Dates may be partial: only what both say is compared.
const inTime = (from, to) => {
  const isLess = (date, other) => date.slice(0, other.length) < other.slice(0, date.length);
  const wanted = ledger.date.names.map((date) => !(from && isLess(date, from)) && !(to && isLess(to, date)));
  return (row) => ledger.date.rows[row] >= 0 && wanted[ledger.date.rows[row]];
};

const tests = () => {
  const found = [];
  const is = (column, wanted) => {
    const numbers = new Set(column.names.flatMap((name, number) => (wanted(name) ? [number] : [])));
    found.push((row) => numbers.has(column.rows[row]));
  };
  if (state.status === "left_out") is(ledger.status, (name) => LEFT_OUT.includes(name));
  else if (state.status !== "all") is(ledger.status, (name) => name === state.status);
  for (const name of ["reason", "split", "publisher"]) if (state[name]) is(ledger[name], (each) => each === state[name]);
  if (state.privacy) is(ledger.privacy, (kinds) => kinds.split(", ").includes(state.privacy));
  const [from, to] = [state.from, state.to].map((date) => (DATE.test(date) ? date : ""));
  if (from || to) found.push(inTime(from, to));
  if (state.shown) found.push((row) => textOf.has(row));
  if (state.words.trim()) found.push(matcher(state.words));
  return found;
};

const filter = () => {
  const all = tests();
  matches = [];
  for (let row = 0; row < rows; row += 1) if (all.every((test) => test(row))) matches.push(row);
  if (state.status === "left_out") matches = LEFT_OUT.flatMap((status) => matches.filter((row) => statusOf(row) === status));
};

const why = (row) => {
  const cell = make("td", { role: "cell", class: "why" });
  const reason = named(ledger.reason, row);
  const like = ledger.like[row];
  if (reason) cell.append(make("code", {}, reason));
  if (like) {
    const kept = keptFor(row);
    const how = statusOf(row) === "duplicate" ? "the same text as " : `${(100 * ledger.similarity[row]).toFixed(0)} % like `;
    cell.append(make("span", {}, how, kept === undefined ? make("code", {}, like) : link(kept, nameOf(kept))));
  }
  const detail = named(ledger.why, row);
  if (detail && !like) cell.append(make("small", {}, detail));
  return cell;
};

const ledgerRow = (row) => {
  const status = statusOf(row);
  const open = make("button", { type: "button", class: "open", "data-row": row }, nameOf(row));
  open.addEventListener("click", () => go({ row: String(row) }));
  const seed = make("td", { role: "cell", class: "seed" }, open, make("small", {}, ledger.id[row] || "no id"));
  if (textOf.has(row)) seed.append(" ", make("small", { class: "has-text" }, "text"));
  const date = make("td", { role: "cell", class: "date" }, named(ledger.date, row));
  if (ledger.split.rows[row] >= 0) date.append(make("small", {}, named(ledger.split, row)));
  return make(
    "tr",
    { role: "row" },
    make("td", { role: "cell", class: "tick" }, ...tickBox(row)),
    make("td", { role: "cell", class: "what" }, make("span", { class: `status ${status}` }, spoken(status))),
    seed,
    make("td", { role: "cell", class: "name", lang: "vi" }, ledger.title[row]),
    date,
    why(row),
    make("td", { role: "cell", class: "n" }, ledger.bytes[row] < 0 ? "–" : grouped(ledger.bytes[row])),
  );
};

const filtersInWords = () => {
  const said = [];
  if (state.status !== "all") said.push(spoken(state.status));
  for (const name of ["reason", "split", "publisher", "privacy"]) if (state[name]) said.push(`${name === "privacy" ? "personal data" : name} ${spoken(state[name])}`);
  if (DATE.test(state.from)) said.push(`from ${state.from}`);
  if (DATE.test(state.to)) said.push(`to ${state.to}`);
  if (state.shown) said.push("with text");
  if (state.words.trim()) said.push(`“${state.words.trim()}”`);
  return said.length ? `Filter: ${said.join(", ")}.` : "No filter.";
};

const show = () => {
  const first = Math.min(Math.max(0, Number(state.page) || 0), lastPage()) * PAGE;
  const visible = matches.slice(first, first + PAGE);
  find("rows").replaceChildren(...visible.map(ledgerRow));
  find("rows").removeAttribute("aria-busy");
  find("ledger-heading").textContent = HEADINGS[state.status] || HEADINGS.all;
  find("count").textContent = matches.length
    ? `Rows ${grouped(first + 1)} to ${grouped(first + visible.length)} of ${grouped(matches.length)}. ${filtersInWords()}`
    : `No row matches. ${filtersInWords()}`;
  find("clear").hidden = FILTERS.every((name) => state[name] === (name === "status" ? "all" : ""));
  document.querySelector(".ledger").hidden = !matches.length;
  document.querySelector(".pager").hidden = matches.length <= PAGE;
  for (const button of document.querySelectorAll(".pager button")) {
    const back = ["first", "previous"].includes(button.dataset.to);
    button.setAttribute("aria-disabled", String(back ? first === 0 : first + PAGE >= matches.length));
  }
};

// ---- the controls ----

const option = (value, label, number) => make("option", { value }, number === undefined ? label : `${label} (${grouped(number)})`);

// A filter is hidden if it has fewer values than would make a difference.
const choices = (id, names, label, least, always = [option("", "all")]) => {
  const select = find(id);
  select.append(...always, ...names.map(([name, number]) => option(name, label(name), number)));
  select.closest("label").hidden = names.length < least;
};

const countsOf = (column, split = (name) => [name]) => {
  const numbers = new Array(column.names.length).fill(0);
  for (const number of column.rows) if (number >= 0) numbers[number] += 1;
  const found = new Map();
  column.names.forEach((name, place) => {
    for (const each of split(name)) if (numbers[place]) found.set(each, (found.get(each) || 0) + numbers[place]);
  });
  return [...found];
};

const fillControls = () => {
  const everything = [...(leftOut ? [option("left_out", "left out", leftOut)] : []), option("all", "all", rows)];
  const same = (name) => name;
  choices("status", countsOf(ledger.status), spoken, 0, everything);
  choices("reason", countsOf(ledger.reason), same, 1);
  choices("split", countsOf(ledger.split), same, 2);
  choices("publisher", countsOf(ledger.publisher), same, 2);
  choices("privacy", countsOf(ledger.privacy, (kinds) => (kinds ? kinds.split(", ") : [])), spoken, 1);
  for (const id of ["from", "to"]) find(id).closest("label").hidden = ledger.date.names.length < 2;
  find("shown").closest("label").hidden = !texts.length || texts.length === rows;
  const more = find("more-filters");
  more.hidden = [...more.querySelectorAll("label")].every((label) => label.hidden);
  more.open = matchMedia("(min-width: 46rem)").matches;
};

const setControls = () => {
  for (const name of FILTERS) {
    const control = find(name);
    if (name === "shown") control.checked = Boolean(state.shown);
    else if (control.value !== state[name]) control.value = state[name];
    if (["from", "to"].includes(name)) control.setAttribute("aria-invalid", String(Boolean(state[name]) && !DATE.test(state[name])));
  }
};
