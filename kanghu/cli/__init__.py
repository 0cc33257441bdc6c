"""The front door: ``kanghu``. Commands say what they do, show progress, and end with an honest
exit status: 0 only where the work was done (docs/interfaces.md)."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence

import typer

from kanghu.cli import (
    assets,
    city,
    flow,
    identity,
    quality,
    quality_reports,
    records,
    sheets,
    sources,
    standards,
)
from kanghu.cli.console import show_error
from kanghu.cli.failures import explained
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
assets.register(app)
app.add_typer(sources.app, name="source")
app.add_typer(sheets.app, name="sheet")
app.add_typer(standards.app, name="standards")
app.add_typer(identity.app, name="identity")
app.add_typer(records.quarantine_app, name="quarantine")
quality_reports.register(quality.app)
app.add_typer(quality.app, name="quality")

INTERRUPTED = 130
MISUSED = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; an error that a person can act on is shown, never a trace.

    What nobody foresaw still shows its trace: that is a fault of ours, to be reported.
    """
    # A library looks for its runtime folder when it is imported; nobody here can act on that.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    try:
        status = app(args=arguments, standalone_mode=False)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # the help was shown
            sys.exit(MISUSED)
        told = explained(error)
        if told is None:
            raise
        show_error(told)
        sys.exit(1 if isinstance(error, (KanghuError, OSError)) else MISUSED)
    sys.exit(status if isinstance(status, int) else 0)
