"""The documentation is true: links, tables, names, commands."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from edge.cli.main import VERBS
from tools.doc_tables import FILES, render, written

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_NAME = re.compile(r"\]\(([^)\s]+\.py)\):`([\w.]+)`")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as the usual renderers make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def defined_names(file: Path) -> set[str]:
    """``function``, ``Class`` and ``Class.method`` of a source file."""
    names = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return names


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http:", "https:", "mailto:")):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target) if target else page
        assert file.exists(), f"{name_of(page)} links to {link}"
        if anchor:
            assert anchor in anchors(file), f"{name_of(page)} links to {link}"


def test_the_index_leads_to_every_page() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / link).resolve() for link in LINK.findall(index.read_text(encoding="utf-8"))}
    assert {page for page in ROOT.glob("docs/**/*.md") if page != index} <= linked


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_functions_that_pages_name_exist(page: Path) -> None:
    for target, name in CODE_NAME.findall(page.read_text(encoding="utf-8")):
        assert name in defined_names(page.parent / target), f"{name_of(page)} names {target}:{name}"


def test_one_pick_names_a_function_at_every_hop() -> None:
    text = (ROOT / "docs" / "one-pick.md").read_text(encoding="utf-8")
    hops = re.findall(r"^\| (\d+) \|(.*)$", text, re.MULTILINE)
    assert [int(number) for number, _ in hops] == list(range(1, len(hops) + 1))
    assert len(hops) >= 15
    for number, row in hops:
        assert CODE_NAME.search(row), f"hop {number}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_tables_are_those_of_the_declarations(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert render(text) == text, f"{name_of(page)} is out of date: run `make docs`"


@pytest.mark.parametrize("name", FILES)
def test_documents_for_machines_are_those_of_the_declarations(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert text == written(name), f"{name} is out of date: run `make docs`"


def test_the_tables_are_there() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert set(re.findall(r"<!-- table (\w+) -->", text)) == {
        "aggregator", "calibration", "catalogue", "node", "payloads", "planogram", "topics"
    }  # fmt: skip
    assert "| `weight` |" in text
    assert "| `node/{node}/event` |" in text


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_that_pages_show_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for code in re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL):
        assert set(re.findall(r"\bmake ([a-z]+)", code)) <= targets, f"{name_of(page)}: {code}"
        assert set(re.findall(r"\bsteelyard ([a-z]+)", code)) <= set(VERBS), f"{name_of(page)}: {code}"


def test_ci_runs_the_readmes_test_command() -> None:
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
    commands = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert any(re.match(r"make .*\btest$", command) for command in commands)
