"""``kanghu quality``: what the records are worth, what is wrong with them, and who was excused."""

from __future__ import annotations

import typer

app = typer.Typer(help="数据质量:得分、权重、例外、查询、导出。", no_args_is_help=True)
