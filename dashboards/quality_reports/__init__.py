"""The programmes' quality reports: tasks, management lists, high-risk lists, completeness.

A report is a row of data (``<programme>.yml``) over a mart; ``query`` makes its SQL, ``export``
writes its workbook. ``kanghu quality report`` is the door.
"""
