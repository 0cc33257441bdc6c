"""One build of the tiny city for the whole session: a dbt invocation costs seconds."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import psycopg
import pytest

from kanghu.lake import Lake
from kanghu.settings import Settings, load_settings
from pipeline.build import BuildResult, build
from tests.dbt.tiny_city import write_city


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Settings:
    """Settings of the tiny city, its lake written."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("drop database if exists tiny_city with (force)")
        connection.execute("create database tiny_city")
    home = tmp_path_factory.mktemp("tiny_city")
    settings = load_settings(
        {
            "KANGHU_HOME": str(home),
            "KANGHU_STORE": postgres_url.replace("/postgres?", "/tiny_city?"),
        }
    )
    write_city(Lake(settings.lake))
    return settings


@pytest.fixture(scope="session")
def built(city: Settings) -> BuildResult:
    """The city's marts, built and published with dbt's pages beside them."""
    return build(city, docs=city.home / "docs")


@pytest.fixture
def marts(city: Settings, built: BuildResult) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(city.marts, read_only=True) as connection:
        yield connection
