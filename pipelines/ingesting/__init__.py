"""The parts of ingest: parting a file's rows, and whether a readable file is to be held.

Belongs here: what ingest alone calls. Does not: the order of its steps (ingest).
"""
