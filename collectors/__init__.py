"""Reading institutions' own systems into bronze, as delivered.

A mapping is written once for each system (vendor product and version) in ``systems/``; an
institution says in ``sources/`` which system it runs, where, when, and what it does differently.
"""
