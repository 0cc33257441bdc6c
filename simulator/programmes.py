"""The public-health programmes beside chronic disease: each writes its own people's forms.

Who is in a programme follows from the residents' records; rates are those of a prefecture of
Fujian. What an institution's system does not carry is not made.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.checkups import Checkups
from simulator.contracts import write_contracts, write_teams
from simulator.disability import write_disability
from simulator.disease_control import write_activities, write_certificates, write_reports
from simulator.elders import write_elders
from simulator.health import Health
from simulator.mental import write_mental
from simulator.patients import Views
from simulator.records import Records
from simulator.scene import Scene
from simulator.tcm import write_child_guidance, write_constitutions
from simulator.tuberculosis import write_tuberculosis

Array = np.ndarray[Any, Any]


def write_services(scene: Scene) -> None:
    """What an institution has before anybody comes (chunk 0 only): teams, packages, activities."""
    write_teams(scene)
    write_activities(scene)


def write_programmes(
    scene: Scene, records: Records, shown: Views, health: Health, checkups: Checkups
) -> None:
    """All programmes of the chunk's people. ``shown``: how each record shows its person."""
    ill = write_mental(scene, records)
    write_elders(scene, records, health, checkups)
    write_constitutions(scene, records)
    write_child_guidance(scene, records)
    write_tuberculosis(scene, records)
    disabled = write_disability(scene, records)
    write_contracts(scene, records, shown, health, {"08": ill, "09": disabled})
    write_reports(scene, records)
    write_certificates(scene, records)
