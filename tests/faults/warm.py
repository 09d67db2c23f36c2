"""What the fork server holds before its first child: every module, and every contract read and checked.

Belongs here: imports and pure Python values. Does not: anything that starts a pool of threads (polars, DuckDB and pyarrow do
so at their first use); every child looks whether the server has one.
"""

from pipelines.core.contracts import contract_ids, load_contract
from tests.faults import trials

assert trials.FORK

for contract in contract_ids():
    load_contract(contract)
