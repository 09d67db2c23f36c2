"""The program `citybrain`.

Belongs here: which command is where, and turning errors into one line and an exit code. Does not: doing anything.
Exit codes: 0 done, 1 a check blocked or something waits, 2 wrong usage or configuration, 3 a source or the disk failed.
"""

from __future__ import annotations

import sys

import typer

from pipelines.cli.next_step import of_program, with_places
from pipelines.core import disk
from pipelines.core.errors import CityError
from pipelines.core.personal_shapes import masked
from pipelines.core.settings import pick

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help=pick("A city's departments in one warehouse of governed figures.", "把城市各部门的数据汇成一个口径一致的指标仓库。"),
)  # fmt: skip


def _commands() -> None:
    """Attach the families; imported here so that `audit-figure` starts without loading the pipeline."""
    from pipelines.cli import (
        decide,
        doctor,
        examine,
        exports,
        figure,
        keys,
        morning,
        new_feed,
        operate,
        quarantine,
        reconcile,
        serve,
    )  # fmt: skip

    for family in (operate, morning, quarantine, keys, decide, serve, exports, examine, figure, reconcile, new_feed, doctor):
        family.attach(app)
    of_program(app)


def main() -> None:
    """Run the program."""
    _commands()
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except CityError as error:
        _end(error)
    except Exception as error:  # a disk may refuse anywhere; everything else is a fault of ours
        failed = disk.refusal(error, "")
        if failed is None:
            raise
        _end(failed)


def _end(error: CityError) -> None:
    """Print what, where and the next step, and end with the error's code."""
    message = f"{error.where}: {error.what}" if error.where else error.what
    typer.echo(f"{pick('error', '错误')}: {with_places(masked(message))}", err=True)
    if error.remedy:
        typer.echo(f"  {pick('next', '下一步')}: {with_places(masked(error.remedy))}", err=True)
    sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
