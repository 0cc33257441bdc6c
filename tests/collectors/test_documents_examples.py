"""The YAML in README.md and docs/ is taken by the product as a reader would paste it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from collectors.check_mapping import check_system
from collectors.check_source import check_source
from collectors.registry import Source, System, load_registry
from kanghu.settings import CHECKOUT, Settings
from standards.catalogue import load_catalogue

DOCUMENTS = ("README.md", "docs/add-an-institution.md")


def blocks(document: str) -> list[dict[str, Any]]:
    text = (CHECKOUT / document).read_text(encoding="utf-8")
    return [yaml.safe_load(one) for one in re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_examples_fit_the_systems_that_they_name(settings: Settings, document: str) -> None:
    systems = load_registry(settings).systems
    found = blocks(document)
    assert any("source" in one for one in found)
    for one in found:
        if "source" in one:
            source = Source.model_validate(one)
            check_source(source, systems[source.system])
        elif "system" in one:
            system = System.model_validate(one)
            # Examples show what a mapping may say; lookups that they leave out are theirs to add.
            check_system(system, load_catalogue(), Path(document))
        else:
            pytest.fail(f"{document}: a YAML block that is neither a source nor a system: {one}")
