"""An engine for spec tests, and a lake whose bronze a test writes itself."""

from __future__ import annotations

import os

import pytest
from pyspark.sql import SparkSession

from kanghu.engine import spark_session
from kanghu.settings import Settings, load_settings
from tests.spark_jobs.tiny_bronze import TinyLake


@pytest.fixture(scope="session")
def session() -> SparkSession:
    return spark_session(load_settings({"KANGHU_ENGINE": os.environ.get("KANGHU_ENGINE", "sail")}))


@pytest.fixture
def lake(settings: Settings) -> TinyLake:
    return TinyLake(settings)
