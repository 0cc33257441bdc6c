"""Projections of the catalogue: one public function ``catalogue -> thing`` a file (law 1)."""
