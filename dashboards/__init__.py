"""What regulators look at: the report of a run now, Superset's cockpits with their issue."""
