"""The catalogue: data elements, value domains, datasets, and their projections (law 1)."""
