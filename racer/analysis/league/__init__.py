"""Pictures that league racers read their logs by, of own and of imported runs.

Each function returns a matplotlib Figure; its label, ``figure.get_label()``, is one sentence that
says what was found in it. ``kinds.py`` lists them all.
"""
