// The text of a row: its parts by kind, what normalisation changed, a copy beside the record that was kept.
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

// A piece with a third item belongs to the place of a fault; one mark holds all pieces of a place.
const TAGS = { "=": "span", "-": "del", "+": "ins", "!": "mark" };
const pieces = (segments) => {
  const found = [];
  let mark = null;
  for (const [sign, text, place] of segments) {
    const piece = make(TAGS[sign], sign === "!" ? { class: "damaged" } : {}, text);
    if (place && !mark) found.push((mark = make("mark", { class: "place" })));
    if (place) {
      mark.append(piece);
    } else {
      mark = null;
      found.push(piece);
    }
  }
  return found;
};

const changeList = (text) => {
  if (text.changes === null) return [make("p", {}, "The seed’s bytes are not at hand, so what normalisation changed is not known.")];
  if (text.changes === undefined) return [];
  if (!text.changes.length && !text.untold) return [make("p", {}, "Normalisation changed nothing.")];
  const list = text.changes.map(([before, after, times]) =>
    make("li", {}, make("span", { class: "names" }, before || "nothing"), " → ", make("span", { class: "names" }, after || "nothing"), ` × ${grouped(times)}`),
  );
  if (text.kinds > text.changes.length) list.push(make("li", {}, `and ${counted(text.kinds - text.changes.length, "more kind", "more kinds")}`));
  const lines = text.lines.map((line) => make("p", { class: "line", lang: "vi" }, ...pieces(line)));
  if (text.more_lines) lines.push(make("p", {}, `and ${counted(text.more_lines, "more line", "more lines")}`));
  if (text.untold) lines.push(make("p", {}, `and ${counted(text.untold, "line that is", "lines that are")} too long to show each change`));
  return [make("details", {}, make("summary", {}, `What normalisation changed (${counted(text.kinds, "kind", "kinds")})`), make("ul", {}, ...list), ...lines)];
};

const oneSide = (segments, sign) =>
  segments
    .filter(([each]) => each === "=" || each === sign)
    .flatMap(([each, text]) => [each === "=" ? text : make("mark", { class: "alone" }, text), " "]);

const differences = (segments) => {
  const differ = segments.filter(([sign]) => sign !== "=").length;
  if (!differ) return ["The two texts have the same syllables."];
  return [make("mark", { class: "alone" }, "Marked"), `: what only one of the two texts has, in ${counted(differ, "place", "places")}.`];
};

const sides = (segments) => {
  const side = (heading, sign) =>
    make("section", {}, make("h3", {}, heading), make("p", { lang: "vi", class: "side" }, ...oneSide(segments, sign)));
  return make("div", { class: "sides" }, side("The record that was kept", "-"), side("The seed that was left out", "+"));
};
