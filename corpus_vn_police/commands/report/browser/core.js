// What all parts use: the data of the page, and elements that are made of text alone.
const data = JSON.parse(document.getElementById("data").textContent);
const { ledger, texts } = data;
const rows = ledger.path.length;
const PAGE = 50;
const LEFT_OUT = ["rejected", "near_duplicate", "duplicate"]; // in the order in which they are shown

const find = (id) => document.getElementById(id);
const grouped = (number) => number.toLocaleString("en-GB");
const counted = (number, one, more) => `${grouped(number)} ${number === 1 ? one : more}`;
const spoken = (name) => name.replaceAll("_", " ");

// Text only: nothing here is ever read as HTML.
const make = (name, attributes, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

// What stands between backticks is code.
const coded = (text) => text.split("`").map((piece, place) => (place % 2 ? make("code", {}, piece) : piece));

const textOf = new Map(texts.map((text) => [text.row, text]));
const hidden = new Set(data.hidden);
const named = (column, row) => (column.rows[row] < 0 ? "" : column.names[column.rows[row]]);
const statusOf = (row) => named(ledger.status, row);
const nameOf = (row) => ledger.path[row] || "(taken down)";
