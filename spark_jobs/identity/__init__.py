"""Identity: who is who across all institutions, and in any file of people (docs/identity.md)."""

from spark_jobs.identity.city import IdentifyResult, identify, identify_lake
from spark_jobs.identity.evaluate import Evaluation, evaluate_identity
from spark_jobs.identity.files import LinkResult, link_file

__all__ = [
    "Evaluation",
    "IdentifyResult",
    "LinkResult",
    "evaluate_identity",
    "identify",
    "identify_lake",
    "link_file",
]
