"""Kanghu (康湖): a regional health data lakehouse with thin operational apps.

This room holds what every other room stands on: settings, the lake's layout, the engine, the
operational store, the batch log and leases. It imports no other room.
"""

__version__ = "0.1.0"
