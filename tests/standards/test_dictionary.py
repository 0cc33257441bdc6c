"""The dictionary page: one file, offline, complete, and its search finds things."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from standards.catalogue import load_catalogue
from standards.projections.dictionary import dictionary_page, initials, write_dictionary

CATALOGUE = load_catalogue()
PAGE = dictionary_page(CATALOGUE)


def _content() -> dict[str, Any]:
    found = re.search(r"^const C = (.*);$", PAGE, re.MULTILINE)
    assert found
    content: dict[str, Any] = json.loads(found.group(1))
    return content


def test_it_holds_everything() -> None:
    content = _content()
    assert [one["id"] for one in content["datasets"]] == list(CATALOGUE.datasets)
    assert [one["id"] for one in content["elements"]] == list(CATALOGUE.elements)
    for domain in content["domains"]:
        codes = CATALOGUE.value_domains[domain["id"]].codes
        assert [code[0] for code in domain["codes"]] == list(codes)


def test_it_fetches_nothing() -> None:
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//|@import|url\(|fetch\(""", PAGE)
    assert PAGE.count("<script>") == PAGE.count("</script>") == 1


def test_it_is_readable_on_a_phone() -> None:
    assert 'name="viewport"' in PAGE
    assert "@media (max-width" in PAGE


@pytest.mark.parametrize(
    ("text", "letters"),
    [("性别代码", "xbdm"), ("收缩压(mmHg)", "ssy(mmhg)"), ("2型糖尿病", "2xtnb")],
)
def test_initials_of_the_pinyin(text: str, letters: str) -> None:
    assert initials(text) == letters


def test_writing_twice_gives_the_same_file(tmp_path: Path) -> None:
    first = write_dictionary(tmp_path / "new" / "a.html", CATALOGUE).read_bytes()
    assert first == write_dictionary(tmp_path / "b.html", CATALOGUE).read_bytes()


_BROWSER = """
const parts = {};
const part = () => ({ innerHTML: "", value: "", classList: { remove() {}, toggle() {} },
  addEventListener(name, act) { this[name] = act; }, setAttribute() {}, focus() {} });
const heard = {};
globalThis.document = { getElementById: (id) => parts[id] ??= part(), activeElement: null };
globalThis.location = { hash: process.argv[2] };
globalThis.scrollTo = () => {};
globalThis.addEventListener = (name, act) => { heard[name] = act; };
require(process.argv[3]);
if (process.argv[4]) { parts.search.value = process.argv[4]; parts.search.input(); }
console.log(parts.main.innerHTML.replace(/<[^>]+>/g, " ").replace(/\\s+/g, " "));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node here to run the page's script")
@pytest.mark.parametrize(
    ("address", "query", "shown"),
    [
        ("", "", f"{len(CATALOGUE.datasets)} 数据集"),
        ("#/dataset/patient", "", "患者身份证件号码"),
        ("#/domain/GB3304", "", "基诺族"),
        ("#/element/DE02.01.040.00", "", "性别代码"),
        ("", "xbdm", "sex_code"),
        ("", "收缩压", "systolic_mmhg"),
        ("", "DE04.10.174", "左侧收缩压"),
        ("", "systolic", "收缩压"),
        ("", "i10.x00", "特发性"),
        ("", "<img onerror=x>", "没有找到"),
    ],
)
def test_the_pages_own_script_shows_and_finds(
    tmp_path: Path, address: str, query: str, shown: str
) -> None:
    script = PAGE[PAGE.index("<script>") + 8 : PAGE.index("</script>")]
    (tmp_path / "page.js").write_text(script, encoding="utf-8")
    (tmp_path / "browser.js").write_text(_BROWSER, encoding="utf-8")
    done = subprocess.run(
        ["node", "browser.js", address, str(tmp_path / "page.js"), query],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown in done.stdout
    assert "undefined" not in done.stdout
