"""Risks of pregnancy: screening, assessment in colours, factors, cases watched (S1-2.4.2.3)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.maternal import add_form, form_numbers, home_names
from simulator.pregnancies import GREEN, INFECTION, Pregnancies
from simulator.reference_tables import read_reference
from simulator.scene import Scene

_ORANGE = 3


def write_risks(scene: Scene, draw: np.random.Generator, of: Pregnancies) -> None:
    """Of every handbook in the period."""
    of = of.take(np.flatnonzero(of.has_handbook))
    rows = read_reference("pregnancy_risk_factors")
    names = np.array([row["risk_factor"] for row in rows])
    colours = np.array([int(row["colour"]) for row in rows])
    listed = pa.array(["、".join(names[has]) or None for has in of.factors], pa.string())
    positive = of.colour > GREEN
    weeks = {"gestational_weeks": c.numbers((of.booked - of.last_menses) // 7)}
    here = {"institution_name": home_names(scene, of)}
    add_form(
        scene,
        "pregnancy_risk_screening",
        of,
        of.booked,
        {
            "screening_no": form_numbers(scene, "SC", len(of)),
            "screened_date": c.dates(of.booked),
            **weeks,
            **here,
            "risk_screen_code": c.numbers(positive.astype(int)),
            "risk_factor": listed,
        },
    )
    later = np.minimum(of.booked + draw.integers(0, 8, len(of)), scene.end - 1)
    assessment = form_numbers(scene, "PG", len(of))
    add_form(
        scene,
        "pregnancy_risk_assessment",
        of,
        later,
        {
            "assessment_no": assessment,
            "assessed_date": c.dates(later),
            **weeks,
            **here,
            "risk_colour_code": c.numbers(of.colour),
            "has_infection_risk": c.flags(of.infected()),
        },
    )
    which, factor = np.nonzero(of.factors)
    found = of.take(which)
    add_form(
        scene,
        "pregnancy_risk_factor",
        found,
        later[which],
        {
            "risk_factor_no": form_numbers(scene, "YS", len(which)),
            "assessment_no": assessment.take(pa.array(which)),
            "risk_factor_code": c.pick([row["risk_factor_code"] for row in rows], factor),
            "risk_factor": c.pick(names.tolist(), factor),
            "risk_colour_code": c.numbers(colours[factor]),
            "found_date": c.dates(later[which]),
        },
    )
    high = np.flatnonzero((of.colour >= _ORANGE) & (of.colour <= INFECTION))
    watched = of.take(high)
    why = listed.take(pa.array(high))
    add_form(
        scene,
        "high_risk_pregnancy",
        watched,
        later[high],
        {
            "high_risk_case_no": form_numbers(scene, "GW", len(high)),
            "registered_date": c.dates(later[high]),
            "high_risk_factor": why,
            "risk_colour_code": c.numbers(watched.colour),
            "assessed_date": c.dates(later[high]),
            "assessing_institution_name": scene.city.names.take(pa.array(watched.hospital)),
            "diagnosis_name": why,
            "managing_institution_name": home_names(scene, watched),
        },
    )
