"""The engine for expectations' tests."""

from __future__ import annotations

import os

import pytest
from pyspark.sql import SparkSession

from kanghu.engine import spark_session
from kanghu.settings import load_settings


@pytest.fixture(scope="session")
def session() -> SparkSession:
    return spark_session(load_settings({"KANGHU_ENGINE": os.environ.get("KANGHU_ENGINE", "sail")}))
