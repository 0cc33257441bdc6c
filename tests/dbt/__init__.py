"""The marts and indicators, on a city small enough to count by hand."""
