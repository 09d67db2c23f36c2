"""The parts of a build: what the warehouse is handed, what changed, the two dbt invocations, the gate.

Belongs here: what `pipelines.build` and `pipelines.publish` call. Does not: their order (those two), SQL models (dbt_project).
"""
