"""The steps, in the one order in which things happen: for the command line, Airflow, the apps."""
