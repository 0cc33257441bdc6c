"""Great Expectations Data Docs of the whole lake: every rule, how many records it judged, how many
break it. Counts only.

The counts are the compiler's, over every record (a test shows that Great Expectations counts the
same); the library renders them. No row value ever reaches it. The pages open offline: what they
would fetch from elsewhere is taken out.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from expectations.great_expectations_suite import as_great_expectations, great_expectations
from expectations.model import Expectation
from expectations.suite import row_suite
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings
from standards.catalogue import Catalogue, Dataset, load_catalogue


def write_data_docs(settings: Settings, folder: Path) -> Path:
    """Write the pages under ``folder``; answers the first one. Datasets without records are left
    out."""
    catalogue = load_catalogue()
    counted = _counted(Lake(settings.lake), catalogue)
    for earlier in ("validations", "expectations"):
        shutil.rmtree(folder / earlier, ignore_errors=True)
    context = _context(folder)
    for name, (records, failing) in counted.items():
        dataset = catalogue.dataset(name)
        _add(context, catalogue, dataset, row_suite(name, catalogue), records, failing)
    context.build_data_docs()
    for page in folder.rglob("*.html"):
        page.write_text(offline(page.read_text(encoding="utf-8")), encoding="utf-8")
    index = folder / "index.html"
    index.write_text(_index(folder, catalogue, counted), encoding="utf-8")
    return index


def _index(
    folder: Path, catalogue: Catalogue, counted: Mapping[str, tuple[int, dict[str, int]]]
) -> str:
    """The first page: a row a dataset. (The library's own builds its table by remote scripts.)"""
    rows = []
    for name, (records, failing) in counted.items():
        (page,) = (folder / "validations" / name).rglob("*.html")
        rules = row_suite(name, catalogue)
        broken = sum(rule.id in failing for rule in rules)
        found = sum(failing.get(rule.id, 0) for rule in rules)
        rows.append(
            f'<tr><td><a href="{page.relative_to(folder).as_posix()}">'
            f"{escape(catalogue.dataset(name).name_zh)}</a></td><td>{name}</td>"
            f"<td>{records:,}</td><td>{len(rules):,}</td><td>{broken:,}</td><td>{found:,}</td>"
            f'<td><a href="expectations/{name}.html">规则</a></td></tr>'
        )
    heads = ("数据集", "名称", "记录", "规则", "有违反的规则", "发现", "")
    return (
        '<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>数据质量校验</title>'
        f"{_STYLE}<body><h1>数据质量校验</h1><p>Great Expectations Data Docs。"
        "只有计数,没有任何记录的值;跨记录的规则见运行报告。</p><table><tr>"
        f"{''.join(f'<th>{head}</th>' for head in heads)}</tr>{''.join(rows)}</table></body></html>"
    )


def _counted(lake: Lake, catalogue: Catalogue) -> dict[str, tuple[int, dict[str, int]]]:
    """Dataset -> records that were judged, and rule -> records that break it."""
    counted: dict[str, tuple[int, dict[str, int]]] = {}
    with connect_duckdb() as connection:
        broken: dict[str, dict[str, int]] = {}
        if lake.exists(lake.findings):
            for dataset, rule, records in connection.execute(
                f"select dataset, rule, count(*) from delta_scan('{lake.findings}') group by all"
            ).fetchall():
                broken.setdefault(dataset, {})[rule] = records
        for name in catalogue.datasets:
            layers = [
                f"select _institution, _feed, _source_key from delta_scan('{path}')"
                for path in (lake.silver(name), lake.quarantine(name))
                if lake.exists(path)
            ]
            if not layers:
                continue
            (records,) = connection.execute(
                f"select count(*) from ({' union '.join(layers)})"
            ).fetchone() or (0,)
            if records:
                counted[name] = (records, broken.get(name, {}))
    return counted


def _context(folder: Path) -> Any:
    context = great_expectations().get_context(mode="ephemeral")
    for name in list(context.variables.data_docs_sites or {}):
        context.delete_data_docs_site(name)
    context.add_data_docs_site(
        site_name="kanghu",
        site_config={
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(folder.resolve()),
            },
        },
    )
    return context


def _add(
    context: Any,
    catalogue: Catalogue,
    dataset: Dataset,
    rules: tuple[Expectation, ...],
    records: int,
    failing: Mapping[str, int],
) -> None:
    """One dataset's suite and its counts, as the library's own result of a validation."""
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    suite = context.suites.add(as_great_expectations(catalogue, dataset, rules))
    results = []
    for expectation in suite.expectations:
        unexpected = failing.get(expectation.meta["rule"], 0)
        share = 100 * unexpected / records
        counts = {
            "element_count": records,
            "unexpected_count": unexpected,
            "unexpected_percent": share,
            "unexpected_percent_total": share,
            "partial_unexpected_list": [],
        }
        results.append(
            ExpectationValidationResult(
                success=unexpected == 0,
                expectation_config=expectation.configuration,
                result=counts,
                meta={},
                exception_info={
                    "raised_exception": False,
                    "exception_message": None,
                    "exception_traceback": None,
                },
            )
        )
    run = RunIdentifier(run_name="lake")
    passed = sum(bool(one.success) for one in results)
    result = ExpectationSuiteValidationResult(
        success=passed == len(results),
        results=results,
        suite_name=dataset.name,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(results) - passed,
            "success_percent": 100 * passed / len(results),
        },
        suite_parameters={},
        meta={
            "great_expectations_version": great_expectations().__version__,
            "run_id": run,
            "active_batch_definition": {
                "datasource_name": "lake",
                "data_connector_name": "silver and quarantine",
                "data_asset_name": dataset.name_zh,
                "batch_identifiers": {},
            },
        },
    )
    context.validation_results_store.add(
        key=ValidationResultIdentifier(
            expectation_suite_identifier=ExpectationSuiteIdentifier(dataset.name),
            run_id=run,
            batch_identifier=dataset.name,
        ),
        value=result,
    )


_REMOTE = re.compile(
    r"""<script[^>]*\ssrc=["']https?://[^>]*>\s*</script>"""
    r"""|<link[^>]*\shref=["']https?://[^>]*>"""
    r"""|<img[^>]*\ssrc=["']https?://[^>]*>"""
    r"""|<a[^>]*\shref=["']https?://[^>]*>.*?</a>|<footer>.*?</footer>""",
    re.DOTALL,
)
_STYLE = """<style>
body { font-family: system-ui, "Noto Sans CJK SC", sans-serif;
       margin: 1.5rem auto; max-width: 72rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { border: 1px solid #8884; padding: .3rem .6rem; text-align: left; vertical-align: top; }
ul { list-style: none; padding: 0; }
.modal, .sticky, .hide-succeeded-validation-target-child button { display: none; }
.fa-check-circle::before { content: "通过"; color: #2e7d32; font-style: normal; }
.fa-times::before { content: "不通过"; color: #c62828; font-style: normal; }
.fa-exclamation-triangle::before { content: "注意"; color: #b26a00; font-style: normal; }
</style>
</head>"""


def offline(page: str) -> str:
    """``page`` without what it would fetch from elsewhere, and with a plain style of its own."""
    return _REMOTE.sub("", page).replace("</head>", _STYLE, 1)
