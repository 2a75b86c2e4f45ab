// Search in paths, ids, titles, and the texts on the page. Words without diacritics find all of them.
const exact = []; // for each row what is searched of it, in small letters
const folded = []; // the same without diacritics
const plain = new Map(); // a letter -> what is left of it

const plainLetter = (letter) => {
  if (!plain.has(letter)) plain.set(letter, letter.normalize("NFD").replace(/\p{M}/gu, "").replace("đ", "d"));
  return plain.get(letter);
};

const small = (text) => text.normalize("NFC").toLowerCase();
const fold = (text) => text.replace(/[^\x00-\x7f]/g, plainLetter);

const wordsOf = (text) =>
  [
    text.title || "",
    ...(text.units || []).map((unit) => unit.text.map(([piece]) => piece).join("")),
    (text.raw || []).map(([, piece]) => piece).join(""),
    ...(text.sides || []).map(([, piece]) => piece),
  ]
    .join(" ")
    .replace(/\s+/g, " ");

const searched = (row) => {
  const head = `${ledger.path[row]} ${ledger.id[row]} ${ledger.title[row]}`;
  return textOf.has(row) ? `${head} ${wordsOf(textOf.get(row))}` : head;
};

// A thousand rows are folded as one string: many short strings take longer.
const foldUntil = (time) => {
  while (folded.length < rows && performance.now() < time) {
    const some = Array.from({ length: Math.min(1000, rows - folded.length) }, (_, place) => searched(folded.length + place));
    const together = small(some.join("\n"));
    exact.push(...together.split("\n"));
    folded.push(...fold(together).split("\n"));
  }
};

// While nothing else is to be done, so that the first search need not wait for it.
const prepareSearch = () => {
  foldUntil(performance.now() + 10);
  if (folded.length < rows) setTimeout(prepareSearch, 5);
};

const matcher = (words) => {
  const wanted = small(words).replace(/\s+/g, " ").trim();
  foldUntil(Infinity);
  const among = fold(wanted) === wanted ? folded : exact;
  return (row) => among[row].includes(wanted);
};
