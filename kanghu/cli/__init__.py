"""The front door: ``kanghu``. Commands say what they do, show progress, and end with an honest
exit status: 0 only where the work was done (docs/interfaces.md)."""

from __future__ import annotations

import sys

import typer

from kanghu.cli import city, flow, identity, records, sources, standards
from kanghu.cli.console import show_error
from kanghu.errors import KanghuError

app = typer.Typer(
    name="kanghu",
    help="康湖:区域卫生数据湖仓。从各机构自己的系统,到标准记录、居民、集市、指标和质量报告。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
city.register(app)
flow.register(app)
records.register(app)
app.add_typer(sources.app, name="source")
app.add_typer(standards.app, name="standards")
app.add_typer(identity.app, name="identity")
app.add_typer(records.quarantine_app, name="quarantine")


def main() -> None:
    """Run a command; an error that a person can act on is shown, never a trace."""
    try:
        app()
    except KanghuError as error:
        show_error(error)
        sys.exit(1)
