"""The notebook of `examples/`, run as a reader would: from a DataFrame to a loaded split, in a running event loop."""

import asyncio

import nbclient
import nbformat
import pytest
from support.builds import ROOT

NOTEBOOK = ROOT / "examples/from_a_frame.ipynb"


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    """Of each cell that has a result, by its last line, the result as a notebook has it: by kind of content."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    asyncio.run(client.async_execute())
    found = [(cell, output) for cell in notebook.cells for output in cell.get("outputs", [])]
    bars = [output["data"]["text/html"] for _, output in found if output.output_type == "display_data"]
    assert set(bars) <= {""}  # of a build that took a while, what is left of its bar
    results = ((cell, output) for cell, output in found if output.output_type == "execute_result")
    return {cell.source.splitlines()[-1]: output["data"] for cell, output in results}


def test_the_notebook_goes_from_a_frame_to_a_loaded_split(outputs):
    assert outputs["built"]["text/html"].startswith("<table><caption>Build</caption>")
    rejected = outputs['built.rejected(texts=True).select("path", "reason", "detail", "text")']["text/html"]
    assert [word in rejected for word in ("header.impossible_date", "Ngày này không có trên lịch", "json.type")] == [
        True,
        True,
        True,
    ]
    assert "dataframe" in outputs["stats.splits"]["text/html"]
    assert "giao thông" in outputs['stats.by("topic")']["text/html"]
    assert "num_rows: 4" in outputs["train"]["text/plain"]
    assert outputs['train[0]["date"], train[0]["topic"], train[0]["text"]']["text/plain"].startswith(
        "('2021-01-05',\n 'hình sự',\n 'Công an tỉnh Hà Nam"
    )
    assert outputs['cvp.verify(built).ok, cvp.open("my_dataset") == built']["text/plain"] == "(True, True)"


def test_the_notebook_is_stored_without_results():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")] == []
