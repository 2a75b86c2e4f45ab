"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { ledger, texts } = data;
  const rows = ledger.path.length;
  const PAGE = 50;
  const LEFT_OUT = ["rejected", "duplicate", "near_duplicate"];
  const find = (id) => document.getElementById(id);
  const grouped = (number) => number.toLocaleString("en-GB");
  const spoken = (name) => name.replaceAll("_", " ");

  // Text only: nothing here is ever read as HTML.
  const make = (name, attributes, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  const textOf = new Map(texts.map((text) => [text.row, text]));
  const statusOf = (row) => ledger.status.names[ledger.status.rows[row]];
  const named = (column, row) => (column.rows[row] < 0 ? "" : column.names[column.rows[row]]);

  // ---- the ledger ----

  let haystack = null; // made by the first search
  let published = null; // id -> row, made by the first look at a copy
  let copies = null; // id -> rows that were left out for it
  let matches = [];
  let page = 0;

  const search = (words) => {
    haystack ??= ledger.path.map((path, row) => `${path}\n${ledger.id[row]}`.toLowerCase());
    return (row) => haystack[row].includes(words);
  };

  const filter = () => {
    const words = find("words").value.trim().toLowerCase();
    const status = Number(find("status").value);
    const reason = Number(find("reason").value);
    const shown = find("shown").checked;
    const found = words ? search(words) : () => true;
    matches = [];
    for (let row = 0; row < rows; row += 1) {
      if (status >= 0 && ledger.status.rows[row] !== status) continue;
      if (reason >= 0 && ledger.reason.rows[row] !== reason) continue;
      if (shown && !textOf.has(row)) continue;
      if (found(row)) matches.push(row);
    }
    show(0);
  };

  const why = (row) => {
    const cell = make("td", { role: "cell", class: "why" });
    const reason = named(ledger.reason, row);
    const like = ledger.like[row];
    if (reason) cell.append(make("code", {}, reason));
    if (like) cell.append(make("span", {}, `${ledger.similarity[row]} like `, make("code", {}, like)));
    const detail = named(ledger.why, row);
    if (detail) cell.append(make("small", {}, detail));
    return cell;
  };

  const ledgerRow = (row) => {
    const status = statusOf(row);
    const name = ledger.path[row] || "(taken down)";
    const open = make("button", { type: "button", class: "open" }, name);
    open.addEventListener("click", () => view(row));
    const seed = make("td", { role: "cell", class: "seed" }, open, make("small", {}, ledger.id[row] || "no id"));
    if (textOf.has(row)) seed.append(" ", make("small", { class: "has-text" }, "text"));
    return make(
      "tr",
      { role: "row" },
      make("td", { role: "cell" }, make("span", { class: `status ${status}` }, spoken(status))),
      seed,
      why(row),
      make("td", { role: "cell", class: "n" }, ledger.bytes[row] < 0 ? "–" : grouped(ledger.bytes[row])),
    );
  };

  const lastPage = () => Math.max(0, Math.ceil(matches.length / PAGE) - 1);

  const show = (wanted) => {
    page = Math.min(Math.max(0, wanted), lastPage());
    const first = page * PAGE;
    const visible = matches.slice(first, first + PAGE);
    find("rows").replaceChildren(...visible.map(ledgerRow));
    find("count").textContent = matches.length
      ? `Rows ${grouped(first + 1)} to ${grouped(first + visible.length)} of ${grouped(matches.length)}` +
        (matches.length < rows ? `, filtered from ${grouped(rows)}` : "")
      : `No row matches, of ${grouped(rows)}`;
    for (const button of document.querySelectorAll(".pager button")) {
      const back = ["first", "previous"].includes(button.dataset.to);
      button.setAttribute("aria-disabled", String(back ? page === 0 : page === lastPage()));
    }
  };

  const choices = (select, column, label) => {
    const counts = new Array(column.names.length).fill(0);
    for (const number of column.rows) if (number >= 0) counts[number] += 1;
    select.append(make("option", { value: "-1" }, label));
    column.names.forEach((name, number) => {
      if (counts[number]) select.append(make("option", { value: number }, `${spoken(name)} (${grouped(counts[number])})`));
    });
    select.disabled = column.names.length === 0;
  };

  // ---- one row and its text ----

  const facts = (pairs) => {
    const list = make("dl", { class: "facts" });
    for (const [name, value] of pairs) {
      if (value !== "") list.append(make("div", {}, make("dt", {}, name), make("dd", {}, value)));
    }
    return list;
  };

  const link = (row, label) => {
    const button = make("button", { type: "button", class: "open" }, label);
    button.addEventListener("click", () => view(row));
    return button;
  };

  const marked = ([text, ...annotations]) =>
    annotations.reduceRight((inner, [kind, note, begins]) => {
      const mark = make("mark", { class: kind, title: note ? `${kind}: ${note}` : kind });
      if (begins) mark.append(make("span", { class: "label", lang: "en" }, kind === "personal" ? note : kind));
      mark.append(inner);
      return mark;
    }, text);

  const KINDS = {
    taken: "taken off: credit, label, scrap",
    residue: "residue, taken out",
    header: "header, taken out",
    title: "title, taken out",
    byline: "byline, taken out",
    caption: "caption, taken out",
  };

  const article = (units) => {
    const whole = make("article", { class: "units" });
    for (const unit of units) {
      const label = unit.joined ? "" : make("span", { class: "kind" }, KINDS[unit.kind] || unit.kind);
      const text = make("p", { lang: "vi" }, ...unit.text.map(marked));
      whole.append(make("div", { class: `unit ${unit.kind}` }, label, text));
    }
    return whole;
  };

  const annotationList = (units) => {
    const found = units.flatMap((unit) =>
      unit.text.flatMap(([text, ...all]) => all.filter(([, , begins]) => begins).map(([kind, note]) => [kind, text, note])),
    );
    if (!found.length) return [];
    const items = found.map(([kind, text, note]) => {
      const start = text.length > 60 ? `${text.slice(0, 60)}…` : text;
      return make("li", {}, make("strong", {}, kind), " ", make("span", { lang: "vi" }, note ? `${start} (${note})` : start));
    });
    return [make("details", {}, make("summary", {}, `Annotations (${found.length})`), make("ol", {}, ...items))];
  };

  const TAGS = { "=": "span", "-": "del", "+": "ins", "!": "mark" };
  const pieces = (segments) => segments.map(([sign, text]) => make(TAGS[sign], sign === "!" ? { class: "damaged" } : {}, text));

  const changeList = (text) => {
    if (text.changes === null) return [make("p", {}, "The seed’s bytes are not at hand, so what normalisation changed cannot be told.")];
    if (text.changes === undefined) return [];
    if (!text.changes.length && !text.untold) return [make("p", {}, "Normalisation changed nothing.")];
    const list = text.changes.map(([before, after, times]) =>
      make("li", {}, make("span", { class: "names" }, before || "nothing"), " → ", make("span", { class: "names" }, after || "nothing"), ` × ${grouped(times)}`),
    );
    if (text.kinds > text.changes.length) list.push(make("li", {}, `and ${grouped(text.kinds - text.changes.length)} more kinds`));
    const lines = text.lines.map((line) => make("p", { class: "line", lang: "vi" }, ...pieces(line)));
    if (text.more_lines) lines.push(make("p", {}, `and ${grouped(text.more_lines)} more lines`));
    if (text.untold) lines.push(make("p", {}, `and ${grouped(text.untold)} lines that are too long for their changes to be told apart`));
    return [make("details", {}, make("summary", {}, `What normalisation changed (kinds: ${grouped(text.kinds)})`), make("ul", {}, ...list), ...lines)];
  };

  const oneSide = (segments, sign) =>
    segments
      .filter(([each]) => each === "=" || each === sign)
      .flatMap(([each, text]) => [each === "=" ? text : make("mark", { class: "alone" }, text), " "]);

  const sides = (segments) => {
    const side = (heading, sign) =>
      make("section", {}, make("h3", {}, heading), make("p", { lang: "vi", class: "side" }, ...oneSide(segments, sign)));
    return make("div", { class: "sides" }, side("The record that stayed", "-"), side("The seed that was left out", "+"));
  };

  const missing = (row) => {
    const status = statusOf(row);
    if (status === "removed") return "It was taken down: nothing of it is shown.";
    if (LEFT_OUT.includes(status) && !data.seeds) return "Its text is not in the build; report --seeds SEEDS reads it again.";
    return "Its text is not among those drawn for this page.";
  };

  const textParts = (row) => {
    const text = textOf.get(row);
    if (!text) return [make("p", { class: "note" }, missing(row))];
    const parts = [];
    if (text.title) parts.push(make("p", { class: "title", lang: "vi" }, text.title));
    if (text.fields) parts.push(facts(text.fields));
    if (text.note) parts.push(make("p", { class: "note" }, text.note));
    if (text.units) parts.push(article(text.units), ...annotationList(text.units));
    if (text.sides) parts.push(make("p", {}, make("mark", { class: "alone" }, "Marked"), ": what only this one of the two has."), sides(text.sides));
    if (text.raw) parts.push(make("p", { lang: "vi", class: "raw" }, ...pieces(text.raw)));
    if (text.more) parts.push(make("p", { class: "note" }, `${grouped(text.more)} more are not shown.`));
    if (text.over) parts.push(make("p", { class: "note" }, `${grouped(text.over)} syllables at the end were not compared.`));
    parts.push(...changeList(text));
    return parts;
  };

  const related = (row) => {
    if (!published) {
      published = new Map();
      copies = new Map();
      for (let each = 0; each < rows; each += 1) {
        if (statusOf(each) === "published") published.set(ledger.id[each], each);
        const like = ledger.like[each];
        if (!like) continue;
        if (!copies.has(like)) copies.set(like, []);
        copies.get(like).push(each);
      }
    }
    const kept = published.get(ledger.like[row]);
    if (kept !== undefined) return [make("p", {}, "Left out for ", link(kept, ledger.path[kept]))];
    const left = statusOf(row) === "published" ? copies.get(ledger.id[row]) || [] : [];
    if (!left.length) return [];
    const items = left.slice(0, 50).map((each) => make("li", {}, link(each, ledger.path[each]), ` ${spoken(statusOf(each))}, ${ledger.similarity[each]}`));
    if (left.length > 50) items.push(make("li", {}, `and ${grouped(left.length - 50)} more`));
    return [make("h3", {}, "Left out for this record"), make("ul", {}, ...items)];
  };

  const view = (row) => {
    const dialog = find("viewer");
    dialog.dataset.row = row;
    const place = matches.indexOf(row);
    find("before").setAttribute("aria-disabled", String(place <= 0));
    find("after").setAttribute("aria-disabled", String(place < 0 || place === matches.length - 1));
    find("viewer-heading").textContent = ledger.path[row] || "(taken down)";
    find("viewer-body").replaceChildren(
      facts([
        ["status", spoken(statusOf(row))],
        ["reason", named(ledger.reason, row)],
        ["detail", named(ledger.why, row)],
        ["id", ledger.id[row]],
        ["bytes", ledger.bytes[row] < 0 ? "" : grouped(ledger.bytes[row])],
        ["similarity", ledger.similarity[row] === undefined ? "" : String(ledger.similarity[row])],
      ]),
      ...related(row),
      ...textParts(row),
    );
    if (!dialog.open) dialog.showModal();
    find("viewer-body").scrollTop = 0;
    find("viewer-heading").focus();
  };

  const step = (by) => {
    const place = matches.indexOf(Number(find("viewer").dataset.row));
    const next = matches[place + by];
    if (place < 0 || next === undefined) return;
    show(Math.floor((place + by) / PAGE));
    view(next);
  };

  // ---- events ----

  choices(find("status"), ledger.status, "all");
  choices(find("reason"), ledger.reason, "all");
  find("words").addEventListener("input", filter);
  for (const id of ["status", "reason", "shown"]) find(id).addEventListener("change", filter);
  document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());
  document.querySelector(".pager").addEventListener("click", ({ target }) => {
    const to = { first: 0, previous: page - 1, next: page + 1, last: lastPage() }[target.dataset.to];
    if (to !== undefined) show(to);
  });
  find("before").addEventListener("click", () => step(-1));
  find("after").addEventListener("click", () => step(1));
  find("close").addEventListener("click", () => find("viewer").close());
  filter();
})();
