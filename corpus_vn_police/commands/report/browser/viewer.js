// One row: what the ledger says of it, why it was left out, its text, and the rows that belong to it.
const link = (row, label) => {
  const button = make("button", { type: "button", class: "open" }, label);
  button.addEventListener("click", () => go({ row: String(row) }));
  return button;
};

let published = null; // id -> row, made by the first look at a copy
let copies = null; // id -> rows that were left out for it

const relate = () => {
  if (published) return;
  published = new Map();
  copies = new Map();
  for (let row = 0; row < rows; row += 1) {
    if (statusOf(row) === "published") published.set(ledger.id[row], row);
    const like = ledger.like[row];
    if (!like) continue;
    if (!copies.has(like)) copies.set(like, []);
    copies.get(like).push(row);
  }
};

const keptFor = (row) => {
  relate();
  return published.get(ledger.like[row]);
};

// The row with an id: the record, if one is published; else the id itself, which `view` says is not here.
const rowOfId = (id) => {
  relate();
  const row = published.has(id) ? published.get(id) : ledger.id.indexOf(id);
  return row === -1 ? id : String(row);
};

const facts = (pairs) => {
  const list = make("dl", { class: "facts" });
  for (const [name, value] of pairs) {
    if (value !== "") list.append(make("div", {}, make("dt", {}, name), make("dd", {}, value)));
  }
  return list;
};

const related = (row) => {
  const kept = keptFor(row);
  if (kept !== undefined) return [make("p", {}, "Left out because this record was kept: ", link(kept, nameOf(kept)))];
  if (ledger.like[row]) return [make("p", {}, "Left out for the record ", make("code", {}, ledger.like[row]), ", which is not on this page.")];
  const left = statusOf(row) === "published" ? copies.get(ledger.id[row]) || [] : [];
  if (!left.length) return [];
  const items = left.slice(0, 50).map((each) => make("li", {}, link(each, nameOf(each)), ` ${spoken(statusOf(each))}, similarity ${ledger.similarity[each]}`));
  if (left.length > 50) items.push(make("li", {}, `and ${grouped(left.length - 50)} more`));
  return [make("h3", {}, "Left out as copies of this record"), make("ul", {}, ...items)];
};

// Why there is no text, and what to do about it.
const missing = (row) => {
  const status = statusOf(row);
  if (status === "removed") return "It was taken down, so nothing of it is shown.";
  if (hidden.has(row)) return "It was taken down, or is a copy of what was taken down, so its text is not shown. `removed.csv` beside `corpus.toml` names it.";
  if (LEFT_OUT.includes(status) && !data.seeds) {
    return `A build does not hold the texts of seeds that were left out. To read them again from the input, write this page with --seeds: \`corpus-vn-police report DIR --seeds SEEDS --out report.html\``;
  }
  const drawn = LEFT_OUT.includes(status) ? counted(data.left_out, "seed that was left out", "seeds that were left out") : counted(data.records, "record", "records");
  return `Its text is not on this page, which has the texts of ${drawn}. A larger \`--sample\` (up to 1,000) shows more, and another \`--seed\` shows others.`;
};

// The places that are worth looking at: of a fault, of the personal data that a seed was rejected for, of a difference.
const placesOf = (row) => {
  const kind = named(ledger.reason, row).replace(/^privacy\./, "");
  const marks = find("viewer-body").querySelectorAll("mark.place, mark.personal, .side mark.alone");
  const personal = [...marks].filter((mark) => mark.title === `personal: ${kind}`);
  if (personal.length) return personal;
  return statusOf(row) === "published" ? [] : [...marks].filter((mark) => !mark.classList.contains("personal"));
};

const goToPlace = (all, place) => {
  all.forEach((each, number) => each.classList.toggle("current", number === place));
  all[place].scrollIntoView({ block: "center" });
};

const nextPlace = (row) => {
  const button = make("button", { type: "button", id: "next-place" }, "Next place");
  button.addEventListener("click", () => {
    const all = placesOf(row);
    goToPlace(all, (all.findIndex((each) => each.classList.contains("current")) + 1) % all.length);
  });
  return button;
};

const fault = (row, text) => {
  const code = named(ledger.reason, row);
  if (!code) return text?.sides ? [make("div", { class: "fault" }, make("p", {}, ...differences(text.sides)), nextPlace(row))] : [];
  const [meaning, remedy] = data.reasons[code];
  const said = make("p", { class: "said" }, ...coded(text?.fault || named(ledger.why, row) || "The ledger says no more."));
  const more = make("p", { class: "soft" }, "What it means: ", ...coded(meaning), ". What to do: ", ...coded(remedy), ".");
  return [make("div", { class: "fault" }, said, nextPlace(row)), ...(meaning ? [more] : [])];
};

const sourceLink = (url) => {
  if (!url) return "";
  if (!/^https?:\/\/[^\s\\]+$/i.test(url)) return url;
  return make("a", { href: url, rel: "noreferrer noopener", target: "_blank" }, url);
};

const WHAT_IS_SHOWN = { title: "The title of the row", row: "The row as it was read", text: "The text as it was read" };

const textParts = (row) => {
  const text = textOf.get(row);
  if (!text) return [make("p", { class: "note" }, ...coded(missing(row)))];
  const parts = [];
  const note = (words) => parts.push(make("p", { class: "note" }, words));
  if (text.fields) parts.push(facts(text.fields));
  if (text.note) note(text.note);
  if (text.of) parts.push(make("h3", {}, WHAT_IS_SHOWN[text.of]));
  if (text.before) note(`${counted(text.before, "character", "characters")} before this are not shown.`);
  if (text.units) parts.push(article(text.units), ...annotationList(text.units));
  if (text.sides) parts.push(sides(text.sides));
  if (text.raw) parts.push(make("p", { lang: "vi", class: "raw" }, ...pieces(text.raw)));
  if (text.more) note(`${counted(text.more, text.of ? "byte" : "character", text.of ? "bytes" : "characters")} after this are not shown.`);
  if (text.over) note(`${counted(text.over, "syllable", "syllables")} at the end were not compared.`);
  parts.push(...changeList(text));
  return parts;
};

const contents = (row) => {
  const text = textOf.get(row);
  const title = text?.title || ledger.title[row];
  return [
    ...(title ? [make("p", { class: "title", lang: "vi" }, title)] : []),
    facts([
      ["status", spoken(statusOf(row))],
      ["reason", named(ledger.reason, row)],
      ["detail", named(ledger.why, row)],
      ["date", text?.fields ? "" : named(ledger.date, row)],
      ["split", named(ledger.split, row)],
      ["publisher", named(ledger.publisher, row)],
      ["source", sourceLink(text?.url)],
      ["path", ledger.path[row]],
      ["id", ledger.id[row]],
      ["bytes", ledger.bytes[row] < 0 ? "" : grouped(ledger.bytes[row])],
      ["similarity", ledger.similarity[row] === undefined ? "" : String(ledger.similarity[row])],
    ]),
    ...related(row),
    ...fault(row, text),
    ...textParts(row),
  ];
};

const view = (wanted) => {
  const row = Number(wanted);
  const there = /^[0-9]+$/.test(wanted) && row < rows;
  const place = matches.indexOf(row);
  find("before").setAttribute("aria-disabled", String(place <= 0));
  find("after").setAttribute("aria-disabled", String(place < 0 || place === matches.length - 1));
  find("place").textContent = place < 0 ? "" : `${grouped(place + 1)} of ${grouped(matches.length)}`;
  find("viewer-heading").textContent = there ? nameOf(row) : wanted;
  find("viewer-tick").replaceChildren(...(there ? tickBox(row).flatMap((box) => [box, " tick"]) : []));
  const absent = make("p", { class: "note" }, `This row is not on the page, which has ${counted(rows, "row", "rows")} of the ledger.`);
  find("viewer-body").replaceChildren(...(there ? contents(row) : [absent]));
  if (!find("viewer").open) find("viewer").showModal();
  find("viewer-body").scrollTop = 0;
  find("viewer-heading").focus();
  const all = there ? placesOf(row) : [];
  if (find("next-place")) find("next-place").hidden = all.length < 2;
  if (all.length && statusOf(row) === "rejected") goToPlace(all, 0);
};

const step = (by) => {
  const place = matches.indexOf(Number(state.row));
  const next = matches[place + by];
  if (place < 0 || next === undefined) return;
  go({ row: String(next), page: String(Math.floor((place + by) / PAGE)) }, true);
};

const listenInViewer = () => {
  find("before").addEventListener("click", () => step(-1));
  find("after").addEventListener("click", () => step(1));
  find("close").addEventListener("click", () => find("viewer").close());
  find("viewer").addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  find("viewer").addEventListener("close", () => {
    const row = state.row;
    if (row !== "") go({ row: "" }, true);
    const opener = document.querySelector(`#rows [data-row="${CSS.escape(row)}"]`);
    (opener || find("ledger-heading")).focus();
  });
};
