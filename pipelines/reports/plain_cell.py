"""Plain cells: a text that leaves the house in a table stays a text, whatever it begins with.

Belongs here: which texts an office program may take for a formula, the mark that stops it, both for one text and as SQL for
a column. Does not: writing tables (worklist_xlsx, open_data, the commands, the boards' paper).

Names of areas and departments, case numbers and headers come from other hands. CSV says of no cell what it is: a program
decides by how it begins. The mark is an apostrophe; a workbook has a flag of its own for it (`quotePrefix`).
"""

from __future__ import annotations

import re

from pipelines.core.warehouse import quoted

#: Full-width signs too: office programs in Chinese take them for the others. Blanks before them are passed over.
_BEGINS = "[ \u00a0\u3000]*[=@+\\-＝＠＋－\t\r\n]"
#: What begins with a sign and is a number is one in every program.
_NUMBER = r"[+\-][0-9][0-9,]*(\.[0-9]+)?%?"


def is_formula(text: str) -> bool:
    """Whether a program may take a text for a formula."""
    return re.match(_BEGINS, text) is not None and re.fullmatch(_NUMBER, text) is None


def plain_cell(text: str) -> str:
    """The text as a cell of CSV that no program takes for a formula."""
    return f"'{text}" if is_formula(text) else text


def plain_cell_sql(column: str) -> str:
    """The same of a column of text, as an SQL expression."""
    is_one = f"regexp_matches({column}, {quoted(f'^{_BEGINS}')}) and not regexp_full_match({column}, {quoted(_NUMBER)})"
    return f"case when {is_one} then '''' || {column} else {column} end"
