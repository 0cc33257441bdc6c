"""What pydantic and typer say of wrong input, in Chinese: people at a screen read it (law 8)."""

from __future__ import annotations

import re

_SAYINGS = (
    (r"Input should be greater than or equal to (.+)", "应不小于 {0}"),
    (r"Input should be less than or equal to (.+)", "应不大于 {0}"),
    (r"Input should be greater than (.+)", "应大于 {0}"),
    (r"Input should be less than (.+)", "应小于 {0}"),
    (r"Input should be a valid integer.*", "应是整数"),
    (r"Input should be a valid number.*", "应是数字"),
    (r"Input should be a valid string.*", "应是文本(YAML 里 no、yes、数字要加引号)"),
    (r"Input should be a valid boolean.*", "应是 true 或 false"),
    (r"Input should be a valid (?:dictionary|mapping).*", "应是一组 键: 值"),
    (r"Input should be a valid (?:list|tuple|array).*", "应是一个列表"),
    (r"Input should be a valid (?:date|datetime).*", "应是日期"),
    (r"Input should be (.+)", "应是 {0} 之一"),
    (r"Field required", "缺少这一项"),
    (r"Extra inputs are not permitted", "没有这一项;检查拼写"),
    (r"(?:Value error, )?'(.+)' does not match the formats .*", "{0!r} 不是这里要的日期写法"),
    (r"Value error, (.+)", "{0}"),
    (r"No such command '(.+)'.*", "没有命令 {0}"),
    (r"Missing command.*", "没有写命令"),
    (r"Got unexpected extra arguments?\S* \((.+)\)", "多出了参数 {0}"),
    (r"Option '(.+)' requires an argument.*", "选项 {0} 后面要有值"),
    (r"Path '(.+)' does not exist.*", "{0} 不存在"),
)


def in_chinese(message: str) -> str:
    """``message`` as a Chinese reader understands it; as it is where we know no saying for it."""
    for pattern, said in _SAYINGS:
        found = re.fullmatch(pattern, message.strip(), flags=re.DOTALL)
        if found:
            return said.format(*found.groups())
    return message
