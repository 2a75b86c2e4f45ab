// Rows that are ticked, for a file of ids that `remove` takes.
const ticked = new Set(); // ids

const tickBox = (row) => {
  if (!ledger.id[row] || statusOf(row) === "removed") return [];
  const box = make("input", { type: "checkbox", "aria-label": `Tick ${nameOf(row)}`, "data-id": ledger.id[row] });
  box.checked = ticked.has(ledger.id[row]);
  box.addEventListener("change", () => {
    if (box.checked) ticked.add(ledger.id[row]);
    else ticked.delete(ledger.id[row]);
    showTicked();
  });
  return [box];
};

const showTicked = () => {
  find("ticked").hidden = ticked.size === 0;
  document.body.classList.toggle("has-ticked", ticked.size > 0);
  find("ticked-count").textContent = `${grouped(ticked.size)} ticked`;
  for (const box of document.querySelectorAll("input[data-id]")) box.checked = ticked.has(box.dataset.id);
};

const saveTicked = () => {
  const file = URL.createObjectURL(new Blob([...ticked].map((id) => `${id}\n`), { type: "text/plain" }));
  make("a", { href: file, download: "ids.txt" }).click();
  setTimeout(() => URL.revokeObjectURL(file), 60_000);
};
